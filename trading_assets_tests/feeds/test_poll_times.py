from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.poll_times import next_slot, running_slot, slots, slots_between
from trading_assets.market.calendar import IST, Session
from trading_assets.market.packaged import load_market

CALENDAR = load_market().calendar
REGULAR = CALENDAR.session(date(2026, 1, 28))
TWO_PARTS = CALENDAR.session(date(2024, 3, 2))
MUHURAT = CALENDAR.session(date(2025, 10, 21))
MINUTE = timedelta(minutes=1)


def at(session: Session, clock: str) -> datetime:
    return datetime.combine(session.day, time.fromisoformat(clock), IST)


@pytest.mark.parametrize(
    ("session", "every", "count"),
    [(REGULAR, 60, 375), (REGULAR, 1, 22_500), (MUHURAT, 60, 60), (TWO_PARTS, 60, 105), (REGULAR, 7 * 3600, 1)],
)
def test_a_session_has_a_slot_per_cadence_from_each_open_on(session: Session, every: int, count: int) -> None:
    found = list(slots(session, timedelta(seconds=every)))
    assert len(found) == count
    assert found[0] == session.open
    assert found[-1] < session.close
    assert slots_between(session, timedelta(seconds=every), None, session.close) == count


def test_special_sessions_are_polled_in_their_own_hours() -> None:
    found = list(slots(TWO_PARTS, MINUTE))
    assert at(TWO_PARTS, "09:59") in found
    assert found[found.index(at(TWO_PARTS, "09:59")) + 1] == at(TWO_PARTS, "11:30")
    assert running_slot(TWO_PARTS, MINUTE, at(TWO_PARTS, "10:30")) is None
    assert running_slot(REGULAR, MINUTE, at(REGULAR, "15:30")) is None
    assert (running_slot(REGULAR, MINUTE, at(REGULAR, "15:29:59"))) == at(REGULAR, "15:29")


@given(st.sampled_from([REGULAR, TWO_PARTS, MUHURAT]), st.integers(1, 4_000), st.integers(-4_000, 30_000))
def test_slots_agree_with_counting_them_one_by_one(session: Session, every: int, offset: int) -> None:
    cadence, now = timedelta(seconds=every), session.open + timedelta(seconds=offset, microseconds=offset % 7)
    known = [
        opens + number * cadence
        for opens, closes in session.intervals
        for number in range(-(-(closes - opens) // cadence))
    ]
    assert list(slots(session, cadence)) == known
    inside = any(opens <= now < closes for opens, closes in session.intervals)
    assert running_slot(session, cadence, now) == (max(slot for slot in known if slot <= now) if inside else None)
    assert next_slot(session, cadence, now) == min((slot for slot in known if slot > now), default=None)
    later = now + 3 * cadence
    assert slots_between(session, cadence, now, later) == sum(now < slot < later for slot in known)
    assert slots_between(session, cadence, None, now) == sum(slot < now for slot in known)
