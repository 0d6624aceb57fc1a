"""The steps of the monitoring assets: feed health, performance by model, feature drift, the tear sheet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

import pandas as pd

from trading_assets.defs.imported_trades import source_counted
from trading_assets.defs.steps import StepReport, store
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import InputError, ModelError
from trading_assets.market.history import YEAR_SESSIONS
from trading_assets.models.feature_drift import feature_drift
from trading_assets.performance.by_model import model_performance
from trading_assets.performance.counting import counted
from trading_assets.quality.feed_activity import feed_activity
from trading_assets.report.quarantine import quarantined_counts
from trading_assets.report.status import ModelStatus, RegressionStatus
from trading_assets.report.tear_sheet import TearSheetData, render
from trading_assets.storage.atomic import replace_file
from trading_assets.storage.kept_columns import read_kept
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    feed_calls,
    feed_health,
    market_snapshots,
    quality_issues,
    quarantined_rows,
    scored_signals,
    strategy_performance,
    trades,
)
from trading_assets.tables import (
    feature_drift as drift_table,
)
from trading_assets.tables import (
    model_performance as model_table,
)
from trading_assets.tables.contract import Contract
from trading_assets.tracking.ledger import RegistryEntry


def feed_health_step(workspace: Workspace, day: date) -> StepReport:
    """Count what each feed delivered in a session."""
    calls = workspace.journal.read(feed_calls.CONTRACT, [day])
    frame = feed_activity(
        day,
        workspace.store.read(market_snapshots.CONTRACT, [day]),
        workspace.store.read(quarantined_rows.CONTRACT, [day]),
        calls[calls["date"].dt.date == day],
    )
    return store(workspace, day, {feed_health.CONTRACT: frame})


def model_performance_step(workspace: Workspace) -> StepReport:
    """Roll all trades up by model version."""
    frame = model_table.CONTRACT.frame(model_performance(workspace.store.read(trades.CONTRACT)))
    return _store_whole(workspace, model_table.CONTRACT, frame)


def feature_drift_step(workspace: Workspace) -> StepReport:
    """Compare the newest five sessions of each feature with those before."""
    scored = workspace.store.read(scored_signals.CONTRACT, columns=["date", "features_snapshot"])
    return _store_whole(workspace, drift_table.CONTRACT, feature_drift(scored))


def _store_whole(workspace: Workspace, contract: Contract, frame: pd.DataFrame) -> StepReport:
    report = StepReport()
    report.add(contract, workspace.store.write(contract, frame, None))
    return report


def write_evening_tear_sheet(workspace: Workspace) -> Path:
    """Render the tear sheet of the last 252 sessions: an evening must not take longer with every year there is.

    Raises:
        InputError: No session has a daily row.
    """
    days = workspace.store.sessions(daily_performance.CONTRACT)[-YEAR_SESSIONS:]
    return _written(workspace, days, tear_sheet_data(workspace, days, "tear_sheet")) if days else _nothing_to_report()


def write_tear_sheet(
    workspace: Workspace,
    first: date | None = None,
    last: date | None = None,
    regression: tuple[RegressionStatus, ...] | None = None,
) -> Path:
    """Render the tear sheet of a range and store it whole; returns its absolute path.

    Args:
        workspace: The home folder.
        first: First session; the first with a daily row when None.
        last: Last session; the last with a daily row when None.
        regression: What the regression suite said by strategy; None when it was not run.

    Raises:
        InputError: No session has a daily row.
    """
    stored = workspace.store.sessions(daily_performance.CONTRACT)
    days = [day for day in stored if (first is None or day >= first) and (last is None or day <= last)]
    if not days:
        return _nothing_to_report()
    return _written(workspace, days, replace(tear_sheet_data(workspace, days), regression=regression))


def _nothing_to_report() -> NoReturn:
    msg = "there is no session to report on; materialize some first, or run `trading-assets demo`."
    raise InputError(msg)


def _written(workspace: Workspace, days: list[date], shown: TearSheetData) -> Path:
    path = workspace.home / "reports" / f"tear_sheet_{days[0]}_to_{days[-1]}.html"
    replace_file(path, render(shown).encode())
    return path


def tear_sheet_data(workspace: Workspace, days: list[date], reader: str | None = None) -> TearSheetData:
    """Gather what a tear sheet of some sessions shows.

    Args:
        workspace: The home folder.
        days: Sessions, in order.
        reader: Name under which the rows are kept for the next time; None where there is none soon.
    """

    def rows(contract: Contract, columns: Sequence[str] = ()) -> pd.DataFrame:
        names = list(columns) or contract.names
        if reader is None:
            return workspace.store.read(contract, days, names)
        return read_kept(workspace.store, contract, names, days, reader)

    curve = workspace.store.read(equity_curve.CONTRACT)
    return TearSheetData(
        title="Trading performance",
        first=days[0],
        last=days[-1],
        generated_at=datetime.now(UTC),
        capital=float(workspace.settings.trading.capital_on(days[0])),
        daily_performance=rows(daily_performance.CONTRACT),
        strategy_performance=rows(strategy_performance.CONTRACT),
        equity_curve=curve[curve["date"].dt.date.isin(days)].reset_index(drop=True),
        trades=counted(rows(trades.CONTRACT), source_counted(workspace)),
        quality_issues=rows(quality_issues.CONTRACT),
        quarantined=quarantined_counts(rows(quarantined_rows.CONTRACT, ("date", "reasons"))),
        models=model_statuses(workspace),
        conventions=workspace.settings.performance,
    )


def model_statuses(workspace: Workspace) -> tuple[ModelStatus, ...]:
    """Return every registered model version with whether its file still has its hash."""
    newest = {entry.version: entry for entry in workspace.registry.entries()}
    return tuple(
        ModelStatus(entry.version, entry.sha256, entry.trained_until, is_intact(workspace, entry))
        for entry in newest.values()
    )


def is_intact(workspace: Workspace, entry: RegistryEntry) -> bool:
    """Whether a model's file still has its pinned hash and holds allowed types only."""
    try:
        workspace.registry.verify(entry)
    except ModelError:
        return False
    return True
