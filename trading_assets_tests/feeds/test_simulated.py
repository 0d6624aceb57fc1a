from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from trading_assets.errors import FeedError, ReferenceDataError
from trading_assets.feeds.archives import RawFile, raw_files
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated import FEED
from trading_assets.feeds.simulated_dirt import WRONG_INDEX_LEVEL
from trading_assets.feeds.simulated_files import (
    COMMITTED_SESSIONS,
    DIRTY_SESSION,
    FIXTURE_DIRT,
    FIXTURE_SESSIONS,
    SCRIPTED_SESSIONS,
    fixture_folder,
    fixture_spec,
    scripted_folder,
    write_fixture,
    write_session,
)
from trading_assets.feeds.simulated_history import history_file
from trading_assets.feeds.simulated_market import simulate_session
from trading_assets.feeds.simulated_path import closing_level, opening_level
from trading_assets.feeds.simulated_spec import Dirt, SimulationSpec
from trading_assets.market.packaged import load_market
from trading_assets.settings import QualitySettings
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signals import signals
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.quote_frames import from_frame

if TYPE_CHECKING:
    from pathlib import Path

MARKET = load_market()
DAY = date(2025, 11, 12)
SMALL = SimulationSpec(strikes_each_side=8, cadence=timedelta(minutes=5))
SPREAD_TOLERANCE = 1e-9


def simulate(spec: SimulationSpec, day: date = DAY) -> pd.DataFrame:
    calendar = MARKET.reference.calendar_of(spec.underlying)
    return simulate_session(spec, calendar.session(day), MARKET.reference)


def committed(day: date) -> RawFile:
    name = f"NIFTY_{day}.parquet"
    folder = scripted_folder() if day in SCRIPTED_SESSIONS else fixture_folder()
    content = folder.joinpath(name).read_bytes()
    return RawFile(name, datetime(2020, 1, 1, tzinfo=UTC), content)


class TestCommittedSession(FeedContract):
    name = "simulated"
    underlying = "NIFTY"
    day = date(2026, 2, 1)
    snapshots = 375
    legs = 375 * 2 * 27 * 2
    lot_size = 65

    @property
    def total_open_interest_units(self) -> float:
        return simulate(fixture_spec(self.day), self.day)["open_interest"].sum() * self.lot_size

    def recording(self) -> RawFile:
        return committed(self.day)


def test_the_committed_files_are_small_and_complete() -> None:
    files = [*fixture_folder().iterdir(), *scripted_folder().iterdir()]
    assert sorted(item.name for item in files) == [f"NIFTY_{day}.parquet" for day in COMMITTED_SESSIONS]
    assert sum(len(item.read_bytes()) for item in (*files, history_file())) <= 1_000_000


@pytest.mark.parametrize("day", [DIRTY_SESSION, FIXTURE_SESSIONS[0], *SCRIPTED_SESSIONS])
def test_a_committed_session_can_be_made_again(day: date) -> None:
    file = committed(day)
    kept = FEED.quotes(next(FEED.captures(file, None))).frame()
    made = simulate(fixture_spec(day), day)
    assert list(kept.columns) == list(made.columns)
    for name in kept.columns:
        if kept[name].dtype == "float64":
            # exp and log differ in the last bit between processors, which can move a price by a tick
            np.testing.assert_allclose(kept[name], made[name], rtol=1e-4, atol=0.11, equal_nan=True, err_msg=name)
        else:
            assert kept[name].equals(made[name]), name


def test_one_session_is_dirty_where_it_says() -> None:
    wrong, frozen = FIXTURE_DIRT
    for day in FIXTURE_SESSIONS:
        frame = FEED.quotes(next(FEED.captures(committed(day), None))).frame()
        by_snapshot = frame.groupby("observed_at")
        spot = by_snapshot["spot"].first().to_numpy()
        off = np.flatnonzero(spot < 0.6 * np.median(spot))
        still = np.flatnonzero(by_snapshot["bid"].sum().diff().to_numpy() == 0.0)
        if day == DIRTY_SESSION:
            assert off.tolist() == list(range(wrong.first, wrong.first + wrong.count))
            assert spot[off] == pytest.approx(WRONG_INDEX_LEVEL, rel=0.02)
            assert set(range(frozen.first + 1, frozen.first + frozen.count)) <= set(still.tolist())
        else:
            assert len(off) == 0


