"""Stored signals against the baselines that cover their session: one evaluation there, none elsewhere."""

from pathlib import Path
from shutil import copytree

import dagster as dg
import numpy as np
import pytest
from dagster import AssetCheckEvaluation

from trading_assets.cli.regressing import write_baselines
from trading_assets.cli.reruns import rerun
from trading_assets.defs.baseline_check import NAME, baseline_folder, baseline_outcome
from trading_assets.defs.checks import names_of, session_outcomes
from trading_assets.defs.runner import open_instance, run_sessions_range
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.settings import Settings
from trading_assets.tables import market_snapshots, scored_signals, signals
from trading_assets_tests.defs.conftest import CLEAN, DIRTY, SUNDAY, Landed

SELECTED = ("market_snapshots", "quarantined_rows", "quality_issues", "session_bars", "signals")


def evaluated_sessions(instance: dg.DagsterInstance) -> dict[str | None, bool]:
    """Sessions with an evaluation of the check, None for a summary; a run that planned it and had none adds nothing."""
    key = dg.AssetCheckKey(dg.AssetKey("signals"), NAME)
    records = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
    events = [record.event.dagster_event for record in records if record.event is not None]
    told = [event.event_specific_data for event in events if event is not None]
    return {one.partition: one.passed for one in told if isinstance(one, AssetCheckEvaluation)}


@pytest.fixture
def covered(processed: Path, tmp_path: Path) -> Workspace:
    """A home of two processed sessions, and baselines of the first only."""
    copytree(processed, tmp_path / "home")
    workspace = open_workspace(Settings(home=tmp_path / "home", baselines=tmp_path / "baselines"))
    write_baselines(workspace, rerun(workspace, CLEAN, CLEAN, None))
    return workspace


def change(workspace: Workspace, **columns: object) -> None:
    """Replace columns of the first stored signal of the covered session."""
    frame = workspace.store.read(signals.CONTRACT, [CLEAN])
    first = np.arange(len(frame)) == 0
    changed = {name: np.where(first, value, frame[name]) for name, value in columns.items()}
    workspace.store.write(signals.CONTRACT, frame.assign(**changed), CLEAN)


def test_a_covered_session_passes_and_says_how_many_strategies_agree(covered: Workspace) -> None:
    found = baseline_outcome(covered, CLEAN)
    assert found is not None
    assert found.passed
    stored = covered.store.read(signals.CONTRACT, [CLEAN])
    strategies = len(list(covered.settings.baselines.glob("*.json")))
    assert found.sentence == f"{strategies} strategies say what their baselines say."
    assert found.numbers == {"strategies": strategies, "failed": 0, "matched": len(stored), "missing": 0, "extra": 0}


def test_a_session_outside_every_range_has_no_outcome(covered: Workspace) -> None:
    assert baseline_outcome(covered, DIRTY) is None
    assert NAME not in {outcome.name for outcome in session_outcomes(covered, signals.CONTRACT, DIRTY)}


def test_only_signals_are_compared(covered: Workspace) -> None:
    assert NAME in names_of(signals.CONTRACT)
    assert NAME not in names_of(scored_signals.CONTRACT)
    assert NAME in {outcome.name for outcome in session_outcomes(covered, signals.CONTRACT, CLEAN)}
    assert NAME not in {outcome.name for outcome in session_outcomes(covered, scored_signals.CONTRACT, CLEAN)}


def test_a_signal_that_moved_names_its_strategy_and_class(covered: Workspace) -> None:
    first = covered.store.read(signals.CONTRACT, [CLEAN]).iloc[0]
    change(covered, entry_price=first["entry_price"] + 1.0)
    found = baseline_outcome(covered, CLEAN)
    assert found is not None
    assert not found.passed
    assert found.sentence == f"{first['strategy_id']}: 1 re-priced"
    assert (found.severity, found.blocking) == ("ERROR", False)
    assert found.worst["strategy_id"].tolist() == [first["strategy_id"]]


