from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.quotes import (
    KEY_NAMES,
    NUMBER_NAMES,
    QUOTE_DTYPES,
    VALUE_NAMES,
    option_types,
    quotes_of,
    without_zeros,
    zero_is_missing,
)
from trading_assets.market.calendar import IST

AT = datetime(2025, 11, 12, 5, 0, tzinfo=UTC)
MOMENT = np.datetime64("2025-11-12T05:00:00", "us")


def values(**changed: object) -> dict[str, object]:
    base = {
        "observed_at": AT,
        "received_at": AT,
        "expiry": np.array(["2025-11-18", "2025-11-18"], dtype="datetime64[D]"),
        "strike": [25_000, 25_050],
        "is_call": [True, False],
    }
    return {**base, **changed}


def test_absent_values_are_missing_and_kinds_are_cast() -> None:
    quotes = quotes_of(values(bid=[1, 2]))
    assert list(quotes.numbers) == list(NUMBER_NAMES)
    assert {str(column.dtype) for column in quotes.numbers.values()} == {"float64"}
    assert quotes.numbers["bid"].tolist() == [1.0, 2.0]
    assert np.isnan([quotes.numbers[name] for name in VALUE_NAMES if name != "bid"]).all()
    assert (len(quotes), quotes.is_call.tolist()) == (2, [True, False])


def test_a_time_in_any_zone_is_the_same_moment_in_every_row() -> None:
    given = values(observed_at=AT.astimezone(IST), received_at=np.array([MOMENT, MOMENT + 1]))
    quotes = quotes_of(given)
    assert quotes.observed_at.tolist() == [MOMENT.item()] * 2
    assert quotes.received_at.tolist() == [MOMENT.item(), (MOMENT + 1).item()]


def test_a_frame_has_the_layout() -> None:
    frame = quotes_of(values()).frame()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dict(QUOTE_DTYPES)
    assert frame["option_type"].tolist() == ["CE", "PE"]
    assert set(frame["observed_at"]) == {AT}


def test_no_rows_keep_the_layout() -> None:
    quotes = quotes_of(values(expiry=np.array([], dtype="datetime64[s]"), strike=[], is_call=[]))
    assert (len(quotes), list(quotes.frame().columns)) == (0, list(QUOTE_DTYPES))


@pytest.mark.parametrize("name", KEY_NAMES)
def test_a_key_must_be_there(name: str) -> None:
    given = values()
    del given[name]
    with pytest.raises(FeedError, match=name):
        quotes_of(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strike", [1.0, np.nan]),
        ("expiry", np.array(["2025-11-18", "NaT"], dtype="datetime64[s]")),
        ("observed_at", np.array(["2025-11-18", "NaT"], dtype="datetime64[us]")),
        ("received_at", np.datetime64("NaT")),
    ],
)
def test_a_key_is_never_missing(name: str, value: object) -> None:
    with pytest.raises(FeedError, match=f"missing values in {name}"):
        quotes_of(values(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("bid", ["x", "y"]), ("observed_at", datetime(2025, 1, 1)), ("spot", [1]), ("ask", np.zeros((2, 2)))],  # noqa: DTZ001
)
def test_what_does_not_fit_is_an_error(name: str, value: object) -> None:
    with pytest.raises(FeedError, match="cast"):
        quotes_of(values(**{name: value}))


@pytest.mark.parametrize("day", ["1999-12-31", "2200-01-01"])
def test_an_expiry_of_no_year_in_which_options_expire_is_an_error(day: str) -> None:
    with pytest.raises(FeedError, match=day):
        quotes_of(values(expiry=np.datetime64(day)))


def test_zero_is_missing_leaves_everything_else() -> None:
    found = zero_is_missing(np.array([0.0, -0.0, 1.0, -2.0, np.nan, np.inf]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 1.0, -2.0, np.nan, np.inf])


def test_option_types_are_texts_of_the_mask() -> None:
    found = option_types(np.array([True, False, True]))
    pd.testing.assert_series_equal(found, pd.Series(["CE", "PE", "CE"], dtype="str"))
    assert len(option_types(np.array([], dtype=bool))) == 0


def test_zeros_are_missing_only_where_the_feed_writes_them_for_nothing() -> None:
    given_columns = {"last_price": np.array([0.0, 1.0]), "volume": np.array([0.0, 2.0])}
    found = without_zeros(given_columns, {"last_price", "bid"})
    np.testing.assert_array_equal(found["last_price"], [np.nan, 1.0])
    np.testing.assert_array_equal(found["volume"], [0.0, 2.0])
    assert list(found) == list(given_columns), "columns the feed does not have are not made up"
    assert given_columns["last_price"][0] == 0.0, "the feed's own array stays"
