"""Whether the figures can be trusted, in one line each: data, regression suite, models, reconciliation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.report.numbers import count, counted, rupees

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from trading_assets.report.status import ModelStatus, ReconciliationStatus, RegressionStatus

#: Mark and word of each state: the shape says it without the colour.
MARKS = {"good": "✓", "caution": "!", "bad": "✗", "unknown": "?"}


@dataclass(frozen=True)
class Standing:
    """One line: what it is about, its state (a key of `MARKS`) and a sentence."""

    name: str
    state: str
    text: str

    @property
    def mark(self) -> str:
        """The shape that says the state without colour."""
        return MARKS[self.state]


def data_standing(issues: pd.DataFrame, quarantined: pd.DataFrame, sessions: int) -> Standing:
    """Say how clean the data of the range is."""
    if not sessions and issues.empty and quarantined.empty:
        return Standing("Data", "unknown", "no session in the range")
    severity = issues["severity"].value_counts()
    critical, warnings = int(severity.get("critical", 0)), int(severity.get("warning", 0))
    rows = int(quarantined["rows"].sum())
    parts = [
        counted(critical, "critical issue"),
        counted(warnings, "warning"),
        f"{counted(rows, 'row')} quarantined",
    ]
    state = "bad" if critical else "caution" if warnings or rows else "good"
    return Standing("Data", state, ", ".join(parts))


def regression_standing(regression: Sequence[RegressionStatus] | None) -> Standing:
    """Say whether the strategies still say what their baselines say."""
    if regression is None:
        return Standing("Regression", "unknown", "not run")
    failed = sorted(status.strategy_id for status in regression if not status.passed)
    if failed:
        return Standing(
            "Regression", "bad", f"{count(len(failed))} of {counted(len(regression), 'strategy', 'strategies')} failed"
        )
    if not regression:
        return Standing("Regression", "unknown", "no baseline to compare with")
    return Standing("Regression", "good", f"{counted(len(regression), 'strategy', 'strategies')} passed")


def model_standing(models: Sequence[ModelStatus]) -> Standing:
    """Say whether the models' files are the ones that were registered."""
    if not models:
        return Standing("Models", "unknown", "none registered")
    altered = sorted(model.version for model in models if model.verified is False)
    if altered:
        return Standing("Models", "bad", f"{counted(len(altered), 'file')} altered since registration")
    unchecked = sum(model.verified is None for model in models)
    if unchecked:
        return Standing(
            "Models", "caution", f"{count(unchecked)} of {counted(len(models), 'hash', 'hashes')} not verified"
        )
    return Standing("Models", "good", f"{counted(len(models), 'hash', 'hashes')} verified")


def reconciliation_standing(reconciliation: ReconciliationStatus | None) -> Standing:
    """Say whether simulated and broker trades agree."""
    if reconciliation is None:
        return Standing("Broker", "unknown", "nothing reconciled with a broker")
    apart = reconciliation.only_simulated + reconciliation.only_broker
    gap = reconciliation.broker_net_pnl - reconciliation.simulated_net_pnl
    text = f"{counted(reconciliation.matched, 'trade')} matched, {count(apart)} not, {rupees(gap, plus=True)} apart"
    return Standing("Broker", "caution" if apart or round(gap * 100) else "good", text)
