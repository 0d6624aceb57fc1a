"""Numbers, small tables and pictures as the Dagster pages show them."""

from collections.abc import Mapping
from math import isfinite

import dagster as dg
import orjson
import pandas as pd

from trading_assets.quality.outcome import CheckOutcome
from trading_assets.report.sparkline import sparkline

SHOWN_ROWS = 5
SPARK_SESSIONS = 90
SHOWN_ISSUES = 20
#: Five issues of so many characters stay below the 1,000 up to which Dagster shows Markdown without a click.
LONGEST_WORDS = 140
ISSUE_COLUMNS = ("timestamp", "severity", "table", "rule", "message")


def outcome_metadata(
    outcome: CheckOutcome, shown_limits: dict[int, dg.MetadataValue] | None = None
) -> dict[str, dg.MetadataValue]:
    """Return a check's numbers, which plot over sessions, its worst rows, and its rules with the limits in force.

    Args:
        outcome: What the check found.
        shown_limits: Tables of limits made so far by the identity of their frame, which many sessions share; added to.
    """
    shown: dict[str, dg.MetadataValue] = {
        name: dg.MetadataValue.float(float(value)) for name, value in outcome.numbers.items() if isfinite(value)
    }
    if len(outcome.worst):
        shown["worst"] = small_table(outcome.worst.head(SHOWN_ROWS))
    if outcome.limits is not None and len(outcome.limits):
        made = {} if shown_limits is None else shown_limits
        if id(outcome.limits) not in made:
            made[id(outcome.limits)] = small_table(outcome.limits)
        shown["limits"] = made[id(outcome.limits)]
    return shown


def small_table(frame: pd.DataFrame) -> dg.MetadataValue:
    """Show a few rows as a table; every cell as text."""
    texts = frame.astype("str").to_dict(orient="records")
    return dg.MetadataValue.table(
        records=[dg.TableRecord({str(name): str(cell) for name, cell in record.items()}) for record in texts],
        schema=dg.TableSchema(columns=[dg.TableColumn(name=str(name), type="string") for name in frame.columns]),
    )


def report_metadata(report: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Return the quality report as a page: what it comes to in words, issues by rule, the newest ones, the feeds.

    Args:
        report: Of `quality.report.quality_report`.
    """
    told = orjson.loads(orjson.dumps(report, default=str))
    issues, summary = pd.DataFrame(told["recent_issues"], columns=list(ISSUE_COLUMNS)), told["summary"]
    counts = issues.groupby(["table", "rule", "severity"]).size().rename("issues").reset_index()
    feeds = pd.DataFrame([{"feed": feed, **health} for feed, health in told["feed_health"].items()])
    shown = {name: dg.MetadataValue.int(int(count)) for name, count in summary.items()}
    tables = {
        "issues_by_rule": counts.sort_values("issues", ascending=False, kind="stable"),
        "newest_issues": issues.head(SHOWN_ISSUES),
        "feed_health": feeds,
    }
    return {
        "report": dg.MetadataValue.md(_words(told["timestamp"], summary, issues.head(SHOWN_ROWS))),
        **shown,
        **{name: small_table(frame) for name, frame in tables.items() if len(frame)},
    }


def _words(timestamp: str, summary: Mapping[str, int], newest: pd.DataFrame) -> str:
    last_hour = f"{summary['critical_issues_last_hour']} critical and {summary['warning_issues_last_hour']} warnings"
    said = f"**{summary['total_issues_tracked']} issues** as of {timestamp}; in the last hour {last_hour}.\n"
    lines = (f"- {grade}: {text[:LONGEST_WORDS]}" for grade, text in newest[["severity", "message"]].to_numpy())
    return "\n".join([said, *lines])


def equity_metadata(curve: pd.DataFrame) -> dict[str, dg.MetadataValue]:
    """Return the desk's latest equity figures and a sparkline of it."""
    desk = curve[curve["scope"] == "all"].sort_values("date")
    if desk.empty:
        return {}
    last = desk.iloc[-1]
    return {
        "equity": dg.MetadataValue.float(float(last["equity"])),
        "max_drawdown": dg.MetadataValue.float(float(last["max_drawdown"])),
        "sessions": dg.MetadataValue.int(len(desk)),
        "equity_curve": dg.MetadataValue.md(sparkline(desk["equity"].tail(SPARK_SESSIONS).to_list())),
    }
