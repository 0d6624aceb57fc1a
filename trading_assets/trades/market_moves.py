"""What the market did between the times of two executions of a pair: the part of a difference that is timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONTRACT = ["underlying", "expiry", "strike", "option_type"]
#: Columns of `market_snapshots` that are read.
COLUMNS = (*_CONTRACT, "observed_at", "bid", "ask")


def market_moves(
    simulated: pd.DataFrame, actual: pd.DataFrame, quotes: pd.DataFrame | None, role: str
) -> NDArray[np.float64]:
    """Return how far the quote that an execution takes moved from the simulated time to the actual one, ₹ per unit.

    A purchase takes the ask, a sale the bid, of the last snapshot observed by then that quotes both.

    Args:
        simulated: Trades of one side of the pairs, n ≥ 0.
        actual: Those of the other, row by row.
        quotes: `COLUMNS` of the session's `market_snapshots`, any order; None when there are none.
        role: `entry` or `exit`.

    Returns:
        Shape (n,); 0 where the market at one of the times is not known.
    """
    if quotes is None or simulated.empty:
        return np.zeros(len(simulated))
    known = quotes[(quotes["bid"] > 0) & (quotes["ask"] > 0)].sort_values("observed_at", kind="stable")
    bought = (simulated["side"] == "BUY").to_numpy(dtype=bool) == (role == "entry")
    before, after = (_taken(known, simulated, part[f"{role}_time"], bought) for part in (simulated, actual))
    return np.nan_to_num(after - before)


def _taken(
    known: pd.DataFrame, trades: pd.DataFrame, times: pd.Series, bought: NDArray[np.bool_]
) -> NDArray[np.float64]:
    asked = trades[_CONTRACT].assign(time=times.to_numpy(), row=np.arange(len(trades))).sort_values("time")
    found = pd.merge_asof(
        asked.assign(time=pd.to_datetime(asked["time"], utc=True).astype("datetime64[us, UTC]")),
        known[list(COLUMNS)],
        left_on="time",
        right_on="observed_at",
        by=_CONTRACT,
    ).sort_values("row")
    return np.asarray(np.where(bought, found["ask"], found["bid"]), dtype=np.float64)
