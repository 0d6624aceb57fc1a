from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.quotes import (
    KEY_DTYPES,
    QUOTE_DTYPES,
    VALUE_NAMES,
    option_types,
    quote_frame,
    without_zeros,
    zero_is_missing,
)

AT = datetime(2025, 11, 12, 5, 0, tzinfo=UTC)


def values(**changed: object) -> dict[str, object]:
    base = {
        "observed_at": AT,
        "received_at": AT,
        "expiry": np.array(["2025-11-18", "2025-11-18"], dtype="datetime64[D]"),
        "strike": [25_000, 25_050],
        "option_type": ["CE", "PE"],
    }
    return {**base, **changed}


def test_absent_values_are_missing_and_kinds_are_cast() -> None:
    frame = quote_frame(values(bid=[1, 2]))
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dict(QUOTE_DTYPES)
    assert frame["bid"].tolist() == [1.0, 2.0]
    assert frame[[name for name in VALUE_NAMES if name != "bid"]].isna().all().all()


def test_no_rows_keep_the_layout() -> None:
    frame = quote_frame(values(expiry=np.array([], dtype="datetime64[s]"), strike=[], option_type=[]))
    assert (len(frame), list(frame.columns)) == (0, list(QUOTE_DTYPES))


@pytest.mark.parametrize("name", list(KEY_DTYPES))
def test_a_key_must_be_there(name: str) -> None:
    given = values()
    del given[name]
    with pytest.raises(FeedError, match=name):
        quote_frame(given)


@pytest.mark.parametrize(("name", "value"), [("strike", [1.0, np.nan]), ("option_type", ["CE", None])])
def test_a_key_is_never_missing(name: str, value: object) -> None:
    with pytest.raises(FeedError, match=f"missing values in {name}"):
        quote_frame(values(**{name: value}))


@pytest.mark.parametrize(("name", "value"), [("bid", ["x", "y"]), ("observed_at", datetime(2025, 1, 1)), ("spot", [1])])  # noqa: DTZ001
def test_what_does_not_fit_is_an_error(name: str, value: object) -> None:
    with pytest.raises(FeedError, match="cast"):
        quote_frame(values(**{name: value}))


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
