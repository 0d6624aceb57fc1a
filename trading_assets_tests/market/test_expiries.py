"""Generated expiries against exchange files and an independent generator."""

import csv
import lzma
from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.expiries import ExpiryRule, ExpirySchedule, last_full_day
from trading_assets.market.packaged import load_market
from trading_assets_tests.market.facts import fact

MARKET = load_market()
REFERENCE, CALENDAR = MARKET.reference, MARKET.calendar
GENERATED = fact("expiries_2023_2026")
NIFTY = fact("nifty_expiries_2021_2026")

#: BANKNIFTY expired on last Thursdays again in these months.
THURSDAYS = (date(2025, 1, 1), date(2025, 8, 31))
#: The generator of the fact file moved these to Friday; the exchanges moved them to the full Saturday session of the
#: 20th (NSE's notice of 2024-01-19 for MIDCPNIFTY, BSE's for BANKEX).
MOVED_TO_SATURDAY = {"MIDCPNIFTY", "BANKEX"}


def days(texts: list[str]) -> set[date]:
    return {date.fromisoformat(text) for text in texts}


@pytest.mark.parametrize("underlying", [name for name in GENERATED if name != "about"])
def test_expiries_agree_with_an_independent_generator(underlying: str) -> None:
    theirs = days(GENERATED[underlying]["weekly"]) | days(GENERATED[underlying]["monthly"])
    if underlying in MOVED_TO_SATURDAY:
        theirs = theirs - {date(2024, 1, 19)} | {date(2024, 1, 20)}
    first = min(theirs)
    assert REFERENCE.expiries(underlying, first, date(2026, 12, 31)) == sorted(theirs)


@pytest.mark.parametrize("underlying", [name for name in GENERATED if name != "about"])
def test_monthly_cycles_agree_with_an_independent_generator(underlying: str) -> None:
    schedule = REFERENCE._schedule(underlying)
    for cycle in ("weekly", "monthly"):
        for day in days(GENERATED[underlying][cycle]):
            expected = {cycle} if cycle == "weekly" else {"monthly", "quarterly"}
            assert schedule.cycle(day) in expected, day


def test_exchange_files_prove_every_moved_nifty_expiry() -> None:
    for scheduled, actual in NIFTY["moved"]:
        moved, day = date.fromisoformat(scheduled), date.fromisoformat(actual)
        assert REFERENCE.expiries("NIFTY", day, moved) == [day]
        assert REFERENCE.is_expiry("NIFTY", moved), "a contract may have been listed under its scheduled day"
        assert last_full_day(CALENDAR, moved) == day


@pytest.mark.recordings
def test_every_nifty_expiry_of_the_exchange_files_is_generated(recordings: Path) -> None:
    path = recordings / "nse_reference_calendars" / "reference" / "nse_actual_expiry_calendar.json.xz"
    rows = orjson.loads(lzma.decompress(path.read_bytes()))["rows"]
    theirs = {date.fromisoformat(row["actual_expiry_date"]) for row in rows}
    proven = [day for day in theirs if day <= date(2026, 7, 14)]
    assert set(REFERENCE.expiries("NIFTY", min(proven), max(proven))) == set(proven)
    assert all(REFERENCE.is_expiry("NIFTY", day) for day in theirs)
    for row in rows:
        day = date.fromisoformat(row["actual_expiry_date"])
        assert REFERENCE.lot_size("NIFTY", day, on=day) == row["market_lot"], day


@pytest.mark.recordings
@pytest.mark.parametrize("underlying", ["NIFTY", "BANKNIFTY"])
def test_a_third_party_calendar_of_2019_to_2025_agrees(recordings: Path, underlying: str) -> None:
    packed = (recordings / "expiry_calendar_2025" / "expiry_calendar.csv.xz").read_bytes()
    text = lzma.decompress(packed).decode().splitlines()
    rows = [row for row in csv.DictReader(text) if row["Instrument"] == underlying]
    theirs = days([row["Final_Expiry"] for row in rows])
    # it missed that Bakri Id moved to 2023-06-29, and that BANKNIFTY went back to Thursdays for 2025
    wrong = {date(2023, 6, 29)} | {
        day for day in theirs if underlying == "BANKNIFTY" and THURSDAYS[0] <= day <= THURSDAYS[1]
    }
    ours = set(REFERENCE.expiries(underlying, min(theirs), max(theirs)))
    assert theirs - ours == wrong
    missing = {day for day in ours - theirs if day.year < 2025}
    assert missing == {date(2023, 6, 28)}


