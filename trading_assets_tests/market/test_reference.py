"""Lots, steps and closes by date."""

import csv
import re
import tarfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ReferenceDataError
from trading_assets.market.calendar import IST
from trading_assets.market.packaged import load_market
from trading_assets_tests.market.facts import fact

REFERENCE = load_market().reference


def lot(underlying: str, expiry: str, on: str) -> int:
    return REFERENCE.lot_size(underlying, date.fromisoformat(expiry), on=date.fromisoformat(on))


@pytest.mark.parametrize(("cycle", "size", "first", "last", "count"), fact("nifty_expiries_2021_2026")["lots"])
def test_nifty_lots_of_the_exchange_files(cycle: str, size: int, first: str, last: str, count: int) -> None:
    expiries = REFERENCE.expiries("NIFTY", date.fromisoformat(first), date.fromisoformat(last))
    monthly = {day for day in expiries if REFERENCE._schedule("NIFTY").cycle(day) != "weekly"}
    chosen = [day for day in expiries if (day in monthly) == (cycle == "monthly")]
    assert {REFERENCE.lot_size("NIFTY", day, on=day) for day in chosen} == {size}
    assert len(chosen) >= count


@pytest.mark.parametrize(
    ("underlying", "expiry", "on", "expected"),
    [
        ("NIFTY", "2018-10-25", "2018-10-15", 75),
        ("NIFTY", "2026-06-30", "2025-10-21", 75),
        ("NIFTY", "2026-01-27", "2025-10-29", 65),
        # contracts listed before the change keep their lot until NSE converts them
        ("NIFTY", "2026-06-30", "2025-11-14", 75),
        ("NIFTY", "2026-06-30", "2025-12-30", 75),
        ("NIFTY", "2026-06-30", "2025-12-31", 65),
        ("NIFTY", "2030-06-25", "2025-10-21", 75),
        ("NIFTY", "2030-06-25", "2026-10-21", 65),
        ("NIFTY", "2029-12-24", "2025-11-14", 75),  # moved by Christmas out of the last week
        ("NIFTY", "2025-12-30", "2025-11-14", 75),
        ("NIFTY", "2025-03-27", "2024-12-26", 25),
        ("NIFTY", "2025-03-27", "2024-12-27", 75),
        ("NIFTY", "2024-05-02", "2024-04-25", 50),
        ("NIFTY", "2024-05-02", "2024-04-26", 25),
        ("NIFTY", "2021-07-22", "2021-07-20", 75),
        ("NIFTY", "2021-07-29", "2021-07-20", 50),
        ("BANKNIFTY", "2018-11-01", "2018-10-25", 40),
        ("BANKNIFTY", "2018-11-01", "2018-10-26", 20),
        ("BANKNIFTY", "2019-06-27", "2019-06-03", 20),
        ("BANKNIFTY", "2020-07-23", "2020-07-20", 20),
        ("BANKNIFTY", "2020-07-30", "2020-07-20", 25),
        ("BANKNIFTY", "2023-07-20", "2023-07-19", 25),
        ("BANKNIFTY", "2023-07-27", "2023-07-19", 15),
        ("BANKNIFTY", "2024-12-24", "2024-12-02", 15),
        ("BANKNIFTY", "2025-06-26", "2025-05-02", 30),
        ("BANKNIFTY", "2025-07-31", "2025-05-02", 35),
        ("BANKNIFTY", "2026-03-30", "2025-11-14", 35),
        ("BANKNIFTY", "2026-01-27", "2025-11-14", 30),
        ("FINNIFTY", "2024-07-23", "2024-07-22", 40),
        ("FINNIFTY", "2024-08-06", "2024-08-05", 25),
        ("MIDCPNIFTY", "2025-07-31", "2025-07-01", 140),
        ("SENSEX", "2024-12-27", "2024-12-26", 10),
        ("SENSEX", "2025-01-07", "2025-01-06", 20),
        ("NIFTYFPI", "2026-08-25", "2026-08-12", 1100),
    ],
)
def test_lots_by_expiry_and_day(underlying: str, expiry: str, on: str, expected: int) -> None:
    assert lot(underlying, expiry, on) == expected


@pytest.mark.parametrize(("underlying", "expiry", "expected"), fact("nse_lots_2025_11_14")["lots"])
def test_lots_and_expiries_traded_on_one_day_of_two_lots(underlying: str, expiry: str, expected: int) -> None:
    assert lot(underlying, expiry, "2025-11-14") == expected
    assert REFERENCE.is_expiry(underlying, date.fromisoformat(expiry))


@pytest.mark.recordings
def test_bids_of_2018_are_whole_lots_on_both_sides_of_a_conversion(recordings: Path) -> None:
    whole_old: dict[date, bool] = {}
    with tarfile.open(recordings / "nse_page_csv_2018_2019" / "BANKNIFTY_2018-10.tar.xz") as archive:
        for member in (member for member in archive if member.isfile()):
            found = re.search(r"_(\d\d)-(\d\d)-(\d{4})_", member.name)
            body = archive.extractfile(member)
            if not found or body is None:
                continue
            day = date(int(found[3]), int(found[2]), int(found[1]))
            rows = csv.DictReader(body.read().decode().splitlines())
            bids = [float(row["CallBidQty"].replace(",", "")) for row in rows if row["CallBidQty"] not in ("", "-")]
            size = REFERENCE.lot_size("BANKNIFTY", date(2018, 11, 29), on=day)
            assert all(bid % size == 0 for bid in bids), member.name
            whole_old[day] = whole_old.get(day, True) and all(bid % 40 == 0 for bid in bids)
    assert {day for day, whole in whole_old.items() if not whole} == {day for day in whole_old if day.day >= 26}


