"""Audit of one stored table of one session: outcomes that the Dagster layer turns into asset checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from trading_assets.quality.rule import CRITICAL
from trading_assets.quality.rule_numbers import detail, limits_of_rules, rows_of_rules
from trading_assets.quality.rulebook import rules
from trading_assets.quality.snapshot_times import outside_session
from trading_assets.quality.table_findings import table_findings, table_issues
from trading_assets.tables import quality_issues
from trading_assets.tables.schema import violations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from trading_assets.quality.facts import AuditContext
    from trading_assets.quality.rule import Finding
    from trading_assets.tables.contract import Contract
    from trading_assets.tables.schema import Violation

CONTRACT_CHECK = "contract"
#: Judged before they are stored, by `quality.verdict.judge`; their audit reads the issues found then.
_JUDGED_BEFORE = "market_snapshots"
_WORST_SHOWN = 10
_NO_DAY = date(1970, 1, 1)


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
        limits: The rules judged with the limits in force and their issues; None where no rule is.
    """

    name: str
    category: str
    passed: bool
    severity: Literal["ERROR", "WARN"]
    blocking: bool
    sentence: str
    numbers: Mapping[str, float]
    worst: pd.DataFrame
    limits: pd.DataFrame | None = None


def check_names(table: str) -> tuple[str, ...]:
    """Return the names of a table's checks: `contract`, then each category that has rules, sorted."""
    return (CONTRACT_CHECK, *sorted({rule.category for rule in rules(table)}))


def audit(contract: Contract, frame: pd.DataFrame, context: AuditContext) -> tuple[CheckOutcome, ...]:
    """Audit a frame of a session against its contract and rules.

    The rules of a table run as Pandera checks beside the bounds of its contract. Those of `market_snapshots` were
    judged before it was stored: their issues are in the context.

    Args:
        contract: Contract of the table.
        frame: The table's rows of the session, n ≥ 0.
        context: Settings, the session's issues and what was quarantined.

    Returns:
        One outcome per name of `check_names`, in that order.
    """
    return audits(contract, [(frame, context)])[0]


def audits(contract: Contract, sessions: Sequence[tuple[pd.DataFrame, AuditContext]]) -> list[tuple[CheckOutcome, ...]]:
    """Audit several sessions of a table as `audit` does each of them.

    Pandera validates all their rows at once: its fixed cost is 10 ms and more for a table of 45 columns, whatever its
    rows. Only when that finds anything is each session validated alone, to say what of it is broken.
    """
    found = [_findings(contract, frame, context) for frame, context in sessions]
    masks = [_critical_rows(findings) for findings in found]
    alike = all(mask.keys() == masks[0].keys() for mask in masks)
    keep = (
        len(sessions) > 1
        and alike
        and not violations(
            contract,
            pd.concat([frame for frame, _ in sessions], ignore_index=True),
            {name: np.concatenate([mask[name] for mask in masks]) for name in masks[0]},
        )
    )
    return [
        _outcomes(contract, frame, context, findings, () if keep else violations(contract, frame, mask))
        for (frame, context), findings, mask in zip(sessions, found, masks, strict=True)
    ]


def _findings(contract: Contract, frame: pd.DataFrame, context: AuditContext) -> tuple[Finding, ...]:
    if contract.name == _JUDGED_BEFORE or not _keeps_types(contract, frame):
        return ()
    return table_findings(contract.name, frame, context.session, context.settings)


def _outcomes(
    contract: Contract,
    frame: pd.DataFrame,
    context: AuditContext,
    findings: Sequence[Finding],
    broken: Sequence[Violation],
) -> tuple[CheckOutcome, ...]:
    issues = _issues(contract, frame, findings, context)
    share = _share(contract, frame, broken, issues, context)
    of_contract = _contract_outcome(contract, frame, [found for found in broken if found.rule is None], share)
    of_categories = (
        replace(
            _category_outcome(contract, name, issues, share),
            limits=limits_of_rules(contract, name, issues, context.settings),
        )
        for name in check_names(contract.name)[1:]
    )
    return (of_contract, *of_categories)


