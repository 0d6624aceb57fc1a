"""Ends of columns, and that a glance never promises too much: no rule is broken that the gate need not measure.

`TRADING_ASSETS_TEST_HOSTILE=10000` asks for that many hostile snapshots instead of a few.
"""

import os
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.examine import Examiner, examine
from trading_assets.quality.extremes import NUMBERS, Columns, of_columns, of_snapshot, room_for
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.glance import CEILINGS, Glance
from trading_assets.quality.leg_facts import FACTS, leg_facts
from trading_assets.quality.leg_layout import LegLayout
from trading_assets.quality.market_snapshots import STATEFUL, STATELESS
from trading_assets.quality.memory import SessionMemory
from trading_assets.quality.option_legs import RULES as LEG_RULES
from trading_assets.quality.rule import Rule
from trading_assets.quality.snapshot_evidence import SnapshotEvidence
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.quality.snapshot_rows import SnapshotRows
from trading_assets.quality.volume_profile import MINUTES_A_DAY, VolumeProfile
from trading_assets_tests.quality.clean_sessions import clean_case, snapshot_rows_of

FULL = int(os.environ.get("TRADING_ASSETS_TEST_HOSTILE", "200"))
STATELESS_RULES = (*LEG_RULES, *STATELESS)
WITH_CEILING = [rule for rule in STATELESS_RULES if rule.ceiling is not None]
HOSTILE = [0.0, -0.0, -1.0, 1e-9, 0.05, 75.0, 24_900.0, 25_000.0, 26_000.0, 1e308, -1e308, np.nan, np.inf, -np.inf]
#: About the limits: whole lots, the tick, spot and its percents, bid and ask.
NEAR = [
    1e-6,
    124.049,
    125.03,
    1.1e-6,
    0.5,
    24.0,
    25.1,
    124.0,
    126.0,
    200.0,
    201.0,
    9_999.0,
    15_001.0,
    25_012.4,
    25_012.6,
    25_251.0,
]
CASE = clean_case(1)
values = st.sampled_from([*HOSTILE, *NEAR])
cells = st.tuples(st.sampled_from(NUMBERS), st.integers(0, 79), values)
columns = st.tuples(st.sampled_from(NUMBERS), st.just(-1), values)
seconds = st.sampled_from(
    [None, -86_400.0, -60.0, -5.0, 0.0, 5.1, 300.0, 301.0, 22_000.0, 22_500.0, 22_560.0, 90_000.0]
)
Changes = list[tuple[str, int, float]]


def one_snapshot(changes: Changes) -> SnapshotRows:
    """A clean snapshot with some cells or columns changed, as the gate holds it."""
    rows = snapshot_rows(CASE.frame)[0]
    flat = room_for(rows.size)
    matrix = flat[: len(NUMBERS) * rows.size].reshape(len(NUMBERS), -1)
    for at, name in enumerate(NUMBERS):
        matrix[at] = rows.number(name)
    for name, at, value in changes:
        matrix[NUMBERS.index(name), slice(None) if at < 0 else at] = value
    layout = LegLayout(rows.layouts[0].expiry, matrix[NUMBERS.index("strike")], rows.layouts[0].side)
    return replace(
        rows,
        layouts=(layout,),
        numbers=Columns(matrix),
        flat=flat,
        observed=rows.observed_at.item(),
        received=rows.received_at.item(),
    )


def moved(rows: SnapshotRows, observed: float | None, received: float | None) -> SnapshotRows:
    """The snapshot with its times moved by seconds, or missing."""
    shifted = [
        None if by is None or not isinstance(at, datetime) else at + timedelta(seconds=by)
        for at, by in ((rows.observed, observed), (rows.received, received))
    ]
    return replace(rows, observed=shifted[0], received=shifted[1])


