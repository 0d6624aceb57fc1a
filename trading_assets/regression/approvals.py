"""Approvals: what is written down when changed signals become the new baselines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import BaselineError
from trading_assets.regression.baseline_text import loads
from trading_assets.regression.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Approval:
    """Who says so.

    Args:
        reason: Why the new signals are right.
        at: When, UTC.
        commit: Commit of the code that gave them; empty where it is not known.
    """

    reason: str
    at: datetime
    commit: str


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """New texts that are not the old ones, by file name, sorted."""
    return {name: text for name, text in sorted(new.items()) if old.get(name) != text}


def changelog_line(name: str, texts: tuple[str | None, str], approval: Approval) -> str:
    """One line of the change log, JSON with sorted keys, ending in a newline.

    Args:
        name: File name of the baseline.
        texts: Its old text, None for a new one, and its new text.
        approval: Who says so.
    """
    old, new = texts
    now = loads(new, name)
    told = {
        "approved_at": f"{approval.at:%Y-%m-%dT%H:%M:%SZ}",
        "reason": approval.reason,
        "commit": approval.commit,
        "baseline": name,
        "strategy_id": now.strategy_id,
        "strategy_version": now.facts.version,
        "parameter_hash": now.facts.parameter_hash,
        "sha256_before": None if old is None else _sha256(old),
        "sha256_after": _sha256(new),
        "signals": len(now.signals),
        "changes": _changes(name, old, new),
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode() + "\n"


def _changes(name: str, old: str | None, new: str) -> dict[str, int] | None:
    """Signals by class of the comparison; None where there was nothing to compare with."""
    try:
        was = None if old is None else loads(old, name)
    except BaselineError:
        was = None
    return None if was is None else dict(sorted(compare(was.signals, loads(new, name).signals).counts().items()))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
