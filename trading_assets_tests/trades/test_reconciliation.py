"""Reconciliation: who is matched with whom, and the parts of a difference add up to it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.tables.money import paise
from trading_assets.tables.schema import violations
from trading_assets.tables.trade_reconciliation import CONTRACT, PARTS
from trading_assets.trades.reconciliation import beyond_tolerance, reconcile
from trading_assets_tests.performance.trades_frame import DAY, frame, trade


def made(entry: float, leave: float, units: int = 50, fee: int = 40, **changes: object) -> dict[str, object]:
    """A trade bought at `entry` and sold at `leave` ₹, with a fee of `fee` ₹."""
    gross = round((leave - entry) * units, 2)
    money = {"gross_pnl": gross, "charges": float(fee), "brokerage": float(fee), "net_pnl": round(gross - fee, 2)}
    prices = {"entry_price": entry, "exit_price": leave, "quantity": units, "is_winning_trade": gross > fee}
    return trade(0, **({"source": "simulated"} | prices | money | changes))  # type: ignore[arg-type]


def reconciled(*rows: dict[str, object]) -> pd.DataFrame:
    found = reconcile(frame(list(rows)), DAY, 300.0)
    assert not violations(CONTRACT, found)
    assert found["reconciliation_id"].is_monotonic_increasing
    return found


def test_a_pair_of_one_signal_is_split_into_its_parts() -> None:
    found = reconciled(
        made(100.0, 110.0, signal_id="S1"),
        made(101.0, 108.0, units=100, fee=55, signal_id="S1", minute=20, held=3, source="zerodha"),
    )
    row = found.iloc[0]
    assert (row["status"], row["matched_by"]) == ("matched", "signal")
    assert {name: row[name] for name in PARTS} == {
        "entry_difference": -50.0,
        "exit_difference": -100.0,
        "quantity_difference": 350.0,
        "timing_difference": 0.0,
        "charges_difference": -15.0,
        "unexplained": 0.0,
    }
    assert (row["net_difference"], row["entry_delay"], row["exit_delay"]) == (185.0, 1200.0, 1320.0)


def test_without_a_signal_the_nearest_entry_of_the_contract_and_side_is_the_partner() -> None:
    near, far = (made(100.0, 110.0, minute=minute, source="upstox") for minute in (3, 1))
    found = reconciled(made(100.0, 110.0), near, far)
    assert found["status"].tolist().count("matched") == 1
    assert found.loc[found["status"] == "matched", "entry_delay"].tolist() == [60.0]
    assert found["status"].tolist().count("actual_only") == 1


@pytest.mark.parametrize("changes", [{"side": "SELL"}, {"strike": 21_800.0}, {"minute": 6}, {"option_type": "PE"}])
def test_another_side_contract_or_time_is_no_partner(changes: dict[str, object]) -> None:
    found = reconciled(made(100.0, 110.0), made(100.0, 110.0, source="upstox", **changes))
    assert sorted(found["status"]) == ["actual_only", "simulated_only"]
    assert found.set_index("status")["unexplained"].to_dict() == {"actual_only": 460.0, "simulated_only": -460.0}


def test_nothing_is_reconciled_before_anything_was_imported() -> None:
    assert reconciled(made(100.0, 110.0)).empty
    assert reconciled().empty


PRICES = st.integers(1, 40_000).map(lambda ticks: ticks / 20)
SIDES = st.lists(
    st.tuples(PRICES, PRICES, st.integers(1, 5), st.integers(0, 9), st.booleans(), st.sampled_from([None, "S1", "S2"])),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(SIDES)
def test_the_parts_add_up_and_every_trade_is_there_once(
    rows: list[tuple[float, float, int, int, bool, str | None]],
) -> None:
    book = frame(
        [
            made(a, b, units * 50, minute=minute, source="zerodha" if real else "simulated", signal_id=signal)
            for a, b, units, minute, real, signal in rows
        ]
    )
    found, again = reconcile(book, DAY, 300.0), reconcile(book.iloc[::-1], DAY, 300.0)
    pd.testing.assert_frame_equal(found, again)
    if (book["source"] == "zerodha").any():
        seen = [*found["simulated_trade_id"].dropna(), *found["actual_trade_id"].dropna()]
        assert sorted(seen) == sorted(book["trade_id"])
        sign = (book["source"] == "zerodha") * 2 - 1
        assert paise(found["net_difference"]).sum() == (paise(book["net_pnl"]) * sign).sum()
    assert (sum(paise(found[name]) for name in PARTS) == paise(found["net_difference"])).all()
    assert (found.loc[found["status"] == "matched", "unexplained"] == 0).all()


def test_what_is_beyond_tolerance_is_said() -> None:
    found = reconciled(
        made(100.0, 110.0), made(100.0, 120.0, source="upstox"), made(90.0, 80.0, source="upstox", minute=100)
    )
    sentences = beyond_tolerance(found, 499.0, 0)
    assert len(sentences) == 2
    assert "differs by ₹ 500.00" in sentences[0]
    assert "1 trades have no partner; at most 0 are tolerated." in sentences[1]
    assert beyond_tolerance(found, 500.0, 1) == []
