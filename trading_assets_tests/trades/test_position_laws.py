"""Laws of whole positions, read off the tables alone: legs go together, limits hold at every moment, nothing peeks."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.settings import TradingSettings
from trading_assets.tables.money import paise
from trading_assets.trades.simulation import Simulation
from trading_assets_tests.trades.stage import Stage, at

CLOCKS = [f"10:{minute:02d}" for minute in range(12)] + ["15:14", "15:15", "15:20"]
CALL, PUT, WING = (21_700.0, "CE"), (21_700.0, "PE"), (21_900.0, "CE")
TOGETHER = ["signal", "stop", "trailing", "stop_spot", "stop_vix", "target", "target_spot", "time", "square_off"]
NAN = float("nan")


@st.composite
def desks(draw: st.DrawFn) -> Stage:
    """Single options, straddles and credit spreads of three strategies on a market that jumps, lags and goes blank."""
    stage = Stage()
    for clock in CLOCKS:
        spot = draw(st.sampled_from([21_600.0, 21_690.0, 21_700.0, 21_710.0, 21_800.0]))
        quotes = {}
        for contract in (CALL, PUT, WING):
            bid = draw(st.sampled_from([None, None, 60.0, 90.0, 98.0, 100.0, 102.0, 115.0, 150.0]))
            quotes[contract] = (bid, None if bid is None else bid + 1.0)
        lag = timedelta(seconds=draw(st.sampled_from([1, 5, 59, 200])))
        stage.snapshot(
            clock, quotes, spot=spot, available_at=at(clock) + lag, india_vix=draw(st.sampled_from([14, 19]))
        )
    levels = {
        "stop_fraction": st.sampled_from([NAN, 0.1, 0.3]),
        "target_fraction": st.sampled_from([NAN, 0.1, 0.5]),
        "time_stop_minutes": st.sampled_from([NAN, 1.0, 4.0]),
        "stop_spot": st.sampled_from([NAN, 21_695.0]),
        "target_spot": st.sampled_from([NAN, 21_705.0]),
        "stop_vix": st.sampled_from([NAN, 18.0]),
        "exit_at": st.sampled_from([pd.NaT, pd.NaT, at("10:04"), at("10:08")]),
    }
    for clock in draw(st.lists(st.sampled_from(CLOCKS[:10]), unique=True, min_size=5, max_size=10)):
        strategy = draw(st.sampled_from(["single", "straddle", "spread"]))
        shared = {name: draw(values) for name, values in levels.items()} | {"strategy_id": strategy}
        shared["available_at"] = next(r["available_at"] for r in stage.rows if r["snapshot_id"] == f"NIFTY-{clock}")
        contracts = {"single": [CALL], "straddle": [CALL, PUT], "spread": [CALL, WING]}[strategy]
        for number, (strike, kind) in enumerate(contracts, start=1):
            side = "SELL" if strategy == "spread" and number == 1 else "BUY"
            leg = {"leg": number, "strike": strike, "option_type": kind, "side": side}
            stage.signal(clock, f"{clock} {strategy} {number}", **shared, **leg)
    return stage


DESKS = st.builds(
    TradingSettings,
    lots=st.just(5),
    slippage_ticks=st.integers(0, 1),
    max_open_positions=st.integers(1, 3),
    max_loss_per_day=st.sampled_from([500, 50_000]),
    cool_down=st.sampled_from([timedelta(0), timedelta(minutes=3)]),
    trailing_fraction=st.sampled_from([None, 0.15]),
    risk_per_position=st.sampled_from([None, Decimal(3_000)]),
)


def positions(stage: Stage, trades: pd.DataFrame) -> pd.DataFrame:
    """One row per position taken: times, net P&L, legs traded and legs asked for."""
    asked = pd.DataFrame(stage.signals)[["signal_id", "strategy_id", "timestamp"]]
    legs = trades.merge(asked, on="signal_id")
    legs["net_paise"] = paise(legs["net_pnl"])
    return legs.groupby(["strategy_id", "timestamp"], as_index=False).agg(
        entry=("entry_time", "min"),
        leave=("exit_time", "max"),
        net=("net_paise", "sum"),
        legs=("signal_id", "count"),
        risk=("initial_risk", "sum"),
        reasons=("exit_reason", "nunique"),
        reason=("exit_reason", "first"),
        exits=("exit_time", "nunique"),
        lots=("lots", "nunique"),
    )


@settings(max_examples=20)
@given(desks(), DESKS)
def test_positions_and_fills_keep_their_laws(stage: Stage, desk: TradingSettings) -> None:
    simulation = stage.run(desk)
    if len(simulation.trades):
        positions_keep_their_laws(stage, desk, simulation.trades)
        fills_keep_their_laws(stage, simulation)


def positions_keep_their_laws(stage: Stage, desk: TradingSettings, trades: pd.DataFrame) -> None:
    """Legs go together, and no limit is broken at the entry of any position."""
    found = positions(stage, trades)
    assert (found["legs"] == np.where(found["strategy_id"] == "single", 1, 2)).all(), "a leg went alone"
    assert (found[["reasons", "exits", "lots"]] == 1).all(axis=None), "legs parted"
    assert found["reason"].isin([*TOGETHER, "data_gap"]).all()
    if desk.risk_per_position is not None:
        assert (found["risk"] <= float(desk.risk_per_position) + 0.01).all()
    for row in found.itertuples():
        before = found[found["entry"] < row.entry]
        held = before[np.maximum(before["leave"], before["entry"] + timedelta(microseconds=1)) > row.entry]
        assert len(held) < desk.max_open_positions
        lost = -trades.loc[trades["exit_time"] <= row.entry, "net_pnl"]
        closed_earlier = trades["entry_time"] < row.entry
        assert paise(lost[closed_earlier]).sum() < int(desk.max_loss_per_day * 100)
        own = before[(before["strategy_id"] == row.strategy_id) & (before["net"] < 0) & (before["leave"] <= row.entry)]
        assert not (own["leave"] + desk.cool_down > row.entry).any()


def fills_keep_their_laws(stage: Stage, simulation: Simulation) -> None:
    """Nothing is filled at or before what was known at its decision, and an exit follows its entry."""
    rows = pd.DataFrame(stage.rows).drop_duplicates("snapshot_id").set_index("snapshot_id")
    decided = pd.DataFrame(stage.signals, columns=["signal_id", "available_at", "timestamp"]).set_index("signal_id")
    trades = simulation.trades.set_index("trade_id")
    for fill in simulation.fills.itertuples():
        signal = decided.loc[trades.loc[fill.trade_id, "signal_id"]]
        snapshot = rows.loc[fill.snapshot_id]
        assert snapshot["available_at"] > signal["available_at"]
        assert fill.time > signal["timestamp"]
        assert fill.time == snapshot["observed_at"]
        assert fill.price > 0
    entries, exits = (simulation.fills[simulation.fills["role"] == role] for role in ("entry", "exit"))
    both = entries.merge(exits, on="trade_id")
    assert ((both["time_y"] > both["time_x"]) | (both["snapshot_id_x"] == both["snapshot_id_y"])).all()
    alone = trades.loc[both.loc[both["snapshot_id_x"] == both["snapshot_id_y"], "trade_id"], "exit_reason"]
    assert set(alone) <= {"data_gap"}, "only a position that never saw a quote again leaves where it entered"


@settings(max_examples=6)
@given(desks(), DESKS, st.randoms(use_true_random=False))
def test_shuffled_rows_and_signals_change_nothing(stage: Stage, desk: TradingSettings, shuffler: object) -> None:
    first = stage.run(desk)
    shuffler.shuffle(stage.rows)  # type: ignore[attr-defined]
    shuffler.shuffle(stage.signals)  # type: ignore[attr-defined]
    second = stage.run(desk)
    for name in ("trades", "fills", "outcomes"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("fraction", [0.05, 0.2])
def test_a_trailing_stop_gives_back_at_least_its_distance_from_the_best_mark(fraction: float) -> None:
    rng = np.random.default_rng(7)
    stage = Stage()
    for n, price in enumerate(np.rint(2_000 * np.exp(rng.normal(0, 0.03, 60).cumsum())) / 20):
        stage.snapshot(f"{10 + n // 60}:{n % 60:02d}", {CALL: (price, price + 0.5)})
    for n in range(0, 40, 4):
        stage.signal(f"10:{n:02d}", f"s{n}", strategy_id=f"strategy{n}", side=["BUY", "SELL"][n // 4 % 2])
    trades = stage.run(TradingSettings(slippage_ticks=0, trailing_fraction=fraction, max_open_positions=99)).trades
    trailed = trades[trades["exit_reason"] == "trailing"]
    assert len(trailed) >= 3
    assert (trailed["mfe"] - trailed["gross_pnl"] >= trailed["trailing_distance"] * trailed["quantity"] - 1e-6).all()
    others = trades[trades["exit_reason"] != "trailing"]
    assert (others["mfe"] - others["gross_pnl"] < others["trailing_distance"] * others["quantity"] + 1e-6).all()
