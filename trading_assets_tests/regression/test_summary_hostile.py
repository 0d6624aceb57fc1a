"""Summaries of hostile names and long stories: every form stays well-formed, and says what the others say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.regression.suite import StrategyResult, SuiteResult, make_baselines, run_suite
from trading_assets.regression.summary import as_diff, as_html, as_json, as_junit, as_markdown, as_text
from trading_assets_tests.regression.given import ran, record, signals_frame, statistics

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a&b",
    "pipe|in|name",
    "]]>",
    "new\nline",
    "nul\x00bell\x07",
    "'single' \"double\"",
    "नमस्ते ₹",
    "-->",
)
FORMS = (as_text, as_markdown, as_html, as_junit, as_json, as_diff)


def result(name: str, *now: object) -> SuiteResult:
    """A suite of one failing strategy of a hostile name, and one of a harmless one that passes."""
    was = signals_frame(record(0), record(30))
    plain = run_suite(make_baselines(ran(was)), ran(signals_frame(*now)))
    [one] = plain.strategies
    good = replace(run_suite(make_baselines(ran(was)), ran(was)).strategies[0], strategy_id="good")
    return replace(plain, strategies=(replace(one, strategy_id=name, notes=(f"note of {name}",)), good))


class Page(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", HOSTILE)
def test_html_shows_the_name_and_runs_nothing(name: str) -> None:
    page = Page(as_html(result(name, record(0))))
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "table", "thead", "tbody", "tr", "th", "td", "p",
        "strong", "ul", "li",
    }  # fmt: skip
    assert page.attributes <= {"lang", "charset", "class"}
    assert name.replace("\x00", "\ufffd") in [text.replace("\x00", "\ufffd") for text in page.texts]


@pytest.mark.parametrize("name", HOSTILE)
def test_junit_is_xml_whatever_the_name(name: str) -> None:
    suite = ET.fromstring(as_junit(result(name, record(0))))[0]  # noqa: S314 - our own text
    printable = "".join(c if c.isprintable() or c == "\n" else "?" for c in name)
    # an attribute of XML turns a line break into a blank
    assert [case.get("name") for case in suite] == [printable.replace("\n", " "), "good"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    failure = suite[0].find("failure")
    assert failure is not None
    assert failure.get("message") == "1 missing"
    assert f"note of {printable}" in (failure.text or "")


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=30))
def test_any_text_at_all_is_told_without_breaking_a_form(name: str) -> None:
    found = result(name.encode("utf-8", "replace").decode(), record(0))
    assert len(ET.fromstring(as_junit(found))[0]) == 2  # noqa: S314 - our own text
    assert orjson.loads(as_json(found))["strategies"][0]["strategy_id"] == found.strategies[0].strategy_id
    assert Page(as_html(found)).tags.count("tr") == 3


@pytest.mark.parametrize("name", ["pipe|in|name", "||", "a|b"])
def test_a_pipe_does_not_split_a_markdown_cell(name: str) -> None:
    rows = [line for line in as_markdown(result(name, record(0))).splitlines() if line.startswith("|")]
    cells = {len(re.split(r"(?<!\\)\|", row)) for row in rows}
    assert len(rows) == 4
    assert len(cells) == 1
    assert f"`{name}`" in rows[2].replace("\\|", "|")


def problem() -> SuiteResult:
    """A suite whose one baseline is missing."""
    return run_suite({}, ran(signals_frame(record(0))))


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_baseline_is_told_in_every_form(form: object) -> None:
    told = unescape(form(problem()))
    assert "there is no baseline mine_2025-10-15_to_2025-10-17.json" in told
    assert form(problem()) == told or form in (as_html, as_junit)


def test_a_missing_baseline_is_an_error_and_a_difference_a_failure() -> None:
    suite = ET.fromstring(as_junit(problem()))[0]  # noqa: S314 - our own text
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    assert suite[0].find("failure") is None
    lost = ET.fromstring(as_junit(result("mine")))[0]  # noqa: S314 - our own text
    assert (lost.get("failures"), lost.get("errors")) == ("1", "0")


def test_other_snapshots_are_an_error_unless_signals_differ_too() -> None:
    was, inputs = make_baselines(ran(signals_frame(record(0)))), {}
    same, other = (run_suite(was, ran(signals_frame(*now), inputs=inputs)) for now in ([record(0)], []))
    for found, failures, errors in ((same, "0", "1"), (other, "1", "0")):
        suite = ET.fromstring(as_junit(found))[0]  # noqa: S314 - our own text
        assert (suite.get("failures"), suite.get("errors")) == (failures, errors)


def test_statistics_that_differ_are_told_in_every_form() -> None:
    was = ran(signals_frame(record(0)), statistics={"mine": (statistics(),)})
    now = ran(signals_frame(record(0)), statistics={"mine": (statistics(trades=2, charges_paise=1),)})
    found = run_suite(make_baselines(was), now)
    sentence = "2025-10-15: trades 3 to 2, charges ₹ 123.45 to ₹ 0.01"
    assert orjson.loads(as_json(found))["strategies"][0]["statistics"] == [sentence]
    for form in (as_text, as_markdown, as_html, as_junit, as_diff):
        assert f"statistics {sentence}" in form(found), form.__name__
    assert "statistics of 1 sessions differ" in as_text(found)


def test_a_diff_shows_both_sides_of_every_class() -> None:
    found = result("mine", record(0, confidence=0.95), record(60))
    assert as_diff(found).splitlines() == [
        "@@ mine: 1 drift beyond, 1 missing, 1 extra @@",
        " drift beyond: confidence 0.8000 to 0.9500 (+18.75%)",
        "-2025-10-15 04:30:00 UTC BUY NIFTY 2025-10-20 25000 CE at ₹ 100.50, confidence 0.8000",
        "+2025-10-15 04:30:00 UTC BUY NIFTY 2025-10-20 25000 CE at ₹ 100.50, confidence 0.9500",
        " missing: not there today",
        "-2025-10-15 05:00:00 UTC BUY NIFTY 2025-10-20 25000 CE at ₹ 100.50, confidence 0.8000",
        " extra: not in the baseline",
        "+2025-10-15 05:30:00 UTC BUY NIFTY 2025-10-20 25000 CE at ₹ 100.50, confidence 0.8000",
        "TOTAL FAIL: 1 of 2 strategies pass; signals: baseline 4, current 4, matched 3, moved 0, missing 1, extra 1",
    ]


def test_a_diff_of_nothing_is_the_total_line() -> None:
    same = run_suite(make_baselines(ran(signals_frame(record(0)))), ran(signals_frame(record(0))))
    assert as_diff(same).count("\n") == 1
    assert as_diff(same).startswith("TOTAL PASS: 1 of 1")


def test_a_diff_of_creep_alone_says_so() -> None:
    was = [record(15 * i) for i in range(6)]
    now = [replace(one, confidence=0.81) for one in was]
    found = run_suite(make_baselines(ran(signals_frame(*was))), ran(signals_frame(*now)))
    assert as_diff(found).splitlines()[0] == "@@ mine: confidence creeps one way (mean +1.25%) @@"


@settings(max_examples=30)
@given(st.lists(st.integers(0, 60), unique=True, max_size=6), st.lists(st.integers(0, 60), unique=True, max_size=6))
def test_all_forms_agree_on_the_figures(was: list[int], now: list[int]) -> None:
    old, new = ([record(5 * minute) for minute in side] for side in (was, now))
    found = run_suite(make_baselines(ran(signals_frame(*old))), ran(signals_frame(*new)))
    document = orjson.loads(as_json(found))
    [one] = document["strategies"]
    figures = [one[name] for name in ("baseline", "current", "matched", "moved", "missing", "extra")]
    row = next(line for line in as_text(found).splitlines() if line.startswith("mine"))
    assert row.split()[2:8] == [str(figure) for figure in figures]
    assert f"| {' | '.join(map(str, figures))} |" in as_markdown(found)
    assert "".join(f"<td>{figure}</td>" for figure in figures) in as_html(found)
    assert document["passed"] == (ET.fromstring(as_junit(found))[0].get("failures") == "0")  # noqa: S314 - ours
    assert len(one["differences"]) == sum(line.startswith(" ") for line in as_diff(found).splitlines())


def test_no_form_needs_a_strategy() -> None:
    empty = SuiteResult((), ran(signals_frame()).provenance, result("x").tolerance)
    for form in FORMS:
        assert form(empty).endswith("\n")
    assert "TOTAL FAIL: 0 of 0" in as_text(empty)
    assert ET.fromstring(as_junit(empty))[0].get("tests") == "0"  # noqa: S314 - our own text


def test_a_result_with_nothing_to_compare_has_zeros() -> None:
    assert StrategyResult("x", None, "gone").numbers() == dict.fromkeys(
        ("baseline", "current", "matched", "moved", "missing", "extra"), 0
    )
    assert StrategyResult("x", None, "gone").reason == "gone"
    assert not StrategyResult("x", None, "gone").differs
