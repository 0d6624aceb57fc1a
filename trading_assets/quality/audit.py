"""Audit of one stored table of one session: outcomes that the Dagster layer turns into asset checks."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.quality.check_groups import CONTRACT_CHECK, JUDGED_BEFORE, check_groups
from trading_assets.quality.outcome import WORST_SHOWN, CheckOutcome, Share, Unbroken, group_outcome
from trading_assets.quality.rule import CRITICAL
from trading_assets.quality.rule_numbers import detail
from trading_assets.quality.snapshot_times import outside_session
from trading_assets.quality.table_findings import table_findings, table_issues
from trading_assets.tables import quality_issues
from trading_assets.tables.schema import keeps_dtypes, violations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from trading_assets.quality.facts import AuditContext
    from trading_assets.quality.rule import Finding
    from trading_assets.tables.contract import Contract
    from trading_assets.tables.schema import Violation

_NO_DAY = date(1970, 1, 1)
_WORST = ["column", "bound", "rows", "first"]


def audit(contract: Contract, frame: pd.DataFrame, context: AuditContext) -> tuple[CheckOutcome, ...]:
    """Audit a frame of a session against its contract and rules.

    The rules of a table run as Pandera checks beside the bounds of its contract. Those of `market_snapshots` were
    judged before it was stored: their issues are in the context.

    Args:
        contract: Contract of the table.
        frame: The table's rows of the session, n ≥ 0.
        context: Settings, the session's issues and what was quarantined.

    Returns:
        One outcome per name of `check_groups.check_names`, in that order.
    """
    return audits(Unbroken(contract), [(frame, context)])[0]


def audits(unbroken: Unbroken, sessions: Sequence[tuple[pd.DataFrame, AuditContext]]) -> list[tuple[CheckOutcome, ...]]:
    """Audit several sessions of the table of `unbroken` as `audit` does each of them.

    Pandera validates all their rows at once: its fixed cost is 10 ms and more for a table of 45 columns, whatever its
    rows. Only when that finds anything is each session validated alone, to say what of it is broken.
    """
    contract = unbroken.contract
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
        _outcomes(unbroken, frame, context, findings, () if keep else violations(contract, frame, mask))
        for (frame, context), findings, mask in zip(sessions, found, masks, strict=True)
    ]


def _findings(contract: Contract, frame: pd.DataFrame, context: AuditContext) -> tuple[Finding, ...]:
    if contract.name == JUDGED_BEFORE or not keeps_dtypes(contract, frame):
        return ()
    return table_findings(contract.name, frame, context.session, context.settings)


def _outcomes(
    unbroken: Unbroken,
    frame: pd.DataFrame,
    context: AuditContext,
    findings: Sequence[Finding],
    broken: Sequence[Violation],
) -> tuple[CheckOutcome, ...]:
    contract = unbroken.contract
    issues = _issues(contract, frame, findings, context)
    share = _share(contract, frame, broken, issues, context)
    of_contract = _contract_outcome(contract, frame, [found for found in broken if found.rule is None], share)
    of_groups = (
        group_outcome(group, issues, share, context.settings)
        if len(issues) and group.has(issues).any()
        else unbroken.of(group, share, context.settings)
        for group in check_groups(contract.name, context.settings.checks_per)
    )
    return (of_contract, *of_groups)


def _critical_rows(findings: Sequence[Finding]) -> dict[str, NDArray[np.bool_]]:
    return {item.rule.name: item.severity == CRITICAL for item in findings if item.rule.per == "row"}


def _issues(
    contract: Contract, frame: pd.DataFrame, findings: Sequence[Finding], context: AuditContext
) -> pd.DataFrame:
    if contract.name == JUDGED_BEFORE:
        known = quality_issues.CONTRACT.empty() if context.issues is None else context.issues
        return known[known["table_name"] == contract.name]
    return table_issues(contract, frame, findings, _NO_DAY if context.session is None else context.session.day)


def _share(
    contract: Contract,
    frame: pd.DataFrame,
    broken: Sequence[Violation],
    issues: pd.DataFrame,
    context: AuditContext,
) -> Share:
    # what was captured outside the session's hours is no part of the session: it is aside and condemns nothing
    outside = issues.loc[issues["rule"] == outside_session.name, "details"] if len(issues) else ()
    aside = max(context.quarantined - int(sum(detail(text, "critical_rows") for text in outside)), 0)
    inside = np.zeros(len(frame), dtype=np.bool_)
    for found in broken:
        if found.rule is not None:
            inside[found.rows] = True
    return Share(
        aside + int(inside.sum()), len(frame) + aside, context.settings.tolerated_share.get(contract.name, 0.0)
    )


@cache
def _nothing_broken() -> pd.DataFrame:
    """Made once: a frame of nothing takes ten times as long to make as to copy."""
    return pd.DataFrame([], columns=_WORST, dtype="object")


def _contract_outcome(
    contract: Contract, frame: pd.DataFrame, broken: Sequence[Violation], share: Share
) -> CheckOutcome:
    worst = [(found.column, found.bound, found.count, found.first) for found in broken[:WORST_SHOWN]]
    told = "; ".join(found.sentence for found in broken)
    return CheckOutcome(
        name=CONTRACT_CHECK,
        category=CONTRACT_CHECK,
        passed=not broken,
        severity="ERROR",
        blocking=True,
        sentence=f"{contract.name}: {told}." if broken else f"{len(frame)} rows keep the contract of {contract.name}.",
        numbers={"rows": float(len(frame)), "broken_bounds": float(len(broken)), "broken_share": share.value},
        worst=pd.DataFrame(worst, columns=_WORST) if broken else _nothing_broken().copy(),
    )
