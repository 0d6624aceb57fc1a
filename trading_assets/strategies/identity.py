"""What makes two signals the same signal: ids without floats, clocks or parameters."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

#: Smallest price step of index options, ₹.
TICK = 0.05
_CONFIDENCE_STEPS = 10_000


def signal_id(
    place: tuple[str, str], observed_at: datetime, expiry: date, strike: float, action: tuple[str, str, int]
) -> str:
    """First 16 hex of SHA-256 over what the signal is.

    Args:
        place: Underlying and strategy_id.
        observed_at: Time of the snapshot, UTC; its second counts.
        expiry: Expiry of the option.
        strike: Strike, points; its paise count.
        action: CE or PE, BUY or SELL, and the number of the leg.
    """
    option_type, side, leg = action
    second = f"{observed_at:%Y-%m-%dT%H:%M:%SZ}"
    paise = round(strike * 100)
    text = "|".join(("v1", *place, second, f"{expiry:%Y-%m-%d}", str(paise), option_type, side, str(leg)))
    return _digest(text)


def content_hash(entry_price: float, confidence: float, levels: Iterable[float | None] = ()) -> str:
    """First 16 hex of SHA-256 over the price in ticks, the confidence and the levels that close it.

    Args:
        entry_price: ₹.
        confidence: 0 to 1, counted in steps of 1e-4.
        levels: Of the index, of India VIX and of the premium, each counted in steps of 1e-4; None for none.
    """
    ticks, steps = np.rint(entry_price / TICK), np.rint(confidence * _CONFIDENCE_STEPS)
    told = ["" if level is None else str(int(np.rint(level * _CONFIDENCE_STEPS))) for level in levels]
    return _digest("|".join(("v1", str(int(ticks)), str(int(steps)), *told)))


def symbol(underlying: str, expiry: date, strike: float, option_type: str) -> str:
    """Contract in words, e.g. "NIFTY 2025-10-20 25150 CE"."""
    text = f"{strike:.2f}".rstrip("0").rstrip(".")
    return f"{underlying} {expiry:%Y-%m-%d} {text} {option_type}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
