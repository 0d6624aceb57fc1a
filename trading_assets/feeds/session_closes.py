"""Recordings that say a day and no time: they are of the close of its session, as the calendar in force says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from trading_assets.errors import CalendarError, ReferenceDataError
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from trading_assets.market.captures import Capture
    from trading_assets.market.packaged import Market

_USUAL_CLOSE = time(15, 30)


def usual_close(day: date) -> datetime:
    """Return 15:30 IST of a day, UTC: what a capture lands with, so that a corrected calendar lands nothing twice."""
    return datetime.combine(day, _USUAL_CLOSE, IST).astimezone(UTC)


def at_session_close(capture: Capture, market: Market) -> Capture:
    """Return a capture as received at the close of its day's session.

    Args:
        capture: Of any index; one that is not listed closes with NSE.
        market: Its calendar, the user's overlay included.

    Returns:
        The capture itself on a closed day and outside the calendar.
    """
    try:
        calendar = market.reference.calendar_of(capture.underlying)
    except ReferenceDataError:
        calendar = market.calendar
    try:
        return replace(capture, received_at=calendar.session(capture.day).close.astimezone(UTC))
    except CalendarError:
        return capture
