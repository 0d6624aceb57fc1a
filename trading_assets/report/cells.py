"""A figure ready to be shown: its text, its tone, and the reason when there is no figure to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.report.numbers import NULL, count, is_null, percent, plain, ratio, rupees, short_rupees

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Cell:
    """A formatted figure.

    Args:
        text: As shown; `NULL` when undefined.
        tone: `gain`, `loss`, `flat` or `null`: a colour beside the sign in the text, never instead of it.
        reason: Why it is undefined, in words; empty otherwise.
    """

    text: str
    tone: str = "flat"
    reason: str = ""


def tone(amount: float | None) -> str:
    """Name the tone of a signed amount: `gain`, `loss`, `flat` at 0, `null` when missing."""
    if amount is None or is_null(amount):
        return "null"
    return "gain" if amount > 0 else "loss" if amount < 0 else "flat"


def money(amount: float | None, reason: str = "") -> Cell:
    """Return a signed ₹ amount to the paisa."""
    return _toned(amount, reason, lambda value: rupees(value, plus=True))


def short_money(amount: float | None, reason: str = "") -> Cell:
    """Return a signed ₹ amount to three figures, without the symbol."""
    return _toned(amount, reason, lambda value: short_rupees(value, plus=True))


def share(fraction: float | None, reason: str = "") -> Cell:
    """Return a fraction as percent, without a tone."""
    return _plain(fraction, reason, percent)


def number(value: float | None, reason: str = "") -> Cell:
    """Return a number without unit to two decimals, without a tone."""
    return _plain(value, reason, ratio)


def whole(value: float | None, reason: str = "") -> Cell:
    """Return a count, without a tone."""
    return _plain(value, reason, count)


def _toned(amount: float | None, reason: str, written: Callable[[float], str]) -> Cell:
    if amount is None or is_null(amount):
        return _undefined(reason)
    return Cell(written(amount), tone(amount))


def _plain(value: float | None, reason: str, written: Callable[[float], str]) -> Cell:
    if value is None or is_null(value):
        return _undefined(reason)
    return Cell(written(value))


def _undefined(reason: str) -> Cell:
    return Cell(NULL, "null", plain(reason) or "not recorded")
