"""The tear sheet is one valid, inert, small page, whatever it is made of."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from trading_assets.report.numbers import NO_BREAK_SPACE, NULL, rupees
from trading_assets.report.quarantine import quarantined_counts
from trading_assets.report.status import RegressionStatus
from trading_assets.report.tear_sheet import TearSheetData, render
from trading_assets.tables import equity_curve, quality_issues, quarantined_rows, strategy_performance, trades
from trading_assets.tables.money import total
from trading_assets_tests.report.frames import reconciliation, tear_sheet_data
from trading_assets_tests.report.html_page import Page

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}{% raw %}&#x3c;</style>\x00\u202e"
RANGES = {
    "nothing": {"sessions": 0, "strategies": 0},
    "one session": {"sessions": 1, "strategies": 3, "per_day": 4},
    "one session without a trade": {"sessions": 1, "per_day": 0},
    "five sessions": {"sessions": 5},
    "half a year": {"sessions": 130, "strategies": 6, "first": "2025-06-02"},
}


def a_page(**how: object) -> Page:
    """A rendered and parsed page."""
    return Page(render(tear_sheet_data(**how)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def five_years() -> TearSheetData:
    """1,240 sessions of 20 strategies, 49,600 trades."""
    return tear_sheet_data(
        sessions=1_240, strategies=20, per_day=2, first="2021-01-04", reconciliation=reconciliation()
    )


@pytest.mark.parametrize("how", RANGES.values(), ids=RANGES)
def test_the_page_is_well_formed_and_fetches_nothing(how: dict[str, object]) -> None:
    page = a_page(**how)
    assert page.problems == []
    assert page.source.lower().count("<!doctype html>") == 1
    assert page.source.startswith("<!DOCTYPE html>")
    for word in ("http:", "https:", "//", "url(", "@import", "javascript"):
        assert word not in page.source, word
    assert not {"script", "iframe", "img", "link", "object", "form", "base"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "src"]


@pytest.mark.parametrize("how", RANGES.values(), ids=RANGES)
def test_the_page_can_be_read_without_seeing_it(how: dict[str, object]) -> None:
    page = a_page(**how)
    assert page.tags["h1"] == page.tags["main"] == page.tags["header"] == 1
    assert page.source.partition("</head>")[0].count("<title>") == 1
    steps = np.diff([1, *page.headings])
    assert (steps <= 1).all(), page.headings
    headers = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<th\b[^>]*>", page.source)]
    assert all(header.get("scope") in {"col", "row"} for header in headers)
    pictures = re.findall(r"<svg\b[^>]*>", page.source)
    assert all('aria-hidden="true"' in tag or ('role="img"' in tag and "aria-label=" in tag) for tag in pictures)
    # what scrolls sideways can be reached by keyboard and has a name
    assert all(
        "tabindex" in tag and "aria-labelledby" in tag for tag in re.findall(r'<div class="scroll"[^>]*>', page.source)
    )


def test_five_years_of_twenty_strategies_fit_in_150_kb(five_years: TearSheetData) -> None:
    source = render(five_years)
    assert len(source.encode()) <= 150_000
    assert Page(source).problems == []


def test_many_strategies_versions_and_rules_stay_small() -> None:
    data = tear_sheet_data(sessions=30, strategies=300, per_day=1)
    issues = quality_issues.CONTRACT.frame(
        pd.concat([data.quality_issues] * 50, ignore_index=True).assign(
            rule=[f"rule_{n}" for n in range(50 * len(data.quality_issues))], message="m" * 5_000
        )
    )
    regression = tuple(RegressionStatus(f"s{n}" * 100, passed=False, matched=1, note="n" * 5_000) for n in range(500))
    source = render(dataclasses.replace(data, quality_issues=issues, regression=regression, title="t" * 5_000))
    assert len(source.encode()) <= 150_000


def test_the_same_data_gives_the_same_bytes() -> None:
    assert render(tear_sheet_data(sessions=30)) == render(tear_sheet_data(sessions=30))


def test_strokes_keep_their_width_by_an_attribute_that_validators_know() -> None:
    page = a_page(sessions=5)
    paths = re.findall(r"<path\b[^>]*>", page.source)
    assert paths
    assert all('vector-effect="non-scaling-stroke"' in path for path in paths)
    assert "vector-effect:" not in page.source, "no property of CSS as the standard's validator knows them"


def test_the_order_of_rows_does_not_matter() -> None:
    data = tear_sheet_data(sessions=40, strategies=3)
    frames = {
        field.name: getattr(data, field.name).sample(frac=1, random_state=4)
        for field in dataclasses.fields(data)
        if isinstance(getattr(data, field.name), pd.DataFrame)
    }
    assert render(dataclasses.replace(data, **frames)) == render(data)


def test_five_years_show_every_year_every_strategy_and_the_latest_versions(five_years: TearSheetData) -> None:
    page = Page(render(five_years))
    text = page.text.replace(NO_BREAK_SPACE, " ")
    for year in range(2021, 2026):
        assert f'<th scope="row">{year}</th>' in page.source
    for name in five_years.strategy_performance["strategy_name"].unique():
        assert f'<th scope="row">{name}</th>' in page.source
    for words in ("1.39.0", "28 older versions not listed.", "Each bar sums up to 11 sessions.", "counted in squares"):
        assert words in text
    assert rupees(total(five_years.trades["net_pnl"]), plus=True) in page.source


def test_months_add_up_to_the_range_on_the_page() -> None:
    data = tear_sheet_data(sessions=130, strategies=2, first="2025-06-02")
    page = Page(render(data))
    shown = re.findall(r"<figcaption>\w+ \d{4}<br><span class=\"\w+\">([^<]+)</span>", page.source)
    paise = [int(re.sub(r"\D", "", text)) * (-1 if text.startswith("\u2212") else 1) for text in shown]
    assert len(paise) == 6
    assert sum(paise) == round(data.daily_performance["net_pnl"].sum() * 100)


def test_a_failed_regression_is_marked_in_words_and_shape() -> None:
    page = a_page(sessions=5)
    assert "\u2717 failed" in page.text
    assert "\u2713 passed" in page.text
    assert "2 signals are gone." in page.text
    # failures come first
    assert page.text.index("\u2717 failed") < page.text.index("\u2713 passed")


def test_the_templates_are_in_the_package_and_all_in_use() -> None:
    folder = files("trading_assets.report") / "templates"
    names = {template.name for template in folder.iterdir()}
    page = (folder / "tear_sheet.html").read_text(encoding="utf-8")
    used = set(re.findall(r'{% (?:include|import) "([^"]+)"', page))
    assert names == used | {"tear_sheet.html"}


def test_every_class_in_the_page_has_a_style_and_every_style_a_use() -> None:
    pages = [a_page(**how) for how in RANGES.values()]
    pages.append(a_page(sessions=300, strategies=4, first="2024-01-01", reconciliation=reconciliation()))
    used = {
        name
        for page in pages
        for _, attribute, value in page.attributes
        if attribute == "class"
        for name in value.split()
    }
    css = re.sub(
        r"\.\d", "", (files("trading_assets.report") / "templates" / "tear_sheet.css").read_text(encoding="utf-8")
    )
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", css))
    unstyled = {"page", "flat", "some", "quarantined"}
    assert {name for name in used - styled - unstyled if not name.startswith(("dg", "dl"))} == set()
    rare = {
        "skip",
        *(f"{side}-{n}" for side in ("gain", "loss") for n in range(1, 5)),
        "caution",
        "good",
        "bad",
        "unknown",
    }
    rare |= {"flat-0", "df0", *(f"d{side}{n}" for side in "gl" for n in range(1, 5)), "w4", "w6", "w8", "w11"}
    assert styled - used - rare == set()


def test_what_matters_stands_at_the_top_in_full() -> None:
    data = tear_sheet_data(sessions=5)
    text = a_page(sessions=5).text.replace(NO_BREAK_SPACE, " ")
    top = text[: text.index("Equity and drawdown")]
    net = rupees(total(data.daily_performance["net_pnl"]), plus=True).replace(NO_BREAK_SPACE, " ")
    assert net in top
    for words in (
        "2026-01-05 to 2026-01-09",
        "Last session Fri 09 Jan 2026",
        "Win rate",
        "Regression",
        "Read with care",
    ):
        assert words in top
    assert "Only 5 sessions in this range" in top
    assert "5 sessions, needs 20" in top
    assert "Made 2026-01-09 18:00:05 IST" in text


def test_every_figure_has_its_definition_at_the_end() -> None:
    page = a_page(sessions=5)
    notes = [value for tag, name, value in page.attributes if tag == "a" and name == "href" and "note" in value]
    assert notes == [f"#note-{n}" for n in range(1, 10)]
    assert page.text.index("Definitions") > page.text.index("Simulated against broker")


def test_a_link_to_a_definition_is_named_by_what_is_seen_and_what_it_leads_to() -> None:
    page = a_page(sessions=5)
    links = re.findall(r'<a class="note" href="#note-(\d)" aria-label="([^"]+)">(\d)</a>', page.source)
    assert len(links) == 9
    for target, label, seen in links:
        assert target == seen
        assert label.startswith(f"{seen}, definition of ")


@pytest.mark.parametrize("how", RANGES.values(), ids=RANGES)
def test_landmarks_have_different_names(how: dict[str, object]) -> None:
    names = re.findall(r'<section[^>]* aria-labelledby="([^"]+)"', a_page(**how).source)
    assert len(names) == len(set(names)) >= 12
    assert 'role="region"' not in a_page(**how).source


def test_colour_is_never_alone() -> None:
    page = a_page(sessions=130, strategies=6, first="2025-06-02")
    toned = re.findall(r'<(?:span|td)[^>]*class="[^"]*\b(gain|loss)(?:-\d)?"[^>]*>([^<]+)<', page.source)
    assert len(toned) > 50
    for side, text in toned:
        assert text.startswith({"gain": ("+", "\u25cf"), "loss": ("\u2212", "\u2715")}[side]), (side, text)
    squares = re.findall(r'<path [^>]*class="dg\d" d="([^"]+)"', page.source)
    diamonds = re.findall(r'<path [^>]*class="dl\d" d="([^"]+)"', page.source)
    assert squares
    assert diamonds
    assert all("h14v14" in path for path in squares)
    assert all("l8,8l-8,8" in path for path in diamonds)


def test_an_empty_range_says_so_everywhere_and_shows_no_made_up_figure() -> None:
    page = a_page(sessions=0, strategies=0)
    assert page.source.count('class="empty"') == 13
    assert page.text.count(NULL) >= 6
    assert "0.0 %" not in page.text.replace(NO_BREAK_SPACE, " ")


def test_a_strategy_without_a_trade_says_so_once() -> None:
    silent = a_page(sessions=1, per_day=0, strategies=2).source
    busy = a_page(sessions=1, per_day=4, strategies=2).source
    assert [page.count('<td class="n null" colspan="3">no trades</td>') for page in (silent, busy)] == [2, 0]


def test_sections_that_were_not_run_name_the_command_that_runs_them() -> None:
    page = a_page(sessions=5, regression=None, models=())
    assert "trading-assets regression --mode test" in page.text
    assert "trading-assets import-trades" in page.text
    assert "none registered" in page.text


def test_reconciliation_is_shown_when_there_is_one() -> None:
    text = a_page(sessions=5, reconciliation=reconciliation()).text.replace(NO_BREAK_SPACE, " ")
    assert "18 trades matched, 3 not" in text
    assert "+₹ 4,300.25" in text


def hostile_data() -> TearSheetData:
    """A desk in which every text is an attack."""
    data = tear_sheet_data(sessions=30, strategies=2)
    key = HOSTILE.replace('"', "").replace("\x00", "").replace("\u202e", "")
    columns = {
        "trades": {"strategy_name": HOSTILE, "exit_reason": HOSTILE, "model_version": HOSTILE, "model_hash": HOSTILE},
        "strategy_performance": {"rejections": '{"' + key + '":3}'},
        "equity_curve": {"undefined_reasons": '{"sharpe_ratio":"' + key + '"}', "sharpe_ratio": np.nan},
        "quality_issues": {"rule": HOSTILE, "message": HOSTILE, "table_name": HOSTILE},
        "quarantined": {"reasons": HOSTILE},
    }
    frames = {name: getattr(data, name).assign(**texts) for name, texts in columns.items()}
    frames["strategy_performance"]["strategy_name"] = HOSTILE + frames["strategy_performance"]["strategy_name"]
    regression = (RegressionStatus(HOSTILE, passed=False, matched=1, note=HOSTILE),)
    return dataclasses.replace(data, title=HOSTILE, regression=regression, **frames)


def test_hostile_names_are_inert() -> None:
    page, plain = Page(render(hostile_data())), a_page(sessions=30, strategies=2)
    assert page.problems == []
    assert set(page.tags) <= set(plain.tags)
    assert page.tags["style"] == 1
    assert {name for _, name, _ in page.attributes} <= {name for _, name, _ in plain.attributes}
    assert "alert(1)" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert not re.search(r"[\x00-\x08\u202a-\u202e]", page.source)


def test_nothing_switches_escaping_off() -> None:
    folder = files("trading_assets.report") / "templates"
    for template in folder.iterdir():
        source = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|autoescape|Markup", source), template.name


@pytest.mark.parametrize("empty", ["equity_curve", "strategy_performance", "trades", "quality_issues", "quarantined"])
def test_any_single_table_may_be_empty(empty: str) -> None:
    nothing = {
        "equity_curve": equity_curve.CONTRACT.empty(),
        "strategy_performance": strategy_performance.CONTRACT.empty(),
        "trades": trades.CONTRACT.empty(),
        "quality_issues": quality_issues.CONTRACT.empty(),
        "quarantined": quarantined_counts(quarantined_rows.CONTRACT.empty()),
    }
    for sessions in (1, 30):
        page = Page(render(dataclasses.replace(tear_sheet_data(sessions=sessions), **{empty: nothing[empty]})))
        assert page.problems == []


def test_a_dash_always_has_its_reason_beside_it() -> None:
    for how in RANGES.values():
        source = a_page(**how).source
        undefined = re.findall(r'class="(?:figure )?null">[^<]*</span>(.{0,22})', source)
        assert all(after.startswith('<span class="reason">') for after in undefined)
