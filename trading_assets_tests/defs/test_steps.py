"""The steps of a session, called as functions: what they store, and that nothing is lost on the way."""

from dataclasses import fields
from datetime import date

import numpy as np
import orjson
import pandas as pd
import pytest

from trading_assets.defs import session_chains, steps
from trading_assets.defs.session_captures import chosen_feeds
from trading_assets.defs.signal_steps import scoring_step, signals_step
from trading_assets.defs.workspace import Workspace
from trading_assets.market.option_chain import OptionChain, chains
from trading_assets.settings import Limits, QualitySettings, TradingSettings
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    fills,
    market_snapshots,
    quality_issues,
    quarantined_rows,
    scored_signals,
    signal_outcomes,
    signals,
    strategy_performance,
    trades,
)
from trading_assets.tables.schema import violations
from trading_assets_tests.defs.conftest import CLEAN, DIRTY, SUNDAY, Landed
from trading_assets_tests.tables.valid_frames import valid_frame

DAY_STEPS = (
    steps.market_step,
    signals_step,
    scoring_step,
    steps.trades_step,
    steps.daily_step,
    steps.strategy_step,
)


def run_day(workspace: Workspace, day: date) -> dict[str, steps.Numbers]:
    """Run every step of a session and return the numbers of all tables."""
    numbers: dict[str, steps.Numbers] = {}
    for step in DAY_STEPS:
        numbers |= step(workspace, day).tables
    return numbers


def test_a_clean_session_is_whole(landed: Landed) -> None:
    workspace = landed(CLEAN)
    report = steps.market_step(workspace, CLEAN)
    stored = workspace.store.read(market_snapshots.CONTRACT, [CLEAN])
    assert report.tables["market_snapshots"]["rows"] == len(stored)
    assert report.tables["market_snapshots"]["snapshots"] == 375
    assert report.tables["quarantined_rows"]["rows"] == 0
    assert not violations(market_snapshots.CONTRACT, stored)


