"""The suite: every strategy needs its baseline, and only the same signals pass."""

import numpy as np
import pytest

from trading_assets.regression.baseline import StrategyFacts
from trading_assets.regression.baseline_text import loads
from trading_assets.regression.differences import Tolerance
from trading_assets.regression.suite import make_baselines, run_suite
from trading_assets_tests.regression.given import FIRST, ran, record, signals_frame

MINE, OTHER = "mine_2025-10-15_to_2025-10-17.json", "other_2025-10-15_to_2025-10-17.json"
SIGNALS = signals_frame(record(0), record(30), record(60, option_type="PE"))


def test_a_baseline_per_strategy_and_the_same_text_for_any_order_of_rows() -> None:
    texts = make_baselines(ran(SIGNALS, "mine", "other"))
    assert list(texts) == [MINE, OTHER]
    assert len(loads(texts[MINE], MINE).signals) == 3
    assert loads(texts[OTHER], OTHER).signals == ()
    assert make_baselines(ran(SIGNALS.iloc[::-1], "mine", "other")) == texts


def test_the_same_signals_pass() -> None:
    texts = make_baselines(ran(SIGNALS, "mine", "other"))
    found = run_suite(texts, ran(SIGNALS, "mine", "other"))
    assert found.passed
    assert [one.strategy_id for one in found.strategies] == ["mine", "other"]
    assert found.totals() == {"baseline": 3, "current": 3, "matched": 3, "moved": 0, "missing": 0, "extra": 0}
    assert all(one.reason == "" and one.notes == () for one in found.strategies)


def test_a_missing_baseline_never_passes() -> None:
    texts = make_baselines(ran(SIGNALS, "mine"))
    found = run_suite(texts, ran(SIGNALS, "mine", "other"))
    assert not found.passed
    assert [one.passed for one in found.strategies] == [True, False]
    assert found.strategies[1].reason.startswith(f"there is no baseline {OTHER}")
    assert found.strategies[1].numbers()["baseline"] == 0


def test_a_baseline_of_another_range_is_missing() -> None:
    texts = make_baselines(ran(SIGNALS, end=FIRST.date()))
    assert not run_suite(texts, ran(SIGNALS)).passed


def test_an_unreadable_baseline_fails_with_its_own_words() -> None:
    found = run_suite({MINE: "{"}, ran(SIGNALS))
    assert not found.passed
    assert "cannot be read" in found.strategies[0].reason


def test_no_strategy_at_all_is_no_pass() -> None:
    assert not run_suite({}, ran(SIGNALS, strategies={})).passed


def test_failing_classes_are_the_reason_in_order() -> None:
    texts = make_baselines(ran(SIGNALS))
    now = signals_frame(record(0, confidence=0.95), record(30, strike=25050.0), record(200))
    one = run_suite(texts, ran(now)).strategies[0]
    assert one.reason == "1 drift beyond, 1 re-targeted, 1 missing, 1 extra"
    assert one.numbers() == {"baseline": 3, "current": 3, "matched": 1, "moved": 1, "missing": 1, "extra": 1}


def test_creep_is_a_reason() -> None:
    was = [record(15 * i) for i in range(6)]
    now = [record(15 * i, confidence=0.804) for i in range(6)]
    one = run_suite(make_baselines(ran(signals_frame(*was))), ran(signals_frame(*now))).strategies[0]
    assert one.reason == "confidence creeps one way (mean +0.50%)"
    assert not one.passed


def test_the_tolerance_is_the_callers() -> None:
    texts, now = make_baselines(ran(signals_frame(record()))), signals_frame(record(confidence=0.88))
    assert not run_suite(texts, ran(now)).passed
    assert run_suite(texts, ran(now), Tolerance(drift=0.2)).passed


def test_snapshot_times_decide_what_is_a_shift() -> None:
    times = np.array([np.datetime64(FIRST.replace(tzinfo=None), "us") + np.timedelta64(22 * i, "m") for i in range(5)])
    texts, now = make_baselines(ran(signals_frame(record(0)))), signals_frame(record(44))
    assert run_suite(texts, ran(now, snapshot_times=times)).totals()["moved"] == 1
    assert run_suite(texts, ran(now)).totals()["moved"] == 0


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"calendar_version": "e" * 12}, "calendar changed from cccccccccccc to eeeeeeeeeeee"),
        ({"strategies": {"mine": StrategyFacts("1.1.0", "a" * 12)}}, "strategy version changed from 1.0.0 to 1.1.0"),
        (
            {"strategies": {"mine": StrategyFacts("1.0.0", "b" * 12)}},
            f"parameters changed from {'a' * 12} to {'b' * 12}",
        ),
    ],
)
def test_what_changed_around_the_signals_is_noted_and_no_failure(changes: dict[str, object], note: str) -> None:
    found = run_suite(make_baselines(ran(SIGNALS)), ran(SIGNALS, **changes))
    assert found.passed
    assert found.strategies[0].notes == (note,)
