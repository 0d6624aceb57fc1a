"""One run over a range: what it records of each session, and what an interrupted or impossible one leaves behind."""

import math
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copytree, rmtree

import dagster as dg
import pandas as pd
import pytest
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._daemon.auto_run_reexecution.auto_run_reexecution import get_reexecution_strategy

from trading_assets.cli.materializing import STEPS, Summary, reason_counts, summarise
from trading_assets.defs.build import build_definitions
from trading_assets.defs.checks import AUDITED, names_of
from trading_assets.defs.jobs import DAILY
from trading_assets.defs.runner import QUIET, RunOutcome, open_instance, run_sessions_range
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import StorageError
from trading_assets.settings import Settings
from trading_assets.tables import daily_performance, equity_curve, market_snapshots, scored_signals, signals, trades
from trading_assets.tables.catalog import contract
from trading_assets.tables.money import total
from trading_assets_tests.defs.conftest import CLEAN, DIRTY

BARE = date(2026, 1, 29)  # nothing landed, and the range holds it all the same
DAYS = (BARE, DIRTY)
KEYS = [str(day) for day in DAYS]
#: numbers beside rows and bytes that the pages plot, by table
PLOTTED = {
    "market_snapshots": {"snapshots": int, "quarantined_rows": int},
    "signals": {"strategies": int},
    "scored_signals": {"scored": int, "model_version": str},
    "trades": {"net_pnl": float},
    "daily_performance": {"total_trades": float, "net_pnl": float, "charges": float},
}


FIGURES = ("total_trades", "net_pnl", "charges", "win_rate")


@dataclass(frozen=True)
class Ran:
    """A home after one run over its sessions, and what the run said."""

    workspace: Workspace
    outcome: RunOutcome
    watched: list[str]


