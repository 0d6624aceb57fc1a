"""A version that waits against the one that serves: both score the stored signals of later sessions."""

from datetime import date

from trading_assets.defs.model_steps import labelled_sessions
from trading_assets.defs.workspace import Workspace
from trading_assets.models.paired import Paired, paired
from trading_assets.models.promotion import Evidence, judge_challenger, unrivalled
from trading_assets.tables import scored_signals
from trading_assets.tracking.ledger import RegistryEntry, serving


def on_the_same_signals(workspace: Workspace, a: RegistryEntry, b: RegistryEntry) -> Paired:
    """Compare two registered models on the signals of every stored session that neither has learnt from."""
    learnt = max(a.trained_until, b.trained_until)
    days = [day for day in workspace.store.sessions(scored_signals.CONTRACT) if day > learnt]
    models = [workspace.registry.load(entry) for entry in (a, b)]
    scoring = workspace.settings.scoring
    return paired(labelled_sessions(workspace, days), models, scoring.decision_threshold, scoring.seed)


def promotion_evidence(workspace: Workspace, version: str, valid_from: date | None = None) -> Evidence:
    """Gather what speaks for and against letting a version serve.

    Args:
        workspace: The home folder.
        version: The version that might serve.
        valid_from: First session it would serve; None for its cut-off.

    Raises:
        ModelError: It is not registered, or a file is not what the ledger pins.
    """
    entry = workspace.registry.entry(version)
    rival = workspace.registry.rival(version, valid_from or entry.valid_from)
    if rival is None:
        return unrivalled(version)
    return judge_challenger(on_the_same_signals(workspace, rival, entry), workspace.settings.scoring.promotion_signals)


def newest_pair(workspace: Workspace) -> tuple[RegistryEntry, RegistryEntry] | None:
    """Return the version that would serve without the newest one that has sessions to be judged by, and that one.

    Returns:
        Both entries; None while no version has a predecessor and a stored session after what it learnt from.
    """
    entries = workspace.registry.entries()
    days = workspace.store.sessions(scored_signals.CONTRACT)
    newest = {entry.version: entry for entry in entries}
    for entry in reversed(newest.values()):
        others = [other for other in entries if other.version != entry.version]
        before = serving(others, entry.valid_from)
        if before is not None and days and days[-1] > max(entry.trained_until, before.trained_until):
            return before, entry
    return None
