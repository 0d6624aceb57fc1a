from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.leg_groups import runs
from trading_assets.feeds.normalise import Candidates, normalise_session
from trading_assets.feeds.nse_json import FEED
from trading_assets.feeds.quotes import quotes_of
from trading_assets.market.black76 import price
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market
from trading_assets.tables.bounds import row_order
from trading_assets_tests.feeds.quote_frames import from_frame

if TYPE_CHECKING:
    from trading_assets.feeds.feed import Feed
    from trading_assets.feeds.quotes import Quotes

MARKET = load_market()
DAY = date(2025, 10, 27)
AT = datetime(2025, 10, 27, 5, 0, tzinfo=UTC)
RATE, FORWARD, SIGMA = 0.065, 25_900.0, 0.12
STRIKES = np.arange(25_500.0, 26_350.0, 50.0)


def years(expiry: str) -> float:
    close = datetime.fromisoformat(f"{expiry}T10:00:00+00:00")
    return (close - AT) / timedelta(days=365)


def model_quotes(expiry: str = "2025-11-04", **columns: object) -> pd.DataFrame:
    """A whole chain quoted at the model's price ± 1 tick, in key order."""
    strike = np.repeat(STRIKES, 2)
    is_call = np.tile([True, False], len(STRIKES))
    mid = price(FORWARD, strike, years(expiry), RATE, SIGMA, is_call)
    values: dict[str, object] = {
        "observed_at": AT,
        "received_at": AT + timedelta(seconds=5),
        "expiry": np.datetime64(expiry),
        "strike": strike,
        "is_call": is_call,
        "spot": FORWARD * np.exp(-RATE * years(expiry)),
        "bid": mid - 0.01,
        "ask": mid + 0.01,
        "volume": 10.0,
        "open_interest": 4.0,
    }
    return quotes_of({**values, **columns}).frame()


def feed_of(frames: dict[str, pd.DataFrame], **facts: object) -> Feed:
    """A feed whose captures read as these frames, by source."""
    return replace(FEED, quotes=lambda capture: from_frame(frames[capture.source]), **facts)


def capture(source: str, received: datetime = AT, underlying: str = "NIFTY") -> Capture:
    return Capture("nse-json", underlying, DAY, received, source.encode(), source)


def normalised(frame: pd.DataFrame, **facts: object) -> pd.DataFrame:
    found = normalise_session([capture("x")], feed_of({"x": frame}, **facts), MARKET, RATE)
    assert found.unreadable == ()
    return found.frame


def test_forward_volatility_and_spot_come_back_out_of_model_prices() -> None:
    frame = normalised(model_quotes())
    np.testing.assert_allclose(frame["forward"], FORWARD, atol=1e-6)
    np.testing.assert_allclose(frame["implied_vol"], 100 * SIGMA, rtol=1e-6)
    assert (frame["spot_source"] == "feed").all()


def test_a_missing_spot_is_repaired_by_parity_and_flagged() -> None:
    both = pd.concat([model_quotes(spot=np.nan), model_quotes("2025-11-11", spot=np.nan)], ignore_index=True)
    frame = normalised(both)
    np.testing.assert_allclose(frame["spot"], FORWARD * np.exp(-RATE * years("2025-11-04")), atol=1e-6)
    assert (frame["spot_source"] == "parity").all()


def test_a_spot_that_cannot_be_repaired_stays_missing() -> None:
    frame = normalised(model_quotes(spot=np.nan, bid=np.nan))
    assert frame["spot"].isna().all()
    assert frame["forward"].isna().all()
    assert frame["implied_vol"].isna().all()
    assert (frame["spot_source"] == "feed").all()


def test_a_given_spot_is_never_replaced_however_wrong() -> None:
    frame = normalised(model_quotes(spot=11_500.0))
    assert (frame["spot"] == 11_500.0).all()


def test_both_legs_of_a_strike_have_the_volatility_of_its_otm_side() -> None:
    quotes = model_quotes()
    in_the_money = np.where(quotes["option_type"] == "CE", quotes["strike"] < FORWARD, quotes["strike"] >= FORWARD)
    far = in_the_money & ((quotes["strike"] - FORWARD).abs() > 100)  # leave the strikes parity is read off alone
    quotes.loc[far, ["bid", "ask"]] = np.nan
    np.testing.assert_allclose(normalised(quotes)["implied_vol"], 100 * SIGMA, rtol=1e-6)


