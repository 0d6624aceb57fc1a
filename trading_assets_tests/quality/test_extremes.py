"""A glance never promises too much: no measure exceeds the ceiling that the ends of the columns give it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.examine import Examiner
from trading_assets.quality.extremes import NUMBERS, of_columns, of_snapshot
from trading_assets.quality.market_snapshots import STATELESS
from trading_assets.quality.option_legs import RULES as LEG_RULES
from trading_assets.quality.rule import Rule
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.quality.snapshot_rows import SnapshotRows
from trading_assets_tests.quality.clean_sessions import clean_case, snapshot_rows_of

WITH_CEILING = [rule for rule in (*LEG_RULES, *STATELESS) if rule.ceiling is not None]
HOSTILE = [0.0, -0.0, -1.0, 1e-9, 0.05, 75.0, 24_900.0, 25_000.0, 26_000.0, 1e308, -1e308, np.nan, np.inf, -np.inf]
CASE = clean_case(1)
cells = st.tuples(st.sampled_from(NUMBERS), st.integers(0, 79), st.sampled_from(HOSTILE))
columns = st.tuples(st.sampled_from(NUMBERS), st.just(-1), st.sampled_from([0.0, 25_000.0, np.nan, np.inf, -1.0]))


def one_snapshot(changes: list[tuple[str, int, float]]) -> SnapshotRows:
    """A clean snapshot with some cells or columns changed, as the gate holds it."""
    rows = snapshot_rows(CASE.frame)[0]
    matrix = np.stack([rows.number(name) for name in NUMBERS])
    for name, at, value in changes:
        matrix[NUMBERS.index(name), slice(None) if at < 0 else at] = value
    flat = np.append(matrix.ravel(), np.nan)
    layout = type(rows.layouts[0])(rows.layouts[0].expiry, matrix[NUMBERS.index("strike")], rows.layouts[0].side)
    return SnapshotRows(
        (layout,),
        rows.underlying,
        rows.snapshot_id,
        rows.observed_at,
        rows.received_at,
        dict(zip(NUMBERS, matrix, strict=True)),
        flat,
    )


def promised_too_much(rows: SnapshotRows) -> list[str]:
    """Rules that break something although their ceiling says that they cannot."""
    found = []
    with np.errstate(all="ignore"):
        evidence, ends = Examiner(CASE.facts, CASE.settings).gather(rows), rows.extremes
        for rule in WITH_CEILING:
            assert rule.ceiling is not None
            source = evidence.legs if rule.per == "row" else evidence
            broken = (rule.measure(*(source[name] for name in rule.columns)) > rule.lowest_limit).any()
            found += [rule.name] if broken and rule.ceiling(ends) <= rule.lowest_limit else []
    return found


@settings(max_examples=150)
@given(st.lists(st.one_of(cells, cells, columns), max_size=5))
def test_a_rule_that_the_gate_need_not_measure_is_not_broken(changes: list[tuple[str, int, float]]) -> None:
    assert promised_too_much(one_snapshot(changes)) == []


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 239), st.sampled_from(HOSTILE)), max_size=5))
def test_nor_one_that_the_batch_need_not_measure(changes: list[tuple[str, int, float]]) -> None:
    frame = clean_case(3).frame
    for name, at, value in changes:
        if name != "lot_size":
            frame.loc[at, name] = value
    assert promised_too_much(snapshot_rows(frame)[0]) == []


@pytest.mark.parametrize("rule", WITH_CEILING, ids=lambda rule: rule.name)
def test_a_clean_snapshot_needs_no_measuring(rule: Rule) -> None:
    """A ceiling that is never low costs time and saves none."""
    ends = one_snapshot([]).extremes
    assert rule.ceiling is not None
    assert rule.ceiling(ends) <= rule.lowest_limit


@settings(max_examples=50)
@given(st.lists(cells, max_size=6))
def test_ends_are_those_of_the_columns(changes: list[tuple[str, int, float]]) -> None:
    rows = one_snapshot(changes)
    assert rows.flat is not None
    with np.errstate(all="ignore"):
        fused, plain = of_snapshot(rows.flat, rows.layouts[0]), of_columns(rows.numbers)
    for name in NUMBERS:
        assert fused.lowest(name) == plain.lowest(name)
        assert fused.highest(name) == plain.highest(name)
        assert not fused.whole(name) or not np.isnan(rows.number(name)).any()
    assert fused.one_spot <= plain.one_spot


def test_ends_of_several_columns_skip_what_is_missing() -> None:
    ends = one_snapshot([("bid", -1, np.nan), ("ask", 3, 9_999.0)]).extremes
    assert ends.highest("bid", "ask") == 9_999.0
    assert ends.lowest("bid") == np.inf
    assert ends.highest("bid") == -np.inf
    assert not ends.whole("bid")
    assert not ends.any_of("bid")
    assert ends.any_of("bid", "ask")


def test_of_several_snapshots_a_value_somewhere_is_not_a_value_everywhere() -> None:
    frame = clean_case(2).frame
    frame.loc[snapshot_rows_of(frame, 1), ["last_price", "bid", "ask"]] = np.nan
    ends = snapshot_rows(frame)[0].extremes
    assert not ends.of_one_snapshot
    assert not ends.any_of("last_price", "bid", "ask")
    assert ends.gap_in_percent("crossed") == np.inf, "not looked at across snapshots"


@pytest.mark.parametrize("spot", [0.0, -1.0, np.nan])
def test_gaps_are_uncertain_without_a_spot(spot: float) -> None:
    assert one_snapshot([("spot", -1, spot)]).extremes.gap_in_percent("crossed") == np.inf


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
    lowest[NUMBERS.index("vendor_implied_vol")] = -np.inf
    ends = one_snapshot(changes).extremes
    assert ends.within(lowest, ("spot", "strike")) == within


def test_one_spot_is_one_above_zero_on_every_leg() -> None:
    assert one_snapshot([]).extremes.one_spot
    for change in (("spot", 7, 25_001.0), ("spot", 7, np.nan), ("spot", -1, 0.0), ("spot", -1, np.nan)):
        assert not one_snapshot([change]).extremes.one_spot, change


def test_no_rows_have_no_ends() -> None:
    rows = snapshot_rows(pd.DataFrame(CASE.frame.head(0)))[0]
    assert rows.extremes.lowest("spot") == np.inf
    assert rows.extremes.whole("spot")
