# ruff: noqa: FBT001, FBT003 - every story has a mirror image
"""Every packaged strategy fires in every direction it defines on a chain made for it, and not beside its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.entries import entries
from trading_assets.strategies.evaluation import evaluated
from trading_assets_tests.strategies.made_chain import (
    BASE,
    MINUTES,
    STRIKES,
    at_minute,
    line,
    made_chain,
)

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain

STRATEGIES = load_strategies()


def wall(strike: float, late: float, early: float = 9000.0, since: str = "10:45") -> np.ndarray:
    """Open interest with one wall that changes at a time, shape (S, K)."""
    oi = np.full((len(MINUTES), len(STRIKES)), 1000.0)
    oi[:, strike == STRIKES] = np.where(at_minute(since) > MINUTES, early, late)[:, None]
    return oi


def mirrored(points: tuple[tuple[str, float], ...], up: bool) -> np.ndarray:
    """A path as moves from the base, or its mirror image."""
    return BASE + (1.0 if up else -1.0) * (line(*points) - 0.0)


def pinned(strike: float) -> np.ndarray:
    oi = np.full(len(STRIKES), 600.0)
    oi[strike == STRIKES] = 90_000.0
    return np.broadcast_to(oi, (len(MINUTES), len(STRIKES)))


def flow(up: bool) -> OptionChain:
    grown = line(("09:15", 1000.0), ("15:29", 4000.0))[:, None]
    path = mirrored((("09:15", 0.0), ("15:29", 300.0)), up)
    return made_chain(path, put_oi=grown if up else 1000.0, call_oi=1000.0 if up else grown)


def ratio(low: bool) -> OptionChain:
    turn = (
        (("09:15", 900.0), ("10:30", 500.0), ("12:00", 690.0))
        if low
        else (("09:15", 1000.0), ("11:00", 2000.0), ("14:00", 1500.0))
    )
    return made_chain(put_oi=line(*turn)[:, None])


def macd_path(up: bool) -> OptionChain:
    points = (("09:15", 0.0), ("11:40", 260.0), ("12:20", 230.0), ("12:45", 232.0), ("14:00", 420.0), ("15:29", 430.0))
    return made_chain(mirrored(points, up))


def reversal(up: bool) -> OptionChain:
    points = (
        ("09:15", 0.0),
        ("10:00", 30.0),
        ("11:00", -180.0),
        ("11:05", -150.0),
        ("11:15", -178.0),
        ("11:20", -178.5),
        ("11:50", -60.0),
        ("15:29", -50.0),
    )
    return made_chain(mirrored(points, up))


def gamma(turn: str, up: bool) -> OptionChain:
    first, then = (3000.0, 500.0) if turn == "negative" else (500.0, 3000.0)
    calls = np.where(at_minute("11:00") > MINUTES, first, then)[:, None]
    return made_chain(mirrored((("09:15", 0.0), ("15:29", 700.0)), up), call_oi=calls, put_oi=1500.0)


def stretched_walls(call: bool) -> OptionChain:
    path = mirrored((("09:15", 0.0), ("12:00", 190.0), ("15:29", 190.0)), call)
    oi = wall(BASE + 200.0 if call else BASE - 200.0, 9900.0, since="11:50")
    return made_chain(path, call_oi=oi if call else 1000.0, put_oi=1000.0 if call else oi)


def broken_wall(call: bool) -> OptionChain:
    path = mirrored((("09:15", 0.0), ("10:40", 30.0), ("10:50", 90.0), ("15:29", 90.0)), call)
    oi = wall(BASE + 50.0 if call else BASE - 50.0, 7000.0, since="10:48")
    return made_chain(path, call_oi=oi if call else 1000.0, put_oi=1000.0 if call else oi)


def opening(up: bool) -> OptionChain:
    early = 50.0 * np.sin(MINUTES / 4.0) * (MINUTES < 30)
    path = BASE + early + (1.0 if up else -1.0) * line(("09:15", 0.0), ("10:30", 0.0), ("10:40", 90.0), ("15:29", 90.0))
    return made_chain(path, pace=np.where(at_minute("10:30") <= MINUTES, 300.0, 100.0))


def pulled_back(up: bool) -> OptionChain:
    points = (("09:15", 0.0), ("11:30", 150.0), ("11:55", 150.0), ("11:56", 76.0), ("12:10", 82.0), ("15:29", 84.0))
    return made_chain(mirrored(points, up))


def ran_away(up: bool) -> OptionChain:
    wiggle = 2.0 * np.sin(MINUTES / 3.0)
    return made_chain(mirrored((("09:15", 0.0), ("12:00", 0.0), ("12:40", 200.0), ("15:29", 200.0)), up) + wiggle)


STORIES: dict[tuple[str, str], OptionChain] = {
    ("ema_supertrend", "long"): made_chain(mirrored((("09:15", 0.0), ("15:29", 400.0)), True)),
    ("ema_supertrend", "short"): made_chain(mirrored((("09:15", 0.0), ("15:29", 400.0)), False)),
    ("gamma_flip", "long"): gamma("negative", True),
    ("gamma_flip", "short"): gamma("negative", False),
    ("macd_momentum", "long"): macd_path(True),
    ("macd_momentum", "short"): macd_path(False),
    ("max_pain_reversion", "long"): made_chain(BASE - 200.0, call_oi=pinned(BASE), put_oi=pinned(BASE), days=1),
    ("max_pain_reversion", "short"): made_chain(BASE + 200.0, call_oi=pinned(BASE), put_oi=pinned(BASE), days=1),
    ("oi_change_patterns", "long"): flow(True),
    ("oi_change_patterns", "short"): flow(False),
    ("oi_wall_breakout", "long"): broken_wall(True),
    ("oi_wall_breakout", "short"): broken_wall(False),
    ("oi_wall_rejection", "long"): stretched_walls(False),
    ("oi_wall_rejection", "short"): stretched_walls(True),
    ("opening_range_breakout", "long"): opening(True),
    ("opening_range_breakout", "short"): opening(False),
    ("pcr_analysis", "long"): ratio(True),
    ("pcr_analysis", "short"): ratio(False),
    ("rsi_reversal", "long"): reversal(True),
    ("rsi_reversal", "short"): reversal(False),
    ("straddle_expansion", "long"): made_chain(volatility=np.where(at_minute("11:00") <= MINUTES, 0.16, 0.12)),
    ("vix_spike_reversal", "long"): made_chain(
        mirrored((("09:15", 0.0), ("10:30", -200.0), ("12:00", -100.0)), True),
        vix=line(("09:15", 12.0), ("10:30", 14.0), ("12:00", 13.0)),
    ),
    ("vwap_reversion", "long"): ran_away(False),
    ("vwap_reversion", "short"): ran_away(True),
    ("vwap_trend", "long"): pulled_back(True),
    ("vwap_trend", "short"): pulled_back(False),
}


def fires(strategy_id: str, chain: OptionChain) -> dict[str, np.ndarray]:
    """Snapshots inside the window at which each side fires."""
    strategy = STRATEGIES[strategy_id]
    said = evaluated(strategy, chain, strategy.parameters)
    allowed = strategy.in_window(chain.minutes_ist)
    return {"long": np.flatnonzero(said.long & allowed), "short": np.flatnonzero(said.short & allowed)}


def test_every_strategy_has_a_story_for_every_direction() -> None:
    sides = {
        (name, side) for name, one in STRATEGIES.items() for side in ("long", "short") if getattr(one, f"{side}_legs")
    }
    assert set(STORIES) == sides
    assert len(STRATEGIES) == 14


@pytest.mark.parametrize(("strategy_id", "side"), sorted(STORIES))
def test_it_fires_where_its_story_says(strategy_id: str, side: str) -> None:
    found = fires(strategy_id, STORIES[strategy_id, side])
    assert len(found[side]) > 0
    other = "short" if side == "long" else "long"
    if strategy_id not in {"ema_supertrend", "macd_momentum", "vwap_trend", "rsi_reversal"}:
        assert len(found[other]) == 0
    strategy, chain = STRATEGIES[strategy_id], STORIES[strategy_id, side]
    for leg in getattr(strategy, f"{side}_legs"):
        assert (entries(chain, leg, found[side], strategy.parameters).refused == "").all(), leg


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_it_says_nothing_on_a_market_that_stands_still(strategy_id: str) -> None:
    quiet = fires(strategy_id, made_chain(call_oi=2000.0, put_oi=2000.0))
    assert len(quiet["long"]) == len(quiet["short"]) == 0


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_it_says_the_same_on_every_prefix_and_nothing_on_an_empty_chain(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    for (name, _), chain in STORIES.items():
        if name == strategy_id:
            whole = evaluated(strategy, chain, strategy.parameters)
            for count in (0, 1, 40, 105, 200, 287):
                part = evaluated(strategy, chain.select(slice(0, count)), strategy.parameters)
                assert part.long.tolist() == whole.long[:count].tolist()
                assert part.short.tolist() == whole.short[:count].tolist()
                np.testing.assert_allclose(part.confidence, whole.confidence[:count], rtol=0, atol=1e-9)


def test_gamma_that_turns_positive_fades_a_large_move_of_the_day() -> None:
    assert len(fires("gamma_flip", gamma("positive", True))["short"]) == 1
    assert len(fires("gamma_flip", gamma("positive", False))["long"]) == 1