def test_write_fixture_writes_every_file_readably(tmp_path: Path) -> None:
    days = (SCRIPTED_SESSIONS[0], DIRTY_SESSION)
    paths = write_fixture(tmp_path, MARKET, days)
    assert [path.name for path in paths] == [f"NIFTY_{day}.parquet" for day in days]
    captures = [next(FEED.captures(next(raw_files(path)), None)) for path in paths]
    assert [capture.day for capture in captures] == list(days)


def test_both_strategies_fire_in_both_directions_in_most_sessions() -> None:
    fired: dict[tuple[str, str], int] = {}
    both = {name: one for name, one in load_strategies().items() if name in {"pcr_analysis", "oi_change_patterns"}}
    days = MARKET.calendar.sessions(date(2025, 9, 1), date(2025, 10, 17))[::4]
    for day in days:
        capture = next(FEED.captures(committed(FIXTURE_SESSIONS[0]), None))
        frame = simulate(SimulationSpec(strikes_each_side=13), day)
        feed = replace(FEED, quotes=lambda _, frame=frame: from_frame(frame))
        candidates = normalise_session([replace(capture, day=day)], feed, MARKET, 0.065).frame
        found = signals(candidates, MARKET.calendar.session(day), {}, both)
        for key in set(zip(found["strategy_id"], found["option_type"], strict=True)):
            fired[key] = fired.get(key, 0) + 1
    assert len(fired) == 4
    assert min(fired.values()) > len(days) / 2


# --- laws -----------------------------------------------------------------------------------------------------------

SPECS = st.builds(
    SimulationSpec,
    underlying=st.sampled_from(["NIFTY", "BANKNIFTY", "SENSEX"]),
    seed=st.integers(0, 2**32),
    cadence=st.sampled_from([timedelta(minutes=15), timedelta(minutes=40)]),
    strikes_each_side=st.integers(1, 12),
    expiries=st.integers(1, 3),
    regime=st.sampled_from([None, "trend", "range", "volatile"]),
)
DAYS = st.sampled_from(MARKET.calendar.sessions(date(2024, 12, 1), date(2026, 2, 10)))


@examples(max_examples=40)
@given(SPECS, DAYS)
def test_laws_of_a_simulated_market(spec: SimulationSpec, day: date) -> None:
    frame = simulate(spec, day)
    session = MARKET.reference.calendar_of(spec.underlying).session(day)
    assert frame["observed_at"].map(session.contains).all()
    assert frame["received_at"].map(session.contains).all()
    assert (frame["received_at"] > frame["observed_at"]).all()
    assert not frame.duplicated(["observed_at", "expiry", "strike", "option_type"]).any()
    _prices_stand_on_ticks_and_do_not_cross(frame)
    _parity_holds_within_the_spreads(frame, spec)
    _calls_fall_and_puts_rise_with_the_strike(frame)
    _counts_are_whole_and_volume_never_falls(frame)
    assert frame["spot"].between(*_band(spec.underlying)).all()


def _band(underlying: str) -> tuple[float, float]:
    (band,) = [band for band in QualitySettings().spot_bands if band.underlying == underlying]
    return band.low, band.high


def _prices_stand_on_ticks_and_do_not_cross(frame: pd.DataFrame) -> None:
    for name in ("spot", "bid", "ask", "last_price"):
        ticks = frame[name].dropna() / 0.05
        np.testing.assert_allclose(ticks, ticks.round(), atol=1e-5, err_msg=name)
    assert not (frame["bid"] >= frame["ask"]).any()
    assert (frame["ask"] >= 0.05).all()
    assert not (frame["bid"] < 0.05).any()
    traded = frame.dropna(subset=["last_price", "bid"])
    assert (traded["last_price"] - traded["bid"] > -SPREAD_TOLERANCE).all()
    assert (traded["ask"] - traded["last_price"] > -SPREAD_TOLERANCE).all()


