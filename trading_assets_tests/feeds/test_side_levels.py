"""Levels as of a moment: never from later, never stale, of several feeds the latest; and what they fill in chains."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.candidate_rows import Surroundings, candidate_frame
from trading_assets.feeds.lake_parquet import FEED as LAKE
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.side_feed import INDIA_VIX, Levels
from trading_assets.feeds.side_levels import NO_LEVELS, Series, SideLevels, series
from trading_assets.feeds.snapshot_json import to_snapshot_json
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.feeds.quote_frames import from_frame
from trading_assets_tests.feeds.test_lake_parquet import export
from trading_assets_tests.feeds.test_normalise import FORWARD, MARKET, RATE, capture, feed_of, model_quotes, years

MINUTE = timedelta(minutes=1)
START = np.datetime64("2025-10-27T05:00", "us")
PARITY = FORWARD * np.exp(-RATE * years("2025-11-04"))


def minutes(*offsets: float) -> np.ndarray:
    return START + np.array([round(offset * 60e6) for offset in offsets], dtype="timedelta64[us]")


def recorded(source: str, offsets: list[float], levels: list[float], stale: timedelta = 5 * MINUTE) -> Series:
    return series(source, stale, [Levels(minutes(*offsets), np.array(levels, dtype=np.float64))])


def as_of(side: SideLevels, *offsets: float, index: str = "NIFTY") -> list[tuple[float, object]]:
    level, source = side.as_of(index, minutes(*offsets))
    return list(zip(level.tolist(), source.tolist(), strict=True))


def test_a_level_serves_from_the_moment_it_is_available_until_it_is_stale() -> None:
    side = SideLevels({"NIFTY": [recorded("bars", [0.0], [25_900.0])]})
    eps = 1 / 60e6
    assert as_of(side, 0.0, 2.0, 5.0) == [(25_900.0, "bars")] * 3
    missing, source = side.as_of("NIFTY", minutes(-eps, 5.0 + eps))
    assert np.isnan(missing).all()
    assert source.tolist() == [None, None]


def test_another_index_has_none() -> None:
    side = SideLevels({"BANKNIFTY": [recorded("bars", [0.0], [58_000.0])]})
    assert np.isnan(side.as_of("NIFTY", minutes(0.0))[0]).all()


def test_of_two_levels_for_one_moment_the_later_recorded_counts() -> None:
    parts = [Levels(minutes(1.0, 0.0), np.array([2.0, 1.0])), Levels(minutes(1.0), np.array([3.0]))]
    found = series("bars", 5 * MINUTE, parts)
    assert found.available_at.tolist() == sorted(found.available_at.tolist())
    assert as_of(SideLevels({"NIFTY": [found]}), 0.5, 1.0) == [(1.0, "bars"), (3.0, "bars")]


def test_of_two_feeds_the_one_that_spoke_last_counts_while_it_is_fresh() -> None:
    bars = recorded("bars", [10.0], [15.5])
    daily = recorded("daily", [-1_000.0], [14.0], timedelta(days=5))
    for order in ([bars, daily], [daily, bars]):
        side = SideLevels({INDIA_VIX: order})
        found = as_of(side, 9.0, 10.0, 15.0, 16.0, index=INDIA_VIX)
        assert found == [(14.0, "daily"), (15.5, "bars"), (15.5, "bars"), (14.0, "daily")]


def test_nothing_recorded_is_nothing_known() -> None:
    empty = series("bars", MINUTE, [])
    for side in (NO_LEVELS, SideLevels({"NIFTY": [empty]}), SideLevels({"NIFTY": []})):
        assert np.isnan(side.as_of("NIFTY", minutes(0.0, 1.0))[0]).all()
        assert side.as_of("NIFTY", minutes())[0].shape == (0,)


times = st.lists(st.integers(0, 60), max_size=20)


@given(times, st.lists(st.integers(-5, 90), min_size=1, max_size=20), st.integers(0, 20))
def test_the_join_is_the_plain_search(available: list[int], asked: list[int], stale: int) -> None:
    levels = [100.0 + position for position in range(len(available))]
    side = SideLevels({"NIFTY": [recorded("bars", [float(at) for at in available], levels, stale * MINUTE)]})
    for at, (level, source) in zip(asked, as_of(side, *asked), strict=True):
        usable = [(when, position) for position, when in enumerate(available) if at - stale <= when <= at]
        if usable:
            assert (level, source) == (100.0 + max(usable)[1], "bars")
        else:
            assert (np.isnan(level), source) == (True, None)


@given(times, st.integers(0, 60))
def test_what_comes_later_changes_nothing_before_it(available: list[int], cut: int) -> None:
    levels = [100.0 + position for position in range(len(available))]
    early = [(at, level) for at, level in zip(available, levels, strict=True) if at <= cut]
    asked = [float(at) for at in range(cut + 1)]
    whole = SideLevels({"NIFTY": [recorded("bars", [float(at) for at in available], levels)]})
    known = SideLevels({"NIFTY": [recorded("bars", [float(at) for at, _ in early], [level for _, level in early])]})
    for one, other in zip(as_of(whole, *asked), as_of(known, *asked), strict=True):
        np.testing.assert_equal(one, other)


def completed(frame: pd.DataFrame, side: SideLevels, underlying: str = "NIFTY") -> pd.DataFrame:
    captures = [capture("x", underlying=underlying)]
    found = normalise_session(captures, feed_of({"x": frame}), MARKET, RATE, side)
    assert found.unreadable == ()
    return found.frame


def told(frame: pd.DataFrame) -> set[tuple[object, ...]]:
    columns = frame[["spot", "spot_source", "india_vix", "vix_source"]]
    return {
        tuple(None if pd.isna(value) else value for value in row) for row in columns.itertuples(index=False, name=None)
    }


BOTH = SideLevels(
    {"NIFTY": [recorded("index-1min", [-1.0], [25_850.0])], INDIA_VIX: [recorded("vix-daily", [-1.0], [13.5])]}
)


def test_a_chain_without_spot_and_vix_has_those_of_side_feeds_flagged() -> None:
    assert told(completed(model_quotes(spot=np.nan), BOTH)) == {(25_850.0, "index-1min", 13.5, "vix-daily")}


def test_what_a_chain_has_of_its_own_is_never_replaced() -> None:
    frame = completed(model_quotes(spot=25_000.0, india_vix=20.0), BOTH)
    assert told(frame) == {(25_000.0, "feed", 20.0, "feed")}


def test_a_stale_or_later_level_leaves_the_spot_to_parity_and_the_vix_missing() -> None:
    for offset in (-5.001, 0.001):
        side = SideLevels({name: [recorded("bars", [offset], [25_850.0])] for name in ("NIFTY", INDIA_VIX)})
        ((spot, spot_source, vix, vix_source),) = told(completed(model_quotes(spot=np.nan), side))
        assert (spot, spot_source) == (pytest.approx(PARITY), "parity")
        assert (vix, vix_source) == (None, None), "missing stays missing"


def test_what_is_available_between_exchange_time_and_receipt_is_not_used() -> None:
    """The chain was received five seconds after its exchange time; a level of the second before was not there yet."""
    side = SideLevels({"NIFTY": [recorded("bars", [4 / 60], [25_850.0])]})
    assert {source for _, source, _, _ in told(completed(model_quotes(spot=np.nan), side))} == {"parity"}


def test_legs_of_one_snapshot_are_completed_one_by_one() -> None:
    quotes = model_quotes()
    own = quotes["spot"].iloc[0]
    quotes.loc[:3, "spot"] = np.nan
    frame = completed(quotes, BOTH)
    assert frame["spot"].tolist() == [25_850.0] * 4 + [own] * (len(frame) - 4)
    assert frame["spot_source"].tolist() == ["index-1min"] * 4 + ["feed"] * (len(frame) - 4)


def test_the_id_of_a_snapshot_and_everything_computed_from_quotes_stay() -> None:
    alone, beside = (completed(model_quotes(spot=np.nan), side) for side in (NO_LEVELS, BOTH))
    differing = ["spot", "spot_source", "india_vix", "vix_source"]
    pd.testing.assert_frame_equal(alone.drop(columns=differing), beside.drop(columns=differing))


def test_two_indices_of_a_session_have_their_own_levels() -> None:
    side = SideLevels(
        {
            "NIFTY": [recorded("bars", [-1.0], [25_850.0])],
            "BANKNIFTY": [recorded("bars", [-1.0], [58_000.0])],
        }
    )
    quotes = model_quotes("2025-11-25", spot=np.nan)
    captures = [capture("x"), capture("y", underlying="BANKNIFTY")]
    frame = normalise_session(captures, feed_of({"x": quotes, "y": quotes}), MARKET, RATE, side).frame
    assert dict(frame.groupby("underlying")["spot"].unique().map(list)) == {
        "NIFTY": [25_850.0],
        "BANKNIFTY": [58_000.0],
    }


def test_candidates_without_side_levels_name_no_source_of_vix() -> None:
    given_facts = Surroundings(MARKET.reference, RATE, NO_LEVELS)
    frame = candidate_frame([capture("x")], [from_frame(model_quotes())], feed_of({}), given_facts)
    assert frame["vix_source"].isna().all()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == CONTRACT.dtypes


def test_an_export_carries_only_what_the_feed_said_itself() -> None:
    """Carried to another home, a level of a side feed would pass there as the feed's own."""
    frame = completed(model_quotes(spot=np.nan), BOTH)
    own = completed(model_quotes(spot=25_000.0, india_vix=20.0), BOTH)
    for rows, spot, vix in ((frame, None, None), (own, 25_000.0, 20.0)):
        (carried,) = LAKE.captures(export(rows), None)
        read = LAKE.quotes(carried).frame()
        assert {None if pd.isna(value) else value for value in read["spot"]} == {spot}
        assert {None if pd.isna(value) else value for value in read["india_vix"]} == {vix}
        text = to_snapshot_json(rows).decode()
        assert f'"spot_price": {"null" if spot is None else spot}' in text
        assert f'"india_vix": {"null" if vix is None else vix}' in text


def test_a_level_from_the_evening_before_serves_the_morning() -> None:
    evening = np.datetime64("2025-10-24T10:00", "us")  # Friday's close; the session asked about is a Monday
    found = series("vix-daily", timedelta(days=5), [Levels(np.array([evening]), np.array([11.7]))])
    frame = completed(model_quotes(), SideLevels({INDIA_VIX: [found]}))
    assert (set(frame["india_vix"]), set(frame["vix_source"])) == ({11.7}, {"vix-daily"})
