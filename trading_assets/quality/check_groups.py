"""Which rules a check of the Dagster pages stands for: those of a category, or one, as `quality.checks_per` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.rulebook import rules

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.quality.rule import Rule
    from trading_assets.settings import ChecksPer

CONTRACT_CHECK = "contract"
#: Judged before they are stored, by `quality.verdict.judge`; their audit reads the issues found then.
JUDGED_BEFORE = "market_snapshots"
_BOUNDS = "bounds"


@dataclass(frozen=True)
class CheckGroup:
    """What one check of a table reports.

    Args:
        name: Name of the check: of a category, of a rule, or `bounds`.
        rules: The rules it stands for; none for `bounds`, which stands for every issue that no rule has raised.
        of_category: Whether it stands for the category of its name, issues of broken bounds included.
    """

    name: str
    rules: tuple[Rule, ...]
    of_category: bool

    @property
    def category(self) -> str:
        """Category of its rules."""
        return self.rules[0].category if self.rules else "consistency"

    def has(self, issues: pd.DataFrame) -> NDArray[np.bool_]:
        """Mark the rows of `quality_issues` it reports, shape (n,)."""
        if self.of_category:
            return np.asarray(issues["category"] == self.name)
        if self.rules:
            return np.asarray(issues["rule"] == self.name)
        return np.asarray(issues["rule"].str.startswith("bound:"), dtype=np.bool_)


def check_groups(table: str, per: ChecksPer = "category") -> tuple[CheckGroup, ...]:
    """Return what the checks of a table stand for, beside that of its contract.

    Args:
        table: Table name.
        per: One check for each category that has rules, sorted, or for each rule, in their order. Rules of
            `market_snapshots` are then followed by `bounds`: its rows are judged before they are stored, so its
            contract holds whatever was kept aside.
    """
    known = rules(table)
    if per == "rule":
        bounds = (CheckGroup(_BOUNDS, (), of_category=False),) if table == JUDGED_BEFORE else ()
        return (*(CheckGroup(rule.name, (rule,), of_category=False) for rule in known), *bounds)
    return tuple(
        CheckGroup(name, tuple(rule for rule in known if rule.category == name), of_category=True)
        for name in sorted({rule.category for rule in known})
    )


def check_names(table: str, per: ChecksPer = "category") -> tuple[str, ...]:
    """Return the names of a table's checks: `contract`, then each of `check_groups`."""
    return (CONTRACT_CHECK, *(group.name for group in check_groups(table, per)))
