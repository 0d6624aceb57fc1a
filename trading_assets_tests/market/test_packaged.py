"""The packaged tables load, and a user's rows change what they should and nothing else."""

import csv
import subprocess
import sys
from datetime import date
from datetime import time as clock
from importlib import resources

import pytest

from trading_assets.errors import CalendarError, NotASessionError, ReferenceDataError
from trading_assets.market.packaged import MARKET_FILES, load_market

HOLIDAY = "date,exchange,description\n"
SPECIAL = "date,exchange,kind,open,close\n"


def test_neither_pandas_nor_numpy_is_imported() -> None:
    code = (
        "import sys; from trading_assets.market.packaged import load_market; m = load_market(); "
        "m.reference.expiries('NIFTY', m.calendar.first_day, m.calendar.last_day); "
        "print({'pandas', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "set()", "")


def test_every_packaged_row_says_where_it_comes_from() -> None:
    for name in MARKET_FILES:
        text = resources.files("trading_assets.market").joinpath("data", name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            assert row["source"] or row["confidence"] == "recalled", f"{name}: {row}"


def test_a_late_announced_holiday_is_one_row() -> None:
    text = HOLIDAY + "2026-12-08,NSE+BSE,State election\n"
    market, before = load_market({"holidays.csv": text}), load_market()
    with pytest.raises(NotASessionError, match=r"2026-12-08 \(Tuesday\) is no session of NSE: State election"):
        market.calendar.session(date(2026, 12, 8))
    assert market.calendar.version != before.calendar.version
    changed = set(before.calendar.sessions(date(2018, 1, 1), date(2026, 12, 31))) - set(
        market.calendar.sessions(date(2018, 1, 1), date(2026, 12, 31))
    )
    assert changed == {date(2026, 12, 8)}
    assert market.reference.expiries("NIFTY", date(2026, 12, 7), date(2026, 12, 8)) == [date(2026, 12, 7)]


def test_a_holiday_can_be_taken_back_for_one_exchange() -> None:
    text = "date,exchange,description,action\n2026-03-03,NSE,Holi,remove\n"
    market = load_market({"holidays.csv": text})
    assert market.calendar.is_session(date(2026, 3, 3))
    assert not market.reference.calendar_of("SENSEX").is_session(date(2026, 3, 3))


def test_notified_hours_replace_the_wide_window() -> None:
    text = SPECIAL + "2026-11-08,NSE+BSE,muhurat,18:00,19:00\n"
    one = load_market({"special_sessions.csv": text}).calendar.session(date(2026, 11, 8))
    assert one.hours_known
    assert (one.open.time(), one.close.time()) == (clock(18), clock(19))


def test_a_special_day_is_replaced_as_a_whole() -> None:
    text = SPECIAL + "2024-03-02,NSE,special,09:15,15:30\n"
    calendar = load_market({"special_sessions.csv": text}).calendar
    assert len(calendar.session(date(2024, 3, 2)).intervals) == 1
    assert calendar.is_full_day(date(2024, 3, 2))


def test_the_list_of_the_next_year_extends_the_calendar() -> None:
    rows = "".join(f"2027-{month:02d}-01,NSE+BSE,Holiday {month}\n" for month in range(1, 13))
    calendar = load_market({"holidays.csv": HOLIDAY + rows}).calendar
    assert calendar.last_day == date(2027, 12, 31)
    assert calendar.closed_reason(date(2027, 3, 1)) == "Holiday 3"


def test_one_early_row_of_the_next_year_extends_nothing() -> None:
    calendar = load_market({"holidays.csv": HOLIDAY + "2027-01-26,NSE+BSE,Republic Day\n"}).calendar
    with pytest.raises(CalendarError, match="covers 2018-01-01 to 2026-12-31"):
        calendar.is_session(date(2027, 1, 26))


def test_a_new_underlying_needs_rows_and_no_code() -> None:
    market = load_market(
        {
            "underlyings.csv": "symbol,exchange,strike_step,tick_size,quarterly_years\nSENSEX50,BSE,50,0.05,0\n",
            "expiry_rules.csv": "symbol,cycle,weekday,expiry_from,expiry_to\nSENSEX50,monthly,thursday,2025-09-01,\n",
            "lot_sizes.csv": "symbol,lot_size,cycle,first_expiry,tradable_from\nSENSEX50,60,all,2025-01-01,\n",
        }
    )
    assert market.reference.lot_size("SENSEX50", date(2026, 1, 29), date(2026, 1, 1)) == 60
    assert market.reference.is_expiry("SENSEX50", date(2026, 1, 29))
    assert market.reference.exchange_of("SENSEX50") == "BSE"
    assert "NIFTY" in market.reference.underlyings


def test_files_of_other_rooms_are_ignored() -> None:
    assert load_market({"charges.csv": "nonsense"}).calendar.version == load_market().calendar.version


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("holidays.csv", HOLIDAY + "08-12-2026,NSE,x\n", "line 2, column date: found '08-12-2026'"),
        ("holidays.csv", HOLIDAY + "2026-12-08,MCX,x\n", "line 2, column exchange: found 'MCX'"),
        ("holidays.csv", HOLIDAY + "2026-12-08,NSE,\n", "line 2, column description: found ''"),
        ("special_sessions.csv", SPECIAL + "2026-11-08,NSE,muhurat,19:00,18:00\n", "column close: found '18:00'"),
        ("special_sessions.csv", SPECIAL + "2026-11-08,NSE,muhurat,18:00,\n", "column close: found ''"),
        ("special_sessions.csv", SPECIAL + "2026-11-08,NSE,party,18:00,19:00\n", "column kind: found 'party'"),
        ("session_hours.csv", "exchange,open,close,effective_from\nNSE,15:40,09:15,2026-08-03\n", "column close"),
        ("underlyings.csv", "symbol,exchange,strike_step,tick_size,quarterly_years\nX,NSE,0,0.05,0\n", "strike_step"),
        ("expiry_rules.csv", "symbol,cycle,weekday,expiry_from,expiry_to\nX,weekly,sunday,2026-01-01,\n", "weekday"),
        (
            "expiry_rules.csv",
            "symbol,cycle,weekday,expiry_from,expiry_to\nX,weekly,friday,2026-01-02,2026-01-01\n",
            "expiry_to",
        ),
        ("lot_sizes.csv", "symbol,lot_size,cycle,first_expiry,tradable_from\nX,0,all,2026-01-01,\n", "lot_size"),
    ],
)
def test_a_wrong_overlay_row_is_refused_with_its_place(file: str, text: str, place: str) -> None:
    with pytest.raises(ReferenceDataError, match=f"^overlay {file} line 2, column") as caught:
        load_market({file: text})
    assert place in str(caught.value)
    assert "expected" in str(caught.value)
