"""Sessions against published lists, an independent calendar library and the days on which real data was recorded."""

import csv
import lzma
import re
import tarfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import CalendarError, NotASessionError, ReferenceDataError
from trading_assets.market.calendar import IST, Session, TradingCalendar
from trading_assets.market.calendar_rows import Holiday, SessionHours, SpecialInterval
from trading_assets.market.packaged import load_market
from trading_assets_tests.market.facts import fact

CALENDAR = load_market().calendar
DAYS = st.dates(CALENDAR.first_day, CALENDAR.last_day)

SPECIAL_DAYS = {
    "2018-11-07": "muhurat",
    "2019-10-27": "muhurat",
    "2020-02-01": "budget",
    "2020-11-14": "muhurat",
    "2021-11-04": "muhurat",
    "2022-10-24": "muhurat",
    "2023-11-12": "muhurat",
    "2024-01-20": "special",
    "2024-03-02": "dr_switch",
    "2024-05-18": "dr_switch",
    "2024-11-01": "muhurat",
    "2025-02-01": "budget",
    "2025-10-21": "muhurat",
    "2026-02-01": "budget",
    "2026-11-08": "muhurat",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


def session(day: str) -> Session:
    return CALENDAR.session(date.fromisoformat(day))


def test_it_covers_2018_to_the_end_of_the_newest_list() -> None:
    assert (CALENDAR.first_day, CALENDAR.last_day) == (date(2018, 1, 1), date(2026, 12, 31))


def test_a_regular_session_has_the_regular_hours() -> None:
    assert session("2025-10-20").intervals == ((at("2025-10-20T09:15"), at("2025-10-20T15:30")),)
    assert session("2025-10-20").kind == "regular"


def test_the_close_moves_to_15_40_on_2026_08_03() -> None:
    assert session("2026-07-31").close == at("2026-07-31T15:30")
    assert session("2026-08-03").close == at("2026-08-03T15:40")


def test_special_days_are_sessions_also_on_weekends_and_holidays() -> None:
    every = CALENDAR.sessions(CALENDAR.first_day, CALENDAR.last_day)
    kinds = {str(day): CALENDAR.session(day).kind for day in every}
    assert {day: kind for day, kind in kinds.items() if kind != "regular"} == SPECIAL_DAYS


def test_a_muhurat_session_wins_over_the_holiday_on_its_day() -> None:
    assert session("2025-10-21").intervals == ((at("2025-10-21T13:45"), at("2025-10-21T14:45")),)
    assert CALENDAR.closed_reason(date(2025, 10, 21)) is None


def test_a_session_may_have_two_intervals() -> None:
    two = session("2024-03-02")
    assert [(opens.time(), closes.time()) for opens, closes in two.intervals] == [
        (time(9, 15), time(10)),
        (time(11, 30), time(12, 30)),
    ]
    assert two.contains(at("2024-03-02T10:00"))
    assert not two.contains(at("2024-03-02T10:00:01"))
    assert two.contains(at("2024-03-02T12:30"))
    assert (two.open, two.close) == (at("2024-03-02T09:15"), at("2024-03-02T12:30"))


def test_contains_compares_instants_whatever_their_zone() -> None:
    assert session("2025-10-20").contains(datetime(2025, 10, 20, 3, 45, tzinfo=UTC))
    assert not session("2025-10-20").contains(datetime(2025, 10, 20, 3, 44, 59, tzinfo=UTC))


def test_contains_refuses_a_time_without_zone() -> None:
    with pytest.raises(CalendarError, match="no time zone"):
        session("2025-10-20").contains(datetime(2025, 10, 20, 10))  # noqa: DTZ001 -- the point of the test


def test_hours_that_are_not_notified_are_a_wide_window() -> None:
    unknown = session("2026-11-08")
    assert not unknown.hours_known
    assert unknown.contains(at("2026-11-08T13:45"))
    assert unknown.contains(at("2026-11-08T19:15"))
    assert session("2025-10-21").hours_known


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2025-10-22", "Diwali Balipratipada"),
        ("2025-11-05", "Guru Nanak Jayanti"),
        ("2023-06-29", "Bakri Id"),
        ("2025-10-25", "Saturday"),
        ("2025-10-26", "Sunday"),
        ("2026-08-15", "Saturday"),
    ],
)
def test_a_closed_day_says_why(day: str, reason: str) -> None:
    assert CALENDAR.closed_reason(date.fromisoformat(day)) == reason


