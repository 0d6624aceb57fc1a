"""The figures at the top of the tear sheet, each with its definition and, where undefined, its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.metrics import RETURN_METRICS, TRADE_METRICS
from trading_assets.report.cells import Cell, money, number, share
from trading_assets.report.figure import Figure
from trading_assets.report.growth import daily_returns, growth, tells_growth
from trading_assets.report.numbers import NO_BREAK_SPACE, count, counted, is_null, percent, ratio, rupees
from trading_assets.report.reasons import stored_reasons
from trading_assets.report.totals import Totals, largest_fall, running_total, totals

if TYPE_CHECKING:
    import pandas as pd

DESK = "all"
_NO_SESSION = "no session in the range"


@dataclass(frozen=True)
class Headline:
    """What is read first: the net P&L, the other figures in order of interest, and the last session in a sentence."""

    net: Figure
    figures: tuple[Figure, ...]
    last_session: str

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        """The figures in the order of their footnotes."""
        return (self.net, *self.figures)


def desk_curve(equity_curve: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the whole desk in order of date."""
    return equity_curve.loc[equity_curve["scope"] == DESK].sort_values("date", ignore_index=True)


def starting_equity(equity_curve: pd.DataFrame, capital: float) -> float:
    """Return the equity before the first session of the range, ₹: the capital where the curve has no row."""
    desk = desk_curve(equity_curve)
    if desk.empty:
        return capital
    return float(round((desk["equity"].iloc[0] - desk["net_pnl"].iloc[0]) * 100) / 100)


def headline(daily: pd.DataFrame, equity_curve: pd.DataFrame, capital: float, min_sessions: int) -> Headline:
    """Make the headline of a range.

    Args:
        daily: `daily_performance` of the range.
        equity_curve: Its rows of the range; may be empty.
        capital: Capital allocated, ₹.
        min_sessions: Ratios are not shown below this many sessions.
    """
    ordered = daily.sort_values("date", ignore_index=True)
    sums, desk = totals(ordered), desk_curve(equity_curve)
    figures = (
        _trades(sums),
        _win_rate(sums),
        _profit_factor(sums),
        _expectancy(sums),
        _max_drawdown(ordered, starting_equity(equity_curve, capital)),
        *([growth(ordered, sums, capital, daily_returns(ordered, desk, capital))] if tells_growth(ordered) else []),
        _sharpe(desk, sums.sessions, min_sessions),
        _charges(sums),
        _sessions(ordered),
    )
    return Headline(_net(sums, capital), figures, _last_session(ordered))


def definition_of(metric: str) -> str:
    """Return the definition of a metric as the code that computes it states it."""
    of_trades = {found.name: found.definition for found in TRADE_METRICS}
    of_returns = {found.name: found.definition for found in RETURN_METRICS}
    return (of_trades | of_returns)[metric]


def _net(sums: Totals, capital: float) -> Figure:
    definition = "Sum of the trades' price P&L minus all charges, by session of the exit. Exact to the paisa."
    if not sums.sessions:
        return Figure("Net P&L", money(None, _NO_SESSION), "", definition)
    before = f"{rupees(sums.gross_pnl, plus=True)} before charges of {rupees(sums.charges)}"
    on_capital = f"{percent(sums.net_pnl / capital, 2)} of the capital of {rupees(capital)}"
    return Figure("Net P&L", money(sums.net_pnl), f"{before}; {on_capital}", definition)


def _trades(sums: Totals) -> Figure:
    even = sums.trades - sums.wins - sums.losses
    parts = [counted(sums.wins, "win"), counted(sums.losses, "loss", "losses")]
    return Figure(
        "Trades",
        Cell(count(sums.trades)),
        ", ".join([*parts, f"{count(even)} at zero"] if even else parts),
        definition_of("total_trades"),
    )


def _win_rate(sums: Totals) -> Figure:
    detail = f"{count(sums.wins)} of {count(sums.trades)} trades" if sums.trades else ""
    return Figure("Win rate", share(sums.win_rate, "no_trades"), detail, definition_of("win_rate"))


