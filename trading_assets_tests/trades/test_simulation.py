"""Laws every simulation keeps, whatever the market did."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ReferenceDataError
from trading_assets.settings import TradingSettings
from trading_assets.tables import fills, signal_outcomes, trades
from trading_assets.tables.money import paise
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.entries import REASONS
from trading_assets.trades.simulation import TradingRules, simulate_under
from trading_assets_tests.trades.stage import NO_SLIPPAGE, Quote, Stage, market

CLOCKS = [f"{h}:{m:02d}" for h, m in [(10, 0), (10, 1), (10, 2), (10, 20), (12, 0), (14, 59), (15, 14), (15, 15)]]
PRICE = st.one_of(st.none(), st.just(0.0), st.integers(1, 4_000).map(lambda ticks: round(ticks * 0.05, 2)))


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    stage = Stage(expiry=draw(st.sampled_from([date(2024, 2, 6), date(2024, 2, 8)])))
    for clock in draw(st.lists(st.sampled_from(CLOCKS), unique=True, max_size=8)):
        quotes: dict[tuple[float, str], Quote] = {}
        for kind in ("CE", "PE"):
            bid, spread = draw(PRICE), draw(st.sampled_from([-0.1, 0.05, 0.5, 5.0]))
            quotes[(21_700.0, kind)] = (bid, None if bid is None else round(max(bid + spread, 0.0), 2))
        stage.snapshot(clock, quotes, spot=draw(st.floats(21_000, 22_000)))
    fraction = st.one_of(st.just(float("nan")), st.floats(0.0, 1.5))
    for number in range(draw(st.integers(0, 6))):
        stage.signal(
            draw(st.sampled_from(CLOCKS)),
            f"s{number}",
            strategy_id=draw(st.sampled_from(["alpha", "beta"])),
            side=draw(st.sampled_from(["BUY", "SELL"])),
            option_type=draw(st.sampled_from(["CE", "PE"])),
            stop_fraction=draw(fraction),
            target_fraction=draw(fraction),
            time_stop_minutes=draw(st.sampled_from([float("nan"), 1.0, 60.0])),
            ml_score=draw(st.sampled_from([float("nan"), 0.2, 0.9])),
        )
    return stage


SETTINGS = st.builds(
    TradingSettings,
    lots=st.integers(1, 3),
    slippage_ticks=st.integers(0, 3),
    max_open_positions=st.integers(1, 4),
    max_loss_per_day=st.sampled_from([100, 50_000]),
)


@given(stages(), SETTINGS)
@settings(max_examples=60)
def test_laws(stage: Stage, trading: TradingSettings) -> None:
    simulation = stage.run(trading)
    traded, filled, outcomes = simulation.trades, simulation.fills, simulation.outcomes
    assert set(outcomes["signal_id"]) == {row["signal_id"] for row in stage.signals}
    assert set(outcomes["reason"].dropna()) <= set(REASONS[1:])
    taken = outcomes[outcomes["outcome"] == "taken"]
    assert sorted(taken["trade_id"]) == sorted(traded["trade_id"])
    assert len(filled) == 2 * len(traded)
    if not len(traded):
        return
    decided = stage.scored().set_index("signal_id").loc[traded["signal_id"]].reset_index()
    assert (traded["entry_time"] > decided["timestamp"]).all()
    assert (traded["exit_time"] >= traded["entry_time"]).all()
    assert (traded["entry_price"] > 0).all()
    settled = traded["exit_reason"] == "expiry"
    assert (traded.loc[~settled, "exit_price"] > 0).all()
    components = paise(traded[list(CHARGE_COMPONENTS)]).sum(axis=1)
    np.testing.assert_array_equal(components, paise(traded["charges"]))
    np.testing.assert_array_equal(paise(traded["gross_pnl"]) - paise(traded["charges"]), paise(traded["net_pnl"]))
    np.testing.assert_array_equal(traded["is_winning_trade"], traded["net_pnl"] > 0)
    assert (traded["mae"] <= traded["mfe"]).all()
    assert (traded["mark_count"] >= 1).all()
    signed = filled["price"] * filled["quantity"] * np.where(filled["side"] == "SELL", 1, -1)
    cash = signed.groupby(filled["trade_id"]).sum().loc[traded["trade_id"]]
    np.testing.assert_allclose(cash, traded["gross_pnl"], atol=1e-6)


@given(stages(), st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_the_inputs_does_not_matter(stage: Stage, shuffler: object) -> None:
    first = stage.run()
    shuffler.shuffle(stage.rows)  # type: ignore[attr-defined]
    shuffler.shuffle(stage.signals)  # type: ignore[attr-defined]
    second = stage.run()
    for name in ("trades", "fills", "outcomes"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


@given(stages(), st.sampled_from(CLOCKS))
@settings(max_examples=30)
def test_what_happens_later_changes_no_trade_that_is_closed(stage: Stage, cut: str) -> None:
    whole = stage.run(TradingSettings(max_open_positions=100))
    past = Stage(expiry=stage.expiry)
    end = whole.trades["exit_time"]
    past.rows = [row for row in stage.rows if str(row["snapshot_id"])[-5:] <= cut]
    past.signals = stage.signals
    known = past.run(TradingSettings(max_open_positions=100)).trades.set_index("trade_id")
    reasons = whole.trades["exit_reason"].isin(["stop", "target", "time", "square_off"])
    last = max((pd.Timestamp(row["observed_at"]) for row in past.rows), default=None)  # type: ignore[arg-type]
    if last is None:
        return
    closed = whole.trades[reasons & (end <= last)].set_index("trade_id")
    pd.testing.assert_frame_equal(known.loc[closed.index], closed)


def test_frames_keep_their_contracts_and_are_ordered_by_key() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    for n in range(5):
        stage.signal("10:00", f"s{n}")
    simulation = stage.run()
    for frame, table in (
        (simulation.trades, trades),
        (simulation.fills, fills),
        (simulation.outcomes, signal_outcomes),
    ):
        assert frame.dtypes.astype(str).to_dict() == table.CONTRACT.dtypes
        assert frame[table.CONTRACT.key[0]].is_monotonic_increasing


def test_a_session_without_signals_gives_empty_frames_of_the_contracts() -> None:
    simulation = Stage().run()
    assert simulation.trades.dtypes.astype(str).to_dict() == trades.CONTRACT.dtypes
    assert len(simulation.trades) == len(simulation.fills) == len(simulation.outcomes) == 0


def test_a_trade_carries_its_signal_model_and_charge_table() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    model = {"model_version": "v1.2.0", "model_hash": "a" * 64, "features_snapshot": '{"pcr":1.1}'}
    stage.signal("10:00", ml_score=0.8, **model)
    trade = stage.only_trade()
    assert trade[list(model)].to_dict() == model
    assert (trade["ml_score"], trade["signal_strength"], trade["strategy_name"]) == (0.8, 0.7, "alpha")
    assert trade["charges_version"] == load_charges().version
    assert trade["charges_estimated"]
    assert trade["trade_id"].startswith("TRADE_")
    assert len(trade["trade_id"]) == len("TRADE_") + 16


def test_a_trade_carries_the_sizing_and_the_limits_it_was_let_in_under() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    stage.signal("10:00", stop_fraction=0.25)
    settings = TradingSettings(lots=7, risk_per_position=4_000, max_open_positions=3, cool_down=timedelta(minutes=5))
    trade = stage.only_trade(settings)
    assert json.loads(trade["desk_limits"]) == {
        "lots": 7,
        "risk_per_position": "4000",
        "max_open_positions": 3,
        "max_loss_per_day": "50000",
        "cool_down": "PT5M",
    }
    assert trade["lots"] == 3, "₹ 4,000 pay for three lots that may lose some ₹ 1,250 each"


def test_underlyings_of_both_exchanges_are_traded_in_one_session() -> None:
    nifty, sensex = Stage(day=date(2025, 3, 4)), Stage(day=date(2025, 3, 4), underlying="SENSEX", lot_size=20)
    for stage in (nifty, sensex):
        stage.expiry = date(2025, 3, 11)
        stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    nifty.signal("10:00", "n")
    sensex.signal("10:00", "s")
    nifty.rows += sensex.rows
    nifty.signals += sensex.signals
    found = nifty.run().trades.set_index("underlying")
    assert found["exchange"].to_dict() == {"NIFTY": "NSE", "SENSEX": "BSE"}
    assert found["gross_pnl"].to_dict() == {"NIFTY": 250.0, "SENSEX": 100.0}
    # 0.03503 % of 100 x 50 + 105 x 50; 0.0325 % of 100 x 20 + 105 x 20
    assert found["exchange_txn"].to_dict() == {"NIFTY": 3.59, "SENSEX": 1.33}


def test_an_overlaid_charge_table_is_the_one_that_is_charged() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    stage.signal("10:00")
    text = (
        "charge,instrument,exchange,side,rate,unit,percent_cap,effective_from,effective_to\n"
        "brokerage_upstox,index_option,ALL,both,10,INR,,2024-01-01,\n"
    )
    rules = TradingRules(market().reference, NO_SLIPPAGE, load_charges({"charges.csv": text}))
    session = market().calendar.session(stage.day)
    trade = simulate_under(stage.scored(), stage.snapshots(), session, rules).trades.iloc[0]
    assert trade["brokerage"] == 20.0
    assert trade["charges_version"] != load_charges().version


def test_an_unknown_underlying_is_an_error() -> None:
    stage = Stage()
    stage.signal("10:00", underlying="DOW")
    with pytest.raises(ReferenceDataError, match="DOW"):
        stage.run()
