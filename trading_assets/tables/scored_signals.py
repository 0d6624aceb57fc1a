"""`scored_signals`: the signals with what the model said about each, and exactly what it saw."""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.signals import COLUMNS as SIGNAL_COLUMNS

MODEL_COLUMNS = (
    Column(
        "ml_score",
        "number",
        "The model's probability of a winning trade; NULL without a model.",
        "",
        nullable=True,
        low=0.0,
        high=1.0,
    ),
    Column("ml_score_reason", "text", "Why ml_score is NULL.", nullable=True),
    Column("model_version", "text", "Semantic version of the model that scored it.", nullable=True),
    Column("model_hash", "text", "SHA-256 of that model's file, 64 hex.", nullable=True),
    Column("features_snapshot", "json", "Name to value of exactly what the model saw, JSON object.", nullable=True),
)

CONTRACT = Contract(
    name="scored_signals",
    grain="one signal leg, scored by the model that was valid for its session",
    ready="when the session's signals are",
    readers="trades, strategy_performance, model_performance",
    key=("signal_id",),
    columns=(
        *SIGNAL_COLUMNS,
        *MODEL_COLUMNS,
        Column(
            "decision_threshold",
            "number",
            "ml_score at or above which it is traded.",
            "",
            nullable=True,
            low=0.0,
            high=1.0,
        ),
    ),
)