def _profit_factor(sums: Totals) -> Figure:
    reason = "no_trades" if not sums.trades else "no_losing_trade"
    return Figure(
        "Profit factor",
        number(sums.profit_factor, reason),
        f"won {rupees(sums.sum_wins)}, lost {rupees(-sums.sum_losses)}" if sums.trades else "",
        f"{definition_of('profit_factor')} Undefined without a losing trade.",
    )


def _expectancy(sums: Totals) -> Figure:
    return Figure(
        "Average trade",
        money(sums.expectancy, "no_trades"),
        "net of charges" if sums.trades else "",
        definition_of("expectancy"),
    )


def _max_drawdown(daily: pd.DataFrame, start: float) -> Figure:
    definition = (
        "Largest fall of equity from its highest session close so far within the range; the equity before the "
        "first session counts as a peak."
    )
    if daily.empty:
        return Figure("Max drawdown", money(None, _NO_SESSION), "", definition)
    if len(daily) == 1:
        within = float(daily["intraday_max_drawdown"].iloc[0])
        return Figure("Max drawdown", _fallen(within), "within the session", definition_of("max_drawdown"))
    fall = largest_fall(running_total(daily["net_pnl"], start))
    detail = "equity never fell below its peak"
    if fall.amount:
        detail = f"{percent(fall.fraction, 2)} of its peak, to {daily['date'].iloc[fall.trough - 1]:%Y-%m-%d}"
    return Figure("Max drawdown", _fallen(fall.amount), detail, definition)


def _fallen(amount: float) -> Cell:
    return money(-amount) if amount else Cell("none")


def _sharpe(desk: pd.DataFrame, sessions: int, least: int) -> Figure:
    definition = f"{definition_of('sharpe_ratio')} Sessions without a trade count; not shown below {least} sessions."
    if desk.empty:
        few = f"{counted(sessions, 'session')}, needs {least}" if sessions < least else "no equity curve for the range"
        return Figure("Sharpe ratio", number(None, few), "", definition)
    last = desk.iloc[-1]
    reason = stored_reasons(last["undefined_reasons"]).get("sharpe_ratio", "")
    if is_null(last["sharpe_ratio"]):
        return Figure("Sharpe ratio", number(None, reason or f"needs {least} sessions"), "", definition)
    recent = last["sharpe_ratio_20"]
    detail = f"since inception; last 20 sessions {ratio(recent)}"
    return Figure("Sharpe ratio", number(last["sharpe_ratio"]), detail, definition)


def _charges(sums: Totals) -> Figure:
    definition = (
        "Brokerage, securities transaction tax, exchange charges, investor protection fund, SEBI fee, stamp duty, GST."
    )
    if not sums.sessions:
        return Figure("Charges", money(None, _NO_SESSION), "", definition)
    per_trade = f"{rupees(sums.charges / sums.trades)} per trade" if sums.trades else ""
    of_wins = f"{percent(sums.charges / sums.gross_pnl)} of gross P&L" if sums.gross_pnl > 0 else ""
    detail = ", ".join(part for part in (per_trade, of_wins) if part)
    return Figure("Charges", Cell(rupees(sums.charges)), detail, definition)


def _sessions(daily: pd.DataFrame) -> Figure:
    up, down = int((daily["net_pnl"] > 0).sum()), int((daily["net_pnl"] < 0).sum())
    idle = len(daily) - up - down
    parts = [f"{count(up)} up", f"{count(down)} down"]
    return Figure(
        "Sessions",
        Cell(count(len(daily))),
        ", ".join([*parts, f"{count(idle)} flat"] if idle else parts),
        "Trading days of the range that have been rolled up. Days are those of the exchange, times are IST.",
    )


def _last_session(daily: pd.DataFrame) -> str:
    if daily.empty:
        return "No session of this range has been rolled up yet."
    last = daily.iloc[-1]
    day = f"{last['date']:%a %d %b %Y}".replace(" ", NO_BREAK_SPACE)
    trades = int(last["total_trades"])
    if not trades:
        return f"{day} closed without a trade."
    result = f"{rupees(last['net_pnl'], plus=True)} from {counted(trades, 'trade')}"
    return f"{day}: {result}, {count(last['winning_trades'])} of them won."
