"""Checks of the monitoring tables: what passes, what warns, and that the weekly run stores both tables and results."""

from datetime import date

import dagster as dg
import numpy as np
import orjson
import pandas as pd
import pytest
from dagster import AssetCheckSeverity

from trading_assets.defs.build import build_definitions
from trading_assets.defs.monitoring_checks import drift_result, telemetry_result
from trading_assets.defs.monitoring_steps import feature_drift_step
from trading_assets.defs.runner import QUIET, open_instance
from trading_assets.defs.workspace import Workspace
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.tables import feature_drift, model_performance, scored_signals, trades
from trading_assets_tests.defs.conftest import CLEAN, Landed
from trading_assets_tests.defs.test_steps import run_day
from trading_assets_tests.tables.valid_frames import valid_frame

OF_MODELS = {("model_performance", "telemetry"), ("model_performance", "challenge")}


def store_features(workspace: Workspace, sessions: int, shift: float) -> None:
    """Scored signals of some sessions; in the last five every feature but vix is `shift` away."""
    random = np.random.default_rng(17)
    for number, day in enumerate(pd.bdate_range("2025-01-01", periods=sessions)):
        matrix = random.normal(size=(10, len(FEATURE_NAMES)))
        matrix += shift * (np.array(FEATURE_NAMES) != "vix") * (number >= sessions - 5)
        texts = [orjson.dumps(dict(zip(FEATURE_NAMES, row, strict=True))).decode() for row in matrix.tolist()]
        rows = valid_frame(scored_signals.CONTRACT, 10).assign(date=day, features_snapshot=texts)
        workspace.store.write(scored_signals.CONTRACT, scored_signals.CONTRACT.frame(rows), day.date())


def scored_trade(workspace: Workspace, **changes: object) -> None:
    row = valid_frame(trades.CONTRACT, 1).assign(ml_score=0.5, **changes)
    day: date = row["date"].iloc[0].date()
    workspace.store.write(trades.CONTRACT, trades.CONTRACT.frame(row), day)


@pytest.mark.parametrize("sessions", [0, 1, 30])
def test_a_short_history_passes_and_says_so(landed: Landed, sessions: int) -> None:
    workspace = landed()
    store_features(workspace, sessions, shift=9.0)
    feature_drift_step(workspace)
    found = drift_result(workspace)
    assert found.passed
    assert found.description is not None
    assert found.description.startswith("nothing was judged: ")
    assert ("60 are needed" in found.description) == (sessions > 0)


def test_a_planted_shift_fails_with_the_features_named(landed: Landed) -> None:
    workspace = landed()
    store_features(workspace, 66, shift=4.0)
    report = feature_drift_step(workspace)
    assert report.tables["feature_drift"]["rows"] == len(FEATURE_NAMES)
    found = drift_result(workspace)
    assert (found.passed, found.severity) == (False, AssetCheckSeverity.ERROR)
    assert found.description is not None
    assert "pcr is critical: psi" in found.description
    assert "vix" not in found.description


def test_a_warning_is_only_a_warning_and_nothing_is_fine(landed: Landed) -> None:
    workspace = landed()
    store_features(workspace, 66, shift=0.0)
    feature_drift_step(workspace)
    stored = workspace.store.read(feature_drift.CONTRACT)
    quiet = stored.assign(status=stored["status"].where(stored["status"] == "info", "ok"))
    workspace.store.write(feature_drift.CONTRACT, quiet, None)
    assert drift_result(workspace).passed
    warned = quiet.assign(status=quiet["status"].where(quiet["feature"] != "rsi", "warning"))
    workspace.store.write(feature_drift.CONTRACT, warned, None)
    found = drift_result(workspace)
    assert (found.passed, found.severity) == (False, AssetCheckSeverity.WARN)
    assert found.metadata["drifted"].value == 1


def test_a_trade_of_an_unregistered_model_fails_telemetry(landed: Landed) -> None:
    workspace = landed()
    assert telemetry_result(workspace).passed
    scored_trade(workspace, model_version="v7.0.0")
    found = telemetry_result(workspace)
    assert (found.passed, found.severity) == (False, AssetCheckSeverity.ERROR)
    assert found.metadata["coverage"].value == 0.0
    assert found.description is not None
    assert "a version that is not registered" in found.description


def test_the_weekly_run_stores_both_tables_and_their_results(landed: Landed) -> None:
    workspace = landed(CLEAN)
    run_day(workspace, CLEAN)
    with open_instance() as instance:
        job = build_definitions(workspace).resolve_job_def("weekly_review_job")
        ran = job.execute_in_process(instance=instance, run_config=QUIET)
    assert ran.success
    results = {(item.asset_key.to_user_string(), item.check_name): item for item in ran.get_asset_check_evaluations()}
    assert set(results) == {("feature_drift", "drift"), *OF_MODELS}
    assert all(item.passed for item in results.values())
    assert len(workspace.store.read(feature_drift.CONTRACT)) == len(FEATURE_NAMES)
    assert workspace.store.read(model_performance.CONTRACT).empty, "no model has scored anything"
    assert isinstance(results["feature_drift", "drift"].metadata["features"], dg.TableMetadataValue)


def test_the_monthly_run_trains_and_compares_versions(landed: Landed) -> None:
    with open_instance() as instance:
        job = build_definitions(landed()).resolve_job_def("monthly_review_job")
        ran = job.execute_in_process(instance=instance, run_config=QUIET, partition_key="2026-02-01")
    assert ran.success
    made = {event.asset_key.to_user_string() for event in ran.get_asset_materialization_events() if event.asset_key}
    assert made == {"signal_model", "model_performance"}
    results = {(item.asset_key.to_user_string(), item.check_name): item for item in ran.get_asset_check_evaluations()}
    assert set(results) == OF_MODELS
    told = results["model_performance", "challenge"].description
    assert told == "no version has both a predecessor and a session after what it learnt from."
