"""Each of the ten classes, pairs one to one, and what fails."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.regression.baseline import SignalRecord
from trading_assets.regression.comparison import compare
from trading_assets.regression.differences import CLASSES, MATCHED, PASSING, WORDS, Difference, Tolerance, drift
from trading_assets_tests.regression.given import FIRST, record

Pair = tuple[list[SignalRecord], list[SignalRecord]]
OF_EACH_CLASS: dict[str, Pair] = {
    "identical": ([record()], [record()]),
    "drift_within": ([record(confidence=0.80)], [record(confidence=0.82)]),
    "drift_beyond": ([record(confidence=0.80)], [record(confidence=0.85)]),
    "decision_flip": ([record(confidence=0.51)], [record(confidence=0.49)]),
    "re_priced": ([record(entry_price=100.5)], [record(entry_price=100.55)]),
    "re_targeted": ([record(strike=25000)], [record(strike=25050)]),
    "shifted": ([record(0)], [record(10)]),
    "flipped_side": ([record(option_type="CE")], [record(option_type="PE")]),
    "missing": ([record()], []),
    "extra": ([], [record()]),
}


def test_there_is_a_case_for_every_class() -> None:
    assert tuple(OF_EACH_CLASS) == CLASSES
    assert set(WORDS) == set(CLASSES)


@pytest.mark.parametrize("kind", CLASSES)
def test_each_class_is_recognised_and_passes_or_fails(kind: str) -> None:
    was, now = OF_EACH_CLASS[kind]
    found = compare(was, now)
    assert [one.kind for one in found.differences] == [kind]
    assert found.passed == (kind in PASSING)
    assert found.matched == (kind in MATCHED)
    assert (found.baseline, found.current) == (len(was), len(now))


def test_details_say_what_differs() -> None:
    told = {kind: compare(*pair).differences[0].detail for kind, pair in OF_EACH_CLASS.items()}
    assert told == {
        "identical": "",
        "drift_within": "confidence 0.8000 to 0.8200 (+2.50%)",
        "drift_beyond": "confidence 0.8000 to 0.8500 (+6.25%)",
        "decision_flip": "confidence 0.5100 to 0.4900 (-3.92%), across 0.5",
        "re_priced": "entry ₹ 100.50 to 100.55",
        "re_targeted": "NIFTY 2025-10-20 25000 CE to NIFTY 2025-10-20 25050 CE",
        "shifted": "+10 minutes",
        "flipped_side": "BUY NIFTY 2025-10-20 25000 CE to BUY NIFTY 2025-10-20 25000 PE",
        "missing": "not there today",
        "extra": "not in the baseline",
    }


@pytest.mark.parametrize(
    ("confidence", "kind"),
    [(0.84, "drift_within"), (0.8401, "drift_beyond"), (0.76, "drift_within"), (0.7599, "drift_beyond")],
)
def test_the_tolerance_is_relative_to_the_baseline_and_inclusive(confidence: float, kind: str) -> None:
    assert compare([record(confidence=0.8)], [record(confidence=confidence)]).differences[0].kind == kind


def test_zero_tolerance_passes_only_the_identical() -> None:
    nearly = [record(confidence=0.8001)]
    assert not compare([record()], nearly, Tolerance(drift=0.0)).passed
    assert compare([record()], [record(confidence=0.800_04)], Tolerance(drift=0.0)).passed


@pytest.mark.parametrize(("minutes", "kinds"), [(15, ["shifted"]), (16, ["missing", "extra"]), (-15, ["shifted"])])
def test_shifts_are_limited_in_minutes_without_snapshot_times(minutes: int, kinds: list[str]) -> None:
    found = compare([record(20)], [record(20 + minutes)])
    assert sorted(one.kind for one in found.differences) == sorted(kinds)


@pytest.mark.parametrize(("snapshots", "kinds"), [(3, ["shifted"]), (4, ["missing", "extra"]), (-3, ["shifted"])])
def test_shifts_are_counted_in_snapshots_where_their_times_are_known(snapshots: int, kinds: list[str]) -> None:
    times = np.array([np.datetime64(FIRST.replace(tzinfo=None), "us") + np.timedelta64(22 * i, "m") for i in range(12)])
    found = compare([record(22 * 5)], [record(22 * (5 + snapshots))], None, times)
    assert sorted(one.kind for one in found.differences) == sorted(kinds)
    if "shifted" in kinds:
        assert found.differences[0].detail == f"{snapshots:+d} snapshots"


def test_nothing_is_shifted_into_another_session() -> None:
    days = [record(0).timestamp, record(24 * 60).timestamp]
    times = np.array([np.datetime64(moment.replace(tzinfo=None), "us") for moment in days])
    assert compare([record(0)], [record(24 * 60)], None, times).counts() == {"missing": 1, "extra": 1}


def test_a_shift_may_also_change_the_strike() -> None:
    assert compare([record(0, strike=25000)], [record(5, strike=25050)]).differences[0].kind == "shifted"


def test_nothing_is_shifted_across_sides_or_option_types() -> None:
    assert compare([record(0)], [record(5, option_type="PE")]).count("shifted") == 0
    assert compare([record(0)], [record(5, side="SELL")]).count("shifted") == 0


def test_a_sale_instead_of_a_buy_is_a_flipped_side() -> None:
    assert compare([record()], [record(side="SELL")]).differences[0].kind == "flipped_side"


def test_pairs_are_one_to_one_and_the_nearest_first() -> None:
    found = compare([record(0), record(10)], [record(9)])
    kinds = {one.record.timestamp: one.kind for one in found.differences}
    assert kinds == {record(0).timestamp: "missing", record(10).timestamp: "shifted"}


def test_an_exact_match_is_never_taken_for_a_shift() -> None:
    found = compare([record(0), record(5), record(10)], [record(5), record(10), record(15)])
    assert found.counts() == {"shifted": 1, "identical": 2} or found.counts() == {
        "missing": 1,
        "extra": 1,
        "identical": 2,
    }
    assert found.count("identical") == 2


def test_matched_by_id_wins_over_everything_else_at_its_snapshot() -> None:
    both = [record(strike=25000), record(strike=25050)]
    assert compare(both, list(reversed(both))).count("identical") == 2


@pytest.mark.parametrize(
    ("changes", "biased"),
    [
        ([0.001] * 5, True),  # all creep up, far below the tolerance
        ([-0.001] * 5, True),
        ([0.001] * 4, False),  # too few to call it creep
        ([0.001, -0.001] * 5, False),  # both ways
        ([0.001] * 9 + [-0.001], True),  # nearly all one way
        ([0.001] * 8 + [-0.001] * 2, False),
        ([0.001] * 5 + [0.0] * 5, True),  # half of them
        ([0.001] * 5 + [0.0] * 6, False),
        ([0.0] * 10, False),
    ],
)
def test_creep_that_stays_within_the_tolerance_still_fails(changes: list[float], biased: bool) -> None:  # noqa: FBT001
    was = [record(15 * i) for i in range(len(changes))]
    now = [replace(one, confidence=round(0.8 + change, 4)) for one, change in zip(was, changes, strict=True)]
    found = compare(was, now)
    assert found.biased is biased
    assert found.passed is not biased
    assert {one.kind for one in found.differences} <= PASSING


def test_drift_figures() -> None:
    found = compare([record(0), record(15), record(30)], [record(0), record(15, confidence=0.76), record(45)])
    assert found.max_drift == pytest.approx(0.05)
    assert found.mean_drift == pytest.approx(-0.025)
    assert (compare([], []).max_drift, compare([], []).mean_drift) == (0.0, 0.0)
    assert drift(record(confidence=0.0), record(confidence=0.5)) > 0


def test_a_difference_needs_a_side() -> None:
    with pytest.raises(ValueError, match="at least one side"):
        _ = Difference("missing", None, None).record
    assert Difference("missing", record(), None).drift == 0.0


def test_a_thousand_signals_compare_quickly() -> None:
    was = [record(i) for i in range(1000)]
    now = [replace(one, confidence=0.81) for one in was[1:]]
    found = compare(was, now)
    assert found.counts() == {"drift_within": 999, "missing": 1}


SIGNALS = st.lists(
    st.builds(
        record,
        st.integers(0, 40).map(lambda m: 5 * m),
        st.sampled_from([25000.0, 25050.0]),
        st.sampled_from(["CE", "PE"]),
        confidence=st.sampled_from([0.5, 0.8, 0.82, 0.95]),
    ),
    max_size=15,
    unique_by=lambda one: one.signal_id,
)


@given(was=SIGNALS, now=SIGNALS)
def test_every_signal_is_in_exactly_one_difference(was: list[SignalRecord], now: list[SignalRecord]) -> None:
    found = compare(was, now)
    olds = [one.baseline.signal_id for one in found.differences if one.baseline]
    news = [one.current.signal_id for one in found.differences if one.current]
    assert sorted(olds) == sorted(one.signal_id for one in was)
    assert sorted(news) == sorted(one.signal_id for one in now)
    assert sum(found.counts().values()) == len(found.differences)
    assert found.matched == len({one.signal_id for one in was} & {one.signal_id for one in now})


@given(was=SIGNALS, now=SIGNALS, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_signals_does_not_matter(
    was: list[SignalRecord], now: list[SignalRecord], seed: object
) -> None:
    expected = compare(was, now)
    seed.shuffle(was)
    seed.shuffle(now)
    assert compare(was, now) == expected


@given(was=SIGNALS)
def test_a_run_against_itself_is_identical(was: list[SignalRecord]) -> None:
    found = compare(was, list(was))
    assert found.passed
    assert found.count("identical") == len(was)
