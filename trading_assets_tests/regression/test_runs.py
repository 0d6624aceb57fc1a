"""A run streams sessions: one at a time, in their order, and its facts are those of the sessions alone."""

from __future__ import annotations

import weakref
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.regression.baseline_text import loads
from trading_assets.regression.inputs import input_hash
from trading_assets.regression.runs import SessionInput, Setup, run_sessions
from trading_assets.regression.statistics import trading_hash
from trading_assets.regression.suite import make_baselines, run_suite
from trading_assets.settings import TradingSettings
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.simulation import TradingRules
from trading_assets_tests.market.chain_builder import DAY, random_day, session
from trading_assets_tests.strategies.scripted import scripted
from trading_assets_tests.strategies.sessions import market

if TYPE_CHECKING:
    from collections.abc import Iterator

NEXT = date(2025, 10, 16)
RULES = TradingRules(market().reference, TradingSettings(), load_charges())


def one_session(day: date = DAY, seed: int = 4) -> SessionInput:
    frame = random_day(np.random.default_rng(seed), snapshots=20, strikes=3, gap_minutes=5.0)
    apart = pd.Timedelta(days=(day - DAY).days)
    moved = {name: frame[name] + apart for name in ("date", "observed_at", "received_at", "available_at")}
    return SessionInput(session(day), frame.assign(**moved))


def setup(**strategies: object) -> Setup:
    chosen = strategies or {"scripted": scripted(), "silent": scripted(strategy_id="silent")}
    return Setup(chosen, {}, RULES, "c" * 12)


def speaking(frame: pd.DataFrame) -> object:
    """A strategy that fires at the fifth and the fifteenth snapshot of a frame."""
    moments = np.unique(frame["observed_at"].dt.tz_convert("Asia/Kolkata").dt.strftime("%H:%M:%S"))
    return scripted(long=[moments[4]], short=[moments[14]])


FIRST, SECOND = one_session(), one_session(NEXT, seed=5)
TALKATIVE = setup(scripted=speaking(FIRST.frame), silent=scripted(strategy_id="silent"))


def test_signals_of_all_sessions_and_one_line_of_statistics_each() -> None:
    run = run_sessions(DAY, NEXT, [FIRST, SECOND], TALKATIVE)
    assert run.signals["date"].dt.date.unique().tolist() == [DAY]
    assert len(run.signals) == 2
    assert {name: [one.date for one in told] for name, told in run.statistics.items()} == {
        "scripted": [DAY, NEXT],
        "silent": [DAY, NEXT],
    }
    assert [one.signals for one in run.statistics["scripted"]] == [2, 0]
    assert [one.trades for one in run.statistics["silent"]] == [0, 0]


def test_provenance_names_inputs_strategies_calendar_and_trading() -> None:
    made_of = run_sessions(DAY, NEXT, [FIRST, SECOND], TALKATIVE).provenance
    assert made_of.inputs == {DAY: input_hash(FIRST.frame, {}), NEXT: input_hash(SECOND.frame, {})}
    assert (made_of.start, made_of.end, made_of.calendar_version) == (DAY, NEXT, "c" * 12)
    assert made_of.trading_hash == trading_hash(RULES)
    assert sorted(made_of.strategies) == ["scripted", "silent"]


def test_snapshot_times_rise_over_all_sessions() -> None:
    times = run_sessions(DAY, NEXT, [FIRST, SECOND], TALKATIVE).snapshot_times
    assert times is not None
    assert len(times) == 40
    assert (np.diff(times) > np.timedelta64(0)).all()


def test_a_session_is_let_go_before_the_next_is_asked_for() -> None:
    order: list[str] = []

    def sessions() -> Iterator[SessionInput]:
        for name, one in (("first", FIRST), ("second", SECOND)):
            order.append(f"{name} asked for")
            yield one
            order.append(f"{name} done")

    run_sessions(DAY, NEXT, sessions(), TALKATIVE)
    assert order == ["first asked for", "first done", "second asked for", "second done"]


def test_no_session_is_held_while_the_next_is_made() -> None:
    """Two sessions at once are 30 MB of 75,000 rows each."""
    alive: list[weakref.ref[SessionInput]] = []

    def sessions() -> Iterator[SessionInput]:
        for plain in (FIRST, SECOND, FIRST):
            assert all(reference() is None for reference in alive)
            one = SessionInput(plain.session, plain.frame)
            alive.append(weakref.ref(one))
            yield one
            del one

    run_sessions(DAY, NEXT, sessions(), TALKATIVE)
    assert len(alive) == 3


def test_day_by_day_is_the_whole_range() -> None:
    whole = run_sessions(DAY, NEXT, [FIRST, SECOND], TALKATIVE)
    alone = [run_sessions(one.session.day, one.session.day, [one], TALKATIVE) for one in (FIRST, SECOND)]
    assert whole.signals["signal_id"].tolist() == [key for run in alone for key in run.signals["signal_id"]]
    assert whole.statistics["scripted"] == tuple(run.statistics["scripted"][0] for run in alone)


def test_overrides_reach_the_strategies_and_their_facts() -> None:
    strict = Setup(TALKATIVE.strategies, {"scripted": {"min_open_interest": 1e9}}, RULES, "c" * 12)
    plain, none = (run_sessions(DAY, DAY, [FIRST], one) for one in (TALKATIVE, strict))
    assert len(none.signals) == 0
    assert none.provenance.strategies["scripted"] != plain.provenance.strategies["scripted"]
    assert none.provenance.strategies["silent"] == plain.provenance.strategies["silent"]


def test_a_run_agrees_with_the_baselines_made_of_it_and_rows_in_any_order() -> None:
    run = run_sessions(DAY, NEXT, [FIRST, SECOND], TALKATIVE)
    texts = make_baselines(run)
    rows = np.random.default_rng(1).permutation(len(FIRST.frame))
    shuffled = SessionInput(FIRST.session, FIRST.frame.iloc[rows])
    again = run_sessions(DAY, NEXT, [shuffled, SECOND], TALKATIVE)
    assert make_baselines(again) == texts
    assert run_suite(texts, again).passed
    name = f"scripted_{DAY}_to_{NEXT}.json"
    assert loads(texts[name], name).statistics == run.statistics["scripted"]


def test_a_run_needs_a_session() -> None:
    with pytest.raises(ValueError, match="concatenate"):
        run_sessions(DAY, NEXT, [], TALKATIVE)
