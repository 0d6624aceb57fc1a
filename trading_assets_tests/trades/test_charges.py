import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ContractError, ReferenceDataError
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.charge_table import PARTS, ChargeRow, load_charges
from trading_assets.trades.charges import RoundTrips, charges

CASES = json.loads(Path(__file__).with_name("charge_cases.json").read_text(encoding="utf-8"))
TABLE = load_charges()


def trip(day: str, entry: float, leave: float, quantity: int, **changes: Any) -> RoundTrips:  # noqa: ANN401
    """One NSE option bought and sold on `day`."""
    one = RoundTrips(
        exchange=np.array(["NSE"]),
        long=np.array([True]),
        entry_day=np.array([day], dtype="datetime64[D]"),
        exit_day=np.array([day], dtype="datetime64[D]"),
        entry_paise=np.array([round(entry * 100) * quantity]),
        exit_paise=np.array([round(leave * 100) * quantity]),
        settled=np.array([False]),
    )
    return replace(one, **{k: v if k == "instrument" else np.array([v]) for k, v in changes.items()})


def one(trips: RoundTrips, broker: str = "upstox") -> dict[str, str]:
    found = charges(trips, TABLE, broker)
    return {name: f"{amount[0] / 100:.2f}" for name, amount in found.components.items()}


def case_trip(case: dict[str, Any]) -> RoundTrips:
    return replace(
        trip(case["day"], case["entry"], case["exit"], case["quantity"]),
        exchange=np.array([case["exchange"]]),
        long=np.array([case["side"] == "BUY"]),
        settled=np.array([case["settled"]]),
        instrument=case["instrument"],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_worked_examples_hold_to_the_paisa(case: dict[str, Any]) -> None:
    trips = case_trip(case)
    assert one(trips) == case["components"]
    total = int(charges(trips, TABLE, "upstox").total[0])
    assert f"{total / 100:.2f}" == case["total"]
    gross = int(trips.exit_paise[0] - trips.entry_paise[0])
    assert f"{(gross - total) / 100:.2f}" == case["net"]


def test_many_trades_at_once_cost_what_each_costs_alone() -> None:
    options = [case_trip(case) for case in CASES if case["instrument"] == "index_option"]
    names = ("exchange", "long", "entry_day", "exit_day", "entry_paise", "exit_paise", "settled")
    together = RoundTrips(**{name: np.concatenate([getattr(t, name) for t in options]) for name in names})
    found = charges(together, TABLE, "upstox")
    for place, alone in enumerate(options):
        own = charges(alone, TABLE, "upstox")
        assert {n: a[place] for n, a in found.components.items()} == {n: a[0] for n, a in own.components.items()}


def test_sell_first_pays_stt_on_the_entry_and_stamp_duty_on_the_exit() -> None:
    short = one(trip("2024-01-15", 172.0, 150.5, 100, long=False))
    # STT 0.0625 % of 17,200; stamp duty 0.003 % of 15,050; the rest as for the long trade of the same two prices
    long = one(trip("2024-01-15", 150.5, 172.0, 100))
    assert short["stt"] == long["stt"] == "10.75"
    assert short["stamp_duty"] == long["stamp_duty"] == "0.45"
    assert short == long


def test_bse_has_its_own_transaction_charge_and_no_investor_protection_fee() -> None:
    # 0.0325 % of (300 + 310) x 20 = 3.965, GST 18 % of 40 + 3.965 + 0.0122
    found = one(trip("2025-03-04", 300, 310, 20, exchange="BSE"))
    assert (found["exchange_txn"], found["ipft"], found["gst"]) == ("3.97", "0.00", "7.92")


def test_future_brokerage_is_capped_by_the_plan_of_the_broker() -> None:
    small = trip("2025-03-04", 100, 100, 100, instrument="index_future")
    assert one(small, "upstox")["brokerage"] == "10.00"  # 0.05 % of 10,000 a leg
    assert one(small, "zerodha")["brokerage"] == "6.00"  # 0.03 %
    assert one(trip("2025-03-04", 24_000, 24_000, 75, instrument="index_future"))["brokerage"] == "40.00"


def test_a_short_option_assigned_at_expiry_pays_nothing_for_the_settlement() -> None:
    found = one(trip("2026-09-29", 80, 120, 65, long=False, settled=True))
    # only the sale of 5,200: STT 0.15 %, transaction 0.03552 %, SEBI 0.0001 %, no stamp duty
    assert found["stt"] == "7.80"
    assert (found["brokerage"], found["stamp_duty"], found["exchange_txn"]) == ("20.00", "0.00", "1.85")


def test_an_option_that_expires_worthless_pays_no_tax_on_exercise() -> None:
    assert one(trip("2026-09-29", 80, 0, 65, settled=True))["stt"] == "0.00"


def test_each_leg_pays_the_rates_of_its_own_day() -> None:
    overnight = trip("2024-09-30", 100, 100, 100, exit_day=np.datetime64("2024-10-01"))
    found = one(overnight)
    assert found["stt"] == "10.00"  # the sale is after the change: 0.1 % of 10,000
    assert found["exchange_txn"] == "8.45"  # 4.95 + 3.503, added before rounding


def test_no_trades_have_no_charges() -> None:
    empty = trip("2024-01-15", 1, 1, 1).pick(np.array([False]))
    assert charges(empty, TABLE, "upstox").total.shape == (0,)


def test_an_order_beyond_exact_arithmetic_is_refused_with_its_value() -> None:
    with pytest.raises(ContractError, match="too large for exact charges"):
        one(trip("2024-01-15", 10_000_000, 1, 1_000_000))


def boundaries() -> list[tuple[str, str, str, date]]:
    return sorted(
        {
            (row.charge, instrument, exchange, row.effective_from)
            for row in TABLE.rows
            for instrument in (("index_option", "index_future") if row.instrument == "ALL" else (row.instrument,))
            for exchange in (("NSE", "BSE") if row.exchange == "ALL" else (row.exchange,))
        }
    )


def rate_by_hand(charge: str, instrument: str, exchange: str, day: date) -> ChargeRow | None:
    """The row that holds, found the slow way."""
    rows = [
        row
        for row in TABLE.rows
        if row.charge == charge
        and row.instrument in (instrument, "ALL")
        and row.exchange in (exchange, "ALL")
        and row.effective_from <= day <= (row.effective_to or date.max)
    ]
    return max(rows, key=lambda row: row.effective_from) if rows else None


@pytest.mark.parametrize(("charge", "instrument", "exchange", "start"), boundaries())
@pytest.mark.parametrize("offset", [-1, 0])
def test_both_sides_of_every_effective_date(
    charge: str, instrument: str, exchange: str, start: date, offset: int
) -> None:
    day = start + timedelta(days=offset)
    expected = rate_by_hand(charge, instrument, exchange, day)
    schedule = TABLE.schedule(charge, instrument, exchange)
    days = np.array([day], dtype="datetime64[D]")
    if expected is None:
        with pytest.raises(ReferenceDataError, match=f"no rate of {charge}.*{day}.*overlay"):
            schedule.rows_on(days)
        return
    (row,) = schedule.rows_on(days)
    assert schedule.starts[row] == np.datetime64(expected.effective_from)
    assert max(schedule.buy[row], schedule.sell[row]) == expected.rate_parts
    assert schedule.flat[row] == expected.flat_paise


@pytest.mark.parametrize(
    ("before", "after", "component", "amounts"),
    [
        ("2023-03-31", "2023-04-03", "stt", ("5.00", "6.25")),
        ("2024-09-30", "2024-10-01", "stt", ("6.25", "10.00")),
        ("2026-03-31", "2026-04-01", "stt", ("10.00", "15.00")),
        ("2020-12-31", "2021-01-01", "exchange_txn", ("10.00", "10.60")),
        ("2023-03-31", "2023-04-03", "exchange_txn", ("10.60", "10.00")),
        ("2024-03-31", "2024-04-01", "exchange_txn", ("10.00", "9.90")),
        ("2024-09-30", "2024-10-01", "exchange_txn", ("9.90", "7.01")),
        ("2026-02-28", "2026-03-01", "exchange_txn", ("7.01", "7.10")),
        ("2026-02-28", "2026-03-01", "ipft", ("0.10", "0.00")),
        ("2020-06-30", "2020-07-01", "stamp_duty", ("0.40", "0.30")),
        ("2019-03-31", "2019-04-01", "sebi_fee", ("0.03", "0.02")),
    ],
)
def test_amounts_change_on_the_day_the_law_changes(
    before: str, after: str, component: str, amounts: tuple[str, str]
) -> None:
    assert (one(trip(before, 100, 100, 100))[component], one(trip(after, 100, 100, 100))[component]) == amounts


def test_a_day_without_a_rate_is_an_error_and_never_free() -> None:
    with pytest.raises(ReferenceDataError, match="exchange_txn for index_option on BSE on 2023-05-12"):
        one(trip("2023-05-12", 100, 100, 20, exchange="BSE"))
    with pytest.raises(ReferenceDataError, match=r"stt_exercise .* on 2019-08-29"):
        one(trip("2019-08-29", 100, 120, 75, settled=True))


def by_fractions(trips: RoundTrips, row: int) -> dict[str, int]:
    """Components in exact fractions, from the rows themselves; the oracle of the vectorised code."""
    legs = [
        (trips.entry_day[row].item(), not trips.long[row], int(trips.entry_paise[row])),
        (trips.exit_day[row].item(), bool(trips.long[row]), int(trips.exit_paise[row])),
    ]
    exact: dict[str, Fraction] = dict.fromkeys(CHARGE_COMPONENTS, Fraction(0))
    for day, sold, value in legs:
        for name in CHARGE_COMPONENTS[:-1]:
            charge = "brokerage_upstox" if name == "brokerage" else name
            found = rate_by_hand(charge, "index_option", str(trips.exchange[row]), day)
            assert found is not None
            pays = found.side == "both" or (found.side == "sell") == sold
            amount = Fraction(found.flat_paise) + Fraction(found.rate_parts * pays, PARTS) * value
            exact[name] += amount
            if name in ("brokerage", "exchange_txn", "ipft", "sebi_fee"):
                exact["gst"] += amount * Fraction(18, 100)
    return {
        name: int((Decimal(v.numerator) / Decimal(v.denominator)).quantize(Decimal(1), ROUND_HALF_UP))
        for name, v in exact.items()
    }


@given(
    st.lists(
        st.tuples(
            st.dates(date(2024, 1, 1), date(2026, 12, 31)),
            st.booleans(),
            st.integers(1, 10**9),
            st.integers(1, 10**9),
            st.sampled_from(["NSE", "BSE"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_components_equal_exact_fractions_and_add_up_to_the_total(
    drawn: list[tuple[date, bool, int, int, str]],
) -> None:
    days = np.array([d for d, *_ in drawn], dtype="datetime64[D]")
    trips = RoundTrips(
        exchange=np.array([e for *_, e in drawn]),
        long=np.array([long for _, long, *_ in drawn]),
        entry_day=days,
        exit_day=days,
        entry_paise=np.array([v for _, _, v, _, _ in drawn]),
        exit_paise=np.array([v for _, _, _, v, _ in drawn]),
        settled=np.zeros(len(drawn), dtype=bool),
    )
    found = charges(trips, TABLE, "upstox")
    for row in range(len(drawn)):
        own = {name: int(amount[row]) for name, amount in found.components.items()}
        assert own == by_fractions(trips, row)
        assert sum(own.values()) == found.total[row]