@pytest.mark.parametrize(("bid", "ask"), [(np.nan, 5.0), (5.0, np.nan), (6.0, 5.0), (0.0, 5.0), (0.04, 0.05)])
def test_a_side_without_a_usable_mid_has_no_volatility(bid: float, ask: float) -> None:
    quotes = model_quotes()
    out = (quotes["strike"] == 26_300.0) & (quotes["option_type"] == "CE")
    quotes.loc[out, ["bid", "ask"]] = [bid, ask]
    frame = normalised(quotes)
    assert frame.loc[frame["strike"] == 26_300.0, "implied_vol"].isna().all()
    assert frame.loc[frame["strike"] != 26_300.0, "implied_vol"].notna().all()


def test_without_quotes_the_last_price_gives_forward_and_volatility_where_the_feed_calls_it_fresh() -> None:
    quotes = model_quotes(bid=np.nan, ask=np.nan).assign(last_price=model_quotes()["bid"] + 0.01)
    frame = normalised(quotes, quoted=False)
    np.testing.assert_allclose(frame["forward"], FORWARD, atol=1e-6)
    np.testing.assert_allclose(frame["implied_vol"], 100 * SIGMA, rtol=1e-6)
    assert normalised(quotes)[["forward", "implied_vol"]].isna().all(axis=None)


def test_a_snapshot_with_one_quote_is_read_by_its_quotes() -> None:
    quotes = model_quotes(bid=np.nan, ask=np.nan).assign(last_price=model_quotes()["bid"] + 0.01)
    quotes.loc[3, "ask"] = 1.0
    assert normalised(quotes, quoted=False)["forward"].isna().all()
    later = model_quotes(observed_at=AT + timedelta(minutes=1), last_price=1.0)
    both = normalised(pd.concat([quotes.assign(ask=np.nan), later], ignore_index=True), quoted=False)
    np.testing.assert_allclose(both["forward"].iloc[[0, -1]], FORWARD, atol=1)
    pd.testing.assert_series_equal(both["forward"].iloc[-1:], normalised(later)["forward"].iloc[-1:], check_index=False)


def test_units_follow_what_the_feed_declares_and_the_lot_of_the_expiry_on_the_day() -> None:
    frame = normalised(model_quotes())
    assert set(frame["lot_size"]) == {75}
    assert set(frame["open_interest_units"]) == {300.0}
    assert set(frame["volume_units"]) == {750.0}
    frame = normalised(model_quotes(), open_interest_unit="units", volume_unit="units")
    assert set(frame["open_interest_lots"]) == {4.0 / 75}
    assert set(frame["volume_units"]) == {10.0}


def test_the_lot_changes_with_the_day_it_takes_effect() -> None:
    feed = feed_of({"x": model_quotes("2026-01-27")})
    before = normalise_session([capture("x")], feed, MARKET, RATE).frame
    after = normalise_session([replace(capture("x"), day=date(2025, 10, 28))], feed, MARKET, RATE).frame
    assert (set(before["lot_size"]), set(after["lot_size"])) == ({75}, {65})


def test_available_is_the_later_of_observed_and_received() -> None:
    assert set(normalised(model_quotes())["available_at"]) == {pd.Timestamp(AT + timedelta(seconds=5))}
    early = model_quotes(received_at=AT - timedelta(seconds=5))
    assert set(normalised(early)["available_at"]) == {pd.Timestamp(AT)}


def test_an_expired_contract_keeps_its_row_without_forward_or_volatility() -> None:
    quotes = model_quotes().assign(expiry=pd.Timestamp("2025-10-20").as_unit("s"))
    frame = normalised(quotes)
    assert len(frame) == len(quotes)
    assert frame[["forward", "implied_vol"]].isna().all().all()


def test_rows_are_ordered_and_their_order_in_the_file_does_not_matter() -> None:
    quotes = pd.concat([model_quotes("2025-11-11"), model_quotes()], ignore_index=True)
    straight = normalised(quotes)
    shuffled = normalised(quotes.sample(frac=1.0, random_state=7).reset_index(drop=True))
    pd.testing.assert_frame_equal(straight, shuffled)
    keys = straight[["expiry", "strike", "option_type"]]
    pd.testing.assert_frame_equal(keys, keys.sort_values(list(keys.columns), ignore_index=True))


