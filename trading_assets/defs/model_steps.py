"""The steps of a model: labelled signals of earlier sessions, training, and its entry in the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.models.examples import examples
from trading_assets.models.training import TrainingRefused, train
from trading_assets.settings import TradingSettings
from trading_assets.tables import market_snapshots, scored_signals, trades
from trading_assets.tracking.code_version import code_version
from trading_assets.tracking.ledger import RegistryEntry
from trading_assets.trades.simulation import simulate_under

#: Name under which a run records why it trained no model.
NOT_TRAINED = "not_trained"
UNLIMITED = {"max_open_positions": 1_000_000, "max_loss_per_day": Decimal(10) ** 12}


@dataclass(frozen=True)
class ModelStep:
    """What came of a training cut-off.

    Args:
        rows: Labelled signals there were.
        entry: The registered model; None when none was trained.
        refused: Why none was trained.
        metrics: Out-of-sample measures.
    """

    rows: int
    entry: RegistryEntry | None
    refused: str | None
    metrics: Mapping[str, float | None]


def labelled_signals(workspace: Workspace, cutoff: date) -> pd.DataFrame:
    """Return the signals before a cut-off, each with the outcome of trading it alone.

    Labels do not depend on an earlier model or on position limits: every signal is traded, so that a model learns
    from what it would have rejected too.
    """
    first = (np.datetime64(cutoff, "M") - workspace.settings.scoring.training_months).astype("datetime64[D]").item()
    return labelled_sessions(
        workspace, [day for day in workspace.store.sessions(scored_signals.CONTRACT) if first <= day < cutoff]
    )


def labelled_sessions(workspace: Workspace, days: Sequence[date]) -> pd.DataFrame:
    """Return the signals of some sessions, each with the outcome of trading it alone."""
    trading = workspace.settings.trading.model_copy(update=UNLIMITED)
    parts = [_labelled_session(workspace, day, trading) for day in days]
    present = [part for part in parts if len(part)]
    if present:
        return pd.concat(present, ignore_index=True)
    return examples(scored_signals.CONTRACT.empty(), trades.CONTRACT.empty())


def _labelled_session(workspace: Workspace, day: date, trading: TradingSettings) -> pd.DataFrame:
    scored = workspace.store.read(scored_signals.CONTRACT, [day])
    simulation = simulate_under(
        scored.assign(ml_score=np.nan),
        workspace.store.read(market_snapshots.CONTRACT, [day]),
        workspace.market.calendar.session(day),
        workspace.trading_rules(trading),
    )
    return examples(scored, simulation.trades)


def model_step(workspace: Workspace, cutoff: date, recorded_at: datetime, run_id: str) -> ModelStep:
    """Train the model that may serve from a cut-off on, and register it.

    Args:
        workspace: The home folder.
        cutoff: First day it may serve; it learns from earlier sessions only.
        recorded_at: The present moment, tz-aware, for the ledger.
        run_id: Dagster's id of the run.
    """
    learnt = labelled_signals(workspace, cutoff)
    trained = train(learnt, workspace.settings.scoring, cutoff)
    if isinstance(trained, TrainingRefused):
        return ModelStep(len(learnt), None, trained.reason, {})
    waits = workspace.settings.scoring.successor == "waits"
    lineage = {
        "dagster_run_id": run_id,
        "code_version": code_version(),
        "tables": "scored_signals, market_snapshots",
        "sessions": f"{len(trained.sessions)} from {trained.sessions[0]} to {trained.sessions[-1]}",
    }
    entry = workspace.registry.register(trained, lineage, recorded_at, waits=waits)
    return ModelStep(len(learnt), entry, None, trained.metrics)