@dataclass(frozen=True)
class _Share:
    """Rows that break a critical rule or were kept aside for one, of all rows of the session's hours."""

    broken: int
    rows: int
    tolerated: float

    @property
    def value(self) -> float:
        return self.broken / self.rows if self.rows else 0.0

    @property
    def beyond(self) -> bool:
        return self.value > self.tolerated


def _keeps_types(contract: Contract, frame: pd.DataFrame) -> bool:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()} == dict(contract.dtypes)


def _critical_rows(findings: Sequence[Finding]) -> dict[str, NDArray[np.bool_]]:
    return {item.rule.name: item.severity == CRITICAL for item in findings if item.rule.per == "row"}


def _issues(
    contract: Contract, frame: pd.DataFrame, findings: Sequence[Finding], context: AuditContext
) -> pd.DataFrame:
    if contract.name == _JUDGED_BEFORE:
        known = quality_issues.CONTRACT.empty() if context.issues is None else context.issues
        return known[known["table_name"] == contract.name]
    return table_issues(contract, frame, findings, _NO_DAY if context.session is None else context.session.day)


def _share(
    contract: Contract,
    frame: pd.DataFrame,
    broken: Sequence[Violation],
    issues: pd.DataFrame,
    context: AuditContext,
) -> _Share:
    # what was captured outside the session's hours is no part of the session: it is aside and condemns nothing
    outside = sum(
        detail(text, "critical_rows") for text in issues.loc[issues["rule"] == outside_session.name, "details"]
    )
    aside = max(context.quarantined - int(outside), 0)
    inside = np.zeros(len(frame), dtype=np.bool_)
    for found in broken:
        if found.rule is not None:
            inside[found.rows] = True
    return _Share(
        aside + int(inside.sum()), len(frame) + aside, context.settings.tolerated_share.get(contract.name, 0.0)
    )


def _contract_outcome(
    contract: Contract, frame: pd.DataFrame, broken: Sequence[Violation], share: _Share
) -> CheckOutcome:
    rows = [
        {"column": found.column, "bound": found.bound, "rows": found.count, "first": found.first} for found in broken
    ]
    told = "; ".join(found.sentence for found in broken)
    return CheckOutcome(
        name=CONTRACT_CHECK,
        category=CONTRACT_CHECK,
        passed=not broken,
        severity="ERROR",
        blocking=True,
        sentence=f"{contract.name}: {told}." if broken else f"{len(frame)} rows keep the contract of {contract.name}.",
        numbers={"rows": float(len(frame)), "broken_bounds": float(len(broken)), "broken_share": share.value},
        worst=pd.DataFrame(rows, columns=["column", "bound", "rows", "first"]).head(_WORST_SHOWN),
    )


def _category_outcome(contract: Contract, category: str, issues: pd.DataFrame, share: _Share) -> CheckOutcome:
    here = issues[issues["category"] == category]
    critical, warning = (here["severity"] == "critical").to_numpy(), (here["severity"] == "warning").to_numpy()
    condemns = critical & (here["rule"] != outside_session.name).to_numpy()
    error = bool(condemns.any()) and share.beyond
    order = np.argsort(np.where(critical, 0, np.where(warning, 1, 2)), kind="stable")
    worst = here.iloc[order][["severity", "rule", "message"]].head(_WORST_SHOWN)
    return CheckOutcome(
        name=category,
        category=category,
        passed=not (critical.any() or warning.any()),
        severity="ERROR" if error else "WARN",
        blocking=error,
        sentence=_told(category, int(critical.sum()), int(warning.sum()), worst, share),
        numbers={
            "critical_issues": float(critical.sum()),
            "warning_issues": float(warning.sum()),
            "broken_share": share.value,
            "tolerated_share": share.tolerated,
            **rows_of_rules(contract, category, here),
        },
        worst=worst.reset_index(drop=True),
    )


def _told(category: str, critical: int, warning: int, worst: pd.DataFrame, share: _Share) -> str:
    if not critical and not warning:
        return f"No rule of {category} is broken."
    first = worst["message"].iloc[0]
    beyond = f" {share.value:.1%} of rows are broken, {share.tolerated:.1%} are tolerated." if share.broken else ""
    return f"{critical} critical and {warning} warning issue(s); {first}.{beyond}"