@pytest.fixture(scope="module")
def once(processed: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Every daily table and the equity curve of two sessions, made in one run."""
    home = tmp_path_factory.mktemp("ran") / "home"
    copytree(processed, home)
    rmtree(home / "tables")
    watched: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADING_ASSETS_HOME", str(home))
        workspace = open_workspace(Settings(home=home))
        return Ran(workspace, run_sessions_range(workspace.watched(watched.append), DAYS), watched)


@pytest.fixture
def ran(once: Ran, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The run, its home in force; to be read, not changed."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(once.workspace.home))
    return once


@pytest.fixture
def own(processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of a home with two sessions, in force, to be changed at will."""
    copytree(processed, tmp_path / "home")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return open_workspace()


def recorded(table: str) -> dict[str | None, dict[str, object]]:
    """Metadata values of the newest materialization by session; each session has exactly one."""
    with open_instance() as instance:
        records = instance.fetch_materializations(dg.AssetKey(table), limit=50).records
    assert len({record.partition_key for record in records}) == len(records)
    found = {record.partition_key: record.asset_materialization for record in records}
    return {
        key: {name: value.value for name, value in event.metadata.items()}
        for key, event in found.items()
        if event is not None
    }


@pytest.mark.parametrize("table", DAILY)
def test_each_session_of_each_table_has_its_own_rows_and_bytes(table: str, ran: Ran) -> None:
    found = recorded(table)
    assert set(found) == set(KEYS)
    for day in DAYS:
        numbers = found[str(day)]
        path = ran.workspace.store.path(contract(table), day)
        assert numbers["dagster/row_count"] == len(ran.workspace.store.read(contract(table), [day]))
        assert numbers["size_bytes"] == path.stat().st_size
        plotted = {name: type(value) for name, value in numbers.items() if not name.startswith(("dagster/", "size_"))}
        assert PLOTTED.get(table, {}).items() <= plotted.items()
        assert all(math.isfinite(value) for value in numbers.values() if isinstance(value, float))


def test_the_numbers_of_the_pages_are_those_of_the_tables(ran: Ran) -> None:
    store = ran.workspace.store
    for day in DAYS:
        key = str(day)
        [row] = store.read(daily_performance.CONTRACT, [day]).to_dict("records")
        daily = recorded("daily_performance")[key]
        assert {name: daily.get(name) for name in FIGURES} == {
            name: row[name] if pd.notna(row[name]) else None for name in FIGURES
        }, "undefined is no point of a plot"
        assert recorded("trades")[key]["net_pnl"] == row["net_pnl"]
        snapshots = store.read(market_snapshots.CONTRACT, [day], ["snapshot_id"])["snapshot_id"]
        assert recorded("market_snapshots")[key]["snapshots"] == snapshots.nunique()
        fired = store.read(signals.CONTRACT, [day], ["strategy_id"])["strategy_id"]
        assert recorded("signals")[key]["strategies"] == fired.nunique()
        scored = store.read(scored_signals.CONTRACT, [day], ["ml_score"])["ml_score"]
        assert recorded("scored_signals")[key]["scored"] == scored.notna().sum()
        assert recorded("scored_signals")[key]["model_version"] == "none"


def test_the_curve_of_all_sessions_is_recorded_once_with_its_end_and_a_picture(ran: Ran) -> None:
    [(key, numbers)] = recorded("equity_curve").items()
    assert key is None
    curve = ran.workspace.store.read(equity_curve.CONTRACT)
    desk = curve[curve["scope"] == "all"].sort_values("date").iloc[-1]
    assert (numbers["equity"], numbers["max_drawdown"]) == (desk["equity"], desk["max_drawdown"])
    assert numbers["sessions"] == len(DAYS)
    assert "data:image/svg+xml" in str(numbers["equity_curve"])


def test_every_check_answers_for_each_session_of_the_range(ran: Ran) -> None:
    assert ran.outcome.success
    # a comparison with a baseline speaks only where there is one
    names = {table.name: set(names_of(table)) - {"signals_match_baseline"} for table in AUDITED if table.name in DAILY}
    keys = [dg.AssetCheckKey(dg.AssetKey(table), name) for table, found in names.items() for name in found]
    assert len(keys) >= 12
    with open_instance() as instance:
        for key in keys:
            history = instance.event_log_storage.get_asset_check_execution_history(key, limit=20)
            events = [record.event.dagster_event for record in history if record.event and record.event.dagster_event]
            answered = Counter(event.event_specific_data.partition for event in events)
            assert {day: answered[day] for day in KEYS} == dict.fromkeys(KEYS, 1), key


def test_a_range_is_one_finished_run_that_names_its_ends(ran: Ran) -> None:
    with open_instance() as instance:
        [run] = instance.get_runs()
        assert run.run_id == ran.outcome.run_id
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert run.tags["dagster/asset_partition_range_start"] == KEYS[0]
        assert run.tags["dagster/asset_partition_range_end"] == KEYS[-1]
        assert {key.to_user_string() for key in run.asset_selection or ()} >= {*DAILY, "equity_curve"}


def test_progress_is_told_after_each_session_of_each_step(ran: Ran) -> None:
    assert Counter(ran.watched) == Counter({key: len(STEPS) for key in KEYS})


def test_warnings_name_session_table_and_check(ran: Ran) -> None:
    assert ran.outcome.success
    assert ran.outcome.failures == ()
    assert any(text.startswith(f"{DIRTY} market_snapshots.stale_data: ") for text in ran.outcome.warnings)
    assert all(text.split(" ")[0] in KEYS for text in ran.outcome.warnings)
    assert not any(text.startswith(f"{BARE} market_snapshots.stale_data") for text in ran.outcome.warnings)


def test_a_summary_counts_what_is_stored(ran: Ran) -> None:
    found = summarise(ran.workspace, DAYS, ran.outcome)
    traded = ran.workspace.store.read(trades.CONTRACT, DAYS)
    assert found.as_dict() | {"check_warnings": [], "quarantined": {}} == {
        "sessions": KEYS,
        "run_id": ran.outcome.run_id,
        "success": True,
        "failures": [],
        "check_warnings": [],
        "rows": {name: len(ran.workspace.store.read(contract(name), DAYS)) for name in DAILY},
        "quarantined": {},
        "trades": len(traded),
        "net_pnl": total(traded["net_pnl"]),
    }
    assert sum(found.quarantined.values()) >= found.rows["quarantined_rows"] > 0
    lines = found.text().splitlines()
    assert lines[0] == f"done: 2 sessions, {KEYS[0]} to {KEYS[-1]}"
    assert f"  market_snapshots      {found.rows['market_snapshots']:>10,} rows" in lines


@pytest.mark.parametrize("warnings", [0, 12, 13, 40])
def test_a_long_list_of_warnings_is_cut_and_counted(warnings: int) -> None:
    outcome = RunOutcome("run", success=False, failures=("x",), warnings=tuple(f"w{n}" for n in range(warnings)))
    lines = Summary(DAYS, outcome, {}, {}, 0.0, 0).text().splitlines()
    assert lines[0].startswith("FAILED: 2 sessions")
    assert not any("quarantined" in line for line in lines)
    assert [line for line in lines if line.startswith("  check: ")] == [
        f"  check: w{n}" for n in range(min(warnings, 12))
    ]
    more = [f"  … and {warnings - 12} more checks that did not pass; see the Dagster pages or --json"]
    assert lines[-1:] == (more if warnings > 12 else lines[-1:])
    assert any("more checks" in line for line in lines) == (warnings > 12)


def test_a_row_with_two_reasons_counts_under_both_and_the_most_frequent_comes_first() -> None:
    assert reason_counts(pd.Series([], dtype="str")) == {}
    counts = reason_counts(pd.Series(['["b"]', '["a","b"]', '["c"]', '["a","b"]']))
    assert list(counts.items()) == [("b", 3), ("a", 2), ("c", 1)]


def test_one_of_several_tables_of_a_step_brings_the_others(own: Workspace) -> None:
    for table in ("fills", "trades", "signal_outcomes"):
        own.store.path(contract(table), CLEAN).unlink()
    outcome = run_sessions_range(own, [CLEAN], ["fills"])
    assert outcome.success, outcome.failures
    assert all(own.store.has(contract(table), CLEAN) for table in ("fills", "trades", "signal_outcomes"))
    assert not recorded("signals")


@pytest.fixture
def pressing() -> Iterator[list[str]]:
    """A list that a watcher fills; Ctrl-C would otherwise stay replaced for the tests that follow."""
    before = signal.getsignal(signal.SIGINT)
    yield []
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_in_mid_run_leaves_whole_tables_and_a_run_that_is_over(own: Workspace, pressing: list[str]) -> None:
    rmtree(own.store.root)

    def press(done: str) -> None:
        pressing.append(done)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_sessions_range(own.watched(press), [CLEAN, BARE])
    assert pressing == [str(CLEAN)], "it stopped after the first session of the first step"
    assert own.store.sessions(market_snapshots.CONTRACT) == [CLEAN]
    assert len(own.store.read(market_snapshots.CONTRACT, [CLEAN])) > 0
    assert own.store.sessions(signals.CONTRACT) == []
    with open_instance() as instance:
        [run] = instance.get_runs()
        assert run.is_finished
        assert not run.is_success


def test_a_session_that_cannot_be_read_fails_with_its_name_and_spoils_no_other(own: Workspace) -> None:
    path = own.store.path(scored_signals.CONTRACT, DIRTY)
    path.write_bytes(path.read_bytes()[:100])
    before = own.store.content_sha256(trades.CONTRACT, DIRTY)
    outcome = run_sessions_range(own, DAYS, ["trades"])
    assert not outcome.success
    [sentence] = outcome.failures
    assert sentence.startswith("trades: ")
    assert StorageError.__name__ in sentence
    assert str(DIRTY) in sentence
    assert "Traceback" not in sentence
    assert own.store.content_sha256(trades.CONTRACT, DIRTY) == before
    assert recorded("trades") == {}, "a step that failed is not called materialized"


def test_the_tick_of_six_in_the_evening_makes_everything_of_its_session(own: Workspace) -> None:
    rmtree(own.store.root)
    repository = build_definitions(own).get_repository_def()
    job = repository.get_job("eod_job")
    with open_instance() as instance:
        result = job.execute_in_process(instance=instance, partition_key=str(CLEAN), run_config=QUIET)
        assert result.success
        made = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
        for table in sorted(made):
            [record] = instance.fetch_materializations(dg.AssetKey(table), limit=5).records
            assert record.run_id == result.run_id
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        lost = run.with_status(dg.DagsterRunStatus.FAILURE)
        # lost before it could say so it has no step to go on from, and must be tried again whole
        assert not KnownExecutionState.build_resume_retry_reexecution(instance, lost)[0]
        assert get_reexecution_strategy(lost, instance) is ReexecutionStrategy.ALL_STEPS
    assert {*DAILY, "equity_curve", "feed_health", "quality_report", "tear_sheet", "trade_reconciliation"} <= made
    assert len(list((own.home / "reports").glob("*.html"))) == 1
