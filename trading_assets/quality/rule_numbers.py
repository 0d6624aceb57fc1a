"""What a check says of each of its rules: rows that broke it, issues, and the limits in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from trading_assets.quality.rule import Rule
    from trading_assets.settings import Limits, QualitySettings


def limits_of_rules(
    rules: Sequence[Rule], issues: pd.DataFrame, settings: QualitySettings
) -> tuple[Mapping[str, object], ...]:
    """One record per rule of a check: what passes which limit, and how many issues there are.

    Args:
        rules: The rules, of one table.
        issues: Rows of `quality_issues` of the table and session, n ≥ 0.
        settings: Limits that the user has set.

    Returns:
        `rule`, `issues`, `info`, `warning` and `critical` (None where nothing passes that limit) and `unit`.
    """
    found = issues["rule"].value_counts().to_dict() if len(issues) else {}  # counting nothing is half of the time
    return tuple(_told(rule, int(found.get(rule.name, 0)), rule.limits_in_force(settings)) for rule in rules)


def _told(rule: Rule, issues: int, limits: Limits) -> Mapping[str, object]:
    graded = {"info": limits.info, "warning": limits.warning, "critical": limits.critical}
    return {"rule": rule.name, "issues": issues, **graded, "unit": rule.unit}


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
