"""The result of the suite for people and machines: text, Markdown, JSON, JUnit XML and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import orjson

from trading_assets.regression.differences import CLASSES, PASSING, WORDS
from trading_assets.regression.suite import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trading_assets.regression.baseline import SignalRecord
    from trading_assets.regression.differences import Difference
    from trading_assets.regression.suite import StrategyResult, SuiteResult

_SHOWN = 20


def as_text(result: SuiteResult) -> str:
    """Table with PASS or FAIL, counts and drift per strategy, the differences of those that fail, and a total line."""
    width = max([len("strategy"), *(len(r.strategy_id) for r in result.strategies)])
    lines = [
        _title(result),
        "",
        f"{'strategy':<{width}}        " + "".join(f"{c:>10}" for c in COUNTS) + "     drift",
    ]
    for one in result.strategies:
        counts = "".join(f"{one.numbers()[c]:>10}" for c in COUNTS)
        lines.append(f"{one.strategy_id:<{width}}  {_verdict(one.passed)}  {counts}{_drift(one):>10}")
        lines += [f"    {sentence}" for sentence in _sentences(one)]
    return "\n".join([*lines, "", _total(result)]) + "\n"


def as_markdown(result: SuiteResult) -> str:
    """The same as a Markdown table with a list of differences per failing strategy."""
    head = ("strategy", "", *COUNTS, "max drift")
    lines = [f"## {_title(result)}", "", _row(head), _row(["---"] * 2 + ["---:"] * (len(head) - 2))]
    lines += [
        _row([f"`{r.strategy_id}`", _verdict(r.passed), *map(str, r.numbers().values()), _drift(r)])
        for r in result.strategies
    ]
    for one in result.strategies:
        sentences = _sentences(one)
        lines += ["", f"### {one.strategy_id}", "", *(f"- {s}" for s in sentences)] if sentences else []
    return "\n".join([*lines, "", f"**{_total(result)}**"]) + "\n"


def as_json(result: SuiteResult) -> str:
    """Everything as one JSON object, sorted keys, indented."""
    document = {
        "passed": result.passed,
        "start": result.provenance.start,
        "end": result.provenance.end,
        "tolerance": result.tolerance.drift,
        "totals": result.totals(),
        "strategies": [_object(one) for one in result.strategies],
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode() + "\n"


def as_junit(result: SuiteResult) -> str:
    """JUnit XML: a case per strategy; a missing or unfit baseline is an error, a difference a failure."""
    failures = sum(r.differs for r in result.strategies)
    errors = sum(not r.passed and not r.differs for r in result.strategies)
    cases = "".join(_case(one) for one in result.strategies)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="{_xml(_title(result))}" tests="{len(result.strategies)}" '
        f'failures="{failures}" errors="{errors}">\n{cases}</testsuite></testsuites>\n'
    )


def as_diff(result: SuiteResult) -> str:
    """Every signal that does not pass, as removed and added lines below its strategy; the total line at the end."""
    lines = []
    for one in result.strategies:
        if not one.passed:
            lines += [f"@@ {one.strategy_id}: {one.reason} @@", *(f" statistics {told}" for told in one.statistics)]
        for difference in _changed(one):
            lines.append(f" {WORDS[difference.kind]}: {difference.detail}")
            sides = (("-", difference.baseline), ("+", difference.current))
            lines += [f"{sign}{_signal(record)}" for sign, record in sides if record is not None]
    return "\n".join([*lines, _total(result)]) + "\n"


def as_html(result: SuiteResult) -> str:
    """A page without scripts or outside resources: the table, then the differences of each failing strategy."""
    head = "".join(f"<th>{escape(c)}</th>" for c in ("strategy", "", *COUNTS, "max drift"))
    rows = "".join(_html_row(one) for one in result.strategies)
    details = "".join(
        f"<h2>{escape(one.strategy_id)}</h2><ul>{''.join(f'<li>{escape(s)}</li>' for s in _sentences(one))}</ul>"
        for one in result.strategies
        if _sentences(one)
    )
    title = escape(_title(result))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"</head><body><h1>{title}</h1><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p><strong>{escape(_total(result))}</strong></p>{details}</body></html>\n"
    )


_STYLE = (
    "body{font:15px system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse}"
    "td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:"
    "left}.PASS{color:#0a6b2d}.FAIL{color:#b3261e;font-weight:bold}"
)


def _title(result: SuiteResult) -> str:
    run = result.provenance
    return f"Signal regression {run.start:%Y-%m-%d} to {run.end:%Y-%m-%d}, tolerance {result.tolerance.drift:.2%}"


def _total(result: SuiteResult) -> str:
    passed = sum(one.passed for one in result.strategies)
    totals = ", ".join(f"{name} {count}" for name, count in result.totals().items())
    return f"TOTAL {_verdict(result.passed)}: {passed} of {len(result.strategies)} strategies pass; signals: {totals}"


def _verdict(passed: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "PASS" if passed else "FAIL"


def _drift(one: StrategyResult) -> str:
    return "-" if one.comparison is None else f"{one.comparison.max_drift:.2%}"


def _sentences(one: StrategyResult) -> list[str]:
    """Why it fails, what changed around it, and its first differences; nothing for a pass without notes."""
    told = [one.reason] if one.reason else []
    told += [f"note: {note}" for note in one.notes]
    told += [f"statistics {sentence}" for sentence in one.statistics]
    changed = _changed(one)
    told += [_sentence(d) for d in changed[:_SHOWN]]
    return [*told, f"and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else told


def _changed(one: StrategyResult) -> list[Difference]:
    """Signals that do not pass, in time order."""
    return [] if one.comparison is None else [d for d in one.comparison.differences if d.kind not in PASSING]


def _signal(record: SignalRecord) -> str:
    when = f"{record.timestamp:%Y-%m-%d %H:%M:%S} UTC"
    return f"{when} {record.side} {record.symbol} at ₹ {record.entry_price:.2f}, confidence {record.confidence:.4f}"


def _sentence(difference: Difference) -> str:
    record = difference.record
    kind = WORDS[difference.kind]
    return f"{kind}: {record.timestamp:%Y-%m-%d %H:%M:%S} UTC {record.side} {record.symbol}: {difference.detail}"


def _object(one: StrategyResult) -> dict[str, object]:
    found = one.comparison
    return {
        "strategy_id": one.strategy_id,
        "passed": one.passed,
        "reason": one.reason,
        "notes": list(one.notes),
        "statistics": list(one.statistics),
        **one.numbers(),
        "classes": {kind: 0 if found is None else found.count(kind) for kind in CLASSES},
        "max_drift": None if found is None else found.max_drift,
        "mean_drift": None if found is None else found.mean_drift,
        "differences": [
            {
                "class": d.kind,
                "detail": d.detail,
                "baseline_signal_id": d.baseline.signal_id if d.baseline else None,
                "current_signal_id": d.current.signal_id if d.current else None,
                "timestamp": d.record.timestamp,
            }
            for d in _changed(one)
        ],
    }


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _case(one: StrategyResult) -> str:
    name = _xml(one.strategy_id)
    if one.passed:
        return f'<testcase classname="regression" name="{name}"/>\n'
    kind = "failure" if one.differs else "error"
    body = _xml("\n".join(_sentences(one)))
    return (
        f'<testcase classname="regression" name="{name}"><{kind} message="{_xml(one.reason)}">{body}</{kind}>'
        "</testcase>\n"
    )


def _xml(text: str) -> str:
    """Text that XML may hold: markup escaped, control characters, which it forbids in any form, as question marks."""
    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


def _html_row(one: StrategyResult) -> str:
    verdict = _verdict(one.passed)
    counts = "".join(f"<td>{count}</td>" for count in one.numbers().values())
    return (
        f'<tr><td>{escape(one.strategy_id)}</td><td class="{verdict}">{verdict}</td>{counts}<td>{_drift(one)}</td></tr>'
    )
