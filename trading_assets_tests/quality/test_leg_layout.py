"""Legs apart from their prices: neighbours across strikes, twins across sides, against a plain search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.leg_layout import CALL, CONTENT, NEITHER, PUT, LegLayout, fingerprint, weighed

NEAR, FAR = "2025-10-14", "2025-10-20"
Leg = tuple[str, float, int]

legs = st.lists(
    st.tuples(
        st.sampled_from([NEAR, FAR, "NaT"]),
        st.sampled_from([24_900.0, 24_950.0, 25_000.0, 25_100.0, float("nan"), float("inf")]),
        st.sampled_from([CALL, PUT, NEITHER]),
    ),
    max_size=24,
)


def layout(found: list[Leg]) -> LegLayout:
    return LegLayout(
        expiry=np.array([expiry for expiry, _, _ in found], dtype="datetime64[D]"),
        strike=np.array([strike for _, strike, _ in found], dtype=np.float64),
        side=np.array([side for _, _, side in found], dtype=np.int8),
    )


def usable(found: list[Leg]) -> list[int]:
    """Places of the legs that name a contract, each contract once."""
    first: dict[Leg, int] = {}
    for place, (expiry, strike, side) in enumerate(found):
        if expiry != "NaT" and np.isfinite(strike) and side != NEITHER:
            first.setdefault((expiry, strike, side), place)
    return sorted(first.values())


def dearer_by_search(found: list[Leg], place: int) -> int:
    expiry, strike, side = found[place]
    alike = [at for at in usable(found) if found[at][0] == expiry and found[at][2] == side]
    below = [at for at in alike if found[at][1] < strike]
    above = [at for at in alike if found[at][1] > strike]
    if side == CALL:
        return max(below, key=lambda at: found[at][1], default=-1)
    return min(above, key=lambda at: found[at][1], default=-1)


@settings(max_examples=150)
@given(legs)
def test_the_dearer_neighbour_is_the_one_a_search_finds(found: list[Leg]) -> None:
    known = usable(found)
    expected = [dearer_by_search(found, place) if place in known else -1 for place in range(len(found))]
    assert layout(found).dearer.tolist() == expected


@settings(max_examples=150)
@given(legs)
def test_the_twin_of_a_call_is_the_put_of_its_strike_and_expiry(found: list[Leg]) -> None:
    puts = {found[place][:2]: place for place in usable(found) if found[place][2] == PUT}
    expected = [
        puts.get(leg[:2], -1) if place in usable(found) and leg[2] == CALL else -1 for place, leg in enumerate(found)
    ]
    assert layout(found).twin.tolist() == expected


@settings(max_examples=100)
@given(legs)
def test_repeats_count_the_earlier_copies(found: list[Leg]) -> None:
    def same(one: Leg, other: Leg) -> bool:
        return one[0] == other[0] and one[2] == other[2] and (one[1] == other[1] or np.isnan([one[1], other[1]]).all())

    expected = [sum(same(leg, before) for before in found[:place]) for place, leg in enumerate(found)]
    assert layout(found).repeats.tolist() == expected


@settings(max_examples=60)
@given(legs)
def test_price_pairs_point_at_bid_and_ask_of_the_legs_they_name(found: list[Leg]) -> None:
    made = layout(found)
    columns = np.arange(len(CONTENT) * made.size, dtype=np.float64)
    flat = np.append(columns, [0.0, np.nan])
    bid, ask = (
        columns.reshape(len(CONTENT), -1)[CONTENT.index(name)] if made.size else columns for name in ("bid", "ask")
    )
    left, right = (flat[places] for places in made.price_pairs)
    missing = np.append(np.nan, np.nan)
    for place in range(made.size):
        dearer, twin = int(made.dearer[place]), int(made.twin[place])
        expected_left = [bid[place]] * 3 + [bid[twin] if twin >= 0 else missing[0], 0.0]
        expected_right = [
            ask[place],
            ask[dearer] if dearer >= 0 else missing[0],
            ask[twin] if twin >= 0 else missing[0],
            ask[place],
            ask[place],
        ]
        np.testing.assert_array_equal(left[:, place], expected_left)
        np.testing.assert_array_equal(right[:, place], expected_right)


def test_sides_and_what_is_named() -> None:
    made = layout([(NEAR, 25_000.0, CALL), (NEAR, 25_000.0, PUT), (NEAR, 25_000.0, NEITHER), ("NaT", 25_000.0, CALL)])
    assert made.is_call.tolist() == [True, False, False, True]
    assert made.is_put.tolist() == [False, True, False, False]
    assert made.named.tolist() == [True, True, False, False]
    assert made.direction.tolist() == [1.0, -1.0, -1.0, 1.0]
    assert (made.has_calls, made.has_puts) == (True, True)
    assert not layout([(NEAR, 25_000.0, CALL)]).has_puts


def test_forward_less_strike_is_added_to_what_is_compared_with_it() -> None:
    made = layout([(NEAR, 25_000.0, CALL), (NEAR, 25_000.0, PUT)])
    assert made.tilt.tolist() == [[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]]


def test_legs_are_all_named_or_not() -> None:
    assert layout([(NEAR, 25_000.0, CALL), (NEAR, 25_000.0, PUT)]).all_named
    assert not layout([(NEAR, 25_000.0, CALL), ("NaT", 25_000.0, PUT)]).all_named


@settings(max_examples=60)
@given(legs, st.sampled_from([0.0, -0.0, 25_000.0, np.nan, 1e308]))
def test_the_fingerprint_of_one_snapshot_is_the_sum_over_its_legs(found: list[Leg], value: float) -> None:
    made = layout(found)
    content = np.arange(len(CONTENT) * made.size, dtype=np.float64)
    content[::3] = value
    expected = weighed(content.reshape(len(CONTENT), -1), made.weights).sum(dtype=np.uint64)
    assert fingerprint(content, made, whole=False) == expected
    if not np.isnan(content).any():
        assert fingerprint(content, made, whole=True) == expected


def test_no_legs_have_no_neighbours() -> None:
    made = layout([])
    for found in (made.dearer, made.twin, made.repeats, made.leg_hash):
        assert len(found) == 0
    assert made.weights.shape == (len(CONTENT), 0)


@pytest.mark.parametrize("column", range(len(CONTENT)))
def test_one_cell_that_changes_changes_the_fingerprint(column: int) -> None:
    made = layout([(NEAR, strike, side) for strike in (24_900.0, 25_000.0) for side in (CALL, PUT)])
    content = np.arange(20, dtype=np.float64).reshape(len(CONTENT), 4)
    before = int(weighed(content, made.weights).sum())
    for value in (np.nan, np.inf, -1.0, 1e300, 5e-324):
        moved = content.copy()
        moved[column, 2] = value
        assert int(weighed(moved, made.weights).sum()) != before, value


def test_whole_numbers_moved_between_legs_do_not_cancel() -> None:
    """Volumes and open interest are whole: their bits below the 32nd are zero, and must not be lost in the product."""
    made = layout([(NEAR, 24_000.0 + 50.0 * place, CALL) for place in range(40)])
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(2_000):
        content = np.full((len(CONTENT), 40), np.nan)
        content[3] = rng.integers(0, 4, 40) * 75.0
        seen.add((content[3].tobytes(), int(weighed(content, made.weights).sum(dtype=np.uint64))))
    assert len({print_ for _, print_ in seen}) == len(seen) == 2_000


def test_weights_are_odd_so_that_no_single_change_is_lost() -> None:
    made = layout([(NEAR, 24_900.0, CALL), (FAR, 24_900.0, PUT)])
    assert (made.weights % 2 == 1).all()
    assert len(np.unique(made.weights)) == made.weights.size
