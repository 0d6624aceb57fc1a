"""The steps of the signals group: what the strategies said, and what the model thought of it."""

from datetime import UTC, date, datetime

from trading_assets.defs.earlier_sessions import EarlierSessions
from trading_assets.defs.steps import StepReport, store
from trading_assets.defs.workspace import Workspace
from trading_assets.models.features import feature_frame
from trading_assets.models.scoring import score
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signals import REFUSALS, signals_of_chains
from trading_assets.tables import scored_signals, signals


def signals_step(workspace: Workspace, day: date, earlier: EarlierSessions | None = None) -> StepReport:
    """Run every strategy over a session's snapshots; what it may know of earlier sessions is read once a run."""
    found = signals_of_chains(
        workspace.chains.of(
            workspace.store,
            workspace.market.calendar.session(day),
            (earlier or EarlierSessions(workspace)).before(day),
        ),
        workspace.settings.strategies,
        load_strategies(workspace.strategy_sources()),
    )
    report = store(workspace, day, {signals.CONTRACT: found.signals})
    report.tables["signals"] |= {
        "strategies": int(found.signals["strategy_id"].nunique()),
        "strategies_without_history": int((found.funnel["no_history"] > 0).sum()),
        "fired": int(found.funnel["fired"].sum()),
        "refused": int(found.funnel[[*REFUSALS]].to_numpy().sum()),
    }
    return report


def scoring_step(workspace: Workspace, day: date) -> StepReport:
    """Score a session's signals with the model that was valid for it."""
    session = workspace.market.calendar.session(day)
    found = workspace.store.read(signals.CONTRACT, [day])
    features = feature_frame(workspace.chains.of(workspace.store, session), found)
    entry = workspace.registry.live(day, session.open)
    loaded_at = datetime.now(UTC)
    model = None if entry is None else workspace.registry.load(entry, loaded_at)
    scored = score(found, features, model, workspace.settings.scoring.decision_threshold, "no_model_for_session")
    report = store(workspace, day, {scored_signals.CONTRACT: scored})
    told = report.tables["scored_signals"]
    told["scored"] = int(scored["ml_score"].notna().sum())
    told["model_version"] = "none" if entry is None else entry.version
    if entry is not None:
        # a time that differs with every run has no place in a table, which is the same to the byte each time
        told |= {"model_hash": entry.sha256, "model_loaded_at": loaded_at.isoformat(timespec="milliseconds")}
    return report
