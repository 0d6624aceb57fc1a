"""What stands against a promotion: too little to go by, or probabilities that are no better."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.models.paired import Paired, Shadow
from trading_assets.models.promotion import CALIBRATION_TOLERANCE, judge_challenger, unrivalled

LEAST = 100
share = st.floats(0.0, 0.5)


def shared(signals: int = 100, sessions: int = 5, brier: float = 0.20, error: float = 0.05) -> Paired:
    """A challenger's figures against a champion with Brier 0.20 and calibration error 0.05."""
    champion = Shadow("v1.0.0", 60, 1_000.0, 0.20, 0.05, 0.6)
    challenger = Shadow("v1.1.0", 50, 2_000.0, brier, error, 0.6)
    return Paired(champion, challenger, signals, sessions, 10.0, (-5.0, 25.0), (-0.01, 0.01), "it may be chance.")


def test_as_good_on_enough_signals_is_enough() -> None:
    found = judge_challenger(shared(), LEAST)
    assert (found.rival, found.refusals) == ("v1.0.0", ())
    assert found.found == (
        "v1.1.0 against v1.0.0 on 100 signals of 5 sessions: Brier 0.2000 against 0.2000, "
        "calibration error 0.0500 against 0.0500; it may be chance"
    )


@pytest.mark.parametrize(
    ("figures", "refusal"),
    [
        ({"signals": 99}, "99 signals of 5 sessions were scored by both, 100 signals of 5 sessions are needed"),
        ({"sessions": 4}, "100 signals of 4 sessions were scored by both, 100 signals of 5 sessions are needed"),
        ({"brier": 0.2001}, "its probabilities are further from what happened: Brier 0.2001 against 0.2000"),
        ({"error": 0.0701}, "it is worse calibrated: calibration error 0.0701 against 0.0500"),
    ],
    ids=["signals", "sessions", "brier", "calibration"],
)
def test_each_lack_alone_is_refused_with_its_figures(figures: dict[str, float], refusal: str) -> None:
    (only,) = judge_challenger(shared(**figures), LEAST).refusals  # type: ignore[arg-type]
    assert only.startswith(refusal)


def test_every_lack_is_named_at_once() -> None:
    assert len(judge_challenger(shared(signals=3, sessions=1, brier=0.3, error=0.3), LEAST).refusals) == 3


def test_calibration_errors_within_the_tolerance_are_not_told_apart() -> None:
    assert not judge_challenger(shared(error=0.05 + CALIBRATION_TOLERANCE), LEAST).refusals


def test_nothing_shared_is_too_little_and_compares_nothing() -> None:
    none = Shadow("v1.1.0", 0, 0.0, None, None, None)
    nothing = Paired(none, none, 0, 0, None, None, None, "nothing is shared.")
    found = judge_challenger(nothing, 1)
    assert [text.split(",")[0] for text in found.refusals] == ["0 signals of 0 sessions were scored by both"]
    assert "Brier none against none" in found.found


def test_a_version_that_replaces_none_has_nothing_against_it() -> None:
    assert unrivalled("v1.0.0").refusals == ()
    assert unrivalled("v1.0.0").rival is None


@given(st.integers(0, 300), st.integers(0, 12), share, share)
def test_it_passes_exactly_when_every_rail_holds(signals: int, sessions: int, brier: float, error: float) -> None:
    holds = signals >= LEAST and sessions >= 5 and brier <= 0.20 and error <= 0.05 + CALIBRATION_TOLERANCE
    assert (not judge_challenger(shared(signals, sessions, brier, error), LEAST).refusals) == holds
