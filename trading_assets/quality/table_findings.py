"""What the rules of a stored table other than `market_snapshots` find in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.issues import Places, issue_frame
from trading_assets.quality.rulebook import evidence, rules, session_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from trading_assets.quality.facts import SessionHours
    from trading_assets.quality.rule import Finding
    from trading_assets.settings import QualitySettings
    from trading_assets.tables.contract import Contract


def table_findings(
    table: str, frame: pd.DataFrame, session: SessionHours | None, settings: QualitySettings
) -> tuple[Finding, ...]:
    """Measure every rule of a table.

    Args:
        table: Table name.
        frame: Its rows with the contract's columns and dtypes, n ≥ 0.
        session: Hours of the session; rules that need them are not judged without.
        settings: Limits.
    """
    arrays = evidence(table, frame, session)
    with np.errstate(all="ignore"):
        return tuple(rule.judge(arrays, rule.limits_in_force(settings)) for rule in rules(table))


def table_issues(contract: Contract, frame: pd.DataFrame, findings: Sequence[Finding], day: date) -> pd.DataFrame:
    """Tell the findings of a table as rows of `quality_issues`, dated with the session."""
    return issue_frame(findings, _places(contract, frame, day))


def _places(contract: Contract, frame: pd.DataFrame, day: date) -> Places:
    rows = np.arange(len(frame))
    times = next((column.name for column in contract.columns if column.kind == "time"), None)
    return Places(
        day=day,
        table=contract.name,
        starts=rows,
        group_of_row=rows,
        times=np.full(len(frame), "NaT", "datetime64[us]")
        if times is None
        else frame[times].to_numpy("datetime64[us]"),
        key_of=lambda row: " ".join(str(frame[name].iloc[row]) for name in contract.key),
        chains=np.zeros(len(frame), dtype=np.intp),
        fallback=np.datetime64(day, "us"),
        session_keys=session_keys(contract.name, frame),
    )