def _parity_holds_within_the_spreads(frame: pd.DataFrame, spec: SimulationSpec) -> None:
    """No riskless profit: with F = S·e^(rT), C - P = S - K·e^(-rT) lies between what it costs and what it brings."""
    keys = ["observed_at", "expiry", "strike"]
    both = frame[frame["option_type"] == "CE"].merge(frame[frame["option_type"] == "PE"], on=keys, suffixes=("", "_p"))
    close = {
        day: MARKET.reference.expiry_close(spec.underlying, day.date()) for day in both["expiry"].drop_duplicates()
    }
    left = (both["expiry"].map(close).dt.tz_convert("UTC") - both["observed_at"]).dt.total_seconds()
    years = np.maximum(left, 60.0) / (365 * 86_400)
    worth = both["spot"] - both["strike"] * np.exp(-spec.rate * years)
    cost = both["ask"] - both["bid_p"].fillna(0.0)
    gain = both["bid"].fillna(0.0) - both["ask_p"]
    assert (gain <= worth + SPREAD_TOLERANCE).all()
    assert (worth <= cost + SPREAD_TOLERANCE).all()


def _calls_fall_and_puts_rise_with_the_strike(frame: pd.DataFrame) -> None:
    for side, sign in (("CE", -1.0), ("PE", 1.0)):
        legs = frame[frame["option_type"] == side]
        for name in ("bid", "ask"):
            steps = legs.groupby(["observed_at", "expiry"])[name].diff().dropna()
            assert (sign * steps >= -SPREAD_TOLERANCE).all(), (side, name)


def _counts_are_whole_and_volume_never_falls(frame: pd.DataFrame) -> None:
    for name in ("open_interest", "volume", "bid_quantity", "ask_quantity"):
        assert (frame[name] >= 0).all(), name
        assert (frame[name] % 1 == 0).all(), name
    steps = frame.groupby(["expiry", "strike", "option_type"])["volume"].diff().dropna()
    assert (steps >= 0).all()
    assert frame["bid"].isna().eq(frame["bid_quantity"] == 0).all()


def test_the_same_spec_gives_the_same_market_and_another_seed_another() -> None:
    pd.testing.assert_frame_equal(simulate(SMALL), simulate(SMALL))
    assert not simulate(SMALL).equals(simulate(replace(SMALL, seed=SMALL.seed + 1)))
    assert not simulate(SMALL)["bid"].equals(simulate(SMALL, date(2025, 11, 13))["bid"])


@given(st.integers(0, 10_000))
def test_sessions_join_whatever_lies_between_them(seed: int) -> None:
    spec = replace(SMALL, seed=seed)
    days = MARKET.calendar.sessions(date(2025, 10, 13), date(2025, 11, 14))
    for before, after in pairwise(days):
        gap = opening_level(spec, after) / closing_level(spec, before) - 1
        assert abs(gap) < 0.02 * (after - before).days + 0.01


def test_the_open_does_not_depend_on_the_mood_asked_for() -> None:
    opens = {simulate(replace(SMALL, regime=regime))["spot"].iloc[0] for regime in (None, "trend", "range", "volatile")}
    assert len(opens) == 1


def test_a_volatile_day_moves_more_than_a_range_day() -> None:
    def travelled(regime: str) -> float:
        frame = simulate(replace(SMALL, regime=regime))
        return float(frame.groupby("observed_at")["spot"].first().diff().abs().sum())

    assert travelled("volatile") > 1.5 * travelled("range")


def test_a_special_session_has_its_own_hours_and_drills_two_intervals() -> None:
    muhurat = simulate(SMALL, date(2025, 10, 21))
    assert muhurat["observed_at"].min() == pd.Timestamp("2025-10-21 13:45+05:30")
    assert muhurat["observed_at"].nunique() == 12
    drill = simulate(SMALL, date(2024, 3, 2))["observed_at"].drop_duplicates()
    assert len(drill) == 9 + 12
    assert drill.diff().max() > timedelta(hours=1)


