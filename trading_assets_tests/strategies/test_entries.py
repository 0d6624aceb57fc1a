"""The leg is the one nearest to the delta wanted; prices and refusals follow the common rules."""

import numpy as np
import pytest

from trading_assets.market.black76 import greeks
from trading_assets.market.option_chain import OptionChain
from trading_assets.strategies.entries import REASONS, entries
from trading_assets.strategies.strategy import BUY_CALL, BUY_PUT, Leg, Parameters
from trading_assets_tests.market.chain_builder import chain, leg, random_day, session, snapshot

FIRST = np.array([0])
LADDER = {24900.0: (900, 900), 25000.0: (900, 900), 25100.0: (900, 900)}


def one(built: OptionChain, wanted: Leg = BUY_CALL[0], **limits: float) -> tuple[float, float, bool, str]:
    """Strike, price, whether estimated and why refused, of the first snapshot."""
    found = entries(built, wanted, FIRST, Parameters(**limits))
    strike = built.strikes[found.strike[0]] if found.strike[0] >= 0 else np.nan
    return float(strike), float(found.price[0]), bool(found.estimated[0]), str(found.refused[0])


def test_the_leg_is_nearest_to_half_a_delta() -> None:
    day = random_day(np.random.default_rng(2), snapshots=10, strikes=21)
    built = OptionChain.from_frame(day, session())
    at = np.arange(10)
    found = entries(built, BUY_PUT[0], at, Parameters(max_spread=1.0, min_open_interest=0.0))
    for s in range(10):
        years = (5 * 1440 + 930 - built.minutes_ist[s]) / (365 * 1440)
        distances = [
            (
                round(
                    abs(abs(float(greeks(built.forward[s, 0], k, years, 0.0, iv / 100, is_call=False).delta)) - 0.5), 9
                ),
                k,
            )
            for k, iv in zip(built.strikes, built.implied_vol[s, 0, :, 1], strict=True)
        ]
        assert built.strikes[found.strike[s]] == min(distances)[1]


def test_call_and_put_share_their_strike() -> None:
    built = OptionChain.from_frame(random_day(np.random.default_rng(4), snapshots=20, strikes=21), session())
    at = np.arange(20)
    call, put = (entries(built, side[0], at, Parameters()) for side in (BUY_CALL, BUY_PUT))
    assert call.strike.tolist() == put.strike.tolist()


def test_a_small_delta_is_far_out_of_the_money() -> None:
    built = OptionChain.from_frame(random_day(np.random.default_rng(4), snapshots=3, strikes=31), session())
    call = entries(built, Leg("SELL", "CE", delta=0.20), FIRST, Parameters())
    put = entries(built, Leg("SELL", "PE", delta=0.20), FIRST, Parameters())
    assert built.strikes[put.strike[0]] < built.forward[0, 0] - 100
    assert built.strikes[call.strike[0]] > built.forward[0, 0] + 100


def test_without_any_volatility_the_strike_is_nearest_to_the_forward_lower_on_a_tie() -> None:
    built = chain(snapshot("10:00", LADDER, implied_vol=np.nan, forward=25050.0))
    assert one(built)[0] == 25000.0
    assert one(chain(snapshot("10:00", LADDER, implied_vol=np.nan, forward=np.nan, spot=25060.0)))[0] == 25100.0


def test_only_strikes_that_list_the_leg_are_chosen() -> None:
    built = chain(snapshot("10:00", {**LADDER, 25000.0: (None, 900)}, forward=24990.0))
    assert one(built, BUY_CALL[0])[0] == 24900.0
    assert one(built, BUY_PUT[0])[0] == 25000.0


@pytest.mark.parametrize(
    ("wanted", "quotes", "price", "estimated"),
    [
        (Leg("BUY", "CE"), {}, 100.5, False),
        (Leg("SELL", "CE"), {}, 99.5, False),
        (Leg("BUY", "CE"), {"ask": np.nan, "last_price": 98.0}, 98.05, True),
        (Leg("BUY", "CE"), {"ask": 0.0, "last_price": 98.0}, 98.05, True),
        (Leg("SELL", "CE"), {"bid": np.nan, "last_price": 98.0}, 97.95, True),
        (Leg("BUY", "CE"), {"ask": np.nan, "last_price": 98.02}, 98.05, True),
        (Leg("BUY", "CE"), {"ask": np.nan, "last_price": 98.03}, 98.10, True),
        (Leg("BUY", "CE"), {"bid": np.nan}, 100.5, False),
    ],
)
def test_entry_price(wanted: Leg, quotes: dict[str, float], price: float, estimated: bool) -> None:  # noqa: FBT001
    for traded, expected in ((150.0, (price, estimated, "")), (75.0, (np.nan, True, "no_price"))):
        built = chain([leg("09:59", 25000, "CE")], [leg("10:00", 25000, "CE", volume_units=traded, **quotes)])
        found = one(built.select(np.array([1])), wanted)
        # a last price stands in only for a leg that was traded within the minute; a quote needs no trade
        assert found == pytest.approx((25000.0, *(expected if estimated else (price, estimated, ""))), nan_ok=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ask": 104.7, "bid": 99.5}, "spread"),  # 5.2 of 102.1 is 5.09 %
        ({"open_interest_lots": 500.0}, ""),
        ({"open_interest_lots": 499.0}, "open_interest"),
        ({"open_interest_lots": np.nan}, "open_interest"),
        ({"ask": np.nan, "last_price": np.nan}, "no_price"),
        ({"ask": 97.5, "bid": 92.5}, "spread"),
        ({"ask": 102.5, "bid": 97.5}, ""),  # exactly 5 %
        ({"ask": 102.55, "bid": 97.5}, "spread"),
    ],
)
def test_refusals(changes: dict[str, float], reason: str) -> None:
    assert one(chain([leg("10:00", 25000, "CE", **changes)]))[3] == reason


def test_limits_are_parameters() -> None:
    wide, thin = leg("10:00", 25000, "CE", ask=104.7), leg("10:00", 25000, "CE", oi=10)
    assert one(chain([wide]), max_spread=0.06)[3] == ""
    assert one(chain([thin]), min_open_interest=10.0)[3] == ""


def test_a_leg_that_is_not_listed_is_no_contract() -> None:
    assert one(chain([leg("10:00", 25000, "PE")]), BUY_CALL[0])[3] == "no_contract"


def test_the_first_reason_in_their_order_is_told() -> None:
    built = chain([leg("10:00", 25000, "CE", oi=1, ask=200.0)])
    assert one(built)[3] == "open_interest"
    assert REASONS.index("open_interest") < REASONS.index("spread")


def test_no_snapshots_are_no_entries() -> None:
    built = chain(snapshot("10:00", LADDER))
    found = entries(built, BUY_CALL[0], np.empty(0, dtype=np.intp), Parameters())
    assert len(found.price) == len(found.refused) == 0
