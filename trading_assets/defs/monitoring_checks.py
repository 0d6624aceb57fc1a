"""Checks of the monitoring tables: features have not drifted, scored trades can be traced, a new version is no worse.

They hold nothing back: they tell whoever decides about a model, who may have good reasons to keep it.
"""

import dagster as dg
from dagster import AssetCheckResult, AssetCheckSeverity

from trading_assets.defs.challenger import newest_pair, on_the_same_signals
from trading_assets.defs.metadata import small_table
from trading_assets.defs.workspace import Workspace
from trading_assets.models.telemetry import READS, telemetry
from trading_assets.tables import feature_drift, trades

SHOWN = ["feature", "status", "psi", "warning_limit", "critical_limit", "missing_share", "reason"]


def build() -> list[dg.AssetChecksDefinition]:
    """Return the checks of `feature_drift` and `model_performance`."""

    @dg.asset_check(
        asset="feature_drift",
        name="drift",
        description="No feature is further from its earlier sessions than its own history makes usual.",
    )
    def drifted(workspace: dg.ResourceParam[Workspace]) -> AssetCheckResult:
        return drift_result(workspace)

    @dg.asset_check(
        asset="model_performance",
        name="telemetry",
        description="Every scored trade carries version, hash and features of a registered model.",
    )
    def traced(workspace: dg.ResourceParam[Workspace]) -> AssetCheckResult:
        return telemetry_result(workspace)

    @dg.asset_check(
        asset="model_performance",
        name="challenge",
        description="The newest version would not have earned less on the signals that it and its predecessor score.",
    )
    def challenged(workspace: dg.ResourceParam[Workspace]) -> AssetCheckResult:
        return challenge_result(workspace)

    return [drifted, traced, challenged]


def drift_result(workspace: Workspace) -> AssetCheckResult:
    """Judge the stored drift: a critical feature is an error, a warning one a warning, a short history passes."""
    found = workspace.store.read(feature_drift.CONTRACT)
    far = found[found["status"].isin(["warning", "critical"])].sort_values(["status", "feature"])
    judged = int((found["status"] != "info").sum())
    reasons = found.loc[found["reason"].fillna("").str.startswith("short history"), "reason"]
    if far.empty:
        sentence = f"{judged} features judged, none further from its past than usual."
    else:
        texts = zip(far["feature"], far["status"], far["psi"], far["warning_limit"], strict=True)
        sentence = "; ".join(f"{name} is {how}: psi {psi:.2f}, usual is {usual:.2f}" for name, how, psi, usual in texts)
    if not judged:
        sentence = "nothing was judged: " + (reasons.iloc[0] if len(reasons) else "no signal has features yet") + "."
    critical = bool((far["status"] == "critical").any())
    return AssetCheckResult(
        passed=far.empty,
        severity=AssetCheckSeverity.ERROR if critical else AssetCheckSeverity.WARN,
        description=sentence,
        metadata={"judged": judged, "drifted": len(far), "features": small_table(found[SHOWN])},
    )


def telemetry_result(workspace: Workspace) -> AssetCheckResult:
    """Compare what scored trades carry with the registry."""
    registered = {entry.version: entry.sha256 for entry in workspace.registry.entries()}
    found = telemetry(workspace.store.read(trades.CONTRACT, columns=list(READS)), registered)
    coverage = {} if found.coverage is None else {"coverage": found.coverage}
    return AssetCheckResult(
        passed=not found.gaps,
        severity=AssetCheckSeverity.ERROR,
        description=found.sentence,
        metadata={"scored_trades": found.scored, "with_gaps": len(found.gaps), **coverage},
    )


def challenge_result(workspace: Workspace) -> AssetCheckResult:
    """Compare the newest version that has sessions to be judged by with the one it followed or would follow."""
    pair = newest_pair(workspace)
    if pair is None:
        text = "no version has both a predecessor and a session after what it learnt from."
        return AssetCheckResult(passed=True, description=text)
    found = on_the_same_signals(workspace, *pair)
    measures = {
        "difference_per_signal": found.difference,
        "brier": found.b.brier,
        "brier_of_predecessor": found.a.brier,
        "calibration_error": found.b.calibration_error,
        "calibration_error_of_predecessor": found.a.calibration_error,
    }
    return AssetCheckResult(
        passed=found.bootstrap is None or found.bootstrap[1] >= 0.0,
        severity=AssetCheckSeverity.WARN,
        description=found.sentence,
        metadata={
            "version": found.b.version,
            "predecessor": found.a.version,
            "signals": found.signals,
            **{name: value for name, value in measures.items() if value is not None},
        },
    )
