"""The views that add trades and days up otherwise than by session: what SQL offers beside the tables.

One declaration each: the contract of its columns, and what it selects, which holds names of this file only. A measure
is written once for trades and once for days.
"""

from __future__ import annotations

from dataclasses import dataclass

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.trades import TRADE_SOURCE

#: Buckets of trades by dimension, as text: an SQL expression over `t`, a trade that counts. IST is UTC + 330 minutes.
DIMENSIONS = {
    "model_version": "coalesce(t.model_version, 'none')",
    "exit_reason": "t.exit_reason",
    "weekday": "dayname(t.date)",
    "hour": "format('{:02d}', hour(t.entry_time + INTERVAL 330 MINUTE))",
    "days_to_expiry": "format('{:02d}', t.expiry - CAST(t.entry_time + INTERVAL 330 MINUTE AS DATE))",
    "vix_regime": (
        "CASE WHEN t.india_vix IS NULL THEN 'unknown' WHEN t.india_vix < 12 THEN 'below 12' "
        "WHEN t.india_vix < 15 THEN '12 to 15' WHEN t.india_vix < 20 THEN '15 to 20' ELSE '20 and above' END"
    ),
}
PERIODS = {"week": "performance_weekly", "month": "performance_monthly"}


@dataclass(frozen=True, slots=True)
class View:
    """A view: its contract, and the statement that makes it from the tables."""

    contract: Contract
    select: str


@dataclass(frozen=True, slots=True)
class _Measure:
    """A sum as SQL over rows of trades and over rows of `daily_performance`."""

    column: Column
    trades: str
    days: str


def _count(name: str, meaning: str, trades: str, days: str) -> _Measure:
    return _Measure(Column(name, "integer", meaning, low=0), f"CAST({trades} AS BIGINT)", f"CAST({days} AS BIGINT)")


def _money(name: str, meaning: str, over: str = "") -> _Measure:
    of_trades = f"sum(net_pnl) FILTER (net_pnl {over} 0)" if over else f"sum({name})"
    sums = (f"CAST(coalesce({text}, 0) AS DECIMAL(18, 2))" for text in (of_trades, f"sum({name})"))
    return _Measure(Column(name, "money", meaning, "₹"), *sums)


_MEASURES = (
    _count("sessions", "Sessions among them.", "count(DISTINCT date)", "count(*)"),
    _count("total_trades", "Round trips.", "count(*)", "sum(total_trades)"),
    _count("winning_trades", "With net_pnl above 0.", "count(*) FILTER (net_pnl > 0)", "sum(winning_trades)"),
    _count("losing_trades", "With net_pnl below 0.", "count(*) FILTER (net_pnl < 0)", "sum(losing_trades)"),
    _money("gross_pnl", "Sum before charges."),
    _money("charges", "Sum of charges."),
    _money("net_pnl", "Sum after charges."),
    _money("sum_wins", "Net P&L of the winning trades.", ">"),
    _money("sum_losses", "Net P&L of the losing trades, at most 0.", "<"),
)
#: What follows from the measures, the same for trades and days: column, expression, reason where it is NULL.
_RATIOS = (
    (
        Column("win_rate", "number", "winning_trades over total_trades.", "", nullable=True, low=0.0, high=1.0),
        "winning_trades / nullif(total_trades, 0)",
        "'no_trades'",
    ),
    (
        Column("profit_factor", "number", "sum_wins over |sum_losses|.", "", nullable=True, low=0.0),
        "CAST(sum_wins AS DOUBLE) / -CAST(nullif(sum_losses, 0) AS DOUBLE)",
        "CASE WHEN total_trades = 0 THEN 'no_trades' ELSE 'no_losing_trade' END",
    ),
    (
        Column("expectancy", "number", "Mean net P&L per trade.", "₹", nullable=True),
        "CAST(net_pnl AS DOUBLE) / nullif(total_trades, 0)",
        "'no_trades'",
    ),
)
_REASONS = Column("undefined_reasons", "json", "Why each NULL above is NULL: JSON object of column to reason.")
_READERS = "SQL, `sql --format json`"


def _measured(keys: str, measures: str, source: str) -> str:
    """Return a statement of keys, measures and ratios over a source of rows grouped by its first columns."""
    ratios = ", ".join(f"{text} AS {column.name}" for column, text, _ in _RATIOS)
    reasons = ", ".join(f"'{column.name}': CASE WHEN {text} IS NULL THEN {why} END" for column, text, why in _RATIOS)
    explained = f"json_merge_patch('{{}}', to_json({{{reasons}}})) AS undefined_reasons"
    return f"SELECT *, {ratios}, {explained} FROM (SELECT {keys}, {measures} FROM {source} GROUP BY ALL)"  # noqa: S608


def _selected(measures: tuple[str, ...]) -> str:
    return ", ".join(f"{text} AS {measure.column.name}" for text, measure in zip(measures, _MEASURES, strict=True))


