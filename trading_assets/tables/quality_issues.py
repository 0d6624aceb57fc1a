"""`quality_issues`: findings of the rules, one row per rule and place, with their numbers."""

from trading_assets.tables.contract import Column, Contract

CATEGORIES = ("stale_data", "strike_filtering", "feed_health", "missing_data", "consistency")
SEVERITIES = ("critical", "warning", "info")

CONTRACT = Contract(
    name="quality_issues",
    grain="one rule broken in one snapshot, session or feed",
    ready="with the table it judges",
    readers="quality report, alerts, the tear sheet, /api/data-quality",
    key=("issue_id",),
    columns=(
        Column("date", "date", "Session it was found in.", "ISO date"),
        Column("issue_id", "text", "First 16 hex of SHA-256 over date, table, rule and place."),
        Column("timestamp", "time", "Data time of the first row that broke the rule.", "UTC"),
        Column("severity", "text", "Worst severity reached.", choices=SEVERITIES),
        Column("category", "text", "One of the five categories.", choices=CATEGORIES),
        Column("rule", "text", "Name of the rule."),
        Column("message", "text", "One sentence with the measured value and the limit."),
        Column("details", "json", "value, limit, unit, rows, rows judged, first key, as a JSON object."),
        Column("table_name", "text", "Table the rule guards."),
    ),
)
