"""The part of timing: what the quotes moved between the simulated and the actual time, and nothing where not known."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.tables.money import paise
from trading_assets.tables.trade_reconciliation import PARTS
from trading_assets.trades.market_moves import market_moves
from trading_assets.trades.reconciliation import reconcile
from trading_assets_tests.performance.trades_frame import DAY, OPEN, frame, trade


def quoted(*rows: tuple[float, float, float], strike: float = 21_700.0) -> pd.DataFrame:
    """Quotes of the call: minute, bid and ask."""
    minutes, bids, asks = zip(*rows, strict=True)
    observed = pd.to_datetime([OPEN + timedelta(minutes=minute) for minute in minutes], utc=True)
    contract = {"underlying": "NIFTY", "expiry": pd.Timestamp("2024-02-08"), "strike": strike, "option_type": "CE"}
    return pd.DataFrame({"observed_at": observed, "bid": bids, "ask": asks} | contract).astype(
        {"expiry": "datetime64[s]", "observed_at": "datetime64[us, UTC]", "underlying": "str", "option_type": "str"}
    )


def pair(side: str = "BUY", late: float = 2.0, units: int = 50, **actual: float) -> pd.DataFrame:
    """A trade simulated at minutes 1 and 11 for 100 and 110, and its like, later and for the prices given."""
    whole = []
    for source, at, prices in (("simulated", 1.0, {}), ("zerodha", 1.0 + late, actual)):
        entry, leave = prices.get("entry", 100.0), prices.get("leave", 110.0)
        gross = round((leave - entry) * units * (1 if side == "BUY" else -1), 2)
        begun = OPEN + timedelta(minutes=at)
        money = {"entry_price": entry, "exit_price": leave, "gross_pnl": gross, "net_pnl": gross}
        times = {"entry_time": begun, "exit_time": begun + timedelta(minutes=10)}
        fees = {"charges": 0.0, "brokerage": 0.0, "quantity": units, "is_winning_trade": gross > 0}
        whole.append(trade(0, **(money | times | fees), source=source, side=side, signal_id="S"))  # type: ignore[arg-type]
    return frame(whole)


QUOTES = ((1.0, 99.0, 100.0), (2.5, 103.0, 104.0), (11.0, 110.0, 112.0), (12.0, 107.0, 109.0))


@pytest.mark.parametrize(
    ("side", "entry", "leave", "timing"),
    [("BUY", 1.0, 0.0, -4.0 - 3.0), ("SELL", -1.0, 0.0, 4.0 + 3.0)],
)
def test_what_the_market_moved_is_timing_and_the_rest_is_the_price(
    side: str, entry: float, leave: float, timing: float
) -> None:
    row = reconcile(pair(side, entry=103.0, leave=107.0), DAY, 300.0, quoted(*QUOTES)).iloc[0]
    found = {name: row[name] / 50 for name in PARTS}
    assert found == {
        "entry_difference": entry,
        "exit_difference": leave,
        "timing_difference": timing,
        "quantity_difference": 0.0,
        "charges_difference": 0.0,
        "unexplained": 0.0,
    }
    assert row["net_difference"] / 50 == entry + leave + timing


def test_executions_of_the_same_time_have_no_part_of_timing() -> None:
    row = reconcile(pair(late=0.0, entry=103.0), DAY, 300.0, quoted(*QUOTES)).iloc[0]
    assert (row["timing_difference"], row["entry_difference"]) == (0.0, -150.0)


@pytest.mark.parametrize(
    "quotes",
    [
        None,
        quoted(*QUOTES, strike=21_800.0),
        quoted(*QUOTES).iloc[:0],
        quoted(*((minute + 60, bid, ask) for minute, bid, ask in QUOTES)),
        quoted((1.0, 0.0, 100.0), (2.5, 103.0, 104.0), (12.0, 107.0, np.nan)),
    ],
    ids=["none", "contract", "empty", "later", "missing"],
)
def test_without_quotes_of_both_times_the_prices_hold_all(quotes: pd.DataFrame | None) -> None:
    row = reconcile(pair(entry=103.0, leave=107.0), DAY, 300.0, quotes).iloc[0]
    assert [row[name] for name in ("entry_difference", "exit_difference", "timing_difference")] == [-150.0, -150.0, 0.0]


TICKS = st.integers(1, 4_000).map(lambda ticks: ticks / 20)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), TICKS, TICKS), min_size=1, max_size=12, unique_by=lambda row: row[0]),
    st.sampled_from(["BUY", "SELL"]),
    st.tuples(TICKS, TICKS),
    st.floats(0.0, 15.0),
)
def test_the_parts_add_up_and_quotes_are_those_a_plain_search_finds(
    rows: list[tuple[int, float, float]], side: str, prices: tuple[float, float], late: float
) -> None:
    quotes, book = quoted(*rows), pair(side, late, entry=prices[0], leave=prices[1])
    row = reconcile(book, DAY, 300.0, quotes.sample(frac=1.0, random_state=1)).iloc[0]
    assert sum(int(paise(row[name])) for name in PARTS) == int(paise(row["net_difference"]))
    mine, its = (book[book["source"] == source] for source in ("simulated", "zerodha"))
    for role in ("entry", "exit"):
        seen = []
        for part in (mine, its):
            known = quotes[quotes["observed_at"] <= part[f"{role}_time"].iloc[0]].sort_values("observed_at")
            which = "ask" if (side == "BUY") == (role == "entry") else "bid"
            seen.append(known[which].iloc[-1] if len(known) else None)
        moved = 0.0 if None in seen else seen[1] - seen[0]
        assert market_moves(mine, its, quotes, role).tolist() == [moved]


def test_each_pair_has_its_own_move_in_whatever_order_they_traded() -> None:
    late, early = pair(), pair()
    late["entry_time"] += timedelta(minutes=10)
    mine, its = (
        pd.concat([book[book["source"] == source] for book in (late, early)], ignore_index=True)
        for source in ("simulated", "zerodha")
    )
    assert market_moves(mine, its, quoted(*QUOTES), "entry").tolist() == [-3.0, 4.0]