@pytest.mark.parametrize("day", [CLEAN, DIRTY])
def test_signals_get_the_chains_of_what_is_stored_without_building_them_again(
    landed: Landed, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = landed(day)
    steps.market_step(workspace, day)
    session = workspace.market.calendar.session(day)
    stored = chains(workspace.store.read(market_snapshots.CONTRACT, [day]), session)
    monkeypatch.setattr(session_chains, "chains", None)
    given = workspace.chains.of(workspace.store, session)
    assert set(given) == set(stored) == {"NIFTY"}
    for each in fields(OptionChain):
        ours, theirs = getattr(given["NIFTY"], each.name), getattr(stored["NIFTY"], each.name)
        if isinstance(ours, np.ndarray):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
            assert ours.tolist() == theirs.tolist() if ours.dtype == object else ours.tobytes() == theirs.tobytes()
        else:
            assert ours == theirs


@pytest.mark.parametrize("day", [CLEAN, DIRTY])
def test_trades_get_the_rows_that_are_stored_without_reading_them_until_others_are(landed: Landed, day: date) -> None:
    workspace = landed(day)
    steps.market_step(workspace, day)
    session, columns = workspace.market.calendar.session(day), market_snapshots.CONTRACT.names[::-1]
    stored = workspace.store.read(market_snapshots.CONTRACT, [day])
    given = workspace.chains.rows(workspace.store, session, columns)
    pd.testing.assert_frame_equal(given, stored[columns])
    assert np.shares_memory(given["bid"].to_numpy(), workspace.chains.rows(workspace.store, session, ["bid"])["bid"])
    workspace.store.write(market_snapshots.CONTRACT, stored.iloc[:-1], day)
    assert len(workspace.chains.rows(workspace.store, session, columns)) == len(stored) - 1


def test_dirt_is_set_aside_whole_and_explained(landed: Landed) -> None:
    workspace = landed(DIRTY)
    [candidates] = steps.candidates(workspace, DIRTY).values()
    steps.market_step(workspace, DIRTY)
    kept = workspace.store.read(market_snapshots.CONTRACT, [DIRTY])
    aside = workspace.store.read(quarantined_rows.CONTRACT, [DIRTY])
    assert len(kept) + len(aside) == len(candidates.frame)
    assert set(aside["severity"]) == {"critical"}
    reasons = {reason for text in aside["reasons"] for reason in orjson.loads(text)}
    assert {"spot_jump", "frozen_feed"} <= reasons
    raw = orjson.loads(aside["raw"].iloc[0])
    assert {"strike", "spot", "bid", "ask"} <= set(raw)
    assert aside["row_id"].is_unique
    issues = workspace.store.read(quality_issues.CONTRACT, [DIRTY])
    assert reasons <= set(issues["rule"])


def test_no_wrong_spot_reaches_a_signal(landed: Landed) -> None:
    workspace = landed(DIRTY)
    run_day(workspace, DIRTY)
    fired = workspace.store.read(signals.CONTRACT, [DIRTY])
    spots = [orjson.loads(text)["spot"] for text in fired["market_conditions"]]
    assert min(spots) > 20_000


def test_a_session_without_captures_has_rows_of_zeros_and_says_so(landed: Landed) -> None:
    workspace = landed(CLEAN)
    numbers = run_day(workspace, SUNDAY)
    assert numbers["market_snapshots"]["rows"] == 0
    assert numbers["trades"]["rows"] == 0
    daily = workspace.store.read(daily_performance.CONTRACT, [SUNDAY]).iloc[0]
    assert (daily["total_trades"], daily["net_pnl"], daily["charges"]) == (0, 0.0, 0.0)
    assert np.isnan(daily["win_rate"])
    assert np.isnan(daily["profit_factor"])
    assert orjson.loads(daily["undefined_reasons"])["win_rate"] == "no_trades"
    by_strategy = workspace.store.read(strategy_performance.CONTRACT, [SUNDAY])
    assert {"pcr_analysis", "oi_change_patterns"} <= set(by_strategy["strategy_name"])
    issues = workspace.store.read(quality_issues.CONTRACT, [SUNDAY])
    assert "no_snapshots" in set(issues["rule"])


def test_a_row_that_gets_lost_is_noticed(landed: Landed, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = landed(CLEAN)
    whole = steps.judge

    def losing(*arguments: object) -> object:
        verdict = whole(*arguments)  # type: ignore[arg-type]
        return type(verdict)(verdict.clean.iloc[1:], verdict.quarantined, verdict.issues)

    monkeypatch.setattr(steps, "judge", losing)
    with pytest.raises(steps.CheckFailedError, match="some are lost"):
        steps.market_step(workspace, CLEAN)
    assert not workspace.store.has(market_snapshots.CONTRACT, CLEAN)


def test_every_signal_has_an_outcome_and_every_trade_its_signal(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    scored = workspace.store.read(scored_signals.CONTRACT, [CLEAN])
    outcomes = workspace.store.read(signal_outcomes.CONTRACT, [CLEAN])
    traded = workspace.store.read(trades.CONTRACT, [CLEAN])
    executed = workspace.store.read(fills.CONTRACT, [CLEAN])
    assert set(outcomes["signal_id"]) == set(scored["signal_id"])
    assert set(traded["signal_id"]) == set(outcomes.loc[outcomes["outcome"] == "taken", "signal_id"])
    assert set(executed["trade_id"]) == set(traded["trade_id"])
    decided = traded.merge(scored[["signal_id", "available_at"]], on="signal_id")
    assert (decided["entry_time"] > decided["available_at"]).all()
    assert outcomes.loc[outcomes["outcome"] == "rejected", "reason"].notna().all()


def test_settings_change_what_is_traded(landed: Landed) -> None:
    one = landed(CLEAN, trading=TradingSettings(lots=1))
    run_day(one, CLEAN)
    single = one.store.read(trades.CONTRACT, [CLEAN])
    two = landed(CLEAN, trading=TradingSettings(lots=2))
    run_day(two, CLEAN)
    double = two.store.read(trades.CONTRACT, [CLEAN])
    assert (double["quantity"].to_numpy() == 2 * single["quantity"].to_numpy()).all()
    assert (double["gross_pnl"].to_numpy() == 2 * single["gross_pnl"].to_numpy()).all()
    assert (double["trade_id"] == single["trade_id"]).all()


def test_a_threshold_changes_the_verdict_on_an_old_day(landed: Landed) -> None:
    lenient = QualitySettings(limits={"spot_against_parity": Limits(warning=1e6, critical=1e6)})
    workspace = landed(DIRTY, quality=lenient)
    steps.market_step(workspace, DIRTY)
    aside = workspace.store.read(quarantined_rows.CONTRACT, [DIRTY])
    reasons = {reason for text in aside["reasons"] for reason in orjson.loads(text)}
    assert "spot_jump" in reasons, "other rules still hold"
    assert "spot_against_parity" not in reasons


def test_the_equity_curve_adds_up_all_sessions(landed: Landed) -> None:
    workspace = landed(CLEAN, DIRTY)
    for day in (CLEAN, DIRTY):
        run_day(workspace, day)
    report, curve = steps.equity_step(workspace)
    desk = curve[curve["scope"] == "all"].sort_values("date")
    assert report.tables["equity_curve"]["rows"] == len(curve)
    daily = workspace.store.read(daily_performance.CONTRACT).sort_values("date")
    expected = 1_000_000 + daily["net_pnl"].cumsum()
    np.testing.assert_allclose(desk["equity"], expected, atol=0.005)
    assert desk["sharpe_ratio"].isna().all(), "two sessions are too few"
    assert len(workspace.store.read(equity_curve.CONTRACT)) == len(curve)


def test_steps_in_any_session_order_store_the_same(landed: Landed) -> None:
    workspace = landed(CLEAN, DIRTY)
    for day in (DIRTY, CLEAN):
        run_day(workspace, day)
    backwards = {day: workspace.store.content_sha256(trades.CONTRACT, day) for day in (CLEAN, DIRTY)}
    for day in (CLEAN, DIRTY):
        run_day(workspace, day)
    assert {day: workspace.store.content_sha256(trades.CONTRACT, day) for day in (CLEAN, DIRTY)} == backwards


def test_the_preferred_feed_fills_a_session_and_others_come_last(landed: Landed) -> None:
    workspace = landed(CLEAN, feed_preference=("nse-json",))
    assert chosen_feeds(workspace, CLEAN) == {"NIFTY": "simulated"}
    assert chosen_feeds(workspace, SUNDAY) == {}


def test_joining_sorts_by_the_key_and_nothing_joined_is_an_empty_table() -> None:
    empty, rows = signals.CONTRACT.empty(), valid_frame(signals.CONTRACT)
    pd.testing.assert_frame_equal(steps.joined(signals.CONTRACT, [empty]), empty)
    pd.testing.assert_frame_equal(steps.joined(signals.CONTRACT, []), empty)
    halves = [rows.iloc[2:], empty, rows.iloc[:2]]
    pd.testing.assert_frame_equal(steps.joined(signals.CONTRACT, halves), rows)
