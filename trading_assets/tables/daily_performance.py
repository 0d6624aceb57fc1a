"""`daily_performance`: one row per session, also without trades. Columns of facts; history is in equity_curve."""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.trades import CHARGE_COMPONENTS, TRADE_SOURCE

CONTRACT = Contract(
    name="daily_performance",
    grain="one session",
    ready="18:00 IST, when the session's trades are",
    readers="traders, /api/performance/daily, equity_curve, the tear sheet",
    key=("date",),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        TRADE_SOURCE,
        Column("total_trades", "integer", "Round trips closed in the session.", low=0),
        Column("winning_trades", "integer", "With net_pnl above 0.", low=0),
        Column("losing_trades", "integer", "With net_pnl below 0.", low=0),
        Column(
            "win_rate",
            "number",
            "winning_trades over total_trades; NULL without trades.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
        Column("gross_pnl", "money", "Sum before charges.", "₹"),
        Column("charges", "money", "Sum of all components.", "₹", low=0.0),
        *(Column(name, "money", f"Sum of the trades' {name}.", "₹", low=0.0) for name in CHARGE_COMPONENTS),
        Column("net_pnl", "money", "Sum after charges.", "₹"),
        Column("sum_wins", "money", "Net P&L of the winning trades.", "₹", low=0.0),
        Column("sum_losses", "money", "Net P&L of the losing trades, at most 0.", "₹", high=0.0),
        Column("profit_factor", "number", "sum_wins over |sum_losses|.", "", nullable=True, low=0.0),
        Column("expectancy", "number", "Mean net P&L per trade.", "₹", nullable=True),
        Column("expectancy_r", "number", "Mean net P&L over initial risk.", "R", nullable=True),
        Column("payoff_ratio", "number", "Average win over average loss.", "", nullable=True, low=0.0),
        Column("intraday_max_drawdown", "money", "Largest fall of the session's realised equity.", "₹", low=0.0),
        Column("largest_win", "money", "Largest net P&L above 0.", "₹", nullable=True, low=0.0),
        Column("largest_loss", "money", "Smallest net P&L below 0.", "₹", nullable=True, high=0.0),
        Column("longest_win_streak", "integer", "Consecutive wins by exit time; breakeven ends it.", low=0),
        Column("longest_loss_streak", "integer", "Consecutive losses by exit time; breakeven ends it.", low=0),
        Column("avg_holding_seconds", "number", "Mean of exit_time minus entry_time.", "s", nullable=True, low=0.0),
        Column(
            "exposure",
            "number",
            "Minutes with an open position over session minutes.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
        Column("undefined_reasons", "json", "Why each NULL above is NULL: JSON object of column to reason."),
    ),
)
