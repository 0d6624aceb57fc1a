"""Frames to arrow and parquet and back: nothing is lost, money is exact, bytes repeat."""

import io
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import StorageError
from trading_assets.storage import arrow, packing
from trading_assets.tables import daily_performance, fills, signal_outcomes, trades
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Column, Contract
from trading_assets_tests.storage.contract_frames import SESSION, frames, snapshots

AMOUNTS = Contract("amounts", (Column("amount", "money", "₹", nullable=True),), ("amount",), "", "", "")
NUMBERS = Contract("numbers", (Column("value", "number", "", nullable=True),), ("value",), "", "", "")


def stored(contract: Contract, frame: pd.DataFrame) -> bytes:
    table = arrow.to_table(contract, frame)
    return packing.to_parquet(table, lambda: arrow.content_sha256(contract, table))


def amounts(values: list[float]) -> pd.DataFrame:
    return AMOUNTS.frame({"amount": pd.Series(values, dtype="float64")})


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@settings(max_examples=25)
@given(data=st.data())
def test_a_frame_of_any_contract_comes_back_from_parquet_as_it_was(contract: Contract, data: st.DataObject) -> None:
    frame = data.draw(frames(contract))
    table = pq.read_table(io.BytesIO(stored(contract, frame)))
    pd.testing.assert_frame_equal(arrow.to_frame(contract, table), frame, check_exact=True)
    assert table.schema.remove_metadata() == arrow.schema(contract)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@settings(max_examples=10)
@given(data=st.data())
def test_equal_frames_give_equal_bytes_however_they_were_put_together(contract: Contract, data: st.DataObject) -> None:
    frame = data.draw(frames(contract))
    halves = pd.concat([frame.iloc[:2], frame.iloc[2:]], ignore_index=True)
    assert stored(contract, halves.astype(frame.dtypes)) == stored(contract, frame)


@given(st.lists(st.integers(-(10**15), 10**15) | st.none(), min_size=1))
def test_money_is_exact_paise_at_rest_and_the_nearest_float_in_a_frame(paise: list[int | None]) -> None:
    rupees = [np.nan if value is None else value / 100 for value in paise]
    table = arrow.to_table(AMOUNTS, amounts(rupees))
    exact = [None if value is None else Decimal(value).scaleb(-2) for value in paise]
    assert table.column("amount").to_pylist() == exact
    assert arrow.to_frame(AMOUNTS, table)["amount"].equals(pd.Series(rupees))


def test_money_that_is_not_whole_paise_is_refused_naming_the_column() -> None:
    with pytest.raises(StorageError, match=r"amounts\.amount: .*0\.005.* not a whole number of paise"):
        arrow.to_table(AMOUNTS, amounts([1.0, 0.005]))


@pytest.mark.parametrize("amount", [1.2e13, 1e16, -1e16])
def test_money_beyond_what_is_exact_is_refused(amount: float) -> None:
    with pytest.raises(StorageError, match=r"amounts\.amount: .* too large to be exact to the paisa"):
        arrow.to_table(AMOUNTS, amounts([amount]))


def test_infinite_money_is_refused() -> None:
    with pytest.raises(StorageError, match=r"amounts\.amount"):
        arrow.to_table(AMOUNTS, amounts([np.inf]))


def test_missing_numbers_are_null_and_infinity_stays_for_the_rules_to_find() -> None:
    frame = NUMBERS.frame({"value": pd.Series([np.nan, np.inf, -0.0])})
    assert arrow.to_table(NUMBERS, frame).column("value").to_pylist() == [None, np.inf, 0.0]


def test_minus_zero_and_zero_are_the_same_bytes() -> None:
    zero, minus = (NUMBERS.frame({"value": pd.Series([value])}) for value in (0.0, -0.0))
    assert stored(NUMBERS, zero) == stored(NUMBERS, minus)


def test_a_date_with_a_time_of_day_is_refused() -> None:
    frame = signal_outcomes.CONTRACT.frame(
        {"date": pd.to_datetime(["2025-10-13 09:15:00"]), "signal_id": "s", "strategy_id": "p", "outcome": "taken"}
    )
    with pytest.raises(StorageError, match=r"signal_outcomes\.date holds a time of day"):
        arrow.to_table(signal_outcomes.CONTRACT, frame)


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (lambda frame: frame.drop(columns="lots"), "lots is absent"),
        (lambda frame: frame.assign(colour="red"), "colour is unknown"),
        (lambda frame: frame.astype({"quantity": "float64"}), "quantity is float64, not int64"),
        (lambda frame: frame[frame.columns[::-1]], "out of order"),
        (lambda frame: pd.concat([frame, frame[["side"]]], axis=1), "repeated"),
    ],
)
def test_a_frame_that_does_not_keep_the_contract_is_refused_saying_how(broken, found: str) -> None:  # noqa: ANN001 - a lambda per case
    with pytest.raises(StorageError, match=f"trades does not keep its contract: .*{found}"):
        arrow.to_table(trades.CONTRACT, broken(trades.CONTRACT.empty()))


def test_content_is_of_values_not_of_what_lies_under_a_null() -> None:
    clean, dirty = (arrow.to_table(AMOUNTS, amounts([np.nan, 2.5])) for _ in range(2))
    column = dirty.column("amount").combine_chunks()
    words = np.frombuffer(column.buffers()[1], dtype="<i8").copy()
    words[0] = 99
    hidden = pa.Array.from_buffers(arrow.MONEY, 2, [column.buffers()[0], pa.py_buffer(words)])
    assert hidden.to_pylist() == [None, Decimal("2.50")]
    assert arrow.content_sha256(AMOUNTS, pa.table({"amount": hidden})) == arrow.content_sha256(AMOUNTS, clean)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@settings(max_examples=10)
@given(data=st.data())
def test_content_differs_when_frames_do(contract: Contract, data: st.DataObject) -> None:
    one, two = data.draw(frames(contract)), data.draw(frames(contract))
    hashes = {arrow.content_sha256(contract, arrow.to_table(contract, frame)) for frame in (one, two)}
    assert (len(hashes) == 1) == one.equals(two)


def test_words_cut_elsewhere_are_other_content() -> None:
    def content(first: str, second: str) -> str:
        frame = fills.CONTRACT.empty().reindex(range(1)).assign(side=first, role=second, quantity=1)
        frame = fills.CONTRACT.frame(frame.assign(date=pd.Timestamp(SESSION)))
        return arrow.content_sha256(fills.CONTRACT, arrow.to_table(fills.CONTRACT, frame))

    assert content("ab", "c") != content("a", "bc")


@pytest.mark.parametrize(("rows", "packed"), [(999, "SNAPPY"), (1_000, "ZSTD")])
def test_the_file_holds_checksummed_pages_and_neither_statistics_nor_pandas_metadata(rows: int, packed: str) -> None:
    frame = snapshots(rows, seed=1)
    from trading_assets.tables.market_snapshots import CONTRACT

    file = pq.ParquetFile(io.BytesIO(stored(CONTRACT, frame)))
    assert set(file.metadata.metadata) == {arrow.CONTENT_KEY, arrow.SCHEMA_KEY}
    group = file.metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    assert not any(column.is_stats_set for column in columns)
    assert {column.compression for column in columns} == {packed}


def test_a_type_that_does_not_cast_without_loss_is_refused() -> None:
    table = pa.table({"total_trades": pa.array([1.5])})
    with pytest.raises(StorageError, match=r"daily_performance\.total_trades is stored as double"):
        arrow.to_frame(daily_performance.CONTRACT, table)