def test_any_cadence_and_size() -> None:
    frame = simulate(SimulationSpec(cadence=timedelta(seconds=30), strikes_each_side=2, expiries=1))
    assert len(frame) == 750 * 5 * 2


def test_what_cannot_be_simulated_says_why() -> None:
    with pytest.raises(FeedError, match="cadence"):
        SimulationSpec(cadence=timedelta(0))
    with pytest.raises(FeedError, match="known expiries"):
        simulate(replace(SMALL, expiries=200))
    with pytest.raises(ReferenceDataError):
        simulate_session(replace(SMALL, underlying="NOSUCH"), MARKET.calendar.session(DAY), MARKET.reference)
    with pytest.raises(FeedError, match="no dirt"):
        Dirt("frozen", 0, 0)


# --- dirt -----------------------------------------------------------------------------------------------------------


def dirty(kind: str) -> tuple[pd.DataFrame, pd.DataFrame, slice]:
    clean = simulate(SMALL)
    legs = len(clean) // 75
    return clean, simulate(replace(SMALL, dirt=(Dirt(kind, 10, 3),))), slice(10 * legs, 13 * legs)


@pytest.mark.parametrize(
    "kind",
    ["zero_spot", "wrong_index_spot", "stale", "frozen", "negative_open_interest", "crossed_quotes", "duplicate_rows"],
)
def test_dirt_is_in_its_snapshots_and_nowhere_else(kind: str) -> None:
    clean, frame, rows = dirty(kind)
    inside = np.zeros(len(clean), dtype=bool)
    inside[rows] = True
    pd.testing.assert_frame_equal(clean[~inside], frame.iloc[: len(clean)][~inside])
    assert not clean.equals(frame)


def test_each_dirt_is_what_it_says() -> None:
    assert (dirty("zero_spot")[1]["spot"] == 0.0).sum() == 3 * 68
    clean, frame, rows = dirty("stale")
    assert set(frame["observed_at"][rows]) == {frame["observed_at"][rows.start]}
    assert frame["received_at"].equals(clean["received_at"])
    clean, frame, rows = dirty("frozen")
    assert frame["observed_at"].equals(clean["observed_at"])
    assert len(set(frame[rows].groupby("observed_at")["bid"].sum())) == 1
    assert (dirty("negative_open_interest")[1]["open_interest"] < 0).sum() == 3
    _, frame, rows = dirty("crossed_quotes")
    assert (frame["bid"] > frame["ask"])[rows].mean() > 0.8
    clean, frame, _ = dirty("duplicate_rows")
    assert len(frame) == len(clean) + 3
    assert frame.duplicated().sum() == 3


def test_dirt_beyond_the_session_does_not_exist() -> None:
    pd.testing.assert_frame_equal(simulate(SMALL), simulate(replace(SMALL, dirt=(Dirt("zero_spot", 75, 5),))))


# --- files ----------------------------------------------------------------------------------------------------------


def packed(table: pa.Table) -> RawFile:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return RawFile("x.parquet", datetime(2020, 1, 1, tzinfo=UTC), sink.getvalue().to_pybytes())


def table_of(tmp_path: Path) -> pa.Table:
    return pq.read_table(write_session(tmp_path, SMALL, MARKET.calendar.session(DAY), MARKET.reference))


def test_a_file_gives_back_what_was_simulated_and_zero_spot_as_missing(tmp_path: Path) -> None:
    spec = replace(SMALL, dirt=(Dirt("zero_spot", 0, 2),))
    path = write_session(tmp_path, spec, MARKET.calendar.session(DAY), MARKET.reference)
    frame = FEED.quotes(next(FEED.captures(next(raw_files(path)), None))).frame()
    expected = simulate(spec)
    assert frame["spot"].isna().sum() == 2 * 68
    pd.testing.assert_frame_equal(frame, expected.assign(spot=expected["spot"].where(expected["spot"] != 0.0)))


def test_a_file_that_does_not_say_its_underlying_needs_the_call_to(tmp_path: Path) -> None:
    file = packed(table_of(tmp_path).replace_schema_metadata(None))
    with pytest.raises(FeedError, match="--underlying"):
        list(FEED.captures(file, None))
    assert next(FEED.captures(file, "SENSEX")).underlying == "SENSEX"


