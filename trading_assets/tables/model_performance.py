"""`model_performance`: what trades made, by the model version that decided them, over all sessions."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="model_performance",
    grain="one model version",
    ready="every Saturday, and whenever it is asked for",
    readers="whoever decides which model serves, the tear sheet",
    key=("model_version",),
    partitioned=False,
    columns=(
        Column("model_version", "text", "Semantic version."),
        Column("trades", "integer", "Round trips it decided.", low=0),
        Column("win_rate", "number", "Share of them that won.", "", nullable=True, low=0.0, high=1.0),
        Column("net_pnl", "money", "Their net P&L.", "₹"),
        Column("avg_ml_score", "number", "Mean of its scores of them.", "", nullable=True, low=0.0, high=1.0),
        Column("expectancy", "number", "Mean net P&L per trade.", "₹", nullable=True),
        Column("profit_factor", "number", "Winning over absolute losing net P&L.", "", nullable=True, low=0.0),
    ),
)
