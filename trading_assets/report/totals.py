"""Sums over the range, exact to the paisa, that the headline and the cautions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.tables.money import paise, total

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Totals:
    """Facts of all sessions of the range together; amounts in ₹.

    `sum_losses` is at most 0. Ratios are None where they are undefined.
    """

    sessions: int
    trades: int
    wins: int
    losses: int
    gross_pnl: float
    charges: float
    net_pnl: float
    sum_wins: float
    sum_losses: float

    @property
    def win_rate(self) -> float | None:
        """Winning trades over all trades; None without trades."""
        return self.wins / self.trades if self.trades else None

    @property
    def expectancy(self) -> float | None:
        """Net P&L per trade, ₹; None without trades."""
        return self.net_pnl / self.trades if self.trades else None

    @property
    def profit_factor(self) -> float | None:
        """Winning over absolute losing net P&L; None without a losing trade."""
        return self.sum_wins / -self.sum_losses if self.sum_losses < 0 else None


def totals(daily: pd.DataFrame) -> Totals:
    """Add up `daily_performance`, n ≥ 0 sessions."""
    return Totals(
        sessions=len(daily),
        trades=int(daily["total_trades"].sum()),
        wins=int(daily["winning_trades"].sum()),
        losses=int(daily["losing_trades"].sum()),
        gross_pnl=total(daily["gross_pnl"]),
        charges=total(daily["charges"]),
        net_pnl=total(daily["net_pnl"]),
        sum_wins=total(daily["sum_wins"]),
        sum_losses=total(daily["sum_losses"]),
    )


def running_total(amounts: pd.Series, start: float) -> NDArray[np.float64]:
    """Return `start` and then the sum after each amount, ₹ exact to the paisa, shape (n + 1,)."""
    return np.asarray((np.concatenate([[0], np.cumsum(paise(amounts))]) + paise(start)) / 100.0, dtype=np.float64)


@dataclass(frozen=True)
class Fall:
    """The largest fall of a running equity: ₹ ≥ 0, as a fraction of its peak, where it began, ended and was made up.

    `peak` and `trough` are positions in the equity, both 0 when it never fell; `recovered` is the first position after
    them that is as high as the peak, None while there is none. `fraction` is None when the peak is not above 0.
    """

    amount: float
    fraction: float | None
    peak: int
    trough: int
    recovered: int | None


def largest_fall(equity: NDArray[np.float64]) -> Fall:
    """Find the largest fall from a peak, shape (n,), n ≥ 1; the earliest of equals."""
    peaks = np.maximum.accumulate(equity)
    falls = peaks - equity
    trough = int(np.argmax(falls))
    peak = int(np.argmax(equity[: trough + 1]))
    level = float(equity[peak])
    amount = float(round(falls[trough] * 100) / 100)
    made_up = np.flatnonzero(equity[trough:] >= level)
    recovered = trough + int(made_up[0]) if len(made_up) else None
    return Fall(amount, amount / level if level > 0 else None, peak, trough, recovered)
