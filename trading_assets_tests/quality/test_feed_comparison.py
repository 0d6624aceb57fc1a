"""Two recorders of one session: which of their snapshots pair, and how often they say the same."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.feed_comparison import COLUMNS, compare_feeds
from trading_assets.setting_sections import SourceSettings

LIMITS = SourceSettings()
OPEN = pd.Timestamp("2025-11-14 03:45", tz="UTC")
STRIKES = (25_800.0, 25_850.0, 25_900.0)


def feed(name: str, *minutes: float, underlying: str = "NIFTY", **changes: object) -> pd.DataFrame:
    """A call per strike at each minute: last price 100, open interest 7,500 units."""
    moments = np.repeat(np.array(minutes, dtype=np.float64), len(STRIKES))
    count = len(moments)
    values: dict[str, object] = {
        "underlying": pd.Series([underlying] * count, dtype="str"),
        "expiry": pd.Series([pd.Timestamp("2025-11-18")] * count, dtype="datetime64[s]"),
        "strike": np.tile(STRIKES, len(minutes)),
        "option_type": pd.Series(["CE"] * count, dtype="str"),
        "feed": pd.Series([name] * count, dtype="str"),
        "observed_at": (OPEN + pd.to_timedelta(moments, unit="min")).as_unit("us"),
        "spot": 25_850.0,
        "last_price": 100.0,
        "open_interest_units": 7_500.0,
    }
    return pd.DataFrame(values | changes)[COLUMNS]


def only(first: pd.DataFrame, second: pd.DataFrame, limits: SourceSettings = LIMITS) -> dict[str, object]:
    (row,) = compare_feeds(first, second, limits).by_underlying.to_dict("records")
    return row


def test_snapshots_pair_with_the_nearest_and_legs_by_contract() -> None:
    found = only(feed("page", 0, 20), feed("bars", 1, 14.9, 15, 25))
    assert (found["first"], found["second"]) == ("page", "bars")
    assert (found["snapshots"], found["paired"], found["legs"]) == (4, 3, 9), "14.9 is further than 5 min from both"
    assert (found["last_price_agrees"], found["open_interest_agrees"], found["spot_gap"]) == (1.0, 1.0, 0.0)


def test_the_nearest_is_the_one_compared() -> None:
    first = feed("page", 0, 4)
    first.loc[:2, "last_price"] = 50.0
    assert only(first, feed("bars", 1))["last_price_agrees"] == 0.0
    assert only(first, feed("bars", 3))["last_price_agrees"] == 1.0


def test_the_window_of_a_pair_is_a_setting() -> None:
    for seconds, paired in ((59, 0), (60, 1)):
        limits = SourceSettings(pairing_window=timedelta(seconds=seconds))
        assert only(feed("page", 0), feed("bars", 1), limits)["paired"] == paired


def test_agreement_is_counted_within_its_tolerance() -> None:
    first = feed("page", 0)
    second = feed("bars", 0, last_price=[100.0, 101.0, 101.1], open_interest_units=[7_500.0, 7_575.0, 0.0])
    found = only(first, second)
    assert (found["last_price_agrees"], found["open_interest_agrees"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    exact = SourceSettings(price_tolerance=0.0, open_interest_tolerance=0.0)
    assert only(first, second, exact)["last_price_agrees"] == pytest.approx(1 / 3)


def test_what_one_feed_lacks_is_not_compared() -> None:
    second = feed("bars", 0, last_price=[np.nan, 100.0, 200.0], open_interest_units=np.nan, spot=np.nan)
    found = only(feed("page", 0), second)
    assert found["last_price_agrees"] == 0.5
    assert np.isnan(found["open_interest_agrees"])
    assert np.isnan(found["spot_gap"])


def test_the_largest_distance_of_spot_is_told() -> None:
    second = feed("bars", 0, 10, spot=[25_850.0] * 3 + [26_108.5] * 3)
    comparison = compare_feeds(feed("page", 0, 10), second, LIMITS)
    assert comparison.by_underlying["spot_gap"].tolist() == [pytest.approx(1.0)]
    assert comparison.sentences == (
        (
            "NIFTY: 2 of 2 snapshots of bars pair with page; of 6 legs last price agrees on 100.0% (to 1.00%) and open "
            "interest on 100.0% (to 1.00%); spot differs by at most 1.00 %."
        ),
    )


def test_underlyings_are_apart_and_those_of_one_feed_are_left_out() -> None:
    first = pd.concat([feed("page", 0), feed("page", 0, underlying="SENSEX")], ignore_index=True)
    second = pd.concat([feed("bars", 0, last_price=50.0), feed("bars", 0, underlying="BANKNIFTY")], ignore_index=True)
    found = compare_feeds(first, second, LIMITS).by_underlying
    assert found[["underlying", "legs", "last_price_agrees"]].to_numpy().tolist() == [["NIFTY", 3, 0.0]]


def test_feeds_without_a_moment_or_leg_in_common_say_so() -> None:
    for second in (feed("bars", 100), feed("bars", 0, strike=[1.0, 2.0, 3.0])):
        comparison = compare_feeds(feed("page", 0), second, LIMITS)
        assert comparison.sentences[0].endswith("pair with page, without a leg in common.")
    nothing = compare_feeds(feed("page", 0), feed("bars"), LIMITS)
    assert (len(nothing.by_underlying), nothing.sentences) == (0, ())


@settings(max_examples=20)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_a_feed_agrees_with_itself_in_any_order(minutes: list[int], shuffle: object) -> None:
    one = feed("page", *minutes)
    order = list(range(len(one)))
    shuffle.shuffle(order)
    found = only(one, one.iloc[order].assign(feed="copy"))
    assert (found["paired"], found["legs"]) == (len(minutes), len(one))
    assert (found["last_price_agrees"], found["open_interest_agrees"], found["spot_gap"]) == (1.0, 1.0, 0.0)
