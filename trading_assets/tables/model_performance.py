"""`model_performance`: what trades made and how true the scores were, by model version and week."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="model_performance",
    grain="one model version in one week of exits",
    ready="every Saturday, and whenever it is asked for",
    readers="whoever decides which model serves, the tear sheet",
    key=("model_version", "week"),
    partitioned=False,
    columns=(
        Column("model_version", "text", "Semantic version."),
        Column("week", "date", "Monday of the week of the exits.", "ISO date"),
        Column("sessions", "integer", "Sessions of the week with such a trade.", low=1),
        Column("trades", "integer", "Round trips it decided.", low=0),
        Column("win_rate", "number", "Share of them that won.", "", nullable=True, low=0.0, high=1.0),
        Column("net_pnl", "money", "Their net P&L.", "₹"),
        Column("avg_ml_score", "number", "Mean of its scores of them.", "", nullable=True, low=0.0, high=1.0),
        Column(
            "calibration_gap", "number", "avg_ml_score less win_rate of the scored.", "", nullable=True, low=-1, high=1
        ),
        Column("brier", "number", "Mean squared error of its scores of them.", "", nullable=True, low=0.0, high=1.0),
        Column(
            "roc_auc",
            "number",
            "Chance that a winner had the higher score, among trades it let through.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
        Column("expectancy", "number", "Mean net P&L per trade.", "₹", nullable=True),
        Column("profit_factor", "number", "Winning over absolute losing net P&L.", "", nullable=True, low=0.0),
        Column("undefined_reasons", "json", "Why each NULL above is NULL: JSON object of column to reason."),
    ),
)
