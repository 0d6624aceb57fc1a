"""`feed_calls`: every call to a live feed, also the failed ones."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="feed_calls",
    grain="one HTTP call to a feed",
    ready="at once; appended by the collector",
    readers="feed_health, quality report",
    key=("feed", "called_at"),
    columns=(
        Column("date", "date", "Session of the call.", "ISO date"),
        Column("feed", "text", "Feed that was called."),
        Column("endpoint", "text", "What was asked for."),
        Column("called_at", "time", "When the call started.", "UTC"),
        Column("duration_ms", "number", "Until the response or the failure.", "ms", low=0.0),
        Column("success", "flag", "Whether a usable response came back."),
        Column("status", "number", "HTTP status; missing when there was no response.", "", nullable=True),
        Column("error", "text", "Class and message of the failure.", nullable=True),
    ),
)
