"""The Prometheus text form of the state of data and sessions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

Sample = tuple[Mapping[str, str], float]
Gauge = tuple[str, str, list[Sample]]


def exposition(report: Mapping[str, object], days: Sequence[date], newest: Mapping[str, object]) -> str:
    """Write the gauges.

    Args:
        report: What `quality.report.quality_report` returns.
        days: Sessions with a daily row, sorted.
        newest: The newest daily row; empty without one.
    """
    summary, feeds = _mapping(report["summary"]), _mapping(report["feed_health"])
    last_hour = {name: summary[f"{name}_issues_last_hour"] for name in ("critical", "warning")}
    issues: list[Sample] = [({"severity": name}, _number(count)) for name, count in last_hour.items()]
    tracked: list[Sample] = [({}, _number(summary["total_issues_tracked"]))]
    gauges: list[Gauge] = [
        ("quality_issues_tracked", "Issues in the rolling view.", tracked),
        ("quality_issues_last_hour", "Issues of the last hour by severity.", issues),
        *_of_feeds({feed: _mapping(health) for feed, health in feeds.items()}),
        ("sessions", "Sessions with a daily row.", [({}, float(len(days)))]),
    ]
    if days:
        midnight = datetime(days[-1].year, days[-1].month, days[-1].day, tzinfo=UTC).timestamp()
        gauges.append(("last_session_timestamp_seconds", "Newest session with a daily row.", [({}, midnight)]))
        gauges.append(("last_session_net_pnl", "Its net P&L, rupees.", [({}, _number(newest["net_pnl"]))]))
        gauges.append(("last_session_trades", "Its trades.", [({}, _number(newest["total_trades"]))]))
    return "".join(_gauge(name, meaning, samples) for name, meaning, samples in gauges)


def _of_feeds(feeds: Mapping[str, Mapping[str, object]]) -> list[Gauge]:
    quantiles: list[Sample] = [
        ({"feed": feed, "quantile": f"0.{name}"}, _number(health[f"p{name}_ms"]))
        for feed, health in feeds.items()
        for name in ("50", "95", "99")
    ]
    last: list[Sample] = [
        ({"feed": feed}, datetime.fromisoformat(str(health["last_success"])).timestamp())
        for feed, health in feeds.items()
        if health["last_success"] is not None
    ]

    def each(key: str) -> list[Sample]:
        return [({"feed": feed}, _number(health[key])) for feed, health in feeds.items()]

    return [
        ("feed_recent_calls", "Calls in the rolling window.", each("total_calls")),
        ("feed_failure_rate", "Failed calls over calls of the window, 0 to 1.", each("failure_rate")),
        ("feed_response_ms", "Response time of the window, ms.", quantiles),
        ("feed_last_success_timestamp_seconds", "Last call that succeeded.", last),
    ]


def _gauge(name: str, meaning: str, samples: Iterable[Sample]) -> str:
    full = f"trading_assets_{name}"
    lines = [f"# HELP {full} {meaning}", f"# TYPE {full} gauge"]
    return "\n".join([*lines, *(f"{full}{_labels(labels)} {value!r}" for labels, value in samples), ""])


def _labels(labels: Mapping[str, str]) -> str:
    escaped = {
        name: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, text in labels.items()
    }
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + "}" if labels else ""


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        msg = f"expected a mapping, got {type(value).__name__}."
        raise TypeError(msg)
    return value


def _number(value: object) -> float:
    return float(str(value))
