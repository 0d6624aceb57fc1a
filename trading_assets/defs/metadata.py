"""Numbers, small tables and pictures as the Dagster pages show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite

import dagster as dg
import orjson
import pandas as pd

from trading_assets.market.calendar import IST
from trading_assets.quality.alerts import RANK
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.report.sparkline import sparkline

SHOWN_ROWS = 5
SPARK_SESSIONS = 90
SHOWN_ISSUES = 20
ISSUE_COLUMNS = ("timestamp", "severity", "table", "rule", "message")


def outcome_metadata(
    outcome: CheckOutcome, shown_limits: dict[int, dg.MetadataValue] | None = None
) -> dict[str, dg.MetadataValue]:
    """Return a check's numbers, which plot over sessions, its worst rows, and its rules with the limits in force.

    Args:
        outcome: What the check found.
        shown_limits: Tables of limits made so far by the identity of the limits, which many sessions share; added to.
    """
    shown: dict[str, dg.MetadataValue] = {
        name: dg.MetadataValue.float(float(value)) for name, value in outcome.numbers.items() if isfinite(value)
    }
    if len(outcome.worst):
        shown["worst"] = small_table(outcome.worst.head(SHOWN_ROWS))
    if outcome.limits:
        made = {} if shown_limits is None else shown_limits
        if id(outcome.limits) not in made:
            made[id(outcome.limits)] = _table(list(outcome.limits[0]), outcome.limits)
        shown["limits"] = made[id(outcome.limits)]
    return shown


def small_table(frame: pd.DataFrame) -> dg.MetadataValue:
    """Show a few rows as a table; every cell as text."""
    names = [str(name) for name in frame.columns]
    return _table(names, frame.astype("str").set_axis(names, axis=1).to_dict(orient="records"))


def _table(names: Sequence[str], records: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    return dg.MetadataValue.table(
        records=[dg.TableRecord({name: _text(record[name]) for name in names}) for record in records],
        schema=dg.TableSchema(columns=[dg.TableColumn(name=name, type="string") for name in names]),
    )


def _text(cell: object) -> str:
    return "-" if cell is None else str(cell)


def report_metadata(report: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Return the quality report as a page: what it comes to in words, issues by rule, the newest ones, the feeds.

    The page cuts off what is wider than about 70 characters, so times are short and IST, and a feed is a column.

    Args:
        report: Of `quality.report.quality_report`.
    """
    told = orjson.loads(orjson.dumps(report, default=str))
    issues, summary = pd.DataFrame(told["recent_issues"], columns=list(ISSUE_COLUMNS)), told["summary"]
    issues["IST"] = [_ist(text) for text in issues["timestamp"]]
    counts = issues.groupby(["severity", "table", "rule"]).size().rename("issues").reset_index()
    counts = counts.sort_values("issues", ascending=False, kind="stable").sort_values(
        "severity", key=_rank, kind="stable"
    )
    shown = {name: dg.MetadataValue.int(int(count)) for name, count in summary.items()}
    tables = {
        "issues_by_rule": counts[["issues", "severity", "table", "rule"]],
        "newest_issues": issues[["IST", "severity", "message"]].head(SHOWN_ISSUES),
        "feed_health": _feed_columns(told["feed_health"]),
    }
    return {
        "report": dg.MetadataValue.md(_words(_ist(told["timestamp"]), summary, counts)),
        **shown,
        **{name: small_table(frame) for name, frame in tables.items() if len(frame)},
    }


def _words(at: str, summary: Mapping[str, int], counts: pd.DataFrame) -> str:
    last_hour = f"{summary['critical_issues_last_hour']} critical, {summary['warning_issues_last_hour']} warnings"
    by_severity = counts.groupby("severity", sort=False)["issues"].sum()
    graded = "".join(f", {count} {severity}" for severity, count in by_severity.items())
    return "\n\n".join(
        [f"**{summary['total_issues_tracked']} issues**{graded}", f"in the last hour: {last_hour}", f"as of {at} IST"]
    )


def _rank(severities: pd.Series) -> pd.Series:
    return -severities.map(RANK)


def _ist(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(IST):%Y-%m-%d %H:%M}"


def _feed_columns(health: Mapping[str, Mapping[str, object]]) -> pd.DataFrame:
    columns = {feed: {name: _short(name, value) for name, value in each.items()} for feed, each in health.items()}
    return pd.DataFrame(columns).rename_axis("measure").reset_index()


def _short(name: str, value: object) -> str:
    if name.startswith("last_"):
        return "never" if value is None else f"{_ist(str(value))} IST"
    if name == "failure_rate":
        return f"{value:.1%}"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


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
