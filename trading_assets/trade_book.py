"""The closed trades that metrics are computed on, as arrays in exit order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import MetricInputError
from trading_assets.measured import finite

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TradeBook:
    """Closed trades in order of (exit_time, trade_id), all arrays of shape (n,), n ≥ 0.

    Args:
        net_pnl: After charges, ₹.
        entry_seconds: Entry time, seconds since any epoch.
        exit_seconds: Exit time, same epoch.
        initial_risk: ₹, NaN where it is not known.
        margin: What the open position ties up, ₹: the premium of a bought option, NaN of a sold one; None like NaN.
        session_start: Open of the session, same epoch as the times; a position of the day before is of it from here on.
        session_seconds: Length of the session's trading hours; None when it is not known.
    """

    net_pnl: NDArray[np.float64]
    entry_seconds: NDArray[np.float64]
    exit_seconds: NDArray[np.float64]
    initial_risk: NDArray[np.float64]
    margin: NDArray[np.float64] | None = None
    session_start: float = -np.inf
    session_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("net_pnl", "entry_seconds", "exit_seconds"):
            object.__setattr__(self, name, finite(getattr(self, name), name))
        given = (self.net_pnl, self.entry_seconds, self.exit_seconds, self.initial_risk, self.margin)
        if len({len(values) for values in given if values is not None}) > 1:
            msg = "net_pnl, entry_seconds, exit_seconds, initial_risk and margin must be equally long."
            raise MetricInputError(msg)

    @cached_property
    def r_multiples(self) -> NDArray[np.float64]:
        """Net P&L over initial risk of the trades whose risk is known and above 0, shape (≤ n,)."""
        known = self.initial_risk > 0
        return np.asarray(self.net_pnl[known] / self.initial_risk[known], dtype=np.float64)

    @cached_property
    def held(self) -> NDArray[np.float64]:
        """Time in each trade, seconds, shape (n,)."""
        return np.asarray(self.exit_seconds - self.entry_seconds, dtype=np.float64)

    @cached_property
    def open_from(self) -> NDArray[np.float64]:
        """Entry time, or the session's open where that is later, seconds, shape (n,)."""
        return np.maximum(self.entry_seconds, self.session_start)

    @cached_property
    def outcome(self) -> NDArray[np.int64]:
        """Sign of net P&L: 1 for a win, 0 for breakeven, else minus 1."""
        return np.sign(self.net_pnl).astype(np.int64)
