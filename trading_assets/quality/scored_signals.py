"""Rules of `scored_signals`: those of signals, and that every score can be traced to its model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.rule import Guard
from trading_assets.quality.signals import RULES as SIGNAL_RULES
from trading_assets.settings import Limits

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_scored = Guard("scored_signals", per="row")
_TRACE = ("model_version", "model_hash", "features_snapshot")
_HASH_LENGTH = 64


def derived(frame: pd.DataFrame) -> dict[str, Floats]:
    """Flags per row as floats: score and reason present, parts of the trace missing, hash of another length."""
    lengths = frame["model_hash"].str.len().to_numpy(dtype=np.float64, na_value=np.nan)
    return {
        "has_score": frame["ml_score"].notna().to_numpy(dtype=np.float64),
        "has_reason": frame["ml_score_reason"].notna().to_numpy(dtype=np.float64),
        "trace_missing": np.sum([frame[name].isna().to_numpy() for name in _TRACE], axis=0, dtype=np.float64),
        "hash_excess": np.abs(lengths - _HASH_LENGTH),
    }


@_scored.rule("missing_data", "", Limits(critical=0.0), "ml_score and ml_score_reason are both there or both missing")
def score_or_reason(has_score: Floats, has_reason: Floats) -> Floats:
    """1 unless exactly one of score and reason is there."""
    return np.asarray(has_score == has_reason, dtype=np.float64)


@_scored.rule("missing_data", "parts", Limits(critical=0.0), "{value:.0f} part(s) of the model's trace are missing")
def score_without_trace(has_score: Floats, trace_missing: Floats) -> Floats:
    """How many of version, hash and features are missing beside a score."""
    return np.where(has_score > 0, trace_missing, 0.0)


@_scored.rule("missing_data", "", Limits(warning=0.0), "there is no ml_score; ml_score_reason says why")
def score_missing(has_score: Floats) -> Floats:
    """1 where no model has scored the signal, which is then traded as if there were none."""
    return 1.0 - has_score


@_scored.rule("consistency", "characters", Limits(critical=0.0), "model_hash is {value:.0f} character(s) off 64")
def model_hash_length(hash_excess: Floats) -> Floats:
    """How far the hash is from 64 characters; not judged without one."""
    return hash_excess


RULES = (
    *(replace(rule, table="scored_signals") for rule in SIGNAL_RULES),
    score_or_reason,
    score_without_trace,
    score_missing,
    model_hash_length,
)
