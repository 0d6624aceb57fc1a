"""The two pictures: every bin and feature is there, at its place, and names cannot break the markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.models.fit_quality import CalibrationBin
from trading_assets.tracking.pictures import calibration_picture, importance_picture

SVG = "{http://www.w3.org/2000/svg}"
share = st.floats(0.0, 1.0)


def elements(picture: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(picture).iter(SVG + tag))  # noqa: S314 - our own text


def test_a_bin_on_the_diagonal_is_drawn_on_it_and_better_than_said_above_it() -> None:
    honest, modest = CalibrationBin(0.25, 0.25, 100), CalibrationBin(0.5, 0.75, 25)
    first, second = elements(calibration_picture([honest, modest]), "circle")
    assert (first.get("cx"), first.get("cy")) == ("150.0", "350.0")  # a quarter of 400, from the lower left at 50
    assert (second.get("cx"), second.get("cy")) == ("250.0", "150.0")
    assert float(first.get("r", 0)) == 10.0
    assert float(second.get("r", 0)) == 6.5, "a quarter of the rows has half the radius beyond the smallest"
    assert first[0].text == "said 0.250, won 0.250, 100 signals"


@given(st.lists(st.tuples(share, share, st.integers(1, 1_000)), max_size=12))
def test_every_bin_is_drawn_inside_the_axes(bins: list[tuple[float, float, int]]) -> None:
    circles = elements(calibration_picture([CalibrationBin(*each) for each in bins]), "circle")
    assert len(circles) == len(bins)
    for circle in circles:
        assert 50.0 <= float(circle.get("cx", 0)) <= 450.0
        assert 50.0 <= float(circle.get("cy", 0)) <= 450.0


def test_bars_are_in_order_of_worth_and_chance_points_left() -> None:
    picture = importance_picture({"pcr": 0.1, "vix": -0.05, "rsi": 0.2})
    words = [text.text for text in elements(picture, "text")]
    assert words == ["rsi", "+0.2000", "pcr", "+0.1000", "vix", "-0.0500"]
    bars = elements(picture, "rect")[1:]  # the first is the paper
    wide = [float(bar.get("width", 0)) for bar in bars]
    assert wide == [200.0, 100.0, 50.0]
    lefts = [float(bar.get("x", 0)) for bar in bars]
    assert lefts == [340.0, 340.0, 290.0]
    assert len({bar.get("fill") for bar in bars}) == 2


@pytest.mark.parametrize("importance", [{}, {"pcr": 0.0, "vix": 0.0}])
def test_nothing_of_worth_is_still_a_picture(importance: dict[str, float]) -> None:
    assert len(elements(importance_picture(importance), "rect")) == 1 + len(importance)
    assert elements(calibration_picture([]), "circle") == []


def test_a_name_is_text_not_markup() -> None:
    picture = importance_picture({'<script>&"': 1.0})
    assert elements(picture, "script") == []
    assert elements(picture, "text")[0].text == '<script>&"'
