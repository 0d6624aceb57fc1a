"""Numbers read as an Indian desk writes them, and undefined ones never as zero."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.report import numbers
from trading_assets.report.numbers import MINUS, NULL

THIN, HARD = numbers.NARROW_SPACE, numbers.NO_BREAK_SPACE


@pytest.mark.parametrize(
    ("whole", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (99_999, "99,999"),
        (100_000, "1,00,000"),
        (1_234_567, "12,34,567"),
        (10**9, "1,00,00,00,000"),
    ],
)
def test_digits_are_grouped_three_then_two(whole: int, text: str) -> None:
    assert numbers.group_digits(whole) == text


@given(st.integers(min_value=0, max_value=10**18))
def test_grouping_keeps_every_digit_and_no_group_is_wrong(whole: int) -> None:
    text = numbers.group_digits(whole)
    assert int(text.replace(",", "")) == whole
    assert re.fullmatch(r"\d{1,3}|\d{1,2}(,\d{2})*,\d{3}", text)


@pytest.mark.parametrize(
    ("amount", "plus", "text"),
    [
        (1_234_567.89, False, f"₹{HARD}12,34,567.89"),
        (-500.0, False, f"{MINUS}₹{HARD}500.00"),
        (0.05, True, f"+₹{HARD}0.05"),
        (0.0, True, f"₹{HARD}0.00"),
        (-0.001, True, f"₹{HARD}0.00"),
        (float("nan"), True, NULL),
        (float("inf"), False, NULL),
        (None, False, NULL),
    ],
)
def test_rupees_are_exact_signed_or_null(amount: float | None, plus: bool, text: str) -> None:  # noqa: FBT001
    assert numbers.rupees(amount, plus=plus) == text


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_whole_paise_survive_formatting(paise: int) -> None:
    text = numbers.rupees(paise / 100)
    read = int(re.sub(r"[^\d]", "", text)) * (-1 if text.startswith(MINUS) else 1)
    assert read == paise


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.0, "0"),
        (0.4, "0"),
        (-0.4, "0"),
        (999.0, "+999"),
        (999.6, f"+1{THIN}k"),
        (1_140.0, f"+1.14{THIN}k"),
        (12_345.0, f"+12.3{THIN}k"),
        (99_960.0, f"+1{THIN}L"),
        (-456_000.0, f"{MINUS}4.56{THIN}L"),
        (9_996_000.0, f"+1{THIN}Cr"),
        (123_456_789.0, f"+12.3{THIN}Cr"),
        (1e12, f"+1,00,000{THIN}Cr"),
        (float("nan"), NULL),
    ],
)
def test_short_rupees_have_three_figures_and_change_unit_before_rounding_up(amount: float, text: str) -> None:
    assert numbers.short_rupees(amount, plus=True) == text


@given(st.floats(min_value=1, max_value=1e11))
def test_short_rupees_are_within_half_a_percent(amount: float) -> None:
    number, _, unit = numbers.short_rupees(amount).partition(THIN)
    size = float(number.replace(",", "")) * {"": 1, "k": 1e3, "L": 1e5, "Cr": 1e7}[unit]
    assert size == pytest.approx(amount, rel=0.006, abs=0.5)


@pytest.mark.parametrize(
    ("fraction", "digits", "text"),
    [
        (0.5, 1, f"50.0{HARD}%"),
        (-0.0276, 2, f"{MINUS}2.76{HARD}%"),
        (-0.00001, 1, f"0.0{HARD}%"),
        (None, 1, NULL),
        (float("nan"), 0, NULL),
    ],
)
def test_percents(fraction: float | None, digits: int, text: str) -> None:
    assert numbers.percent(fraction, digits) == text


def test_ratios_and_counts_show_null_for_what_is_undefined() -> None:
    assert numbers.ratio(1.664) == "1.66"
    assert numbers.ratio(-0.004) == "0.00"
    assert numbers.ratio(-1.5, 1) == f"{MINUS}1.5"
    assert numbers.ratio(float("inf")) == NULL
    assert numbers.count(1_240) == "1,240"
    assert numbers.count(-3) == f"{MINUS}3"
    assert numbers.count(None) == NULL
    assert numbers.ratio(None) == NULL


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (150.5, "150.50"),
        (150.475, "150.475"),
        (150.0, "150.00"),
        (1 / 3, "0.333333"),
        (0.05 + 1e-12, "0.05"),
        (None, NULL),
    ],
)
def test_prices_show_two_decimals_or_all_they_have(value: float | None, text: str) -> None:
    assert numbers.price(value) == text


def test_counts_agree_with_their_noun() -> None:
    assert numbers.counted(1, "trade") == "1 trade"
    assert numbers.counted(0, "loss", "losses") == "0 losses"
    assert numbers.counted(100_000, "row") == "1,00,000 rows"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45.4, "45 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (1_500, "25 min"),
        (3_840, "1 h 04 min"),
        (183_600, "2 d 3 h"),
        (None, NULL),
        (float("nan"), NULL),
    ],
)
def test_durations_show_what_matters(seconds: float | None, text: str) -> None:
    assert numbers.duration(seconds) == text


def test_moments_are_in_indian_time_whatever_zone_they_come_in() -> None:
    assert numbers.moment(datetime(2026, 1, 9, 18, 45, tzinfo=UTC)) == "2026-01-10 00:15:00 IST"
    assert numbers.moment(pd.Timestamp("2026-01-09 03:45", tz="UTC")) == "2026-01-09 09:15:00 IST"
    assert numbers.moment(None) == NULL
    assert numbers.moment(pd.NaT) == NULL


def test_long_texts_are_cut_on_one_inert_line() -> None:
    assert numbers.shortened("a\n b\t c", 20) == "a b c"
    assert numbers.shortened("x" * 30, 10) == "x" * 9 + "…"
    assert numbers.shortened("red\x1b[31m", 20) == "red\ufffd[31m"
    assert numbers.inert("\u202eabc\x00") == "\ufffdabc\ufffd"
    assert numbers.inert(numbers.rupees(5.0)) == numbers.rupees(5.0)


def test_reason_codes_become_words() -> None:
    assert numbers.plain("no_losing_trade") == "no losing trade"
