"""Coded quotes give back every bit, and a file that was tampered with says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.quotes import VALUE_NAMES
from trading_assets.feeds.simulated import FEED
from trading_assets.feeds.simulated_codec import LEGS_KEY, packed, unpacked
from trading_assets_tests.feeds.test_simulated import FIXTURE_SESSIONS, committed

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = {"bid": 0.05, "ask": 0.05, "last_price": 0.05, "vendor_implied_vol": 0.1}
CODED = tuple(name for name in VALUE_NAMES if name not in {"spot", "india_vix"})
GOOD = committed(FIXTURE_SESSIONS[0])


def coded(frame: pd.DataFrame, legs: int) -> pa.Table:
    return pa.table(packed(frame, legs)).replace_schema_metadata({LEGS_KEY: str(legs).encode()})


def quotes(seed: int, rows: int, missing: float) -> pd.DataFrame:
    """Random values on the steps of each column, negative ones and zeros among them."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name in CODED:
        step = round(1 / STEPS.get(name, 1.0))
        values = rng.integers(-50, 400_000, rows) / step
        columns[name] = np.where(rng.random(rows) < missing, np.nan, np.where(rng.random(rows) < 0.1, 0.0, values))
    return pd.DataFrame(columns)


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 60),
    legs=st.integers(1, 20),
    missing=st.sampled_from([0.0, 0.4]),
)
def test_every_value_comes_back(seed: int, rows: int, legs: int, missing: float) -> None:
    frame = quotes(seed, rows, missing)
    found = unpacked(coded(frame, min(legs, rows)))
    assert sorted(found) == sorted(CODED)
    for name, values in found.items():
        assert np.array_equal(values, frame[name].to_numpy(), equal_nan=True), name


def test_a_file_without_the_mark_is_plain() -> None:
    assert unpacked(pa.table({"bid": [1, 2]})) == {}


@pytest.mark.parametrize(("name", "value"), [("bid", 100.03), ("volume", 0.5), ("vendor_implied_vol", 12.34)])
def test_a_value_beside_its_steps_is_refused_by_name_and_row(name: str, value: float) -> None:
    frame = quotes(3, 10, 0.0)
    frame.loc[7, name] = value
    with pytest.raises(FeedError, match=rf"{name} is .*{value}.* in row 7; expected a multiple of"):
        packed(frame, 5)


def tampered(change: Callable[[pa.Table], pa.Table]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(change(pq.read_table(pa.BufferReader(GOOD.content))), sink)
    return bytes(sink.getvalue())


def with_legs(told: bytes) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.replace_schema_metadata({**table.schema.metadata, LEGS_KEY: told})


def with_column(values: Callable[[int], pa.Array]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index("ask"), "ask", values(len(table)))

    return change


@pytest.mark.parametrize(
    "change",
    [
        with_legs(b"0"),
        with_legs(b"-108"),
        with_legs(b"many"),
        with_legs(b"40501"),
        with_legs(b"9" * 5_000),
        with_column(lambda n: pa.array(np.full(n, 0.5))),
        with_column(lambda n: pa.array([None] * n, type=pa.int32())),
        lambda table: table.drop_columns(["bid"]),
    ],
    ids=["0", "-108", "many", "40501", "9…", "floats", "nulls", "no bid"],
)
def test_a_file_that_cannot_be_decoded_is_refused_by_its_name(change: Callable[[pa.Table], pa.Table]) -> None:
    capture = next(FEED.captures(GOOD, None))
    with pytest.raises(FeedError, match=r"NIFTY_2026-01-28.parquet: its metadata name .* Write it again"):
        FEED.quotes(replace(capture, raw=tampered(change)))


def test_a_committed_session_is_small_and_read_as_floats() -> None:
    assert len(GOOD.content) < 130_000
    frame = FEED.quotes(next(FEED.captures(RawFile("x", datetime(2020, 1, 1, tzinfo=UTC), GOOD.content), None))).frame()
    assert (frame[list(CODED)].dtypes == "float64").all()
    assert frame["last_price"].isna().sum() > 0
    quoted = frame["bid"].notna()
    assert (frame["ask"] >= frame["bid"])[quoted].all()