def with_usual_volume(times_usual: float) -> SnapshotFacts:
    """What is known of the session, and a usual volume that the clean snapshot's is that many times of."""
    rows = one_snapshot([])
    near = rows.number("volume_units")[: rows.size // 2].sum()
    profile = VolumeProfile(np.full(MINUTES_A_DAY, near / times_usual), np.full(MINUTES_A_DAY, near / 100.0))
    return replace(CASE.facts, usual_volume={"NIFTY": profile})


def broken(rules: tuple[Rule, ...], evidence: SnapshotEvidence) -> set[str]:
    """Rules that break a limit when all are measured."""
    sources = {"row": evidence.legs, "snapshot": evidence}
    with np.errstate(all="ignore"):
        return {
            rule.name
            for rule in rules
            if (rule.measure(*(sources[rule.per][name] for name in rule.columns)) > rule.lowest_limit).any()
        }


def promised(glance: Glance) -> set[str]:
    """Rules that need not be measured."""
    return {rule.name for rule in WITH_CEILING if rule.ceiling and getattr(glance, rule.ceiling) <= rule.lowest_limit}


@settings(max_examples=FULL)
@given(st.lists(st.one_of(cells, cells, columns), max_size=5), seconds, seconds, st.sampled_from([None, 0.99, 2.0]))
def test_a_rule_that_the_gate_need_not_measure_is_not_broken(
    changes: Changes, observed: float | None, received: float | None, usual: float | None
) -> None:
    rows = moved(one_snapshot(changes), observed, received)
    facts = CASE.facts if usual is None else with_usual_volume(usual)
    examiner = Examiner(facts, CASE.settings)
    with np.errstate(all="ignore"):
        found = broken(STATELESS_RULES, examiner.gather(rows))
        assert not promised(examiner.glance(rows)) & found
    told = examine(rows, facts, CASE.settings, SessionMemory())
    stateful = {rule.name for rule in STATEFUL}
    assert {item.rule.name for item in (*told.snapshots, *told.legs)} - stateful == found, "nor is one left out"


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 239), values), max_size=5))
def test_nor_one_that_the_batch_need_not_measure(changes: Changes) -> None:
    frame = clean_case(3).frame
    for name, at, value in changes:
        if name != "lot_size":
            frame.loc[at, name] = value
    rows, examiner = snapshot_rows(frame)[0], Examiner(CASE.facts, CASE.settings)
    assert not promised(examiner.glance(rows)) & broken(STATELESS_RULES, examiner.gather(rows))


@pytest.mark.parametrize(("times_usual", "unusual"), [(1.0, False), (2.0, True)])
def test_with_a_usual_volume_a_glance_compares_with_it(times_usual: float, unusual: bool) -> None:  # noqa: FBT001 a table's column
    rows, facts = one_snapshot([]), with_usual_volume(times_usual)
    found = examine(rows, facts, CASE.settings, SessionMemory()).snapshots
    assert [item.rule.name for item in found] == (["volume_anomaly"] if unusual else [])
    assert ("volume_anomaly" in promised(Examiner(facts, CASE.settings).glance(rows))) != unusual


@pytest.mark.parametrize("column", ["last_price", "bid", "ask"])
def test_each_price_off_the_tick_is_told(column: str) -> None:
    price = one_snapshot([]).number(column)[4]
    (told,) = examine(one_snapshot([(column, 4, price + 0.02)]), CASE.facts, CASE.settings, SessionMemory()).legs
    assert (told.rule.name, np.flatnonzero(told.severity).tolist()) == ("price_off_tick", [4])
    assert told.measured[4] == pytest.approx(0.02)


@pytest.mark.parametrize("rule", WITH_CEILING, ids=lambda rule: rule.name)
def test_a_clean_snapshot_needs_no_measuring(rule: Rule) -> None:
    """A ceiling that is never low costs time and saves none."""
    assert rule.name in promised(Examiner(CASE.facts, CASE.settings).glance(one_snapshot([])))


def test_every_rule_has_a_ceiling_or_reads_the_layout_alone() -> None:
    """Else each snapshot would be measured."""
    rows = one_snapshot([])
    assert set(leg_facts(rows.layouts[0], "NIFTY", CASE.facts)) == FACTS
    assert {
        rule.name for rule in STATELESS_RULES if rule.ceiling is None and not FACTS.issuperset(rule.columns)
    } == set()


