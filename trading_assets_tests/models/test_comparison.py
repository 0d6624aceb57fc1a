"""Two versions are compared by sessions, so that a lucky day of many trades is one observation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from trading_assets.models.comparison import compare


def trades(versions: dict[str, float], sessions: int = 40, per_session: int = 10, seed: int = 1) -> pd.DataFrame:
    """Versions in turn, one per session; trades of a session share its luck (sd 400) more than they differ (sd 200)."""
    random = np.random.default_rng(seed)
    names = list(versions)
    days = pd.bdate_range("2024-01-01", periods=sessions)
    rows = []
    for number, day in enumerate(days):
        version = names[number % len(names)]
        luck = versions[version] + 400.0 * random.normal()
        rows += [(day, version, round(luck + 200.0 * random.normal(), 2)) for _ in range(per_session)]
    return pd.DataFrame(rows, columns=["date", "model_version", "net_pnl"])


def test_welch_equals_scipy_on_session_means() -> None:
    data = trades({"v1.0.0": 0.0, "v1.1.0": 300.0})
    found = compare(data, "v1.0.0", "v1.1.0", seed=1)
    means = [list(data[data.model_version == v].groupby("date")["net_pnl"].mean()) for v in ("v1.0.0", "v1.1.0")]
    reference = ttest_ind(means[1], means[0], equal_var=False)
    interval = reference.confidence_interval(0.95)
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.welch == pytest.approx((interval.low, interval.high))
    assert found.difference == pytest.approx(np.mean(means[1]) - np.mean(means[0]))


def test_a_large_difference_is_found_and_said() -> None:
    found = compare(trades({"v1.0.0": 0.0, "v1.1.0": 900.0}), "v1.0.0", "v1.1.0", seed=1)
    assert found.bootstrap is not None
    assert found.bootstrap[0] > 0.0
    assert "v1.1.0 earned ₹" in found.sentence
    assert "more per trade than v1.0.0 (200 against 200 trades in 20 and 20 sessions" in found.sentence
    assert found.sentence.endswith("chance alone rarely does that.")


def test_it_is_the_same_the_other_way_round() -> None:
    data = trades({"v1.0.0": 0.0, "v1.1.0": 900.0})
    there, back = compare(data, "v1.0.0", "v1.1.0", 1), compare(data, "v1.1.0", "v1.0.0", 1)
    assert back.difference == pytest.approx(-(there.difference or 0.0))
    assert back.p_value == pytest.approx(there.p_value)
    assert " less per trade " in back.sentence


def test_versions_that_do_not_differ_are_called_different_about_as_often_as_promised() -> None:
    false_alarms = 0
    for seed in range(100):
        found = compare(trades({"a": 0.0, "b": 0.0}, seed=seed), "a", "b", seed)
        assert found.p_value is not None
        false_alarms += found.p_value < 0.05
    assert false_alarms <= 11  # 5 are expected; trade by trade it would be over 50


def test_when_it_may_be_chance_it_says_how_long_to_wait() -> None:
    found = compare(trades({"a": 0.0, "b": 30.0}, seed=5), "a", "b", 1)
    assert found.sessions_needed is not None
    assert found.sessions_needed > 20
    assert f"about {found.sessions_needed} sessions of each" in found.sentence


def test_the_same_seed_gives_the_same_interval_and_rows_may_come_in_any_order() -> None:
    data = trades({"a": 0.0, "b": 50.0})
    mixed = data.sample(frac=1.0, random_state=2)
    assert compare(data, "a", "b", 7).bootstrap == pytest.approx(compare(mixed, "a", "b", 7).bootstrap)
    assert compare(data, "a", "b", 7) == compare(data, "a", "b", 7)
    assert compare(data, "a", "b", 7).bootstrap != compare(data, "a", "b", 8).bootstrap


@pytest.mark.parametrize("sessions", [0, 1, 8])
def test_too_few_sessions_are_said_not_guessed(sessions: int) -> None:
    found = compare(trades({"a": 0.0, "b": 900.0}, sessions=sessions), "a", "b", 1)
    assert (found.bootstrap, found.welch, found.p_value, found.sessions_needed) == (None, None, None, None)
    assert found.sentence.endswith("5 of each are needed to compare them.")


def test_results_without_any_variation_have_no_p_value() -> None:
    data = trades({"a": 0.0, "b": 0.0}).assign(net_pnl=10.0)
    found = compare(data, "a", "b", 1)
    assert (found.difference, found.welch, found.p_value, found.sessions_needed) == (0.0, (0.0, 0.0), None, None)