@pytest.mark.parametrize("name", ["observed_at", "received_at", "expiry", "strike", "option_type", "bid"])
def test_columns_of_another_kind_are_named(tmp_path: Path, name: str) -> None:
    table = table_of(tmp_path)
    at = table.schema.get_field_index(name)
    broken = table.set_column(at, name, pa.array([[1]] * len(table)))
    capture = next(FEED.captures(packed(table), None))
    with pytest.raises(FeedError, match=name):
        FEED.quotes(replace(capture, raw=packed(broken).content))


def test_a_side_that_is_no_text_is_refused(tmp_path: Path) -> None:
    capture = next(FEED.captures(packed(table_of(tmp_path)), None))
    assert capture.raw.count(b"\x02\x00\x00\x00PE") > 0
    with pytest.raises(FeedError, match="CE and PE"):
        FEED.quotes(replace(capture, raw=capture.raw.replace(b"\x02\x00\x00\x00PE", b"\x02\x00\x00\x00\xa3E")))


def in_zone(tmp_path: Path, name: str, zone: bytes) -> RawFile:
    """A file of which one column is in a zone of seven letters."""
    table = table_of(tmp_path)
    at = table.schema.get_field_index(name)
    file = packed(table.set_column(at, name, table[name].cast(pa.timestamp("us", tz="Etc/GMT"))))
    kinds = pq.read_metadata(pa.BufferReader(file.content)).metadata[b"ARROW:schema"]
    damaged = base64.b64encode(base64.b64decode(kinds).replace(b"Etc/GMT", zone))
    return replace(file, content=file.content.replace(kinds, damaged))


@pytest.mark.parametrize("name", ["received_at", "expiry"])
def test_a_zone_whose_name_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FeedError, match=f"{name}|received"):
        FEED.quotes(next(FEED.captures(in_zone(tmp_path, name, b"Etc/\xa3MT"), None)))


def test_times_are_instants_whatever_their_zone_is_called(tmp_path: Path) -> None:
    good = next(FEED.captures(packed(table_of(tmp_path)), None))
    named = next(FEED.captures(in_zone(tmp_path, "received_at", b"Etc/GMX"), None))
    assert (named.received_at, named.day) == (good.received_at, good.day)
    pd.testing.assert_frame_equal(FEED.quotes(named).frame(), FEED.quotes(good).frame())


@pytest.mark.parametrize("micros", [2**62, -(2**62), 253_402_300_799_000_000, 0])
def test_a_file_of_another_age_is_refused(tmp_path: Path, micros: int) -> None:
    table = table_of(tmp_path)
    far = pa.array([micros] * len(table), pa.timestamp("us", tz="UTC"))
    file = packed(table.set_column(table.schema.get_field_index("received_at"), "received_at", far))
    with pytest.raises(FeedError, match="received"):
        list(FEED.captures(file, None))


@pytest.mark.parametrize("name", ["observed_at", "expiry", "strike", "option_type"])
def test_columns_that_are_absent_are_named(tmp_path: Path, name: str) -> None:
    table = table_of(tmp_path)
    capture = next(FEED.captures(packed(table), None))
    with pytest.raises(FeedError, match=name):
        FEED.quotes(replace(capture, raw=packed(table.drop_columns([name])).content))


def test_a_file_without_times_is_refused(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    for broken in (table.drop_columns(["received_at"]), table.slice(0, 0)):
        with pytest.raises(FeedError, match="received_at"):
            list(FEED.captures(packed(broken), None))


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=30))
def test_damaged_parquet_gives_rows_or_a_feed_error(at: int, junk: bytes) -> None:
    good = next(FEED.captures(committed(FIXTURE_SESSIONS[0]), None))
    at = len(good.raw) - at  # the footer is where a reader can be led astray
    try:
        FEED.quotes(replace(good, raw=good.raw[:at] + junk + good.raw[at + len(junk) :]))
    except FeedError as error:
        assert good.source in str(error)  # noqa: PT017 -- either outcome is right