def test_listed_long_dated_contracts_are_known() -> None:
    seen_in_october_2025 = (
        "2025-10-20 2025-10-28 2025-11-04 2025-11-11 2025-11-18 2025-11-25 2025-12-30 2026-03-31 2026-06-30 "
        "2026-09-29 2026-12-29 2027-06-29 2027-12-28 2028-06-27 2028-12-26 2029-06-26 2029-12-24 2030-06-25"
    )
    assert all(REFERENCE.is_expiry("NIFTY", day) for day in days(seen_in_october_2025.split()))


def test_beyond_the_calendar_only_quarterly_contracts_are_known() -> None:
    assert REFERENCE.is_expiry("NIFTY", date(2027, 1, 5)) is None
    assert REFERENCE.is_expiry("NIFTY", date(2036, 6, 24)) is None
    assert REFERENCE.is_expiry("NIFTY", date(2017, 12, 28)) is None
    assert REFERENCE.is_expiry("FINNIFTY", date(2027, 3, 30)) is None, "it has no quarterly contracts"
    assert REFERENCE.expiries("NIFTY", date(2026, 12, 28), date(2028, 1, 1)) == [date(2026, 12, 29)]


@pytest.mark.parametrize(
    ("underlying", "day"),
    [
        ("NIFTY", "2018-01-04"),  # no weekly contracts before 2019-02
        ("NIFTY", "2025-10-22"),  # a holiday nothing was scheduled on
        ("NIFTY", "2025-10-30"),  # Thursday, the old weekday
        ("BANKNIFTY", "2024-11-20"),  # weeklies ended
        ("SENSEX", "2025-10-28"),  # NSE's weekday
    ],
)
def test_other_days_are_no_expiry(underlying: str, day: str) -> None:
    assert REFERENCE.is_expiry(underlying, date.fromisoformat(day)) is False


def test_contracts_listed_under_the_old_weekday_stay_known() -> None:
    assert REFERENCE.is_expiry("NIFTY", date(2026, 6, 25)), "the last Thursday, as listed before September 2025"
    assert date(2026, 6, 25) not in REFERENCE.expiries("NIFTY", date(2026, 6, 1), date(2026, 6, 30))


def test_muhurat_hours_and_drills_are_no_last_trading_day() -> None:
    assert last_full_day(CALENDAR, date(2025, 10, 21)) == date(2025, 10, 20)
    assert last_full_day(CALENDAR, date(2024, 5, 20)) == date(2024, 5, 17)
    assert last_full_day(CALENDAR, date(2024, 1, 22)) == date(2024, 1, 20)
    assert last_full_day(CALENDAR, date(2030, 6, 25)) == date(2030, 6, 25)


@given(st.integers(0, 4), st.sampled_from(["weekly", "monthly"]), st.integers(0, 900), st.integers(0, 900))
def test_laws_of_any_rule(weekday: int, cycle: str, start: int, length: int) -> None:
    first = date.fromordinal(date(2020, 1, 1).toordinal() + start)
    rule = ExpiryRule("X", cycle, weekday, first, date.fromordinal(first.toordinal() + length))
    schedule = ExpirySchedule([rule], CALENDAR, 0)
    found = schedule.days(CALENDAR.first_day, CALENDAR.last_day)
    assert found == sorted(set(found))
    assert all(CALENDAR.is_full_day(day) and schedule.is_expiry(day) for day in found)
    months = [(day.year, day.month) for day in found]
    if cycle == "monthly":
        assert len(set(months)) == len(months)
    else:
        assert abs(len(found) - length / 7) <= 2


def test_a_rule_that_begins_in_the_future_schedules_nothing() -> None:
    rule = ExpiryRule("X", "weekly", 1, date(2030, 1, 1), None)
    assert ExpirySchedule([rule], CALENDAR, 0).days(CALENDAR.first_day, CALENDAR.last_day) == []
