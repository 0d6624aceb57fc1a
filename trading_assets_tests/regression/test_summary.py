"""What people and machines read: the same facts in five forms."""

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import orjson
import pytest

from trading_assets.regression.differences import CLASSES
from trading_assets.regression.suite import SuiteResult, make_baselines, run_suite
from trading_assets.regression.summary import as_html, as_json, as_junit, as_markdown, as_text
from trading_assets_tests.regression.given import ran, record, signals_frame


def result(*now: object, strategies: tuple[str, ...] = ("mine",)) -> SuiteResult:
    was = signals_frame(record(0), record(30))
    return run_suite(make_baselines(ran(was, "mine")), ran(signals_frame(*now), *strategies))


PASSED = result(record(0), record(30))
FAILED = result(record(0, confidence=0.95), strategies=("mine", "no<base>line"))


def test_text_of_a_pass() -> None:
    assert as_text(PASSED) == (
        "Signal regression 2025-10-15 to 2025-10-17, tolerance 5.00%\n"
        "\n"
        "strategy          baseline   current   matched     moved   missing     extra     drift\n"
        "mine      PASS           2         2         2         0         0         0     0.00%\n"
        "\n"
        "TOTAL PASS: 1 of 1 strategies pass; signals: baseline 2, current 2, matched 2, moved 0, missing 0, extra 0\n"
    )


def test_text_of_a_failure_names_every_difference() -> None:
    lines = as_text(FAILED).splitlines()
    assert lines[3].split() == ["mine", "FAIL", "2", "1", "1", "0", "1", "0", "18.75%"]
    assert lines[4].strip() == "1 drift beyond, 1 missing"
    assert "drift beyond: 2025-10-15 04:30:00 UTC BUY NIFTY 2025-10-20 25000 CE: confidence 0.8000" in lines[5]
    assert "missing: 2025-10-15 05:00:00 UTC" in lines[6]
    assert lines[7].split()[:2] == ["no<base>line", "FAIL"]
    assert "there is no baseline" in lines[8]
    assert lines[-1].startswith("TOTAL FAIL: 0 of 2 strategies pass; signals: baseline 2, current 1")


def test_a_long_list_is_cut_and_says_so() -> None:
    was = signals_frame(*(record(20 * i) for i in range(25)))
    found = run_suite(make_baselines(ran(was)), ran(signals_frame()))
    text = as_text(found)
    assert text.count("missing: ") == 20
    assert "and 5 more" in text
    assert len(orjson.loads(as_json(found))["strategies"][0]["differences"]) == 25


def test_markdown_is_a_table_with_a_section_per_failure() -> None:
    text = as_markdown(FAILED)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1
    assert rows[2] == "| `mine` | FAIL | 2 | 1 | 1 | 0 | 1 | 0 | 18.75% |"
    assert "### mine" in text
    assert "### " not in as_markdown(PASSED)
    assert text.rstrip().endswith("**")


def test_json_holds_every_class_and_figure() -> None:
    document = orjson.loads(as_json(FAILED))
    mine, other = document["strategies"]
    assert document["passed"] is False
    assert document["totals"]["missing"] == 1
    assert set(mine["classes"]) == set(CLASSES)
    assert (mine["classes"]["drift_beyond"], mine["classes"]["missing"]) == (1, 1)
    assert mine["max_drift"] == pytest.approx(0.1875)
    assert mine["differences"][0]["baseline_signal_id"] == record(0).signal_id
    assert mine["differences"][1]["current_signal_id"] is None
    assert (other["passed"], other["max_drift"]) == (False, None)
    assert orjson.loads(as_json(PASSED))["passed"] is True


def test_junit_counts_failures_and_errors_apart() -> None:
    suite = ET.fromstring(as_junit(FAILED))[0]  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    cases = {case.get("name"): case for case in suite}
    assert cases["mine"].find("failure").get("message") == "1 drift beyond, 1 missing"
    assert "there is no baseline" in cases["no<base>line"].find("error").text
    passed = ET.fromstring(as_junit(PASSED))[0]  # noqa: S314 - our own text
    assert len(passed[0]) == 0


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href"} & {name for name, _ in attrs}
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_balanced_escaped_and_loads_nothing() -> None:
    page = as_html(FAILED)
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert "script" not in tags.seen
    assert tags.seen.count("tr") == 3
    assert "no&lt;base&gt;line" in page
    assert "no<base>line" not in page


@pytest.mark.parametrize("render", [as_text, as_markdown, as_json, as_junit, as_html])
def test_every_form_is_deterministic_and_ends_its_line(render: object) -> None:
    assert render(FAILED) == render(result(record(0, confidence=0.95), strategies=("mine", "no<base>line")))
    assert render(FAILED).endswith("\n")
