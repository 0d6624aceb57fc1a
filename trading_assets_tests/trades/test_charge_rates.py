"""What the law and the exchanges took on both sides of every date it changed: amounts, not rows of our own table.

The rates below are copied from the circulars and price lists that `charges.csv` names, so that a slip in that file,
in its reading or in the arithmetic shows here.
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from trading_assets.errors import ReferenceDataError
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.charges import RoundTrips, charges

#: Charge, instrument, exchange, who pays, percent of the value, first and last day.
LAW = """
exchange_txn,index_future,BSE,both,0,2023-05-15,
exchange_txn,index_future,NSE,both,0.00173,2024-10-01,2026-02-28
exchange_txn,index_future,NSE,both,0.0018299,2026-03-01,
exchange_txn,index_future,NSE,both,0.00188,2024-04-01,2024-09-30
exchange_txn,index_future,NSE,both,0.0019,2023-04-01,2024-03-31
exchange_txn,index_future,NSE,both,0.002,2021-01-01,2023-03-31
exchange_txn,index_option,BSE,both,0.005,2023-05-15,2023-10-31
exchange_txn,index_option,BSE,both,0.0325,2024-10-01,
exchange_txn,index_option,BSE,both,0.0375,2023-11-01,2024-05-12
exchange_txn,index_option,BSE,both,0.0495,2024-05-13,2024-09-30
exchange_txn,index_option,NSE,both,0.03503,2024-10-01,2026-02-28
exchange_txn,index_option,NSE,both,0.03552,2026-03-01,
exchange_txn,index_option,NSE,both,0.0495,2024-04-01,2024-09-30
exchange_txn,index_option,NSE,both,0.05,2023-04-01,2024-03-31
exchange_txn,index_option,NSE,both,0.053,2021-01-01,2023-03-31
gst,ALL,ALL,both,18,2017-07-01,
ipft,index_future,NSE,both,0.0000001,2021-01-01,2023-03-31
ipft,index_future,NSE,both,0.0000001,2026-03-01,
ipft,index_future,NSE,both,0.0001,2023-04-01,2026-02-28
ipft,index_option,NSE,both,0.0000001,2021-01-01,2023-03-31
ipft,index_option,NSE,both,0.00001,2026-03-01,
ipft,index_option,NSE,both,0.0005,2023-04-01,2026-02-28
sebi_fee,index_future,ALL,both,0.0001,2021-04-01,
sebi_fee,index_option,ALL,both,0.0001,2021-04-01,
stamp_duty,index_future,ALL,buy,0.002,2020-07-01,
stamp_duty,index_option,ALL,buy,0.003,2020-07-01,
stt,index_future,ALL,sell,0.01,2013-06-01,2023-03-31
stt,index_future,ALL,sell,0.0125,2023-04-01,2024-09-30
stt,index_future,ALL,sell,0.02,2024-10-01,2026-03-31
stt,index_future,ALL,sell,0.05,2026-04-01,
stt,index_option,ALL,sell,0.05,2016-06-01,2023-03-31
stt,index_option,ALL,sell,0.0625,2023-04-01,2024-09-30
stt,index_option,ALL,sell,0.1,2024-10-01,2026-03-31
stt,index_option,ALL,sell,0.15,2026-04-01,
stt_exercise,index_option,ALL,sell,0.125,2019-09-01,2026-03-31
stt_exercise,index_option,ALL,sell,0.15,2026-04-01,
"""
ROWS = [tuple(line.split(",")) for line in LAW.split()]
TABLE = load_charges()
#: A crore of rupees, in paise: every rate times it is a whole number of paise.
VALUE = 1_000_000_000
Row = tuple[str, ...]


def last_day(row: Row) -> date:
    return date.fromisoformat(row[6]) if row[6] else date.max


def holds(row: Row, day: date) -> bool:
    return date.fromisoformat(row[5]) <= day <= last_day(row)


def percent(component: str, instrument: str, exchange: str, day: date) -> dict[str, Fraction]:
    """Percent that a sale and a purchase pay, from the text above; empty where it does not say."""
    rows = [row for row in ROWS if row[0] == component and row[1] == instrument and row[2] in (exchange, "ALL")]
    found = [row for row in rows if holds(row, day)]
    assert len(found) <= 1, "two rates of one day"
    return {side: Fraction(row[4]) * (row[3] in (side, "both")) for row in found for side in ("buy", "sell")}


def traded(instrument: str, exchange: str, day: date, *, settled: bool = False) -> dict[str, int]:
    """Components of a position of a crore bought and sold, or settled in the money, on one day."""
    on = np.array([day], dtype="datetime64[D]")
    value = np.array([VALUE])
    trips = RoundTrips(
        np.array([exchange]), np.array([True]), on, on, value, value, np.array([settled]), instrument=instrument
    )
    return {name: int(amount[0]) for name, amount in charges(trips, TABLE, "upstox").components.items()}


def edges() -> list[tuple[str, str, str, date]]:
    """Every first and last day of every rate, with the day before and the day after, on each exchange it holds for."""
    found = set()
    for component, instrument, exchange, *_, first, last in ROWS:
        days = [date.fromisoformat(text) for text in (first, last) if text]
        around = [day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)]
        exchanges = ("NSE", "BSE") if exchange == "ALL" else (exchange,)
        found |= {(component, instrument, each, day) for each in exchanges for day in around}
    return sorted(found)


def known(day: date, exchange: str) -> bool:
    """Whether all charges of a day are: BSE's from its first index options on, and today's plans of the brokers."""
    return day >= date(2018, 1, 1) and (exchange == "NSE" or day >= date(2023, 5, 15))


@pytest.mark.parametrize(
    ("component", "instrument", "exchange", "day"),
    [edge for edge in edges() if edge[0] not in ("stt_exercise", "gst") and known(edge[3], edge[2]) and percent(*edge)],
)
def test_the_amount_on_each_side_of_a_change_is_what_the_law_says(
    component: str, instrument: str, exchange: str, day: date
) -> None:
    rates = percent(component, instrument, exchange, day)
    expected = Fraction(VALUE, 100) * (rates["buy"] + rates["sell"])
    assert traded(instrument, exchange, day)[component] == expected


@pytest.mark.parametrize(
    ("day", "paise"),
    [("2019-09-01", 1_250_000), ("2026-03-31", 1_250_000), ("2026-04-01", 1_500_000), ("2027-04-01", 1_500_000)],
)
def test_an_exercise_pays_on_each_side_of_its_change(day: str, paise: int) -> None:
    found = traded("index_option", "NSE", date.fromisoformat(day), settled=True)
    assert found["stt"] == paise  # a purchase pays none


def test_an_exercise_before_the_law_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match="stt_exercise for index_option on NSE on 2019-08-31"):
        traded("index_option", "NSE", date(2019, 8, 31), settled=True)


@pytest.mark.parametrize("day", [date(2018, 1, 2), date(2020, 6, 30), date(2024, 9, 30), date(2026, 4, 1)])
@pytest.mark.parametrize("instrument", ["index_option", "index_future"])
def test_gst_is_18_percent_of_the_fees_and_of_no_tax(instrument: str, day: date) -> None:
    found = traded(instrument, "NSE", day)
    fees = sum(found[name] for name in ("brokerage", "exchange_txn", "ipft", "sebi_fee"))
    assert found["gst"] == int(Fraction(18 * fees, 100) + Fraction(1, 2))
    assert set(found) == set(CHARGE_COMPONENTS)


def test_no_rate_of_the_law_is_missing_or_changed_in_the_packaged_table() -> None:
    packaged = {(row.charge, row.instrument, row.exchange, row.effective_from): row for row in TABLE.rows}
    for charge, instrument, exchange, side, rate, first, last in ROWS:
        row = packaged[(charge, instrument, exchange, date.fromisoformat(first))]
        assert (row.side, row.effective_to) == (side, date.fromisoformat(last) if last else None)
        assert Fraction(row.rate_parts, 10_000_000) == Fraction(rate)


def test_days_between_two_changes_pay_alike() -> None:
    starts = sorted(
        {row.effective_from for row in TABLE.rows if row.instrument == "index_option"} | {date(2026, 12, 31)}
    )
    for first, following in itertools.pairwise(starts):
        if first >= date(2018, 1, 1):
            last = following - timedelta(days=1)
            assert traded("index_option", "NSE", first) == traded("index_option", "NSE", last)
