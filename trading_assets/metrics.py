"""THE PLACE FOR A METRIC: what every performance number means, its unit, why it may be undefined and where it stands.

To add one: write its function (on a `TradeBook` here, on a `ReturnSeries` in `return_metrics`), add it to
`TRADE_METRICS` or `RETURN_METRICS`, and add the column it fills to the table's contract. Rollups read these tuples.
Times in trades are `holding_times`, what they tie up `open_positions`. What a metric works on and returns:
`trade_book`, `return_series`, `measured`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from trading_assets import holding_times as holding
from trading_assets import open_positions as opened
from trading_assets import return_metrics as on_returns
from trading_assets.measured import Measured, Metric, defined, exact_sum, undefined
from trading_assets.return_metrics import fall_from_peak

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.return_series import ReturnSeries
    from trading_assets.trade_book import TradeBook

_SQN_CAP = 100
_LEAST_FOR_SPREAD = 2


def _needs_trades(book: TradeBook, value: float) -> Measured:
    return defined(value) if len(book.net_pnl) else undefined("no_trades")


def total_trades(book: TradeBook) -> Measured:
    """Count the trades closed."""
    return defined(len(book.net_pnl))


def winning_trades(book: TradeBook) -> Measured:
    """Count the trades with net P&L above 0."""
    return defined(int((book.outcome > 0).sum()))


def losing_trades(book: TradeBook) -> Measured:
    """Count the trades with net P&L below 0."""
    return defined(int((book.outcome < 0).sum()))


def win_rate(book: TradeBook) -> Measured:
    """Wins over all trades, 0 to 1; a breakeven trade stays in the denominator."""
    return _needs_trades(book, (book.outcome > 0).sum() / max(len(book.net_pnl), 1))


def sum_wins(book: TradeBook) -> Measured:
    """Net P&L of the winning trades, ₹ ≥ 0."""
    return defined(exact_sum(book.net_pnl[book.outcome > 0]))


def sum_losses(book: TradeBook) -> Measured:
    """Net P&L of the losing trades, ₹ ≤ 0."""
    return defined(exact_sum(book.net_pnl[book.outcome < 0]))


def profit_factor(book: TradeBook) -> Measured:
    """Winning net P&L over the absolute losing net P&L, a ratio ≥ 0."""
    if not (book.outcome < 0).any():
        return _needs_trades(book, 0.0) if not len(book.net_pnl) else undefined("no_losing_trade")
    return defined(exact_sum(book.net_pnl[book.outcome > 0]) / -exact_sum(book.net_pnl[book.outcome < 0]))


def expectancy(book: TradeBook) -> Measured:
    """Mean net P&L per trade, ₹."""
    return _needs_trades(book, exact_sum(book.net_pnl) / max(len(book.net_pnl), 1))


def expectancy_r(book: TradeBook) -> Measured:
    """Mean net P&L over initial risk, R, over the trades whose risk is known."""
    if not len(book.r_multiples):
        return undefined("no_initial_risk" if len(book.net_pnl) else "no_trades")
    return defined(exact_sum(book.r_multiples) / len(book.r_multiples))


def payoff_ratio(book: TradeBook) -> Measured:
    """Average win over the absolute average loss, a ratio ≥ 0; breakeven trades belong to neither side."""
    wins, losses = book.net_pnl[book.outcome > 0], book.net_pnl[book.outcome < 0]
    if not len(wins) or not len(losses):
        return undefined(
            ("no_winning_trade" if len(losses) else "no_losing_trade") if len(book.net_pnl) else "no_trades"
        )
    return defined((exact_sum(wins) / len(wins)) / -(exact_sum(losses) / len(losses)))


def largest_win(book: TradeBook) -> Measured:
    """Return the largest net P&L above 0, ₹."""
    return defined(book.net_pnl.max()) if (book.outcome > 0).any() else undefined("no_winning_trade")


def largest_loss(book: TradeBook) -> Measured:
    """Return the smallest net P&L below 0, ₹."""
    return defined(book.net_pnl.min()) if (book.outcome < 0).any() else undefined("no_losing_trade")


def max_drawdown(book: TradeBook) -> Measured:
    """Largest fall of realised equity from its peak, ₹ ≥ 0; equity before the first trade is a peak."""
    return defined(fall_from_peak(np.concatenate(([0.0], np.cumsum(book.net_pnl)))).max())


def _longest_run(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def longest_win_streak(book: TradeBook) -> Measured:
    """Longest run of wins in exit order; a breakeven trade ends it."""
    return defined(_longest_run(book.outcome > 0))


def longest_loss_streak(book: TradeBook) -> Measured:
    """Longest run of losses in exit order; a breakeven trade ends it."""
    return defined(_longest_run(book.outcome < 0))


def sqn(book: TradeBook) -> Measured:
    """System quality number: root of min(n, 100) times mean over standard deviation (ddof 1) of R multiples.

    Source: Van Tharp (2008), The Definitive Guide to Position Sizing.
    """
    r = book.r_multiples
    if len(r) < _LEAST_FOR_SPREAD:
        return undefined("fewer_than_2_trades_with_risk")
    if np.ptp(r) == 0.0:
        return undefined("zero_variance")
    return defined(math.sqrt(min(len(r), _SQN_CAP)) * r.mean() / r.std(ddof=1))


def _trading(name: str) -> tuple[str, str]:
    return (f"daily_performance.{name}", f"strategy_performance.{name}")


_NO_TRADES = ("no_trades",)

TRADE_METRICS: tuple[Metric[TradeBook], ...] = (
    Metric("total_trades", total_trades, "", ("daily_performance.total_trades", "strategy_performance.trades_taken")),
    Metric("winning_trades", winning_trades, "", _trading("winning_trades")),
    Metric("losing_trades", losing_trades, "", _trading("losing_trades")),
    Metric("win_rate", win_rate, "", _trading("win_rate"), _NO_TRADES),
    Metric("sum_wins", sum_wins, "₹", ("daily_performance.sum_wins",)),
    Metric("sum_losses", sum_losses, "₹", ("daily_performance.sum_losses",)),
    Metric("profit_factor", profit_factor, "", _trading("profit_factor"), ("no_trades", "no_losing_trade")),
    Metric("expectancy", expectancy, "₹", ("daily_performance.expectancy", "strategy_performance.avg_pnl"), _NO_TRADES),
    Metric("expectancy_r", expectancy_r, "R", ("daily_performance.expectancy_r",), ("no_trades", "no_initial_risk")),
    Metric(
        "payoff_ratio",
        payoff_ratio,
        "",
        ("daily_performance.payoff_ratio",),
        ("no_trades", "no_winning_trade", "no_losing_trade"),
    ),
    Metric(
        "max_drawdown",
        max_drawdown,
        "₹",
        ("daily_performance.intraday_max_drawdown", "strategy_performance.max_drawdown"),
    ),
    Metric("largest_win", largest_win, "₹", ("daily_performance.largest_win",), ("no_winning_trade",)),
    Metric("largest_loss", largest_loss, "₹", ("daily_performance.largest_loss",), ("no_losing_trade",)),
    Metric("longest_win_streak", longest_win_streak, "trades", ("daily_performance.longest_win_streak",)),
    Metric("longest_loss_streak", longest_loss_streak, "trades", ("daily_performance.longest_loss_streak",)),
    Metric(
        "avg_holding_seconds", holding.avg_holding_seconds, "s", ("daily_performance.avg_holding_seconds",), _NO_TRADES
    ),
    Metric("median_holding_seconds", holding.median_holding_seconds, "s", (), _NO_TRADES),
    Metric("avg_winner_seconds", holding.avg_winner_seconds, "s", (), ("no_winning_trade",)),
    Metric("median_winner_seconds", holding.median_winner_seconds, "s", (), ("no_winning_trade",)),
    Metric("avg_loser_seconds", holding.avg_loser_seconds, "s", (), ("no_losing_trade",)),
    Metric("median_loser_seconds", holding.median_loser_seconds, "s", (), ("no_losing_trade",)),
    Metric("exposure", opened.exposure, "", ("daily_performance.exposure",), ("session_hours_unknown",)),
    Metric(
        "mean_margin",
        opened.mean_margin,
        "₹",
        ("daily_performance.mean_margin",),
        ("session_hours_unknown", "margin_unknown"),
    ),
    Metric("sqn", sqn, "", (), ("fewer_than_2_trades_with_risk", "zero_variance")),
)

_SPREAD = ("fewer_than_2_sessions", "zero_variance")
_SHAPE = ("fewer_than_4_sessions", "zero_variance")
_GROWTH = ("no_sessions", "equity_negative")


def _trailing(name: str) -> tuple[str, ...]:
    return tuple(f"equity_curve.{name}{window}" for window in ("", "_20", "_60", "_252"))


RETURN_METRICS: tuple[Metric[ReturnSeries], ...] = (
    Metric("sharpe_ratio", on_returns.sharpe, "", _trailing("sharpe_ratio"), _SPREAD, least=20),
    Metric(
        "sortino_ratio",
        on_returns.sortino,
        "",
        _trailing("sortino_ratio"),
        ("fewer_than_2_sessions", "no_downside"),
        least=20,
    ),
    Metric("annual_volatility", on_returns.annual_volatility, "a year", (), _SPREAD[:1], least=20),
    Metric("cumulative_return", on_returns.cumulative_return, "of the start", (), ("no_sessions",)),
    Metric("cagr", on_returns.cagr, "a year", (), _GROWTH, least=60),
    Metric("max_drawdown_fraction", on_returns.max_drawdown_fraction, "of the peak", (), _GROWTH),
    Metric("longest_drawdown", on_returns.longest_drawdown, "sessions", (), _GROWTH),
    Metric("calmar", on_returns.calmar, "", (), (*_GROWTH, "no_drawdown"), least=60),
    Metric("ulcer_index", on_returns.ulcer_index, "of the peak", (), _GROWTH),
    Metric("tail_ratio", on_returns.tail_ratio, "", (), ("no_sessions", "fifth_percentile_is_zero")),
    Metric("omega", on_returns.omega, "", (), ("no_sessions", "no_losing_session")),
    Metric("gain_to_pain", on_returns.gain_to_pain, "", (), ("no_sessions", "no_losing_session")),
    Metric("skewness", on_returns.skewness, "", (), _SHAPE),
    Metric("excess_kurtosis", on_returns.excess_kurtosis, "", (), _SHAPE),
    Metric(
        "probabilistic_sharpe",
        on_returns.probabilistic_sharpe,
        "",
        (),
        (*_SHAPE, "degenerate_distribution"),
        least=30,
    ),
)
