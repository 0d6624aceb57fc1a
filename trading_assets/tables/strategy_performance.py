"""`strategy_performance`: one row per session and registered strategy, with the funnel from signals to trades."""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.trades import TRADE_SOURCE

CONTRACT = Contract(
    name="strategy_performance",
    grain="one session and strategy, also a strategy that said nothing",
    ready="18:00 IST, when the session's trades are",
    readers="traders, the tear sheet, SQL",
    key=("date", "strategy_name"),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column("strategy_name", "text", "strategy_id, or the tag of imported trades."),
        TRADE_SOURCE,
        Column("signals_generated", "integer", "Signal legs the strategy fired.", low=0),
        Column("signals_scored", "integer", "Of them with an ml_score.", low=0),
        Column("trades_taken", "integer", "Round trips closed.", low=0),
        Column("signals_rejected", "integer", "Signals that did not become a trade.", low=0),
        Column("rejections", "json", "Count of rejected signals by reason, JSON object."),
        Column("winning_trades", "integer", "With net_pnl above 0.", low=0),
        Column("losing_trades", "integer", "With net_pnl below 0.", low=0),
        Column(
            "win_rate",
            "number",
            "winning_trades over trades_taken; NULL without trades.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
        Column("gross_pnl", "money", "Sum before charges.", "₹"),
        Column("charges", "money", "Sum of charges.", "₹", low=0.0),
        Column("total_pnl", "money", "Sum after charges.", "₹"),
        Column("avg_pnl", "number", "total_pnl over trades_taken.", "₹", nullable=True),
        Column(
            "avg_signal_strength",
            "number",
            "Mean confidence of the signals generated.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
        Column("profit_factor", "number", "Winning over absolute losing net P&L.", "", nullable=True, low=0.0),
        Column("max_drawdown", "money", "Largest fall of the session's realised equity.", "₹", low=0.0),
        Column("undefined_reasons", "json", "Why each NULL above is NULL: JSON object of column to reason."),
    ),
)
