"""Asset checks in runs: one result a session, a summary for a range, and what they hold back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from trading_assets.defs.audits import audit_session, totals_outcome
from trading_assets.defs.build import build_definitions
from trading_assets.defs.checks import AUDITED, names_of, session_outcomes
from trading_assets.defs.metadata import equity_metadata, outcome_metadata, small_table
from trading_assets.defs.runner import QUIET, RunOutcome, instance_folder, open_instance, run_sessions_range
from trading_assets.defs.steps import equity_step, market_step
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import UsageError
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.settings import QualitySettings
from trading_assets.tables import (
    daily_performance,
    market_snapshots,
    strategy_performance,
    trade_reconciliation,
    trades,
)
from trading_assets_tests.defs.conftest import CLEAN, DIRTY, SUNDAY, Landed
from trading_assets_tests.defs.test_steps import run_day

MARKET = ("market_snapshots", "quarantined_rows", "quality_issues")
FIRST_TWO = ("signals", *MARKET)


def outcome(name: str, passed: bool) -> CheckOutcome:  # noqa: FBT001
    return CheckOutcome(
        name=name,
        category="contract" if name == "contract" else "consistency",
        passed=passed,
        severity="ERROR",
        blocking=True,
        sentence="a sentence",
        numbers={"rows": 3.0, "nothing": float("nan")},
        worst=pd.DataFrame({"row": range(9)}),
    )


def materialized(instance: dg.DagsterInstance, table: str) -> set[str | None]:
    records = instance.fetch_materializations(dg.AssetKey(table), limit=50).records
    return {record.partition_key for record in records}


def evaluations(instance: dg.DagsterInstance, table: str, check: str) -> dict[str | None, bool]:
    key = dg.AssetCheckKey(dg.AssetKey(table), check)
    found: dict[str | None, bool] = {}
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=50):
        event = record.event.dagster_event if record.event is not None else None
        if event is not None:
            found.setdefault(event.event_specific_data.partition, event.event_specific_data.passed)
    return found


def test_a_single_session_has_its_result(landed: Landed) -> None:
    workspace = landed(DIRTY)
    ran = run_sessions_range(workspace, [DIRTY], FIRST_TWO)
    assert ran.success, "it warns"
    assert any("2026-01-30 market_snapshots.stale_data" in sentence for sentence in ran.warnings)
    with open_instance() as instance:
        assert evaluations(instance, "market_snapshots", "stale_data")["2026-01-30"] is False
        assert evaluations(instance, "market_snapshots", "contract")["2026-01-30"] is True


def test_a_run_of_the_pages_has_the_result_of_its_partition(landed: Landed) -> None:
    workspace = landed(DIRTY)
    with open_instance() as instance:
        job = build_definitions(workspace).resolve_job_def("intraday_job")
        assert job.execute_in_process(instance=instance, partition_key="2026-01-30", run_config=QUIET).success
        assert evaluations(instance, "market_snapshots", "stale_data") == {"2026-01-30": False}
        assert evaluations(instance, "market_snapshots", "contract") == {"2026-01-30": True}


def test_a_range_has_a_result_for_each_session_and_a_summary(landed: Landed) -> None:
    workspace = landed(DIRTY, SUNDAY)
    ran = run_sessions_range(workspace, [DIRTY, SUNDAY], FIRST_TWO)
    assert ran.success
    with open_instance() as instance:
        found = evaluations(instance, "market_snapshots", "stale_data")
        assert (found["2026-01-30"], found["2026-02-01"]) == (False, True)
        assert None in found, "the summary of the range"
        assert materialized(instance, "signals") == {"2026-01-30", "2026-02-01"}
        run = instance.get_run_by_id(ran.run_id)
        assert run is not None
        assert run.tags["dagster/asset_partition_range_start"] == "2026-01-30"


def test_a_session_beyond_the_tolerated_share_holds_its_signals_back(landed: Landed) -> None:
    strict = QualitySettings(tolerated_share={"market_snapshots": 0.001})
    ran = run_sessions_range(landed(DIRTY, quality=strict), [DIRTY], FIRST_TWO)
    assert not ran.success
    assert any("blocking asset check" in sentence for sentence in ran.failures)
    with open_instance() as instance:
        assert materialized(instance, "market_snapshots") == {"2026-01-30"}
        assert materialized(instance, "signals") == set()


def test_in_a_range_a_bad_session_does_not_hold_back_the_good_ones(landed: Landed) -> None:
    strict = QualitySettings(tolerated_share={"market_snapshots": 0.001})
    ran = run_sessions_range(landed(DIRTY, SUNDAY, quality=strict), [DIRTY, SUNDAY], FIRST_TWO)
    assert ran.success
    with open_instance() as instance:
        assert evaluations(instance, "market_snapshots", "stale_data")["2026-01-30"] is False
        assert "2026-02-01" in materialized(instance, "signals")


def test_a_check_per_rule_is_a_setting(landed: Landed) -> None:
    workspace = landed(DIRTY, quality=QualitySettings(checks_per="rule"))
    ran = run_sessions_range(workspace, [DIRTY], FIRST_TWO)
    assert ran.success
    assert any("2026-01-30 market_snapshots.spot_against_parity" in sentence for sentence in ran.warnings), ran.warnings
    with open_instance() as instance:
        assert evaluations(instance, "market_snapshots", "spot_against_parity")["2026-01-30"] is False
        assert evaluations(instance, "market_snapshots", "clock_skew")["2026-01-30"] is True
    names = {key.name for key in build_definitions(workspace).resolve_asset_graph().asset_check_keys}
    assert "stale_data" not in names


def test_a_false_total_is_named_to_the_paisa(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    rows = workspace.store.read(strategy_performance.CONTRACT, [CLEAN])
    assert totals_outcome(workspace, CLEAN, rows).passed
    wrong = totals_outcome(workspace, CLEAN, rows.assign(total_pnl=rows["total_pnl"] + 0.01))
    assert not wrong.passed
    assert wrong.blocking
    assert "total_pnl" in wrong.sentence or "net" in wrong.sentence


def test_every_audited_table_answers_by_the_names_it_announces(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    told: dict[str, str] = {}
    for contract in AUDITED:
        found = session_outcomes(workspace, contract, CLEAN)
        assert tuple(item.name for item in found) == names_of(contract)
        told |= {f"{contract.name}.{item.name}": item.sentence for item in found if not item.passed}
    assert list(told) == ["scored_signals.missing_data"], told
    assert "there is no ml_score" in told["scored_signals.missing_data"], "no model was trained in this home"


def test_a_table_altered_behind_our_back_is_found(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    altered = workspace.store.read(trades.CONTRACT, [CLEAN])
    altered["net_pnl"] += 100.0
    workspace.store.write(trades.CONTRACT, altered, CLEAN)
    by_name = {item.name: item for item in audit_session(workspace, trades.CONTRACT, CLEAN)}
    assert not by_name["consistency"].passed


def test_future_sessions_are_refused_before_anything_is_written(landed: Landed) -> None:
    workspace = landed(CLEAN)
    ran = run_sessions_range(workspace, [date(2026, 12, 30)], MARKET)
    assert not ran.success
    assert any("has not come yet" in sentence or "partition" in sentence.lower() for sentence in ran.failures)
    assert not workspace.store.sessions(market_snapshots.CONTRACT)


def test_unknown_assets_and_empty_ranges_are_usage_errors(landed: Landed) -> None:
    workspace = landed(CLEAN)
    with pytest.raises(UsageError, match="there is no asset tradez"):
        run_sessions_range(workspace, [CLEAN], ["tradez"])
    with pytest.raises(UsageError, match="no session"):
        run_sessions_range(workspace, [])


def test_a_step_that_fails_is_named_with_its_cause(landed: Landed) -> None:
    workspace = landed(CLEAN)
    for path in (workspace.home / "landing").rglob("*.zst"):
        path.write_bytes(path.read_bytes()[:-10])
    ran: RunOutcome = run_sessions_range(workspace, [CLEAN], MARKET)
    assert not ran.success
    assert ran.failures
    assert ran.failures[0].startswith("market_snapshots")


def test_metadata_is_finite_and_small() -> None:
    found = outcome_metadata(outcome("contract", passed=False))
    assert set(found) == {"rows", "worst"}
    worst = found["worst"]
    assert isinstance(worst, dg.TableMetadataValue)
    assert len(worst.records) == 5
    assert isinstance(small_table(pd.DataFrame({"a": [None]})), dg.TableMetadataValue)
    limits = ({"rule": "gap", "warning": 1.0, "critical": None},)
    with_limits = outcome_metadata(replace(outcome("contract", passed=False), limits=limits))["limits"]
    assert isinstance(with_limits, dg.TableMetadataValue)
    assert with_limits.records[0].data == {"rule": "gap", "warning": "1.0", "critical": "-"}
    made: dict[int, dg.MetadataValue] = {}
    twice = [
        outcome_metadata(replace(outcome("contract", passed=passed), limits=limits), made) for passed in (True, False)
    ]
    assert twice[0]["limits"] is twice[1]["limits"] is made[id(limits)]
    assert twice[0]["limits"] == with_limits


def test_the_equity_page_has_a_picture_that_renders_without_a_click(landed: Landed) -> None:
    workspace = landed(CLEAN)
    assert equity_metadata(equity_step(workspace)[1]) == {}
    run_day(workspace, CLEAN)
    found = equity_metadata(equity_step(workspace)[1])
    assert found["sessions"].value == 1
    assert len(str(found["equity_curve"].value)) < 1000


def test_the_folder_with_the_instance_file_is_found_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (instance_folder() / "dagster.yaml").is_file()
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert instance_folder() == tmp_path


def test_a_daily_row_of_a_session_stands_after_its_market_step(landed: Landed) -> None:
    workspace: Workspace = landed(CLEAN)
    market_step(workspace, CLEAN)
    assert not workspace.store.has(daily_performance.CONTRACT, CLEAN)


def test_without_imported_trades_there_is_nothing_to_reconcile_and_it_says_so(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    ran = run_sessions_range(workspace, [CLEAN], ["trade_reconciliation"])
    assert ran.success, ran.failures
    assert workspace.store.has(trade_reconciliation.CONTRACT, CLEAN)
    by_name = {item.name: item for item in audit_session(workspace, trade_reconciliation.CONTRACT, CLEAN)}
    assert by_name["within_tolerance"].passed
    assert "no imported trades" in by_name["within_tolerance"].sentence


def test_a_broker_who_sold_lower_is_a_failed_check_that_holds_nothing_back(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    simulated = workspace.store.read(trades.CONTRACT, [CLEAN])
    actual = simulated.assign(
        source="zerodha",
        trade_id=simulated["trade_id"] + "B",
        exit_price=simulated["exit_price"] - 10.0,
        gross_pnl=simulated["gross_pnl"] - 10.0 * simulated["quantity"],
        net_pnl=simulated["net_pnl"] - 10.0 * simulated["quantity"],
    )
    both = trades.CONTRACT.frame(pd.concat([simulated, actual], ignore_index=True))
    workspace.store.write(trades.CONTRACT, both.sort_values("trade_id", ignore_index=True), CLEAN)
    ran = run_sessions_range(workspace, [CLEAN], ["trade_reconciliation"])
    assert ran.success
    assert any("within_tolerance" in sentence for sentence in ran.warnings)


def test_imported_trades_without_simulated_ones_have_no_partner(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    actual = workspace.store.read(trades.CONTRACT, [CLEAN]).assign(source="zerodha")
    workspace.store.write(trades.CONTRACT, actual, CLEAN)
    (within,) = (
        item
        for item in audit_session(workspace, trade_reconciliation.CONTRACT, CLEAN)
        if item.name == "within_tolerance"
    )
    assert f"{len(actual)} trades have no partner" in within.sentence


def test_rows_that_were_kept_out_of_one_table_are_not_missing_from_another(landed: Landed) -> None:
    workspace = landed(DIRTY)
    market_step(workspace, DIRTY)
    shares = {
        contract.name: audit_session(workspace, contract, DIRTY)[0].numbers["broken_share"]
        for contract in (market_snapshots.CONTRACT, trades.CONTRACT)
    }
    assert shares["market_snapshots"] > 0.0
    assert shares["trades"] == 0.0
