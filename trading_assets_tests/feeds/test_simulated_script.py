"""Scripted sessions do what their script says and are ordinary sessions in everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from trading_assets.feeds.simulated import FEED
from trading_assets.feeds.simulated_events import SCRIPTS
from trading_assets.feeds.simulated_files import COMMITTED_SESSIONS, FIXTURE_SESSIONS, SCRIPTED_SESSIONS, fixture_spec
from trading_assets.feeds.simulated_history import committed_history
from trading_assets.feeds.simulated_script import Script, Wall, along, followed, with_walls
from trading_assets.market.history import FEWEST_SESSIONS, YEAR_SESSIONS
from trading_assets.market.packaged import load_market
from trading_assets.market.session_bars import histories
from trading_assets_tests.feeds.test_simulated import committed, simulate

MARKET = load_market()
ELAPSED = np.arange(375) / 375.0
QUIET = Script(opening=22_000.0, move=((0, 0.0), (375, 1.0)), volatility=((0, 0.10), (150, 0.14)), noise=0.0)


def per_snapshot(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame.groupby("observed_at")[name].first().to_numpy()


def test_values_run_straight_between_their_minutes_and_stay_beyond_them() -> None:
    told = along(((10, 1.0), (20, 3.0)), np.array([0.0, 10.0, 15.0, 20.0, 300.0]) / 375.0)
    assert told.tolist() == pytest.approx([1.0, 1.0, 2.0, 3.0, 3.0])


def test_the_index_and_its_volatility_follow_the_script() -> None:
    frame = simulate(replace(fixture_spec(date(2026, 1, 28)), script=QUIET), date(2026, 1, 28))
    spot = per_snapshot(frame, "spot")
    assert spot[0] == 22_000.0
    assert np.abs(spot - 22_000.0 * (1.0 + ELAPSED / 100.0)).max() <= 0.026
    vix = per_snapshot(frame, "india_vix")
    assert (vix[0], vix[-1]) == (10.3, 14.42)


def test_noise_is_drawn_around_the_script_and_not_at_the_open() -> None:
    loud = replace(QUIET, noise=0.01)
    base = replace(fixture_spec(date(2026, 1, 28)), script=loud)
    spot = per_snapshot(simulate(base, date(2026, 1, 28)), "spot")
    around = spot / (22_000.0 * (1.0 + ELAPSED / 100.0)) - 1.0
    assert around[0] == 0.0
    assert 0.00007 < around[1:].std() < 0.00013


def test_a_wall_changes_the_open_interest_of_its_strike_and_side_alone() -> None:
    interest = np.full((375, 2, 3, 2), 1001.0)
    script = replace(QUIET, walls=(Wall(22_050.0, 1, ((0, 1.0), (100, 2.5))),))
    built = with_walls(interest, script, np.array([22_000.0, 22_050.0, 22_100.0]), ELAPSED)
    assert built[-1, :, 1, 1].tolist() == [2502.0, 2502.0]
    built[:, :, 1, 1] = 1001.0
    assert np.array_equal(built, interest)


def test_volume_and_skew_follow_their_multiples() -> None:
    day = date(2026, 1, 28)
    plain = simulate(replace(fixture_spec(day), script=QUIET), day)
    busy = simulate(replace(fixture_spec(day), script=replace(QUIET, pace=((0, 3.0),), skew=((0, 2.0),))), day)
    assert busy["volume"].sum() / plain["volume"].sum() == pytest.approx(3.0, rel=0.01)
    low = plain["strike"] == plain["strike"].min()
    assert (busy["vendor_implied_vol"] > plain["vendor_implied_vol"])[low].all()
    assert busy["spot"].equals(plain["spot"])


def test_a_script_does_not_disturb_the_draws_of_the_market() -> None:
    day = date(2026, 1, 28)
    plain, scripted = simulate(fixture_spec(day), day), simulate(replace(fixture_spec(day), script=QUIET), day)
    assert plain["received_at"].equals(scripted["received_at"])
    assert not plain["spot"].equals(scripted["spot"])


def test_scripted_sessions_come_before_the_others_and_have_a_spec() -> None:
    assert tuple(SCRIPTS) == SCRIPTED_SESSIONS
    assert sorted(COMMITTED_SESSIONS) == [*SCRIPTED_SESSIONS, *FIXTURE_SESSIONS]
    assert len(COMMITTED_SESSIONS) == 7
    for day in COMMITTED_SESSIONS:
        assert MARKET.calendar.is_session(day)
        assert (fixture_spec(day).script is not None) == (day in SCRIPTED_SESSIONS)


@pytest.mark.parametrize("day", SCRIPTED_SESSIONS)
def test_a_committed_script_is_what_the_file_shows(day: date) -> None:
    frame, script = FEED.quotes(next(FEED.captures(committed(day), None))).frame(), SCRIPTS[day]
    spot = per_snapshot(frame, "spot")
    assert spot[0] == script.opening
    expected = script.opening * (1.0 + along(script.move, ELAPSED) / 100.0)
    assert np.abs(spot / expected - 1.0).max() < 0.0002
    assert frame["strike"].min() < spot.min()
    assert frame["strike"].max() > spot.max()


def test_the_committed_history_is_the_year_before_the_first_session() -> None:
    bars = committed_history()
    days = [
        day for day in MARKET.calendar.sessions(date(2024, 6, 1), SCRIPTED_SESSIONS[0]) if day < SCRIPTED_SESSIONS[0]
    ]
    found = bars["date"].drop_duplicates().dt.date.tolist()
    assert found == days[-YEAR_SESSIONS:]
    known = histories(bars, found)["NIFTY"]
    assert np.isfinite(known.previous_close)
    assert np.isfinite(known.volatility).any(axis=1).sum() == YEAR_SESSIONS >= FEWEST_SESSIONS
    assert (np.isfinite(known.skew).sum(axis=1) > 60).tolist() == [False] * (YEAR_SESSIONS - 25) + [True] * 25
    # the first scripted session gaps up, the second down, against what came before
    gap = SCRIPTS[SCRIPTED_SESSIONS[0]].opening / known.previous_close - 1.0
    assert gap == pytest.approx(0.009, abs=2e-4)


def test_a_followed_path_keeps_mood_and_regime() -> None:
    from trading_assets.feeds.simulated_path import day_path

    path = day_path(fixture_spec(date(2026, 1, 28)), date(2026, 1, 28), ELAPSED)
    told = followed(path, QUIET, ELAPSED, np.random.default_rng(1))
    assert np.array_equal(told.mood, path.mood)
    assert told.regime == path.regime
    assert told.log_return == pytest.approx(np.log(told.spot / told.spot[0]), abs=3e-6)
