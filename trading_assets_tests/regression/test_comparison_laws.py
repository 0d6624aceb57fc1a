"""Laws of the comparison: every signal is counted once, roles mirror each other, and order decides nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.regression.baseline import SignalRecord
from trading_assets.regression.comparison import compare
from trading_assets.regression.differences import CLASSES, PASSING, Comparison, Tolerance
from trading_assets_tests.regression.given import FIRST, record

#: What mirrors when baseline and today change places.
MIRROR = {"missing": "extra", "extra": "missing"}
#: An ordinary machine takes 15 ms for the 200 signals of a strategy and week; the limit leaves room for a busy one.

minutes = st.integers(0, 12).map(lambda step: 3 * step)
signal = st.builds(
    record,
    minute=minutes,
    strike=st.sampled_from([25_000.0, 25_050.0]),
    option_type=st.sampled_from(["CE", "PE"]),
    side=st.sampled_from(["BUY", "SELL"]),
    confidence=st.sampled_from([0.49, 0.5, 0.8, 0.82, 0.9]),
    entry_price=st.sampled_from([100.5, 100.55]),
)


def distinct(found: list[SignalRecord]) -> list[SignalRecord]:
    """One record per signal_id, as a baseline has them."""
    return list({one.signal_id: one for one in found}.values())


signals = st.lists(signal, max_size=10).map(distinct)


def kinds(found: Comparison) -> list[tuple[str, str, str]]:
    """Class and the ids of both sides of every difference, sorted."""
    return sorted(
        (d.kind, d.baseline.signal_id if d.baseline else "", d.current.signal_id if d.current else "")
        for d in found.differences
    )


@given(signals, signals)
def test_every_signal_of_both_sides_is_in_exactly_one_difference(
    was: list[SignalRecord], now: list[SignalRecord]
) -> None:
    found = compare(was, now)
    old = [d.baseline.signal_id for d in found.differences if d.baseline]
    new = [d.current.signal_id for d in found.differences if d.current]
    assert sorted(old) == sorted(one.signal_id for one in was)
    assert sorted(new) == sorted(one.signal_id for one in now)


@given(signals, signals)
def test_counts_are_conserved(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    found = compare(was, now)
    pairs = len(found.differences) - found.count("missing") - found.count("extra")
    assert found.baseline == len(was) == pairs + found.count("missing")
    assert found.current == len(now) == pairs + found.count("extra")
    assert sum(found.counts().values()) == len(found.differences)
    assert set(found.counts()) <= set(CLASSES)


@given(signals)
def test_what_is_compared_with_itself_is_identical(was: list[SignalRecord]) -> None:
    found = compare(was, [replace(one) for one in was])
    assert found.count("identical") == len(was)
    assert found.passed
    assert (found.max_drift, found.mean_drift, found.biased) == (0.0, 0.0, False)


@given(signals, signals)
def test_roles_mirror_each_other(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    there, back = compare(was, now), compare(now, was)
    drifting = {"drift_within", "drift_beyond"}  # drift is relative to the baseline, so these two may change places
    mirrored = sorted(
        ("drift" if kind in drifting else MIRROR.get(kind, kind), second, first) for kind, first, second in kinds(back)
    )
    assert sorted(("drift" if kind in drifting else kind, a, b) for kind, a, b in kinds(there)) == mirrored


@given(signals, signals, st.randoms(use_true_random=False))
def test_the_order_of_either_side_does_not_matter(
    was: list[SignalRecord], now: list[SignalRecord], source: object
) -> None:
    plain = compare(was, now)
    source.shuffle(was)
    source.shuffle(now)
    assert compare(was, now).differences == plain.differences


@given(signals, signals, st.floats(0.0, 0.2), st.floats(0.0, 0.2))
def test_a_wider_tolerance_never_fails_what_a_narrower_one_passes(
    was: list[SignalRecord], now: list[SignalRecord], one: float, other: float
) -> None:
    narrow, wide = (compare(was, now, Tolerance(drift=limit)) for limit in sorted((one, other)))
    assert wide.passed or not narrow.passed
    assert wide.count("drift_beyond") <= narrow.count("drift_beyond")


@given(signals, st.integers(0, 9))
def test_one_lost_signal_is_never_hidden(was: list[SignalRecord], number: int) -> None:
    if was:
        lost = number % len(was)
        found = compare(was, was[:lost] + was[lost + 1 :])
        assert not found.passed
        assert found.count("missing") == 1
        assert found.count("extra") == 0


@given(signals, signals)
def test_passing_means_the_same_ids_on_both_sides(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    if compare(was, now).passed:
        assert {one.signal_id for one in was} == {one.signal_id for one in now}


@given(signals, signals)
def test_pairs_keep_the_rules_of_their_class(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    for d in compare(was, now).differences:
        if d.baseline is None or d.current is None:
            assert d.kind in MIRROR
            continue
        same_id = d.baseline.signal_id == d.current.signal_id
        same_time = d.baseline.timestamp == d.current.timestamp
        same_action = (d.baseline.option_type, d.baseline.side) == (d.current.option_type, d.current.side)
        assert same_id == (d.kind not in {"re_targeted", "shifted", "flipped_side"})
        assert same_time or d.kind == "shifted"
        assert d.kind != "re_targeted" or (same_action and d.baseline.symbol != d.current.symbol)
        assert d.kind != "flipped_side" or not same_action
        assert d.kind != "shifted" or (same_action and not same_time)


@given(signals, signals)
def test_matched_ids_are_never_reported_lost(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    common = {one.signal_id for one in was} & {one.signal_id for one in now}
    found = compare(was, now)
    assert found.matched == len(common)
    lost = {d.record.signal_id for d in found.differences if d.kind in {"missing", "extra", "shifted"}}
    assert not lost & common


@given(st.integers(5, 40), st.floats(0.002, 0.04), st.booleans())
def test_creep_of_all_signals_fails_however_small(count: int, share: float, up: bool) -> None:  # noqa: FBT001
    was = [record(15 * i) for i in range(count)]
    now = [replace(one, confidence=round(0.8 * (1 + (share if up else -share)), 4)) for one in was]
    found = compare(was, now)
    assert all(d.kind in PASSING for d in found.differences)
    assert found.biased
    assert not found.passed


@given(st.lists(st.sampled_from([-0.01, 0.01]), min_size=10, max_size=30))
def test_drift_to_both_sides_is_no_creep(signs: list[float]) -> None:
    was = [record(15 * i) for i in range(len(signs))]
    now = [replace(one, confidence=round(0.8 + sign, 4)) for one, sign in zip(was, signs, strict=True)]
    ups = sum(sign > 0 for sign in signs)
    assert compare(was, now).biased == (max(ups, len(signs) - ups) >= 0.9 * len(signs))


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(-5, 5))
def test_a_shift_is_counted_in_snapshots_either_way(gap: int, by: int) -> None:
    times = np.array(
        [np.datetime64(FIRST.replace(tzinfo=None), "us") + np.timedelta64(gap * i, "m") for i in range(20)]
    )
    found = compare([record(gap * 8)], [record(gap * (8 + by))], None, times)
    if by == 0:
        assert found.count("identical") == 1
    elif abs(by) <= 3:
        assert found.differences[0].detail == f"{by:+d} snapshots"
    else:
        assert found.counts() == {"missing": 1, "extra": 1}


def test_a_whole_strategy_that_is_late_by_one_snapshot_is_shifted_and_not_lost() -> None:
    was = [record(30 * i) for i in range(8)]
    found = compare(was, [record(30 * i + 1) for i in range(8)])
    assert found.counts() == {"shifted": 8}
    assert {d.detail for d in found.differences} == {"+1 minutes"}


def test_legs_of_a_straddle_are_paired_leg_by_leg() -> None:
    was = [record(0, option_type="CE", leg=1), record(0, option_type="PE", leg=2)]
    now = [record(0, 25_050.0, "CE", leg=1), record(0, 25_050.0, "PE", leg=2)]
    found = compare(was, now)
    assert found.counts() == {"re_targeted": 2}
    assert all(d.baseline.leg == d.current.leg for d in found.differences)


def test_the_signals_of_two_indices_are_never_paired() -> None:
    other = replace(record(0), signal_id="f" * 16, symbol="BANKNIFTY 2025-10-28 57000 CE")
    assert compare([record(0)], [other]).counts() == {"missing": 1, "extra": 1}


def test_a_week_of_the_busiest_strategy_is_paired_whole() -> None:
    was = [replace(record(i % 350), signal_id=f"{i:016x}") for i in range(200)]
    spread = [replace(one, timestamp=one.timestamp + timedelta(days=i % 7)) for i, one in enumerate(was)]
    now = [replace(one, confidence=0.81) for one in spread[:150]] + [
        replace(one, signal_id="a" + one.signal_id[1:], timestamp=one.timestamp + timedelta(minutes=1))
        for one in spread[150:]
    ]
    times = np.array(sorted({np.datetime64(one.timestamp.replace(tzinfo=None), "us") for one in [*spread, *now]}))
    assert compare(spread, now, None, times).count("drift_within") == 150
