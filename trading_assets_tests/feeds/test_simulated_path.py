from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from trading_assets.feeds.simulated_path import BASE_LEVELS, closing_level, day_path, generator, opening_level
from trading_assets.feeds.simulated_spec import SimulationSpec

SPEC = SimulationSpec()
DAY = date(2025, 11, 12)
ELAPSED = np.arange(375) / 375


def test_a_path_starts_at_the_open_and_heads_for_the_close() -> None:
    path = day_path(SPEC, DAY, np.linspace(0.0, 1.0, 376))
    assert path.spot[0] == pytest.approx(opening_level(SPEC, DAY), abs=0.05)
    assert path.spot[-1] == pytest.approx(closing_level(SPEC, DAY), abs=0.05)


def test_levels_stay_near_their_base_for_decades() -> None:
    days = [date(2015, 1, 1) + timedelta(days=97 * n) for n in range(100)]
    for name in ("NIFTY", "BANKNIFTY"):
        levels = np.array([closing_level(SimulationSpec(underlying=name), day) for day in days])
        assert (np.abs(levels / BASE_LEVELS[name] - 1) < 0.35).all()
        assert levels.std() / levels.mean() > 0.02


def test_an_index_without_a_base_has_the_common_one() -> None:
    assert opening_level(SimulationSpec(underlying="OTHER"), DAY) == pytest.approx(BASE_LEVELS[""], rel=0.35)


def test_the_seed_decides_a_mix_of_regimes_and_the_spec_overrules_it() -> None:
    days = [DAY + timedelta(days=n) for n in range(120)]
    found = [day_path(SPEC, day, ELAPSED[:2]).regime for day in days]
    assert set(found) == {"trend", "range", "volatile"}
    assert day_path(SimulationSpec(regime="trend"), DAY, ELAPSED).regime == "trend"


def test_the_mood_swings_to_both_sides_and_answers_what_the_index_did() -> None:
    answers = []
    for n in range(20):
        path = day_path(SPEC, DAY + timedelta(days=n), ELAPSED)
        assert path.mood.min() < -0.8
        assert path.mood.max() > 0.8
        answers.append(np.corrcoef(path.log_return[30:-30] - path.log_return[:-60], path.mood[30:-30])[0, 1])
    assert np.mean(answers) > 0.15


@pytest.mark.parametrize("minutes", [15, 45])
def test_neither_the_mood_nor_its_turning_nor_the_index_itself_foretells_the_index(minutes: int) -> None:
    """Beyond 3 standard errors of 200 independent days nothing known at a time says where the index goes next."""
    days = [DAY + timedelta(days=n) for n in range(200)]
    effects: dict[str, list[float]] = {"mood": [], "turning": [], "move": []}
    for day in days:
        path = day_path(SPEC, day, ELAPSED)
        now = slice(30, 375 - minutes, minutes)
        ahead = (np.roll(path.log_return, -minutes) - path.log_return)[now]
        known = {
            "mood": path.mood[now],
            "turning": (path.mood - np.roll(path.mood, 30))[now],
            "move": (path.log_return - np.roll(path.log_return, 15))[now],
        }
        for name, value in known.items():
            effects[name].append(float(np.mean(np.sign(value) * ahead)))
    for name, effect in effects.items():
        error = np.std(effect) / np.sqrt(len(effect))
        assert abs(np.mean(effect)) < 3 * error, name
        assert abs(np.mean(effect)) < 1.5e-4, name  # 3 points of NIFTY; an at-the-money round trip costs as much


def test_volatility_rises_when_the_index_falls() -> None:
    path = day_path(SimulationSpec(regime="volatile"), DAY, ELAPSED)
    assert np.corrcoef(path.log_return, np.log(path.volatility))[0, 1] < -0.3
    assert ((path.volatility > 0.05) & (path.volatility < 0.5)).all()


def test_generators_differ_by_seed_underlying_and_purpose() -> None:
    specs = [SPEC, SimulationSpec(seed=20), SimulationSpec(underlying="BANKNIFTY")]
    draws = [generator(spec, number).random() for spec in specs for number in (1, 2)]
    assert len(set(draws)) == 6
    assert generator(SPEC, 1).random() == draws[0]