def test_a_closed_day_names_the_holiday_and_its_neighbours() -> None:
    with pytest.raises(NotASessionError, match=r"2025-10-22 .*NSE: Diwali Balipratipada.*2025-10-21 and 2025-10-23"):
        session("2025-10-22")


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2027, 1, 1), date.min, date.max])
def test_a_day_outside_is_unknown_and_never_closed(day: date) -> None:
    for ask in (CALENDAR.is_session, CALENDAR.session, CALENDAR.closed_reason, CALENDAR.is_full_day):
        with pytest.raises(CalendarError, match="covers 2018-01-01 to 2026-12-31") as caught:
            ask(day)
        assert not isinstance(caught.value, NotASessionError)
    for count in (CALENDAR.sessions, CALENDAR.closed_days):
        with pytest.raises(CalendarError, match=r"holidays\.csv"):
            count(day, day)


def test_there_is_no_session_before_the_first_and_after_the_last() -> None:
    first, last = CALENDAR.sessions(CALENDAR.first_day, CALENDAR.last_day)[:: len(SESSIONS) - 1]
    with pytest.raises(CalendarError, match="lies outside"):
        CALENDAR.previous_session(first)
    with pytest.raises(CalendarError, match="lies outside"):
        CALENDAR.next_session(last)


SESSIONS = CALENDAR.sessions(CALENDAR.first_day, CALENDAR.last_day)


@given(DAYS, DAYS)
def test_sessions_and_closed_days_share_out_every_day(start: date, end: date) -> None:
    open_days, closed = CALENDAR.sessions(start, end), CALENDAR.closed_days(start, end)
    span = max((end - start).days + 1, 0)
    assert sorted(open_days + closed) == [start + timedelta(days=n) for n in range(span)]
    assert all(CALENDAR.is_session(day) for day in open_days)
    assert all(CALENDAR.closed_reason(day) for day in closed)


@given(st.sampled_from(SESSIONS[1:-1]))
def test_neighbours_lead_back(day: date) -> None:
    assert CALENDAR.next_session(CALENDAR.previous_session(day)) == day
    assert CALENDAR.previous_session(CALENDAR.next_session(day)) == day


@given(st.sampled_from(SESSIONS))
def test_every_session_is_on_its_day_in_order(day: date) -> None:
    flat = [moment for interval in CALENDAR.session(day).intervals for moment in interval]
    assert flat == sorted(set(flat))
    assert {moment.date() for moment in flat} == {day}


def test_neighbours_of_a_closed_day_are_sessions() -> None:
    assert CALENDAR.previous_session(date(2025, 10, 26)) == date(2025, 10, 24)
    assert CALENDAR.next_session(date(2025, 10, 24)) == date(2025, 10, 27)


def test_the_published_list_of_2026_is_reproduced() -> None:
    published = {date.fromisoformat(day) for day in fact("nse_holidays_2026")["holidays"]}
    closed = set(CALENDAR.closed_days(date(2026, 1, 1), date(2026, 12, 31)))
    weekdays = {day for day in closed if day.weekday() < 5}
    assert weekdays == {day for day in published if day.weekday() < 5}
    assert published - closed == {date(2026, 11, 8)}, "only the Muhurat Sunday of the list trades"


def test_weekdays_agree_with_an_independent_library() -> None:
    import pandas_market_calendars

    theirs = {day.date() for day in pandas_market_calendars.get_calendar("NSE").valid_days("2018-01-01", "2026-12-31")}
    weekends = {date.fromisoformat(day) for day in SPECIAL_DAYS if date.fromisoformat(day).weekday() > 4}
    assert set(SESSIONS) - theirs == weekends, "it knows no session at a weekend"
    assert theirs - set(SESSIONS) == set()


def rebuilt(**changes: Sequence[object]) -> TradingCalendar:
    tables: dict[str, Sequence[object]] = {
        "holidays": [Holiday(date(2024, month, 1), "NSE", "closed") for month in range(1, 10)],
        "special": [],
        "hours": [SessionHours("NSE", time(9, 15), time(15, 30), date(2010, 1, 4))],
        **changes,
    }
    return TradingCalendar("NSE", tables["holidays"], tables["special"], tables["hours"])  # type: ignore[arg-type]


def test_a_year_counts_once_its_list_is_published() -> None:
    whole = [Holiday(date(year, month, 1), "NSE", "x") for year in (2024, 2025) for month in range(1, 10)]
    assert rebuilt(holidays=[*whole]).last_day == date(2025, 12, 31)
    assert rebuilt(holidays=[*whole[:10]]).last_day == date(2024, 12, 31), "one holiday of 2025 is no list"
    gap = [*whole[:9], *(Holiday(date(2026, month, 1), "NSE", "x") for month in range(1, 10))]
    assert rebuilt(holidays=gap).last_day == date(2024, 12, 31), "years after a gap are unknown"


