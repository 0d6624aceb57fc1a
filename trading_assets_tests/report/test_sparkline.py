"""A sparkline always fits into the Dagster UI, shows gaps as gaps and cannot carry foreign markup."""

from __future__ import annotations

import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.report.sparkline import MARKDOWN_LIMIT, sparkline, thin, thinned_positions

NAN = float("nan")
SVG = "{http://www.w3.org/2000/svg}"


def picture(markdown: str) -> ET.Element:
    """The SVG inside the markdown, parsed."""
    found = re.fullmatch(r"!\[([^\[\]()]*)\]\(data:image/svg\+xml,([^\s()<>\"]+)\)", markdown)
    assert found, markdown
    return ET.fromstring(unquote(found[2]))  # noqa: S314 - our own output


def points(markdown: str) -> list[tuple[int, int]]:
    """The points of the line, absolute."""
    path = picture(markdown).findall(f"{SVG}path")[-1].attrib["d"]
    x = y = 0
    found = []
    for _, across, down in re.findall(r"([mlh])(\d+)(?:,?(-?\d+))?", path):
        x, y = x + int(across), y + int(down or 0)
        found.append((x, y))
    return found


def test_ninety_points_fit_with_room() -> None:
    values = np.random.default_rng(5).normal(0, 5_000, 90).cumsum()
    markdown = sparkline(values, "net P&L, 90 sessions")
    assert len(markdown) < MARKDOWN_LIMIT
    assert len(points(markdown)) == 90
    assert markdown.startswith("![net P&L, 90 sessions](data:image/svg+xml,%3Csvg")


def test_the_longest_possible_picture_still_fits() -> None:
    up_and_down = np.where(np.arange(90) % 2, 1e9, -1e9)
    apart = np.where(np.arange(90) % 2, np.nan, up_and_down[np.arange(90) // 2])
    for values in (up_and_down, apart):
        assert len(sparkline(values, "₹" * 500)) < MARKDOWN_LIMIT


@given(st.lists(st.floats(), max_size=400), st.text(max_size=200))
def test_any_values_and_any_label_give_one_small_valid_image(values: list[float], label: str) -> None:
    markdown = sparkline(values, label)
    assert len(markdown) < MARKDOWN_LIMIT
    if np.isfinite(values).any():
        picture(markdown)
    else:
        assert markdown == "no values"


def test_high_is_up_and_the_ends_touch_the_margins() -> None:
    assert points(sparkline([0.0, 10.0, 5.0])) == [(2, 26), (4, 2), (6, 14)]


def test_a_flat_line_lies_in_the_middle() -> None:
    assert {y for _, y in points(sparkline([7.0, 7.0, 7.0]))} == {14}


def test_a_gap_lifts_the_pen_and_a_lone_point_is_still_seen() -> None:
    path = picture(sparkline([1.0, 2.0, NAN, 3.0, NAN, 1.0, 1.0])).findall(f"{SVG}path")[-1].attrib["d"]
    assert path.count("m") == 3
    assert path.count("l") == 2
    assert path.count("h1") == 1


def test_the_dot_marks_the_last_value_even_before_a_gap() -> None:
    dot = picture(sparkline([0.0, 10.0, NAN])).find(f"{SVG}circle")
    assert dot is not None
    assert (dot.attrib["cx"], dot.attrib["cy"]) == ("4", "2")


def test_a_zero_line_is_drawn_only_when_values_lie_on_both_sides() -> None:
    assert len(picture(sparkline([-1.0, 1.0])).findall(f"{SVG}path")) == 2
    assert len(picture(sparkline([1.0, 2.0])).findall(f"{SVG}path")) == 1
    assert len(picture(sparkline([-1.0, -2.0])).findall(f"{SVG}path")) == 1


def test_a_hostile_label_is_inert() -> None:
    markdown = sparkline([1.0, 2.0], "](javascript:alert(1)) <img src=x onerror=alert(1)>")
    assert picture(markdown) is not None
    assert "(javascript" not in markdown
    assert "<" not in markdown


def test_thinning_keeps_ends_and_extremes() -> None:
    values = np.zeros(1_000)
    values[0], values[333], values[777], values[999] = 5.0, 99.0, -99.0, 7.0
    kept = thin(values, 60)
    assert len(kept) <= 60
    assert (kept[0], kept.max(), kept.min(), kept[-1]) == (5.0, 99.0, -99.0, 7.0)


def test_thinning_keeps_a_stretch_without_values_as_a_gap() -> None:
    values = np.ones(500)
    values[200:300] = NAN
    assert np.isnan(thin(values, 50)).any()


@pytest.mark.parametrize("size", [0, 1, 2, 50])
def test_few_values_are_not_thinned(size: int) -> None:
    assert thinned_positions(np.arange(size, dtype=float), 50).tolist() == list(range(size))


def test_the_same_values_give_the_same_text() -> None:
    assert sparkline([1.0, 3.0, 2.0], "a") == sparkline(np.array([1.0, 3.0, 2.0]), "a")
