"""The invariant of the rollups: sum of trades = day = sum of strategies, to the paisa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.performance.counting import counted
from trading_assets.tables.money import paise, rupees
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    import pandas as pd

_MONEY = (("gross_pnl", "gross_pnl"), ("charges", "charges"), ("net_pnl", "total_pnl"))
_COUNTS = (
    ("total_trades", "trades_taken"),
    ("winning_trades", "winning_trades"),
    ("losing_trades", "losing_trades"),
)
#: What is compared of `trades` and of `daily_performance`.
TRADE_COLUMNS = ("date", "source", "gross_pnl", "charges", "net_pnl", *CHARGE_COMPONENTS)
DAILY_COLUMNS = ("date", "trade_source", *(name for name, _ in (*_MONEY, *_COUNTS)))


def totals_agree(trades: pd.DataFrame, daily: pd.DataFrame, by_strategy: pd.DataFrame, source: str) -> list[str]:
    """Compare the totals of the three tables, per session and exactly in paise.

    Args:
        trades: Rows of `trades`, any number of sessions.
        daily: Rows of `daily_performance` of the same sessions.
        by_strategy: Rows of `strategy_performance` of the same sessions.
        source: Which trades count, one of `TRADE_SOURCES`.

    Returns:
        One sentence per disagreement, ordered by session; empty when all agree.
    """
    own = counted(trades, source)
    found = []
    for day in sorted({*trades["date"], *daily["date"], *by_strategy["date"]}):
        rows = (_of(frame, day) for frame in (own, daily, by_strategy))
        found += [f"{day:%Y-%m-%d}: {sentence}" for sentence in _session(source, *rows)]
    return found


def _of(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    here = (frame["date"] == day).to_numpy()
    return frame if here.all() else frame[here]  # an audit is of one session


def _session(source: str, own: pd.DataFrame, row: pd.DataFrame, strategies: pd.DataFrame) -> list[str]:
    if len(row) != 1:
        return [f"daily_performance has {len(row)} rows, expected exactly one. Materialize the session again."]
    others = sorted({str(found) for frame in (row, strategies) for found in frame["trade_source"].unique()} - {source})
    if others:
        return [f"rolled up from {' and '.join(others)} trades where {source} ones count. Materialize it again."]
    found = [
        *_components(own),
        *(_money(names, own, row, strategies) for names in _MONEY),
        *(_counts(names, own, row, strategies) for names in _COUNTS),
    ]
    return [sentence for sentence in found if sentence]


def _components(trades: pd.DataFrame) -> list[str]:
    parts = paise(trades[list(CHARGE_COMPONENTS)]).sum(axis=1)
    wrong = int((parts != paise(trades["charges"])).sum())
    unbalanced = int((paise(trades["gross_pnl"]) - paise(trades["charges"]) != paise(trades["net_pnl"])).sum())
    return [
        f"charges differ from the sum of their components in {wrong} of {len(trades)} trades." if wrong else "",
        f"gross_pnl minus charges differs from net_pnl in {unbalanced} of {len(trades)} trades." if unbalanced else "",
    ]


def _money(names: tuple[str, str], trades: pd.DataFrame, daily: pd.DataFrame, strategies: pd.DataFrame) -> str:
    day_name, strategy_name = names
    sums = tuple(int(paise(column).sum()) for column in (trades[day_name], daily[day_name], strategies[strategy_name]))
    if len(set(sums)) == 1:
        return ""
    amounts = [f"₹ {float(rupees(amount)):.2f}" for amount in sums]
    return f"{day_name} is {amounts[0]} over trades, {amounts[1]} in the day, {amounts[2]} over strategies."


def _counts(names: tuple[str, str], trades: pd.DataFrame, daily: pd.DataFrame, strategies: pd.DataFrame) -> str:
    day_name, strategy_name = names
    net = trades["net_pnl"].to_numpy()
    of_trades = {"total_trades": net.size, "winning_trades": (net > 0).sum(), "losing_trades": (net < 0).sum()}
    counts = (int(of_trades[day_name]), int(daily[day_name].sum()), int(strategies[strategy_name].sum()))
    if len(set(counts)) == 1:
        return ""
    return f"{day_name} is {counts[0]} over trades, {counts[1]} in the day, {counts[2]} over strategies."
