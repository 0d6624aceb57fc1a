"""`feed_health`: how each feed did in a session: what it delivered, how late, with which gaps and failed calls."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="feed_health",
    grain="one feed and underlying in one session",
    ready="with market_snapshots of the session",
    readers="operators, quality report, the tear sheet",
    key=("date", "feed", "underlying"),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column("feed", "text", "Feed."),
        Column("underlying", "text", "Index."),
        Column("snapshots", "integer", "Snapshots that passed.", low=0),
        Column("rows", "integer", "Option legs that passed.", low=0),
        Column("quarantined_rows", "integer", "Rows kept out.", low=0),
        Column("quarantined_share", "number", "Kept out over all.", "", nullable=True, low=0.0, high=1.0),
        Column("first_observed_at", "time", "First snapshot that passed.", "UTC", nullable=True),
        Column("last_observed_at", "time", "Last snapshot that passed.", "UTC", nullable=True),
        Column("longest_gap_seconds", "number", "Longest time between two that passed.", "s", nullable=True, low=0.0),
        Column("median_age_seconds", "number", "Median of received_at minus observed_at.", "s", nullable=True),
        Column("max_age_seconds", "number", "Largest of it.", "s", nullable=True),
        Column("calls", "integer", "Calls to a live feed.", low=0),
        Column("failed_calls", "integer", "Of them failed.", low=0),
        Column("failure_rate", "number", "failed_calls over calls.", "", nullable=True, low=0.0, high=1.0),
        Column("avg_response_ms", "number", "Mean duration of the calls.", "ms", nullable=True, low=0.0),
    ),
)
