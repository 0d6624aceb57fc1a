"""Two models on the same signals: the same sessions for both, so that a session's luck is nobody's merit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.comparison import RESAMPLES
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import brier, calibration_error, roc_auc
from trading_assets.models.identity import LoadedModel, load_model
from trading_assets.models.paired import paired, shadow_scores
from trading_assets.models.training import TrainedModel, train
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals

THRESHOLD = 0.5


def model(examples: pd.DataFrame, version: str) -> LoadedModel:
    trained = train(examples, SETTINGS, CUTOFF)
    assert isinstance(trained, TrainedModel)
    return load_model(trained.content, trained.sha256, version)


def later(rows: int = 400, sessions: int = 20) -> pd.DataFrame:
    """Signals of sessions after all that the models learnt from, with the same edge."""
    examples = labelled_signals(rows, sessions, seed=99)
    return examples.assign(date=examples["date"] + pd.Timedelta(days=60))


LEARNT = labelled_signals(600)
SHUFFLED = LEARNT.assign(label=np.random.default_rng(1).permutation(LEARNT["label"].to_numpy()))
SIGNALS = later()


@cache
def strong() -> LoadedModel:
    return model(LEARNT, "v1.1.0")


@cache
def weak() -> LoadedModel:
    return model(SHUFFLED, "v1.0.0")


def test_the_model_that_knows_the_edge_wins_and_it_is_said() -> None:
    found = paired(SIGNALS, (weak(), strong()), THRESHOLD, seed=1)
    assert (found.a.version, found.b.version, found.signals, found.sessions) == ("v1.0.0", "v1.1.0", 400, 20)
    assert found.bootstrap is not None
    assert found.brier_bootstrap is not None
    assert found.bootstrap[0] > 0.0
    assert found.brier_bootstrap[1] < 0.0
    assert found.sentence.startswith("on the same 400 signals of 20 sessions v1.1.0 would have earned ₹")
    assert " more per signal than v1.0.0 (95 % interval ₹" in found.sentence
    assert f"{found.b.taken} against {found.a.taken} trades" in found.sentence
    assert found.sentence.endswith("chance alone rarely does that.")


def test_each_side_is_what_counting_signal_by_signal_finds() -> None:
    found = paired(SIGNALS, (weak(), strong()), THRESHOLD, seed=1)
    labels = SIGNALS["label"].to_numpy()
    totals = []
    for shadow, scored in ((found.a, shadow_scores(SIGNALS, weak())), (found.b, shadow_scores(SIGNALS, strong()))):
        taken = [float(pnl) for pnl, score in zip(SIGNALS["net_pnl"], scored, strict=True) if score >= THRESHOLD]
        assert shadow.taken == len(taken)
        assert shadow.net_pnl == pytest.approx(sum(taken))
        assert (shadow.brier, shadow.roc_auc) == (brier(labels, scored), roc_auc(labels, scored))
        assert shadow.calibration_error == calibration_error(labels, scored)
        totals.append(sum(taken))
    assert found.difference == pytest.approx((totals[1] - totals[0]) / len(SIGNALS))


def test_the_interval_resamples_whole_sessions_for_both_versions_at_once() -> None:
    found = paired(SIGNALS, (weak(), strong()), THRESHOLD, seed=9)
    takes = [shadow_scores(SIGNALS, each) >= THRESHOLD for each in (weak(), strong())]
    more = SIGNALS["net_pnl"] * (takes[1].astype(float) - takes[0].astype(float))
    sessions = [own.to_numpy() for _, own in more.groupby(SIGNALS["date"])]
    drawn = np.random.default_rng(9).integers(0, len(sessions), (RESAMPLES, len(sessions)))
    means = [np.concatenate([sessions[number] for number in row]).mean() for row in drawn]
    assert found.bootstrap == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_it_is_the_same_the_other_way_round() -> None:
    there, back = (paired(SIGNALS, pair, THRESHOLD, 1) for pair in ((weak(), strong()), (strong(), weak())))
    assert there.bootstrap is not None
    assert back.bootstrap is not None
    assert back.difference == pytest.approx(-(there.difference or 0.0))
    assert back.bootstrap == pytest.approx((-there.bootstrap[1], -there.bootstrap[0]))
    assert " less per signal than " in back.sentence


def test_a_model_does_not_differ_from_itself_whatever_the_luck() -> None:
    found = paired(SIGNALS, (strong(), replace(strong(), version="v1.2.0")), THRESHOLD, 1)
    assert (found.difference, found.bootstrap, found.brier_bootstrap) == (0.0, (0.0, 0.0), (0.0, 0.0))
    assert found.sentence.endswith("that may be chance.")


def test_luck_that_both_share_does_not_widen_the_interval() -> None:
    days = SIGNALS["date"].rank(method="dense").to_numpy(dtype=int)
    luck = 5_000.0 * np.random.default_rng(4).normal(size=days.max() + 1)[days]
    # where both trade the same signals, what a session did to them cancels
    both = (shadow_scores(SIGNALS, strong()) >= THRESHOLD) == (shadow_scores(SIGNALS, weak()) >= THRESHOLD)
    lucky = SIGNALS.assign(net_pnl=SIGNALS["net_pnl"] + np.where(both, luck, 0.0))
    calm, rough = (paired(frame, (weak(), strong()), THRESHOLD, 1) for frame in (SIGNALS, lucky))
    assert rough.bootstrap == pytest.approx(calm.bootstrap)
    assert rough.b.net_pnl != pytest.approx(calm.b.net_pnl)


def test_rows_may_come_in_any_order_and_the_seed_decides_the_interval() -> None:
    mixed = SIGNALS.sample(frac=1.0, random_state=3)
    first, again = (paired(frame, (weak(), strong()), THRESHOLD, 7).bootstrap for frame in (SIGNALS, mixed))
    assert first == pytest.approx(again)
    assert paired(SIGNALS, (weak(), strong()), THRESHOLD, 8).bootstrap != first


@pytest.mark.parametrize("sessions", [1, 4])
def test_too_few_sessions_have_a_difference_and_no_interval(sessions: int) -> None:
    found = paired(later(40, sessions), (weak(), strong()), THRESHOLD, 1)
    assert found.difference is not None
    assert (found.bootstrap, found.brier_bootstrap) == (None, None)
    assert found.sentence == (
        f"v1.0.0 and v1.1.0 share 40 signals of {sessions} sessions; 5 sessions are needed to compare them on the same."
    )


def test_five_sessions_are_enough() -> None:
    assert paired(later(40, 5), (weak(), strong()), THRESHOLD, 1).bootstrap is not None


def test_no_signals_are_undefined_not_zero() -> None:
    found = paired(SIGNALS.iloc[:0], (weak(), strong()), THRESHOLD, 1)
    assert (found.signals, found.sessions, found.difference, found.bootstrap) == (0, 0, None, None)
    assert (found.a.brier, found.a.calibration_error, found.a.roc_auc) == (None, None, None)
    assert (found.a.taken, found.a.net_pnl) == (0, 0.0)


def test_a_shadow_never_scores_a_session_its_model_learnt_from() -> None:
    with pytest.raises(ModelError, match=r"look-ahead: model v1\.1\.0 .* asked to score 2024-02-29"):
        shadow_scores(SIGNALS.assign(date=pd.Timestamp("2024-02-29")), strong())
    one_early = SIGNALS.copy()
    one_early.loc[200, "date"] = pd.Timestamp("2024-01-02")
    with pytest.raises(ModelError, match="look-ahead"):
        paired(one_early, (weak(), strong()), THRESHOLD, 1)


def test_a_model_of_other_features_or_without_a_version_is_refused() -> None:
    other = replace(strong(), content=replace(strong().content, feature_names=(*FEATURE_NAMES[:9], "india_vix")))
    with pytest.raises(ModelError, match=r"v1\.1\.0 cannot score stored signals, feature_schema_mismatch: .*india_vix"):
        shadow_scores(SIGNALS, other)
    with pytest.raises(ModelError, match="not registered"):
        shadow_scores(SIGNALS, replace(strong(), version=None))


def test_the_threshold_itself_is_taken() -> None:
    score = float(shadow_scores(SIGNALS, strong())[0])
    one = SIGNALS.iloc[:1]
    assert paired(one, (strong(), strong()), score, 1).a.taken == 1
    assert paired(one, (strong(), strong()), float(np.nextafter(score, 1.0)), 1).a.taken == 0


def test_models_trained_until_different_days_are_held_to_the_later_one() -> None:
    newer = replace(strong(), content=replace(strong().content, trained_until=date(2024, 4, 10)))
    with pytest.raises(ModelError, match="until 2024-04-10"):
        paired(SIGNALS, (weak(), newer), THRESHOLD, 1)