@pytest.mark.recordings
@pytest.mark.parametrize("day", ["2025-10-24", "2025-10-29", "2025-11-14"])
def test_bids_around_the_change_of_2025_are_whole_lots(recordings: Path, day: str) -> None:
    with tarfile.open(recordings / "nse_json_2025" / f"nse_json_{day}.tar.xz") as archive:
        member = next(member for member in archive if member.isfile())
        body = archive.extractfile(member)
        assert body is not None
        legs = [leg for row in orjson.loads(body.read())["records"]["data"] for leg in (row.get("CE"), row.get("PE"))]
    whole: dict[date, list[bool]] = {}
    for leg in legs:
        quantity = leg and leg["bidQty"]
        if quantity:
            expiry = datetime.strptime(leg["expiryDate"] + " +0530", "%d-%b-%Y %z")
            size = REFERENCE.lot_size("NIFTY", expiry.date(), date.fromisoformat(day))
            whole.setdefault(expiry.date(), []).append(quantity % size == 0)
    assert len(whole) >= 15
    assert all(sum(found) >= 0.9 * len(found) for found in whole.values()), whole


def test_every_generated_expiry_has_a_lot() -> None:
    for underlying in REFERENCE.underlyings:
        for expiry in REFERENCE.expiries(underlying, date(2018, 1, 1), date(2026, 12, 31)):
            assert REFERENCE.lot_size(underlying, expiry, on=expiry) > 0


def test_a_lot_nobody_knows_is_an_error_with_the_next_step() -> None:
    with pytest.raises(ReferenceDataError, match=r"no lot of NIFTYFPI for the weekly expiry 2020-01-01.*lot_sizes.csv"):
        lot("NIFTYFPI", "2020-01-01", "2020-01-01")


DAYS = st.lists(st.dates(date(2018, 1, 1), date(2030, 12, 31)), max_size=40)


@given(DAYS, st.dates(date(2018, 1, 1), date(2026, 12, 31)))
def test_arrays_answer_as_single_questions_do(expiries: list[date], on: date) -> None:
    array = np.array(expiries, dtype="datetime64[D]")
    found = REFERENCE.lot_sizes("NIFTY", array, on)
    assert found.dtype == np.int64
    assert found.tolist() == [REFERENCE.lot_size("NIFTY", day, on) for day in expiries]


def test_arrays_keep_their_shape_and_unit() -> None:
    grid = np.array([["2026-01-27", "2025-12-30"]], dtype="datetime64[s]")
    assert REFERENCE.lot_sizes("NIFTY", grid, date(2025, 11, 14)).tolist() == [[65, 75]]


@pytest.mark.parametrize(
    ("underlying", "expiry", "close"),
    [
        ("NIFTY", "2025-10-28", "2025-10-28T15:30"),
        ("NIFTY", "2026-03-31", "2026-03-30T15:30"),  # Mahavir Jayanti
        ("NIFTY", "2025-10-21", "2025-10-20T15:30"),  # Muhurat hour only
        ("NIFTY", "2026-12-29", "2026-12-29T15:40"),
        ("NIFTY", "2030-06-25", "2030-06-25T15:40"),  # beyond the calendar
        ("SENSEX", "2026-01-29", "2026-01-29T15:30"),
    ],
)
def test_contracts_stop_trading_at_the_close_of_their_last_session(underlying: str, expiry: str, close: str) -> None:
    found = REFERENCE.expiry_close(underlying, date.fromisoformat(expiry))
    assert found == datetime.fromisoformat(close).replace(tzinfo=IST)


def test_steps_ticks_and_exchanges() -> None:
    steps = {name: REFERENCE.strike_step(name) for name in REFERENCE.underlyings}
    assert steps["NIFTY"] == 50.0
    assert steps["BANKNIFTY"] == steps["SENSEX"] == 100.0
    assert steps["MIDCPNIFTY"] == 25.0
    assert REFERENCE.tick_size("NIFTY") == 0.05
    assert {name for name in REFERENCE.underlyings if REFERENCE.exchange_of(name) == "BSE"} == {"SENSEX", "BANKEX"}
    assert REFERENCE.calendar_of("BANKEX").exchange == "BSE"


def test_an_unknown_underlying_is_named_with_the_known_ones() -> None:
    for ask in (
        REFERENCE.exchange_of,
        REFERENCE.strike_step,
        REFERENCE.tick_size,
        lambda name: REFERENCE.is_expiry(name, date(2025, 1, 1)),
        lambda name: REFERENCE.lot_size(name, date(2025, 1, 1), date(2025, 1, 1)),
    ):
        with pytest.raises(ReferenceDataError, match=r"'NIFTI' is not known; expected one of NIFTY, BANKNIFTY"):
            ask("NIFTI")


def test_a_month_can_end_with_a_weekly_expiry_after_its_monthly_one() -> None:
    reference = load_market().reference
    cycles = [reference.cycle("BANKNIFTY", date(2024, 1, day)) for day in (25, 31)]
    assert cycles == ["monthly", "weekly"]
