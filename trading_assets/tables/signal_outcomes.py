"""`signal_outcomes`: what became of each scored signal: taken, or rejected with the reason."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="signal_outcomes",
    grain="one scored signal leg",
    ready="with trades of the session",
    readers="strategy_performance (the funnel), explain",
    key=("signal_id",),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column("signal_id", "text", "The signal."),
        Column("strategy_id", "text", "Strategy that fired."),
        Column("outcome", "text", "Whether a trade came of it.", choices=("taken", "rejected")),
        Column("reason", "text", "Why it was rejected.", nullable=True),
        Column("trade_id", "text", "The trade that came of it.", nullable=True),
    ),
)
