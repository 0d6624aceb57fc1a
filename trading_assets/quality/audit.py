"""Audit of one stored table of one session: outcomes that the Dagster layer turns into asset checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from trading_assets.quality.facts import AuditContext
    from trading_assets.tables.contract import Contract


@dataclass(frozen=True)
class CheckOutcome:
    """What one check found.

    Args:
        name: One of `check_names`.
        category: `contract` or a rule category.
        passed: False when anything at warning or worse was found.
        severity: ERROR when beyond what is tolerated.
        blocking: Whether tables made from this one must not be made.
        sentence: The finding in words.
        numbers: Counts and worst values by name, for plots.
        worst: A few of the worst rows or issues.
    """

    name: str
    category: str
    passed: bool
    severity: Literal["ERROR", "WARN"]
    blocking: bool
    sentence: str
    numbers: Mapping[str, float]
    worst: pd.DataFrame


def check_names(table: str) -> tuple[str, ...]:
    """Return the names of a table's checks: `contract`, then each category that has rules, sorted."""
    raise NotImplementedError


def audit(contract: Contract, frame: pd.DataFrame, context: AuditContext) -> tuple[CheckOutcome, ...]:
    """Audit a frame of a session against its contract and rules.

    Args:
        contract: Contract of the table.
        frame: The table's rows of the session, n ≥ 0.
        context: Settings, the session's issues and what was quarantined.

    Returns:
        One outcome per name of `check_names`, in that order.
    """
    raise NotImplementedError