def _breakdown() -> View:
    """Trades that count by one dimension at a time."""
    traded = (
        "SELECT trades.*, day.trade_source, bar.india_vix FROM trades "
        "JOIN daily_performance_facts AS day ON day.date = trades.date "
        "AND (trades.source = 'simulated') = (day.trade_source = 'simulated') "
        "ASOF LEFT JOIN (SELECT * FROM session_bars WHERE india_vix IS NOT NULL) AS bar "
        "ON trades.underlying = bar.underlying AND trades.entry_time >= bar.ended_at"
    )
    buckets = " UNION ALL ".join(
        f"SELECT '{name}' AS dimension, {bucket} AS bucket, t.* FROM counted AS t"  # noqa: S608
        for name, bucket in DIMENSIONS.items()
    )
    measures = _selected(tuple(measure.trades for measure in _MEASURES))
    keys = (
        Column("dimension", "text", "What the trades are told apart by.", choices=tuple(DIMENSIONS)),
        Column("bucket", "text", "Its value; the hour is that of the entry in IST, days_to_expiry are calendar days."),
        TRADE_SOURCE,
    )
    return View(
        Contract(
            name="performance_by",
            grain="one value of one dimension, all sessions together",
            ready="a view: as the tables it reads",
            readers=_READERS,
            key=("dimension", "bucket", "trade_source"),
            columns=(*keys, *(m.column for m in _MEASURES), *(column for column, _, _ in _RATIOS), _REASONS),
            partitioned=False,
        ),
        f"WITH counted AS ({traded}) "
        + _measured("dimension, bucket, trade_source", measures, f"({buckets})")
        + " ORDER BY dimension, bucket",
    )


def _period(unit: str, name: str) -> View:
    """Days added up by week or month, with the equity they ended at."""
    ended = (
        Column("equity", "money", "Equity at the last close.", "₹", nullable=True),
        Column("drawdown", "money", "Deepest fall of equity from its peak at a close.", "₹", nullable=True, low=0.0),
    )
    measures = _selected(tuple(measure.days for measure in _MEASURES))
    keys = (Column(unit, "date", f"First day of the {unit}.", "ISO date"), TRADE_SOURCE)
    return View(
        Contract(
            name=name,
            grain=f"one {unit} with sessions",
            ready="a view: as daily_performance and equity_curve",
            readers=_READERS,
            key=(unit, "trade_source"),
            columns=(*keys, *(m.column for m in _MEASURES), *ended, *(column for column, _, _ in _RATIOS), _REASONS),
            partitioned=False,
        ),
        _measured(
            f"CAST(date_trunc('{unit}', date) AS DATE) AS {unit}, trade_source",
            f"{measures}, arg_max(equity, date) AS equity, max(drawdown) AS drawdown",
            "daily_performance",
        )
        + f" ORDER BY {unit}",
    )


def _excursions() -> View:
    """Every trade in units of its initial risk, and what it gave back."""
    unmarked, risky = "'never_marked'", "CASE WHEN coalesce(initial_risk, 0) = 0 THEN 'no_initial_risk'"
    either = f"{risky} ELSE {unmarked} END"
    found = (
        (
            Column("end_trade_drawdown", "money", "mfe minus gross_pnl: what was given back.", "₹", nullable=True),
            "CAST(mfe - gross_pnl AS DECIMAL(18, 2))",
            unmarked,
        ),
        *(
            (
                Column(f"{name}_r", "number", f"{amount} over initial_risk.", "R", nullable=True),
                f"CAST({amount} AS DOUBLE) / nullif(CAST(initial_risk AS DOUBLE), 0)",
                why,
            )
            for name, amount, why in (
                ("net", "net_pnl", f"{risky} END"),
                ("mae", "mae", either),
                ("mfe", "mfe", either),
            )
        ),
    )
    values = ", ".join(f"{text} AS {column.name}" for column, text, _ in found)
    reasons = ", ".join(f"'{column.name}': CASE WHEN {column.name} IS NULL THEN {why} END" for column, _, why in found)
    copied = (
        Column("trade_id", "text", "As in trades."),
        Column("date", "date", "Session of the exit.", "ISO date"),
        Column("strategy_name", "text", "As in trades."),
        Column("source", "text", "As in trades: simulated, or the broker."),
    )
    names = ", ".join(column.name for column in copied)
    return View(
        Contract(
            name="trade_excursions",
            grain="one round trip",
            ready="a view: as trades",
            readers=_READERS,
            key=("trade_id",),
            columns=(*copied, *(column for column, _, _ in found), _REASONS),
            partitioned=False,
        ),
        f"SELECT {names}, {', '.join(column.name for column, _, _ in found)}, "  # noqa: S608
        f"json_merge_patch('{{}}', to_json({{{reasons}}})) AS undefined_reasons "
        f"FROM (SELECT {names}, initial_risk, {values} FROM trades) ORDER BY trade_id",
    )


VIEWS = (_breakdown(), *(_period(unit, name) for unit, name in PERIODS.items()), _excursions())
