"""What a check found, and how the issues of the rules it stands for become that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from trading_assets.quality.rule_numbers import limits_of_rules, rows_of_rules
from trading_assets.quality.snapshot_times import outside_session
from trading_assets.tables import quality_issues

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from trading_assets.quality.check_groups import CheckGroup
    from trading_assets.settings import QualitySettings
    from trading_assets.tables.contract import Contract

WORST_SHOWN = 10
_SHOWN = ["severity", "rule", "message"]


@dataclass(frozen=True)
class CheckOutcome:
    """What one check found.

    Args:
        name: One of `check_groups.check_names`.
        category: `contract` or a rule category.
        passed: False when anything at warning or worse was found.
        severity: ERROR when beyond what is tolerated.
        blocking: Whether tables made from this one must not be made.
        sentence: The finding in words.
        numbers: Counts and worst values by name, for plots.
        worst: A few of the worst rows or issues.
        limits: The rules judged, of `limits_of_rules`; None where no rule is.
    """

    name: str
    category: str
    passed: bool
    severity: Literal["ERROR", "WARN"]
    blocking: bool
    sentence: str
    numbers: Mapping[str, float]
    worst: pd.DataFrame
    limits: Sequence[Mapping[str, object]] | None = None


@dataclass(frozen=True)
class Share:
    """Rows that break a critical rule or were kept aside for one, of all rows of the session's hours.

    Args:
        broken: Such rows.
        rows: All rows.
        tolerated: Share of them that is tolerated.
    """

    broken: int
    rows: int
    tolerated: float

    @property
    def value(self) -> float:
        """Broken rows of all rows; 0 where there are none."""
        return self.broken / self.rows if self.rows else 0.0

    @property
    def beyond(self) -> bool:
        """Whether more are broken than is tolerated."""
        return self.value > self.tolerated


@cache
def _no_issues() -> pd.DataFrame:
    return quality_issues.CONTRACT.empty()[_SHOWN]


class Unbroken:
    """What is said of a check of which no rule is broken, made once for sessions that are audited together.

    Args:
        contract: Contract of the table.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._none = _no_issues().copy()
        self._said: dict[str, tuple[QualitySettings, CheckOutcome]] = {}

    def of(self, group: CheckGroup, share: Share, settings: QualitySettings) -> CheckOutcome:
        """Return the outcome of a check without issues."""
        judged_by, said = self._said.get(group.name, (None, None))
        if said is None or judged_by is not settings:  # to compare their values costs more than to say it again
            said = self._made(group, share, settings)
            self._said[group.name] = settings, said
        return replace(said, numbers={**said.numbers, **_shares(share)})

    def _made(self, group: CheckGroup, share: Share, settings: QualitySettings) -> CheckOutcome:
        """What `group_outcome` says of no issues; to sort and count nothing takes ten times as long."""
        return CheckOutcome(
            name=group.name,
            category=group.category,
            passed=True,
            severity="WARN",
            blocking=False,
            sentence=_told(group.name, 0, 0, self._none, share),
            numbers={
                "critical_issues": 0.0,
                "warning_issues": 0.0,
                **_shares(share),
                **rows_of_rules(group.rules, self._none),
            },
            worst=self._none,
            limits=limits_of_rules(group.rules, self._none, settings),
        )


def group_outcome(group: CheckGroup, issues: pd.DataFrame, share: Share, settings: QualitySettings) -> CheckOutcome:
    """Return what the issues of a table say of the rules that one of its checks stands for."""
    return replace(_judged(group, issues, share), limits=limits_of_rules(group.rules, issues, settings))


def _judged(group: CheckGroup, issues: pd.DataFrame, share: Share) -> CheckOutcome:
    here = issues[group.has(issues)]
    critical, warning = (here["severity"] == "critical").to_numpy(), (here["severity"] == "warning").to_numpy()
    condemns = critical & (here["rule"] != outside_session.name).to_numpy()
    error = bool(condemns.any()) and share.beyond
    worst = here[_SHOWN]
    if len(here):
        order = np.argsort(np.where(critical, 0, np.where(warning, 1, 2)), kind="stable")
        worst = worst.iloc[order].head(WORST_SHOWN)
    return CheckOutcome(
        name=group.name,
        category=group.category,
        passed=not (critical.any() or warning.any()),
        severity="ERROR" if error else "WARN",
        blocking=error,
        sentence=_told(group.name, int(critical.sum()), int(warning.sum()), worst, share),
        numbers={
            "critical_issues": float(critical.sum()),
            "warning_issues": float(warning.sum()),
            **_shares(share),
            **rows_of_rules(group.rules, here),
        },
        worst=worst.reset_index(drop=True),
    )


def _shares(share: Share) -> dict[str, float]:
    return {"broken_share": share.value, "tolerated_share": share.tolerated}


def _told(name: str, critical: int, warning: int, worst: pd.DataFrame, share: Share) -> str:
    if not critical and not warning:
        return f"No rule of {name} is broken."
    first = worst["message"].iloc[0]
    beyond = f" {share.value:.1%} of rows are broken, {share.tolerated:.1%} are tolerated." if share.broken else ""
    return f"{critical} critical and {warning} warning issue(s); {first}.{beyond}"