def test_the_snapshot_id_is_of_the_content() -> None:
    def one_id(frame: pd.DataFrame, **facts: object) -> str:
        (found,) = normalised(frame, **facts)["snapshot_id"].unique()
        return str(found)

    base = one_id(model_quotes())
    assert len(base) == 16
    assert set(base) <= set("0123456789abcdef")
    assert base == one_id(model_quotes())
    assert base == one_id(model_quotes(received_at=AT + timedelta(hours=1)))
    assert base == one_id(model_quotes(india_vix=-np.float64("nan")))
    others = [
        one_id(model_quotes(open_interest=5.0)),
        one_id(model_quotes(observed_at=AT + timedelta(seconds=1))),
        one_id(model_quotes(spot=np.nan)),
        one_id(model_quotes("2025-11-11")),
        one_id(model_quotes(), name="other"),
        one_id(model_quotes().iloc[1:].reset_index(drop=True)),
    ]
    assert len({base, *others}) == 7


def test_a_snapshot_seen_again_later_stays_apart_in_received_order() -> None:
    frames = {name: model_quotes(received_at=AT + timedelta(minutes=n)) for n, name in enumerate("cab")}
    captures = [capture(name, AT + timedelta(minutes=n)) for n, name in enumerate("cab")]
    results = [normalise_session(order, feed_of(frames), MARKET, RATE).frame for order in permutations(captures)]
    first = results[0]
    assert len(first) == 3 * len(frames["a"])
    assert len(first["snapshot_id"].unique()) == 1
    assert list(first["capture_id"].unique()) == [item.capture_id for item in captures]
    for other in results[1:]:
        pd.testing.assert_frame_equal(first, other)


def test_several_snapshots_of_one_capture_and_several_underlyings_go_in_one_call() -> None:
    later = model_quotes(observed_at=AT + timedelta(minutes=1), received_at=AT + timedelta(minutes=1))
    two = pd.concat([later, model_quotes()], ignore_index=True)
    bank = model_quotes("2025-11-25")
    found = normalise_session(
        [capture("n"), capture("b", underlying="BANKNIFTY")], feed_of({"n": two, "b": bank}), MARKET, RATE
    ).frame
    assert found.groupby("underlying")["snapshot_id"].nunique().to_dict() == {"BANKNIFTY": 1, "NIFTY": 2}
    assert found.groupby("underlying")["lot_size"].unique().map(list).to_dict() == {"BANKNIFTY": [35], "NIFTY": [75]}
    assert found.loc[found["underlying"] == "NIFTY", "observed_at"].is_monotonic_increasing


def test_what_cannot_be_read_is_named_and_the_rest_goes_on() -> None:
    def quotes(item: Capture) -> Quotes:
        if item.source == "bad":
            msg = "bad is not a chain"
            raise FeedError(msg)
        legs = 2 * (item.source == "x")
        return from_frame(model_quotes("1999-01-28") if item.source == "old" else model_quotes().iloc[:legs])

    captures = [capture("old"), capture("bad"), capture("none"), capture("x"), capture("x2", underlying="NOSUCH")]
    found = normalise_session(captures, replace(FEED, quotes=quotes), MARKET, RATE)
    assert list(found.frame["capture_id"].unique()) == [capture("x").capture_id]
    assert len(found.frame) == 2
    reasons = {item.raw: item.reason for item in found.unreadable}
    assert set(reasons) == {b"old", b"bad", b"none", b"x2"}
    assert "1999-01-28" in reasons[b"old"]
    assert "no option leg" in reasons[b"none"]


def test_no_captures_give_an_empty_table() -> None:
    found = normalise_session([], FEED, MARKET, RATE)
    assert isinstance(found, Candidates)
    assert len(found.frame) == 0
    assert found.unreadable == ()


def test_values_beyond_any_bound_pass_unjudged_without_a_warning() -> None:
    quotes = model_quotes(open_interest=1e308, volume=-4.2e9, bid=1e308, ask=1e308, spot=-1.0)
    frame = normalised(quotes)
    assert (frame["spot"] == -1.0).all()
    assert (frame["volume_units"] == -4.2e9 * 75).all()
    assert np.isinf(frame["open_interest_units"]).all()


KEYS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 2)), max_size=12)


@given(KEYS)
def test_row_order_equals_pythons_stable_sort(rows: list[tuple[int, int, float]]) -> None:
    columns = [np.array([row[n] for row in rows]) for n in range(3)]
    expected = sorted(range(len(rows)), key=lambda n: rows[n])
    order = row_order(columns)
    assert (list(range(len(rows))) if order is None else order.tolist()) == expected


@given(KEYS)
def test_runs_cut_exactly_where_keys_change(rows: list[tuple[int, int, float]]) -> None:
    found = runs([np.array([row[n] for row in rows]) for n in range(3)])
    starts = [n for n in range(len(rows)) if n == 0 or rows[n] != rows[n - 1]]
    assert found.start.tolist() == starts
    assert found.of_row.tolist() == [sum(start <= n for start in starts) - 1 for n in range(len(rows))]
