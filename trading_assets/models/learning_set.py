"""The rows a model may learn from: earlier than the cut-off, labelled by then, in one fixed order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ModelError
from trading_assets.models.features import FEATURE_NAMES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.setting_sections import ScoringSettings

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

_IST_OFFSET = timedelta(hours=5, minutes=30)
_MONTHS = 12
_OUTCOME = ("label", "net_pnl", "date", "available_at", "label_time")


@dataclass(frozen=True, eq=False)
class LearningSet:
    """Labelled signals before a cut-off, sorted by decision time and content.

    Args:
        cutoff: First session the model may serve.
        sessions: Session of each row, datetime64[D], shape (n,).
        decided: When the features were known, datetime64[us], shape (n,).
        labelled: When the label was known, datetime64[us], shape (n,).
        matrix: The ten features in order, NaN missing, shape (n, 10).
        labels: 0.0 or 1.0, shape (n,).
        net_pnl: What each earned, traded alone, ₹, shape (n,); it judges, nothing is learnt from it.
    """

    cutoff: date
    sessions: Times
    decided: Times
    labelled: Times
    matrix: Floats
    labels: Floats
    net_pnl: Floats

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def one_class(self) -> bool:
        """Whether all labels are the same."""
        return len(np.unique(self.labels)) < len((0, 1))

    @property
    def days(self) -> tuple[date, ...]:
        """The sessions with rows, in order."""
        return tuple(np.unique(self.sessions).astype("datetime64[D]").tolist())

    @property
    def sha256(self) -> str:
        """SHA-256 over all rows, 64 hex."""
        digest = hashlib.sha256(",".join(FEATURE_NAMES).encode())
        times = (self.sessions.astype("datetime64[us]"), self.decided, self.labelled)
        numbers = (self.matrix, self.labels, self.net_pnl)
        for array in (*(time.astype("<i8") for time in times), *(values.astype("<f8") for values in numbers)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def learning_set(examples: pd.DataFrame, settings: ScoringSettings, cutoff: date) -> LearningSet:
    """Check labelled signals for look-ahead and keep those of the training window.

    The window is `training_months` calendar months before the cut-off, less the last `embargo_sessions` sessions.

    Args:
        examples: See `training.train`.
        settings: Window and embargo.
        cutoff: First session the model may serve.

    Raises:
        ModelError: Look-ahead, a label that is not 0 or 1, or a missing column.
    """
    absent = [name for name in (*FEATURE_NAMES, *_OUTCOME) if name not in examples.columns]
    if absent:
        msg = f"the examples lack {', '.join(absent)}; build them with models.examples."
        raise ModelError(msg)
    whole = LearningSet(
        cutoff=cutoff,
        sessions=examples["date"].to_numpy().astype("datetime64[D]"),
        decided=_utc(examples["available_at"]),
        labelled=_utc(examples["label_time"]),
        matrix=_finite(examples.loc[:, list(FEATURE_NAMES)].to_numpy(dtype=np.float64)),
        labels=examples["label"].to_numpy(dtype=np.float64),
        net_pnl=examples["net_pnl"].to_numpy(dtype=np.float64),
    )
    _refuse_lookahead(whole)
    return _ordered(whole, _window(whole.sessions, settings, cutoff))


def _refuse_lookahead(known: LearningSet) -> None:
    if not (np.isin(known.labels, (0.0, 1.0)).all() and np.isfinite(known.net_pnl).all()):
        msg = f"examples before {known.cutoff}: labels must be 0 or 1 and net_pnl finite, without missing ones."
        raise ModelError(msg)
    end = np.datetime64(known.cutoff, "us") - np.timedelta64(_IST_OFFSET)
    faults = {
        "are of the cut-off session or later": known.sessions >= np.datetime64(known.cutoff, "D"),
        "were decided at or after the cut-off": ~(known.decided < end),
        "got their label at or after the cut-off": ~(known.labelled < end),
        "have a label that is not later than their features": ~(known.labelled > known.decided),
    }
    for fault, rows in faults.items():
        if rows.any():
            first = known.sessions[rows].min()
            msg = (
                f"look-ahead: {int(rows.sum())} of {len(known)} examples {fault} (cut-off {known.cutoff}, first of "
                f"session {first}). Hand in earlier sessions only."
            )
            raise ModelError(msg)


def _window(sessions: Times, settings: ScoringSettings, cutoff: date) -> NDArray[np.bool_]:
    days = np.unique(sessions)
    if settings.embargo_sessions:
        days = days[: -settings.embargo_sessions]
    start = np.datetime64(_months_before(cutoff, settings.training_months), "D")
    return np.isin(sessions, days[days >= start])


def _ordered(known: LearningSet, kept: NDArray[np.bool_]) -> LearningSet:
    rows = np.flatnonzero(kept)
    # rows decided at the same time are told apart by content, so that the order handed in never matters
    keys = (
        known.net_pnl[rows],
        known.labels[rows],
        *known.matrix[rows].T[::-1],
        known.labelled[rows],
        known.decided[rows],
    )
    rows = rows[np.lexsort(keys)]
    return LearningSet(
        cutoff=known.cutoff,
        sessions=known.sessions[rows],
        decided=known.decided[rows],
        labelled=known.labelled[rows],
        matrix=known.matrix[rows],
        labels=known.labels[rows],
        net_pnl=known.net_pnl[rows],
    )


def _months_before(day: date, months: int) -> date:
    index = day.year * _MONTHS + day.month - 1 - months
    year, month = divmod(index, _MONTHS)
    # the 31st of a shorter month is its last day: the day before the first of the next
    following = date(year + (month + 1) // _MONTHS, (month + 1) % _MONTHS + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def _utc(times: pd.Series) -> Times:
    instants: Times = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    return instants


def _finite(matrix: Floats) -> Floats:
    return np.where(np.isfinite(matrix), matrix, np.nan) + 0.0
