"""What a check says of each of its rules: rows that broke it, issues, and the limits in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    judged = [(rule, rule.limits_in_force(settings)) for rule in rules]
    return pd.DataFrame(
        [
            {
                "rule": rule.name,
                "issues": int(found.get(rule.name, 0)),
                "info": limits.info,
                "warning": limits.warning,
                "critical": limits.critical,
                "unit": rule.unit,
            }
            for rule, limits in judged
        ]
    ).astype("object")


def rows_of_rules(rules: Sequence[Rule], issues: pd.DataFrame) -> dict[str, float]:
    """Rows that broke each rule of a check, 0 for none, so that every session has a point in the plot.

    Args:
        rules: The rules, of one table.
        issues: Rows of `quality_issues` that the check reports, n ≥ 0.
    """
    rows = {rule.name: 0.0 for rule in rules}
    for name, text in zip(issues["rule"], issues["details"], strict=True):
        rows[name] = rows.get(name, 0.0) + detail(text, "rows")
    return {f"{name}.rows": count for name, count in rows.items()}


def detail(text: str, name: str) -> float:
    """Return one number of an issue's details, a JSON object."""
    return float(orjson.loads(text)[name])
