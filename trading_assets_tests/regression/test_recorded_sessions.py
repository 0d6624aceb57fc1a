"""The proofs on sessions that nobody made up: real snapshots at an irregular cadence, with their holes."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from trading_assets.regression.baseline_text import loads
from trading_assets.regression.fingerprints import fingerprints
from trading_assets.regression.inputs import input_hash
from trading_assets.regression.runs import SessionInput, Setup, run_sessions
from trading_assets.regression.suite import make_baselines, run_suite
from trading_assets.regression.verify import Case, verify
from trading_assets.regression.warm_up import warm_up
from trading_assets.strategies.discovery import load_strategies
from trading_assets_tests.regression.test_runs import RULES
from trading_assets_tests.strategies.sessions import recorded, session_of, usable

pytestmark = pytest.mark.recordings

FIVE_MINUTES = date(2026, 4, 28)
TWENTY_MINUTES = date(2025, 11, 14)
SOURCES = ("nse_5min_2026", "nse_json_2025")


@cache
def case(folder: Path, source: str) -> Case:
    """One session of a source."""
    if source == "nse_json_2025":
        return Case(recorded(folder, TWENTY_MINUTES), session_of(TWENTY_MINUTES))
    frame = usable(folder / source / "nifty50-05-May-2026.csv.xz", "nse-5min-csv", FIVE_MINUTES)
    return Case(frame, session_of(FIVE_MINUTES))


@pytest.mark.parametrize("source", SOURCES)
def test_no_strategy_sees_the_future_of_a_recorded_session(recordings: Path, source: str) -> None:
    found = case(recordings, source)
    assert len(found.running()) == len(load_strategies())
    assert verify(found, 2, np.random.default_rng(5), every=4) == []


@pytest.mark.parametrize("source", SOURCES)
def test_declared_warm_ups_hold_on_every_recorded_snapshot(recordings: Path, source: str) -> None:
    for chain in case(recordings, source).chains(case(recordings, source).frame).values():
        assert warm_up(chain) == []


@pytest.mark.parametrize("source", SOURCES)
def test_recorded_rows_in_any_order_give_the_same_bits(recordings: Path, source: str) -> None:
    found = case(recordings, source)
    rows = np.random.default_rng(6).permutation(len(found.frame))
    shuffled = found.frame.iloc[rows]
    assert fingerprints(found.signals(shuffled)) == fingerprints(found.signals(found.frame))
    assert input_hash(shuffled, {}) == input_hash(found.frame, {})


@pytest.mark.parametrize("source", SOURCES)
def test_a_recorded_session_has_baselines_that_hold_and_notice_a_lost_snapshot(recordings: Path, source: str) -> None:
    found = case(recordings, source)
    setup = Setup(load_strategies(), {}, RULES, "c" * 12)
    day = found.session.day
    run = run_sessions(day, day, [SessionInput(found.session, found.frame)], setup)
    texts = make_baselines(run)
    assert run_suite(texts, run).passed
    assert len(run.signals) > 3
    assert sum(len(loads(text, name).signals) for name, text in texts.items()) == len(run.signals)
    spoke = run.signals["timestamp"].min()
    without = SessionInput(found.session, found.frame[found.frame["observed_at"] != spoke])
    lost = run_suite(texts, run_sessions(day, day, [without], setup))
    assert lost.exit_code == 1
    assert f"snapshots of {day} are others" in lost.strategies[0].reason
