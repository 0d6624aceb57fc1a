"""`session_bars`: what later sessions may know of a session: its index, volatility and skew, five minutes at a time."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="session_bars",
    grain="five minutes of one underlying, from the session's open on",
    ready="with market_snapshots of the session",
    readers="signals of later sessions, as their history; never those of its own",
    key=("underlying", "ended_at"),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column("underlying", "text", "Index."),
        Column("ended_at", "time", "End of the bar.", "UTC"),
        Column("close", "number", "Last index level at or before the end.", "index points", nullable=True, low=0.05),
        Column("india_vix", "number", "India VIX then.", "percent a year", nullable=True, low=0.01),
        Column("skew_25d", "number", "25-delta put less 25-delta call volatility then.", "vol points", nullable=True),
    ),
)