def test_a_lost_signal_is_missing_and_a_new_one_extra(covered: Workspace) -> None:
    frame = covered.store.read(signals.CONTRACT, [CLEAN])
    covered.store.write(signals.CONTRACT, frame.iloc[1:].reset_index(drop=True), CLEAN)
    found = baseline_outcome(covered, CLEAN)
    assert found is not None
    assert (found.numbers["missing"], found.numbers["extra"], found.numbers["failed"]) == (1, 0, 1)
    assert found.sentence == f"{frame['strategy_id'].iloc[0]}: 1 missing"


def test_confidence_may_drift_within_the_tolerance_and_not_beyond(covered: Workspace) -> None:
    confidence = float(covered.store.read(signals.CONTRACT, [CLEAN])["confidence"].iloc[0])
    away = np.sign(confidence - 0.5) or 1.0  # not across the decision at 0.5
    change(covered, confidence=confidence + away * 0.01 * confidence)
    within = baseline_outcome(covered, CLEAN)
    change(covered, confidence=confidence + away * 0.06 * confidence)
    beyond = baseline_outcome(covered, CLEAN)
    assert within is not None
    assert within.passed
    assert beyond is not None
    assert "1 drift beyond" in beyond.sentence


def test_another_recording_of_the_day_is_not_judged(covered: Workspace) -> None:
    frame = covered.store.read(market_snapshots.CONTRACT, [CLEAN])
    other = frame.assign(bid=frame["bid"] + np.where(np.arange(len(frame)) == 7, 0.05, 0.0))
    covered.store.write(market_snapshots.CONTRACT, other, CLEAN)
    assert baseline_outcome(covered, CLEAN) is None


def test_a_baseline_that_cannot_be_read_never_passes(covered: Workspace) -> None:
    path = next(covered.settings.baselines.glob("pcr_analysis*"))
    path.write_text("{", encoding="utf-8")
    found = baseline_outcome(covered, CLEAN)
    assert found is not None
    assert not found.passed
    assert found.sentence.startswith(f"pcr_analysis: baseline {path.name} cannot be read")
    for other in covered.settings.baselines.glob("*.json"):
        other.write_text("{", encoding="utf-8")
    none_readable = baseline_outcome(covered, CLEAN)
    assert none_readable is not None
    assert none_readable.numbers["failed"] == none_readable.numbers["strategies"] > 1


def test_files_that_are_no_baselines_are_left_alone(covered: Workspace) -> None:
    for name in ("CHANGELOG.jsonl", "notes.json", "x_2026-01-28.json"):
        (covered.settings.baselines / name).write_text("{", encoding="utf-8")
    found = baseline_outcome(covered, CLEAN)
    assert found is not None
    assert found.passed


def test_an_empty_folder_of_baselines_covers_nothing(covered: Workspace) -> None:
    for path in covered.settings.baselines.iterdir():
        path.unlink()
    assert baseline_outcome(covered, CLEAN) is None


def test_without_a_folder_the_packaged_baselines_are_used(processed: Path, tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=processed, baselines=tmp_path / "none"))
    assert any(baseline_folder(workspace).glob("pcr_analysis_*.json"))


def test_a_run_logs_an_evaluation_for_the_covered_session_only(landed: Landed, covered: Workspace) -> None:
    workspace = landed(CLEAN, SUNDAY, baselines=covered.settings.baselines)
    ran = run_sessions_range(workspace, [CLEAN], SELECTED)
    assert ran.success, ran.failures
    with open_instance() as instance:
        assert evaluated_sessions(instance) == {"2026-01-28": True, None: True}, "None is the summary"
    ran = run_sessions_range(workspace, [SUNDAY], SELECTED)
    assert ran.success, ran.failures
    with open_instance() as instance:
        assert set(evaluated_sessions(instance)) == {"2026-01-28", None}


def test_a_changed_rule_warns_in_a_run_and_holds_nothing_back(landed: Landed, covered: Workspace) -> None:
    changed = {"pcr_analysis": {"enter": 0.5}}
    workspace = landed(CLEAN, baselines=covered.settings.baselines, strategies=changed)
    ran = run_sessions_range(workspace, [CLEAN], (*SELECTED, "scored_signals"))
    assert ran.success, ran.failures
    assert any(NAME in sentence and "pcr_analysis" in sentence for sentence in ran.warnings), ran.warnings
    assert workspace.store.has(scored_signals.CONTRACT, CLEAN)
