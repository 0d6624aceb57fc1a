"""What `regression funnel` shows per strategy: snapshots judged, fired on, refused by reason, and signals."""

from datetime import date
from pathlib import Path

import pandas as pd

from trading_assets.cli.reruns import session_inputs, setup
from trading_assets.defs.workspace import Workspace
from trading_assets.strategies.signals import SEEN, STAGES, session_signals

COUNTS = (*SEEN, *STAGES)


def funnel_of(
    workspace: Workspace, first: date, last: date, strategy: str | None, snapshots: Path | None
) -> pd.DataFrame:
    """Run strategies over stored sessions and add up their funnels.

    Returns:
        A row per strategy_id, sorted, with sessions and `COUNTS`; see `strategies.signals.SessionSignals`.

    Raises:
        BaselineError: No session of the range is there.
        UsageError: No strategy has that name.
    """
    whole, parts = setup(workspace, strategy), []
    for one in session_inputs(workspace, first, last, snapshots):
        found = session_signals(one.frame, one.session, whole.overrides, whole.strategies, one.histories)
        parts.append(found.funnel.assign(sessions=1))
    counted = pd.concat(parts, ignore_index=True).groupby("strategy_id", sort=True)
    sums: pd.DataFrame = counted[["sessions", *COUNTS]].sum()
    return sums


def funnel_text(funnel: pd.DataFrame) -> str:
    """A line per strategy and a total, columns as wide as their names."""
    width = max([len("strategy"), *map(len, funnel.index)])
    lines = [f"{'strategy':<{width}}" + "".join(f"  {name}" for name in funnel.columns)]
    rows = [*funnel.itertuples(), ("total", *funnel.sum())]
    for name, *numbers in rows:
        cells = zip(funnel.columns, numbers, strict=True)
        lines.append(f"{name:<{width}}" + "".join(f"  {number:>{len(column)}}" for column, number in cells))
    return "\n".join(lines)
