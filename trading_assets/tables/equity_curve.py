"""`equity_curve`: what needs history, computed whole: equity, drawdown from the peak and trailing ratios per session.

`scope` is `all` for the desk or a strategy's name; the SQL view `daily_performance` joins scope `all`.
"""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.trades import TRADE_SOURCE

WINDOWS = (20, 60, 252)

CONTRACT = Contract(
    name="equity_curve",
    grain="one session and scope",
    ready="after daily_performance and strategy_performance, for every session there is",
    readers="SQL view daily_performance, the tear sheet",
    key=("scope", "date"),
    partitioned=False,
    columns=(
        Column("date", "date", "Session.", "ISO date"),
        Column("scope", "text", "all, or a strategy."),
        TRADE_SOURCE,
        Column("net_pnl", "money", "Net P&L of the session.", "₹"),
        Column("equity", "money", "Starting capital plus all net P&L so far.", "₹"),
        Column("peak_equity", "money", "Highest equity so far, starting capital included.", "₹"),
        Column("drawdown", "money", "peak_equity minus equity.", "₹", low=0.0),
        Column(
            "drawdown_pct",
            "number",
            "drawdown over peak_equity; NULL when the peak is not above 0.",
            "%",
            nullable=True,
        ),
        Column(
            "drawdown_sessions",
            "number",
            "Sessions since equity was at its peak, 0 at one; NULL in rows older than this column.",
            "sessions",
            nullable=True,
            low=0,
        ),
        Column("max_drawdown", "money", "Largest drawdown so far.", "₹", low=0.0),
        Column("max_drawdown_pct", "number", "Largest drawdown_pct so far.", "%", nullable=True),
        Column("daily_return", "number", "net_pnl over the capital allocated on that day.", "", nullable=True),
        Column("sharpe_ratio", "number", "Since inception, annualised; NULL below 20 sessions.", "", nullable=True),
        *(
            Column(f"sharpe_ratio_{n}", "number", f"Trailing {n} sessions, annualised.", "", nullable=True)
            for n in WINDOWS
        ),
        Column("sortino_ratio", "number", "Since inception, annualised; NULL below 20 sessions.", "", nullable=True),
        *(
            Column(f"sortino_ratio_{n}", "number", f"Trailing {n} sessions, annualised.", "", nullable=True)
            for n in WINDOWS
        ),
        Column("undefined_reasons", "json", "Why each NULL above is NULL: JSON object of column to reason."),
    ),
)