def test_without_a_list_or_hours_there_is_no_calendar() -> None:
    with pytest.raises(ReferenceDataError, match="whole published lists"):
        rebuilt(holidays=[])
    with pytest.raises(ReferenceDataError, match=r"no row of NSE holds on 2024-01-01"):
        rebuilt(hours=[SessionHours("BSE", time(9, 15), time(15, 30), date(2010, 1, 4))])


def test_rows_of_another_exchange_are_ignored() -> None:
    saturday = SpecialInterval(date(2024, 1, 20), "BSE", "special", (time(9), time(10)))
    assert rebuilt(special=[saturday]).closed_reason(date(2024, 1, 20)) == "Saturday"


def test_the_version_changes_with_what_changes_a_session_only() -> None:
    base = rebuilt().version
    assert re.fullmatch(r"[0-9a-f]{12}", base)
    assert base == rebuilt().version
    renamed = [Holiday(date(2024, month, 1), "NSE", "renamed") for month in range(1, 10)]
    assert rebuilt(holidays=[*renamed]).version == base
    assert rebuilt(hours=[SessionHours("NSE", time(9, 15), time(15, 40), date(2010, 1, 4))]).version != base
    extra = SpecialInterval(date(2024, 1, 20), "NSE", "special", (time(9), time(10)))
    assert rebuilt(special=[extra]).version != base
    assert rebuilt(holidays=[*renamed, Holiday(date(2024, 12, 25), "NSE", "Christmas")]).version != base


def table(path: Path) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8-sig") as text:
        yield from csv.DictReader(text)


@pytest.mark.recordings
def test_five_years_of_india_vix_fall_on_the_sessions(recordings: Path) -> None:
    rows = table(recordings / "india_vix_daily" / "india_vix_2016_2023.csv.xz")
    days = {datetime.strptime(row["Date"], "%m/%d/%Y").replace(tzinfo=IST).date() for row in rows}
    known = {day for day in days if day >= CALENDAR.first_day}
    ours = set(CALENDAR.sessions(CALENDAR.first_day, max(days)))
    assert known - ours == set()
    assert ours - known == {date(2022, 11, 1), date(2022, 11, 2)}, "the file lacks two ordinary days"


@pytest.mark.recordings
def test_minute_bars_of_2024_fall_into_the_intervals(recordings: Path) -> None:
    outside: set[date] = set()
    bars: dict[date, list[time]] = {}
    for row in table(recordings / "index_spot_1min" / "NIFTY_2024.csv.xz"):
        day = datetime.strptime(row["Date"], "%Y%m%d").replace(tzinfo=IST).date()
        bars.setdefault(day, []).append(time.fromisoformat(row["Time"]))
    for day, times in bars.items():
        one = CALENDAR.session(day)
        outside |= {day for clock in times if not one.contains(datetime.combine(day, clock, IST))}
    assert outside == {date(2024, 1, 20)}, "the vendor repeated a value into that Saturday's evening"
    assert len(bars[date(2024, 3, 2)]) == len(bars[date(2024, 5, 18)]) == 105, "45 and 60 minutes"


@pytest.mark.recordings
def test_page_captures_of_2018_and_2019_cover_the_sessions(recordings: Path) -> None:
    days: set[date] = set()
    for path in (recordings / "nse_page_csv_2018_2019").glob("NIFTY_20*.tar.xz"):
        with tarfile.open(path) as archive:
            found = (re.search(r"_(\d\d)-(\d\d)-(\d{4})_", name) for name in archive.getnames())
            days |= {date(int(hit[3]), int(hit[2]), int(hit[1])) for hit in found if hit}
    sessions = set(CALENDAR.sessions(min(days), max(days)))
    assert sessions - days == {date(2019, 6, 20), date(2019, 6, 24)}
    closed = {str(day): CALENDAR.closed_reason(day) for day in sorted(days - sessions)}
    assert closed == {
        "2018-10-14": "Sunday",
        "2018-10-18": "Dussehra",
        "2018-11-08": "Diwali Balipratipada",
        "2018-11-23": "Guru Nanak Jayanti",
        "2018-12-25": "Christmas",
        "2018-12-30": "Sunday",
        "2019-02-10": "Sunday",
        "2019-03-04": "Mahashivratri",
        "2019-03-21": "Holi",
        "2019-04-17": "Mahavir Jayanti",
        "2019-04-19": "Good Friday",
        "2019-04-29": "Lok Sabha election (Mumbai)",
        "2019-05-01": "Maharashtra Day",
        "2019-06-05": "Id-ul-Fitr",
    }
