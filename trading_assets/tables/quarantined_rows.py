"""`quarantined_rows`: every input row that did not pass, whole, with all its reasons."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="quarantined_rows",
    grain="one input row (an option leg, or a capture that could not be read) kept out of its table",
    ready="with market_snapshots of the session; captures of closed days at ingest",
    readers="whoever asks why data is missing; quality report",
    key=("table_name", "date", "row_id"),
    columns=(
        Column("date", "date", "Session the row was meant for, or the closed day it was captured on.", "ISO date"),
        Column("table_name", "text", "Table the row was meant for."),
        Column("row_id", "text", "First 16 hex of SHA-256 over capture, position in it and content."),
        Column("feed", "text", "Feed that recorded it."),
        Column("underlying", "text", "Index the capture is of."),
        Column("capture_id", "text", "SHA-256 of the raw capture in the landing zone."),
        Column("observed_at", "time", "Exchange time, where one could be read.", "UTC", nullable=True),
        Column("received_at", "time", "When the recorder had it.", "UTC", nullable=True),
        Column("severity", "text", "Worst severity among the reasons.", choices=("critical", "warning", "info")),
        Column("reasons", "json", "Rules that rejected it, a JSON list sorted by name."),
        Column("detail", "text", "A sentence for people: what was found against what was expected."),
        Column("raw", "json", "The row as normalised, or the beginning of the unreadable capture, as JSON."),
    ),
)
