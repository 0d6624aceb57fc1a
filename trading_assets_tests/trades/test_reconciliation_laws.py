"""Laws of reconciliation on random books of several contracts, sides, brokers and signals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.tables.money import paise
from trading_assets.tables.trade_reconciliation import PARTS
from trading_assets.trades.reconciliation import beyond_tolerance, reconcile
from trading_assets_tests.performance.trades_frame import DAY, OPEN, frame, trade

WINDOW = 300
CONTRACT_COLUMNS = ["underlying", "expiry", "strike", "option_type", "side"]


@dataclass(frozen=True)
class Deal:
    """One trade: prices in ticks of ₹ 0.05, fee in paise."""

    entry: int = 2_000
    leave: int = 2_200
    units: int = 50
    fee: int = 4_000
    side: str = "BUY"
    strike: float = 21_700.0
    second: int = 0
    held: int = 600
    signal: str | None = None
    source: str = "simulated"
    error: int = 0  # paise the stated net is off

    def row(self) -> dict[str, object]:
        sign = 1 if self.side == "BUY" else -1
        gross = sign * (self.leave - self.entry) * 5 * self.units
        begun = OPEN + timedelta(seconds=self.second)
        net = (gross - self.fee + self.error) / 100
        return trade(0) | {
            "entry_price": self.entry / 20,
            "exit_price": self.leave / 20,
            "quantity": self.units,
            "side": self.side,
            "strike": self.strike,
            "gross_pnl": gross / 100,
            "charges": self.fee / 100,
            "brokerage": self.fee / 100,
            "net_pnl": net,
            "is_winning_trade": net > 0,
            "entry_time": begun,
            "exit_time": begun + timedelta(seconds=self.held),
            "signal_id": self.signal,
            "source": self.source,
        }


DEALS = st.builds(
    Deal,
    entry=st.integers(1, 8_000),
    leave=st.integers(1, 8_000),
    units=st.sampled_from([25, 50, 75]),
    fee=st.integers(0, 20_000),
    side=st.sampled_from(["BUY", "SELL"]),
    strike=st.sampled_from([21_700.0, 21_800.0]),
    second=st.integers(0, 900),
    held=st.integers(0, 900),
    signal=st.sampled_from([None, None, "S1", "S2"]),
    source=st.sampled_from(["simulated", "upstox", "zerodha"]),
    error=st.sampled_from([0, 0, 1, -250]),
)
BOOKS = st.lists(DEALS, max_size=16).map(lambda deals: frame([deal.row() for deal in deals]))


def pairs(couples: list[tuple[Deal, Deal]]) -> list[tuple[Deal, Deal, pd.Series]]:
    """Simulated and actual deals and the row of each couple; all are compared in one book, by their signals."""
    own = [
        (Deal(**(vars(mine) | named | {"source": "simulated"})), Deal(**(vars(its) | named | {"source": "upstox"})))
        for named, (mine, its) in (({"signal": f"S{n}"}, couple) for n, couple in enumerate(couples))
    ]
    book = frame([deal.row() for couple in own for deal in couple])
    found = reconcile(book, DAY, WINDOW).set_index("simulated_trade_id")
    assert (found["matched_by"] == "signal").all()
    ids = book[book["source"] == "simulated"].set_index("signal_id")["trade_id"]
    return [(mine, its, found.loc[ids[mine.signal]]) for mine, its in own]


COUPLES = st.lists(st.tuples(DEALS, DEALS), min_size=1, max_size=20)


@settings(max_examples=12)
@given(BOOKS)
def test_every_trade_is_told_once_and_nobody_who_could_be_paired_is_alone(book: pd.DataFrame) -> None:
    found = reconcile(book, DAY, WINDOW)
    simulated, actual = book[book["source"] == "simulated"], book[book["source"] != "simulated"]
    if actual.empty:
        assert found.empty
        return
    assert sorted(found["simulated_trade_id"].dropna()) == simulated["trade_id"].tolist()
    assert sorted(found["actual_trade_id"].dropna()) == actual["trade_id"].tolist()
    by_id = book.set_index("trade_id")
    left = (
        by_id.loc[found.loc[found["status"] == "simulated_only", "simulated_trade_id"]],
        by_id.loc[found.loc[found["status"] == "actual_only", "actual_trade_id"]],
    )
    for _, mine in left[0].iterrows():
        for _, its in left[1].iterrows():
            alike = all(mine[name] == its[name] for name in CONTRACT_COLUMNS)
            apart = abs((mine["entry_time"] - its["entry_time"]).total_seconds())
            assert not (alike and apart <= WINDOW)


@settings(max_examples=12)
@given(BOOKS)
def test_pairs_share_a_signal_or_the_contract_the_side_and_the_time(book: pd.DataFrame) -> None:
    found = reconcile(book, DAY, WINDOW)
    by_id = book.set_index("trade_id")
    for row in found[found["status"] == "matched"].itertuples():
        mine, its = by_id.loc[row.simulated_trade_id], by_id.loc[row.actual_trade_id]
        assert row.entry_delay == (its["entry_time"] - mine["entry_time"]).total_seconds()
        assert row.exit_delay == (its["exit_time"] - mine["exit_time"]).total_seconds()
        if row.matched_by == "signal":
            assert mine["signal_id"] == its["signal_id"]
        else:
            assert [mine[name] for name in CONTRACT_COLUMNS] == [its[name] for name in CONTRACT_COLUMNS]
            assert abs(row.entry_delay) <= WINDOW
    shared = set(book.loc[book["source"] == "simulated", "signal_id"].dropna()) & set(
        book.loc[book["source"] != "simulated", "signal_id"].dropna()
    )
    assert (found["matched_by"] == "signal").sum() == len(shared)


@settings(max_examples=10)
@given(COUPLES)
def test_the_parts_of_a_pair_are_exact_fractions_to_the_paisa(couples: list[tuple[Deal, Deal]]) -> None:
    honest = [(Deal(**(vars(mine) | {"error": 0})), Deal(**(vars(its) | {"side": mine.side}))) for mine, its in couples]
    for simulated, actual, row in pairs(honest):
        sign, tick = 1 if simulated.side == "BUY" else -1, Fraction(5)
        expected = {
            "entry_difference": -sign * (actual.entry - simulated.entry) * tick * simulated.units,
            "exit_difference": sign * (actual.leave - simulated.leave) * tick * simulated.units,
            "quantity_difference": sign * (actual.leave - actual.entry) * tick * (actual.units - simulated.units),
            "timing_difference": 0,
            "charges_difference": Fraction(simulated.fee - actual.fee),
            "unexplained": Fraction(actual.error),
        }
        assert {name: int(paise(row[name])) for name in PARTS} == expected
        assert int(paise(row["net_difference"])) == sum(expected.values())


@settings(max_examples=5)
@given(COUPLES)
def test_changing_places_turns_the_difference_around(couples: list[tuple[Deal, Deal]]) -> None:
    back = pairs([(its, mine) for mine, its in couples])
    for (_, _, there), (_, _, here) in zip(pairs(couples), back, strict=True):
        for name in ("net_difference", "charges_difference", "entry_delay", "exit_delay"):
            assert there[name] == -here[name]


@settings(max_examples=5)
@given(st.lists(DEALS, min_size=1, max_size=20))
def test_a_trade_equal_to_its_simulation_differs_in_nothing(deals: list[Deal]) -> None:
    for _, _, row in pairs([(deal, deal) for deal in deals]):
        assert not row[[*PARTS, "net_difference", "entry_delay", "exit_delay"]].astype(float).any()


@pytest.mark.parametrize(("later", "status"), [(300, ["matched"]), (301, ["actual_only", "simulated_only"])])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_window_holds_to_the_second_on_both_sides(later: int, status: list[str], sign: int) -> None:
    deals = (Deal(second=500), Deal(second=500 + sign * later, source="upstox"))
    assert sorted(reconcile(frame([deal.row() for deal in deals]), DAY, WINDOW)["status"]) == status


def test_a_signal_pairs_beyond_the_window_and_before_a_nearer_trade() -> None:
    deals = (Deal(signal="S"), Deal(second=10, source="upstox"), Deal(second=900, source="upstox", signal="S"))
    found = reconcile(frame([deal.row() for deal in deals]), DAY, WINDOW).set_index("status")
    assert found.loc["matched", ["matched_by", "entry_delay"]].tolist() == ["signal", 900.0]
    assert "actual_only" in found.index


def test_the_nearest_entries_are_paired_and_not_the_first() -> None:
    deals = (Deal(second=0), Deal(second=100), Deal(second=90, source="upstox"), Deal(second=190, source="upstox"))
    found = reconcile(frame([deal.row() for deal in deals]), DAY, WINDOW)
    assert sorted(found["entry_delay"]) == [-10.0, 190.0]


def test_of_several_fills_of_one_signal_one_is_paired_and_the_rest_is_told() -> None:
    deals = (Deal(signal="S"), Deal(signal="S", source="upstox"), Deal(signal="S", source="upstox", second=700))
    found = reconcile(frame([deal.row() for deal in deals]), DAY, WINDOW)
    assert sorted(found["status"]) == ["actual_only", "matched"]


@pytest.mark.parametrize(
    ("tolerance", "unmatched", "sentences"), [(10.0, 1, 0), (9.99, 1, 1), (10.0, 0, 1), (9.99, 0, 2), (0.0, 0, 2)]
)
def test_the_check_speaks_strictly_beyond_its_tolerances(tolerance: float, unmatched: int, sentences: int) -> None:
    deals = (Deal(), Deal(fee=3_000, source="upstox"), Deal(strike=21_900.0, source="upstox"))
    found = reconcile(frame([deal.row() for deal in deals]), DAY, WINDOW)
    assert len(beyond_tolerance(found, tolerance, unmatched)) == sentences


@pytest.mark.parametrize("fee", [3_000, 5_000])
def test_a_difference_counts_in_both_directions_and_its_sentence_names_both_trades(fee: int) -> None:
    book = frame([Deal().row(), Deal(fee=fee, source="upstox").row()])
    found = reconcile(book, DAY, WINDOW)
    (sentence,) = beyond_tolerance(found, 9.0, 0)
    assert all(name in sentence for name in book["trade_id"])
    assert f"₹ {(4_000 - fee) / 100:.2f}" in sentence
