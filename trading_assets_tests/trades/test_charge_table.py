import itertools

import numpy as np
import pytest

from trading_assets.errors import ReferenceDataError
from trading_assets.trades.charge_table import CHARGES_FILE, ChargeTable, load_charges

HEADER = "charge,instrument,exchange,side,rate,unit,percent_cap,effective_from,effective_to\n"


def overlaid(*rows: str) -> ChargeTable:
    return load_charges({CHARGES_FILE: HEADER + "\n".join(rows)})


def rate(table: ChargeTable, charge: str, day: str) -> int:
    schedule = table.schedule(charge, "index_option", "NSE")
    return int(schedule.sell[schedule.rows_on(np.array([day], dtype="datetime64[D]"))][0])


def test_the_version_names_the_rates_and_not_their_sources() -> None:
    assert load_charges().version == load_charges({}).version
    assert len(load_charges().version) == 12
    assert overlaid("stt,index_option,ALL,sell,0.2,percent,,2027-04-01,").version != load_charges().version


def test_a_later_row_ends_the_one_before_it() -> None:
    table = overlaid("stt,index_option,ALL,sell,0.2,percent,,2027-04-01,")
    assert (rate(table, "stt", "2027-03-31"), rate(table, "stt", "2027-04-01")) == (1_500_000, 2_000_000)


def test_an_overlay_row_replaces_the_row_of_the_same_day() -> None:
    table = overlaid("exchange_txn,index_option,NSE,both,0.04,percent,,2026-03-01,")
    assert rate(table, "exchange_txn", "2026-05-12") == 400_000
    assert rate(table, "exchange_txn", "2026-02-27") == 350_300


def test_a_gap_between_rows_is_unknown() -> None:
    table = overlaid("stt,index_option,ALL,sell,0.15,percent,,2026-04-01,2026-12-31")
    with pytest.raises(ReferenceDataError, match="no rate of stt for index_option on NSE on 2027-01-01"):
        rate(table, "stt", "2027-01-01")


def test_a_charge_without_any_row_is_named() -> None:
    with pytest.raises(ReferenceDataError, match=r"no rate of stt_exercise for index_future on NSE.*overlay"):
        load_charges().schedule("stt_exercise", "index_future", "NSE")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("tips,index_option,ALL,sell,0.2,percent,,2027-04-01,", "column charge: found 'tips'"),
        ("stt,index_option,MCX,sell,0.2,percent,,2027-04-01,", "column exchange: found 'MCX'"),
        ("stt,index_option,ALL,sell,-0.2,percent,,2027-04-01,", "column rate: found '-0.2'"),
        ("stt,index_option,ALL,sell,much,percent,,2027-04-01,", "column rate: found 'much'"),
        ("stt,index_option,ALL,sell,0.00000001,percent,,2027-04-01,", "at most 7 decimals"),
        ("stt,index_option,ALL,sell,NaN,percent,,2027-04-01,", "column rate: found 'NaN'"),
        ("stt,index_option,ALL,hold,0.2,percent,,2027-04-01,", "column side: found 'hold'"),
        ("stt,index_option,ALL,sell,0.2,percent,,2027-04-01,2027-03-01", "not before effective_from"),
        ("stt,index_option,ALL,sell,0.2,percent,,April,", "column effective_from: found 'April'"),
    ],
)
def test_a_wrong_row_is_refused_with_line_and_column(row: str, found: str) -> None:
    with pytest.raises(ReferenceDataError, match=found) as error:
        overlaid(row)
    assert "overlay charges.csv line 2" in str(error.value)


def test_no_two_packaged_rows_hold_at_once() -> None:
    rows = load_charges().rows
    for row, following in itertools.pairwise(rows):
        same = (row.charge, row.instrument, row.exchange) == (
            following.charge,
            following.instrument,
            following.exchange,
        )
        assert not same or (row.effective_to is not None and row.effective_to < following.effective_from)
