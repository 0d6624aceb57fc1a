"""Numbers as people read them: Indian digit grouping, signs, percents, durations, IST times, and a dash for NULL.

Formatting only; a value that is undefined arrives here as NaN or None and leaves as `NULL`, never as 0.
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

#: Shown for a value that is missing or undefined.
NULL = "–"  # noqa: RUF001 - an en dash is what a table of figures shows
#: A true minus sign: as wide as the plus, and never broken off its number.
MINUS = "−"  # noqa: RUF001
NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"

_IST = ZoneInfo("Asia/Kolkata")
_THOUSAND, _LAKH, _CRORE = 10**3, 10**5, 10**7
_MINUTE, _FINE, _HOUR, _DAY = 60, 600, 3_600, 86_400


def is_null(value: float | None) -> bool:
    """Tell whether a value is missing, undefined or infinite, and is therefore shown as `NULL`."""
    return value is None or not math.isfinite(value)


def group_digits(whole: int) -> str:
    """Group a whole number ≥ 0 the Indian way: the last three digits, then pairs (12,34,567)."""
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


def sign(value: float, *, plus: bool = False) -> str:
    """Return the minus sign for a negative value, the plus sign for a positive one when asked, else nothing."""
    if value < 0:
        return MINUS
    return "+" if plus and value > 0 else ""


def rupees(amount: float | None, *, plus: bool = False) -> str:
    """Format ₹ to the paisa: `₹ 12,34,567.89`, `-₹ 500.00` with a true minus sign; `NULL` when missing.

    Args:
        amount: ₹; rounded to the nearest paisa, so that an amount of whole paise is shown exactly.
        plus: Whether an amount above 0 carries a plus sign.
    """
    if amount is None or is_null(amount):
        return NULL
    paise = round(amount * 100)
    whole, rest = divmod(abs(paise), 100)
    return f"{sign(paise, plus=plus)}₹{NO_BREAK_SPACE}{group_digits(whole)}.{rest:02d}"


def short_rupees(amount: float | None, *, plus: bool = False) -> str:
    """Format ₹ to three figures for axes and small cells: `+12.3 k`, `-4.56 L`, `1.2 Cr` (thousand, lakh, crore).

    Args:
        amount: ₹, without the symbol in the text: whoever shows it names the unit once.
        plus: Whether an amount above 0 carries a plus sign.
    """
    if amount is None or is_null(amount):
        return NULL
    size = abs(amount)
    for unit, name in ((_CRORE, "Cr"), (_LAKH, "L"), (_THOUSAND, "k")):
        # 99,960 would print as "100 k": hand it to the next unit
        if size >= unit * 0.9995:
            return f"{sign(amount, plus=plus)}{_three_figures(size / unit)}{NARROW_SPACE}{name}"
    text = f"{size:.0f}"
    return text if text == "0" else f"{sign(amount, plus=plus)}{text}"


def _three_figures(value: float) -> str:
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0  # noqa: PLR2004 - rounding edges of 3 figures
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else group_digits(int(text))


def percent(fraction: float | None, digits: int = 1) -> str:
    """Format a fraction as percent: 0.5 is `50.0 %`; `NULL` when missing."""
    if fraction is None or is_null(fraction):
        return NULL
    text = f"{abs(fraction) * 100:.{digits}f}"
    return f"{_sign_of_text(fraction, text)}{text}{NO_BREAK_SPACE}%"


def ratio(value: float | None, digits: int = 2) -> str:
    """Format a number without unit to `digits` decimals; `NULL` when missing or infinite."""
    if value is None or is_null(value):
        return NULL
    text = f"{abs(value):.{digits}f}"
    return f"{_sign_of_text(value, text)}{text}"


def price(value: float | None) -> str:
    """Format a price to two decimals, or to as many as it has, up to six: an average is not shown as a round price."""
    if value is None or is_null(value):
        return NULL
    exact = ratio(value, 6).rstrip("0")
    whole, _, decimals = exact.partition(".")
    return f"{whole}.{decimals:0<2}"


def _sign_of_text(value: float, text: str) -> str:
    """Give a rounded zero no sign."""
    return sign(value) if float(text) else ""


def count(value: float | None) -> str:
    """Format a whole number with Indian grouping; `NULL` when missing."""
    if value is None or is_null(value):
        return NULL
    return f"{sign(value)}{group_digits(abs(round(value)))}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Format a count with its noun: `1 trade`, `1,200 trades`."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float | None) -> str:
    """Format seconds ≥ 0 to what matters at their size: `45 s`, `3 min 20 s`, `25 min`, `1 h 04 min`, `2 d 3 h`."""
    if seconds is None or is_null(seconds):
        return NULL
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if _FINE <= whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def moment(at: datetime | None) -> str:
    """Format a tz-aware time in IST: `2026-01-09 18:00:05 IST`; `NULL` when missing (None or NaT)."""
    # NaT is a datetime that does not equal itself
    if at is None or at != at:  # noqa: PLR0124
        return NULL
    return f"{at.astimezone(_IST):%Y-%m-%d %H:%M:%S} IST"


def plain(reason: str) -> str:
    """Turn a stored reason code into words: `no_losing_trade` reads `no losing trade`."""
    return reason.replace("_", " ").strip()


def inert(text: str) -> str:
    """Replace characters that steer a terminal or a page instead of being seen: escapes, line ends, direction marks."""
    return "".join("\ufffd" if unicodedata.category(letter).startswith("C") else letter for letter in text)


def shortened(text: str, longest: int) -> str:
    """Cut a text to `longest` characters on one inert line, with an ellipsis where something was cut."""
    line = inert(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
