"""What a check says of each of its rules: rows that broke it, issues, and the limits in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trading_assets.quality.rule import Rule
    from trading_assets.settings import QualitySettings


def limits_of_rules(rules: Sequence[Rule], issues: pd.DataFrame, settings: QualitySettings) -> pd.DataFrame:
    """One row per rule of a check: what passes which limit, and how many issues there are.

    Args:
        rules: The rules, of one table.
        issues: Rows of `quality_issues` of the table and session, n ≥ 0.
        settings: Limits that the user has set.
    """
    found = issues["rule"].value_counts().to_dict() if len(issues) else {}  # counting nothing is half of the time
    limits = [rule.limits_in_force(settings) for rule in rules]
    columns = {
        "rule": [rule.name for rule in rules],
        "issues": [int(found.get(rule.name, 0)) for rule in rules],
        "info": _cells([limit.info for limit in limits]),
        "warning": _cells([limit.warning for limit in limits]),
        "critical": _cells([limit.critical for limit in limits]),
        "unit": [rule.unit for rule in rules],
    }
    return pd.DataFrame(columns, dtype="object")


def _cells(limits: Sequence[float | None]) -> Sequence[float | None]:
    """A severity that no rule has is None throughout; beside limits, what is missing is NaN."""
    if all(limit is None for limit in limits):
        return limits
    return [np.nan if limit is None else limit for limit in limits]


def rows_of_rules(rules: Sequence[Rule], issues: pd.DataFrame) -> dict[str, float]:
    """Rows that broke each rule of a check, 0 for none, so that every session has a point in the plot.

    Args:
        rules: The rules, of one table.
        issues: Rows of `quality_issues` that the check reports, n ≥ 0.
    """
    rows = {rule.name: 0.0 for rule in rules}
    told = zip(issues["rule"], issues["details"], strict=True) if len(issues) else ()
    for name, text in told:
        rows[name] = rows.get(name, 0.0) + detail(text, "rows")
    return {f"{name}.rows": count for name, count in rows.items()}


def detail(text: str, name: str) -> float:
    """Return one number of an issue's details, a JSON object."""
    return float(orjson.loads(text)[name])
