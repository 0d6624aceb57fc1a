"""The model card: what a model is, what it learnt from, how good it was, and what it must not be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.models.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trading_assets.models.training import TrainedModel

_MEASURES = {
    "log_loss": "log-loss, nats",
    "base_rate_log_loss": "log-loss of the base rate",
    "brier": "Brier score",
    "roc_auc": "ROC area",
    "calibration_error": "calibration error",
    "precision_at_threshold": "win rate at the threshold",
    "taken": "share at the threshold",
    "net_pnl_lift": "P&L lift, ₹ per trade",
    "rows": "signals",
}


def model_card(trained: TrainedModel, version: str, lineage: Mapping[str, str]) -> str:
    """Write the card as Markdown.

    Args:
        trained: The model.
        version: Semantic version it is registered under.
        lineage: Where its data and code came from, as text by name.
    """
    folds = [
        [f"{number} (from {first})", *_figures(fold)]
        for number, (first, fold) in enumerate(zip(trained.kept.first_tests, trained.kept.folds, strict=True), start=1)
    ]
    sections = [
        f"# signal_model {version}",
        f"A {trained.kind.replace('_', ' ')} that says how likely a signal's trade is to win, 0 to 1.",
        f"SHA-256 of its file: `{trained.sha256}`.",
        "## What it learnt from",
        f"{trained.rows} signals of {len(trained.sessions)} sessions, {trained.sessions[0]} to {trained.sessions[-1]}.",
        "Each was traded alone on later snapshots and labelled by whether it won after charges.",
        f"SHA-256 of the rows: `{trained.data_sha256}`.",
        _table(("where from", ""), sorted(lineage.items())),
        "## What it sees",
        _table(("feature", "unit", "definition"), ([f.name, f.unit, f.definition] for f in FEATURES)),
        "## How good it was, out of sample",
        "Walk-forward: fitted on whole sessions before each block, labels not known by then left out.",
        _table(("estimator", *_MEASURES.values()), ([c.kind, *_figures(c.overall)] for c in trained.candidates)),
        f"Fold by fold, {trained.kind}:",
        _table(("block", *_MEASURES.values()), folds),
        f"Calibration of the kept model: {trained.parameters['calibration']}.",
        "## What it is not for",
        f"Sessions up to {trained.trained_until}: it has learnt from them and refuses to score them.",
        "Its file is read only when it has the hash above and holds nothing but listed types; MLflow cannot load it.",
    ]
    return "\n\n".join(sections) + "\n"


def _figures(measures: Mapping[str, float | None]) -> list[str]:
    found = [measures.get(name) for name in _MEASURES]
    return ["" if value is None else f"{value:.4g}" for value in found]


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    lines = [names, ["---"] * len(names), *[[str(cell).replace("|", "\\|") for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