def test_every_ceiling_is_asked_for_by_a_rule() -> None:
    assert {rule.ceiling for rule in WITH_CEILING} == set(CEILINGS)
    assert all(rule.ceiling is None for rule in STATEFUL)


def test_columns_of_a_snapshot_are_cut_out_by_name() -> None:
    found = Columns(np.arange(30.0).reshape(15, 2))
    assert list(found) == list(NUMBERS)
    assert len(found) == 15
    assert found["bid"].tolist() == [2.0, 3.0]


@settings(max_examples=50)
@given(st.lists(cells, max_size=6))
def test_ends_are_those_of_the_columns(changes: list[tuple[str, int, float]]) -> None:
    rows = one_snapshot(changes)
    assert rows.flat is not None
    with np.errstate(all="ignore"):
        fused, plain = of_snapshot(rows.flat, rows.layouts[0]), of_columns(rows.numbers)
    for name in NUMBERS:
        assert fused.low(name) == plain.low(name)
        assert fused.high(name) == plain.high(name)
        assert not fused.whole(name) or not np.isnan(rows.number(name)).any()
    assert fused.one_spot <= plain.one_spot


def test_ends_of_several_columns_skip_what_is_missing() -> None:
    ends = one_snapshot([("bid", -1, np.nan), ("ask", 3, 9_999.0)]).extremes
    assert ends.high("ask") == 9_999.0
    assert (ends.low("bid"), ends.high("bid")) == (np.inf, -np.inf)
    assert not ends.whole("bid")
    assert not ends.any_of("bid")
    assert ends.any_of("bid", "ask")


def test_of_several_snapshots_a_value_somewhere_is_not_a_value_everywhere() -> None:
    frame = clean_case(2).frame
    frame.loc[snapshot_rows_of(frame, 1), ["last_price", "bid", "ask"]] = np.nan
    ends = snapshot_rows(frame)[0].extremes
    assert not ends.of_one_snapshot
    assert not ends.any_of("last_price", "bid", "ask")
    assert set(ends.gaps()) == {np.inf}, "not looked at across snapshots"


@pytest.mark.parametrize("spot", [0.0, -1.0, np.nan])
def test_gaps_are_uncertain_without_a_spot(spot: float) -> None:
    seen = Glance(one_snapshot([("spot", -1, spot)]).extremes)
    assert {seen.not_monotone, seen.off_parity, seen.highest_price, seen.below_intrinsic} == {np.inf}


@pytest.mark.parametrize(
    ("changes", "within"),
    [
        ([], True),
        ([("bid", 4, np.nan)], True),
        ([("vendor_implied_vol", 4, -3.0)], True),
        ([("vendor_implied_vol", 4, -np.inf)], False),
        ([("bid", 4, np.inf)], False),
        ([("bid", 4, -0.05)], False),
        ([("spot", 4, np.nan)], False),
        ([("strike", 4, np.nan)], False),
        ([("spot", 4, 0.04)], False),
    ],
)
def test_a_glance_tells_whether_all_bounds_hold(changes: list[tuple[str, int, float]], within: bool) -> None:  # noqa: FBT001 a table's column
    lowest = [0.05 if name in {"spot", "strike", "forward"} else 0.0 for name in NUMBERS]
    lowest[NUMBERS.index("vendor_implied_vol")] = np.finfo(np.float64).min
    ends = one_snapshot(changes).extremes
    assert ends.within(lowest, [NUMBERS.index(name) for name in ("spot", "strike")]) == within


def test_one_spot_is_one_above_zero_on_every_leg() -> None:
    assert one_snapshot([]).extremes.one_spot
    for change in (("spot", 7, 25_001.0), ("spot", 7, np.nan), ("spot", -1, 0.0), ("spot", -1, np.nan)):
        assert not one_snapshot([change]).extremes.one_spot, change


def test_no_rows_have_no_ends() -> None:
    rows = snapshot_rows(pd.DataFrame(CASE.frame.head(0)))[0]
    assert rows.extremes.low("spot") == np.inf
    assert rows.extremes.whole("spot")
