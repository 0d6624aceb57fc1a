"""The seven committed sessions: every strategy speaks in every direction it knows, and its baseline is made again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.cli.committed_sessions import committed_sessions
from trading_assets.cli.reruns import setup
from trading_assets.defs.workspace import open_workspace
from trading_assets.errors import BaselineError
from trading_assets.feeds.simulated_files import COMMITTED_SESSIONS, DIRTY_SESSION
from trading_assets.market.history import SessionHistory
from trading_assets.regression.runs import Run, SessionInput, Setup, run_sessions
from trading_assets.regression.suite import make_baselines, run_suite
from trading_assets.regression.verify import Case, verify
from trading_assets.settings import Settings
from trading_assets_tests.strategies.desk import DESK, NAMES, SIDES

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINES = Path(__file__).resolve().parents[2] / "baselines"
FIRST, LAST = COMMITTED_SESSIONS[0], COMMITTED_SESSIONS[-1]
#: A week is five sessions.
MOST_BYTES_A_SESSION = 25_000 / 5


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[SessionInput], Setup, Run]:
    """The sessions, the strategies, and what they said."""
    workspace = open_workspace(Settings(home=tmp_path_factory.mktemp("home")))
    sessions = list(committed_sessions(workspace, FIRST, LAST))
    whole = setup(workspace, None)
    return sessions, whole, run_sessions(FIRST, LAST, sessions, whole)


@pytest.fixture(scope="module")
def run(everything: tuple[list[SessionInput], Setup, Run]) -> Run:
    """What the strategies said."""
    return everything[2]


@pytest.fixture(scope="module")
def committed() -> Mapping[str, str]:
    """The baselines of the committed sessions by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in BASELINES.glob(f"*_{FIRST}_to_{LAST}.json")}


@pytest.mark.parametrize(("strategy_id", "side"), SIDES)
def test_every_strategy_speaks_in_every_direction(run: Run, strategy_id: str, side: str) -> None:
    leg = getattr(DESK[strategy_id], f"{side}_legs")[0]
    first = run.signals[(run.signals["strategy_id"] == strategy_id) & (run.signals["leg"] == 1)]
    assert len(first[(first["option_type"] == leg.option_type) & (first["side"] == leg.side)]) > 0


def test_there_are_twenty_strategies_in_thirty_five_directions_and_perhaps_others() -> None:
    assert len(DESK) == len(NAMES) == 20
    assert len(SIDES) == 35


def test_baselines_are_made_again_byte_for_byte(run: Run, committed: Mapping[str, str]) -> None:
    made = make_baselines(run)
    assert sorted(made) == sorted(committed)
    different = [name for name, text in made.items() if text != committed[name]]
    assert not different, "look at `regression diff --snapshots committed`, then re-make them"


def test_the_suite_passes_on_them(run: Run, committed: Mapping[str, str]) -> None:
    result = run_suite(committed, run)
    assert result.passed
    assert result.totals()["baseline"] == result.totals()["matched"] == len(run.signals) > 200


def test_a_baseline_is_small(committed: Mapping[str, str]) -> None:
    assert max(len(text.encode()) for text in committed.values()) <= MOST_BYTES_A_SESSION * len(COMMITTED_SESSIONS)


def test_the_planted_defect_is_kept_out_of_the_sessions(everything: tuple[list[SessionInput], Setup, Run]) -> None:
    for one in everything[0]:
        snapshots = one.frame["snapshot_id"].nunique()
        assert one.frame["spot"].between(20_000, 25_000).all()
        assert (snapshots < 375) == (one.session.day == DIRTY_SESSION)


def test_a_session_is_told_the_year_before_it_and_the_sessions_since(
    everything: tuple[list[SessionInput], Setup, Run],
) -> None:
    sessions = everything[0]
    for before, one in pairwise(sessions):
        last = before.frame.loc[before.frame["observed_at"].idxmax(), "spot"]
        assert one.histories["NIFTY"].previous_close == last
        assert len(one.histories["NIFTY"].closes) == 252


def test_a_range_within_them_is_told_the_same(
    everything: tuple[list[SessionInput], Setup, Run], tmp_path: Path
) -> None:
    sessions, whole, run = everything
    second = COMMITTED_SESSIONS[1]
    (alone,) = committed_sessions(open_workspace(Settings(home=tmp_path)), second, second)
    found = alone.signals(whole)["signal_id"]
    assert sorted(found) == sorted(sessions[1].signals(whole)["signal_id"])
    assert set(found) <= set(run.signals["signal_id"])


@pytest.mark.parametrize("number", [0, 1])
def test_strategies_that_all_speak_are_blind_to_the_future(
    everything: tuple[list[SessionInput], Setup, Run], number: int
) -> None:
    one, whole = everything[0][number], everything[1]
    case = Case(one.frame, one.session, whole.strategies, whole.overrides, one.histories)
    assert verify(case, 2, np.random.default_rng(5), every=40) == []


def test_signals_do_not_depend_on_where_a_long_history_begins(
    everything: tuple[list[SessionInput], Setup, Run],
) -> None:
    one, whole = everything[0][1], everything[1]
    known = one.histories["NIFTY"]
    # all but rank and percentile, which look back a year, need 25 sessions at most
    short = SessionHistory(known.closes[-25:], known.volatility[-25:], known.skew[-25:])
    plain, shortened = one.signals(whole), replace(one, histories={"NIFTY": short}).signals(whole)
    year = {"iv_rank_premium_sell", "low_iv_long_vol", "straddle_decay_short"}
    expected = plain[~plain["strategy_id"].isin(year)]["signal_id"].tolist()
    assert shortened["signal_id"].tolist() == expected
    assert {"bollinger_squeeze", "gap_fade_or_go", "skew_shift"} <= set(shortened["strategy_id"])


def test_a_range_beside_them_is_refused(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path))
    outside = COMMITTED_SESSIONS[-1].replace(day=3)
    with pytest.raises(BaselineError, match=r"no committed session lies from 2026-02-03 .* they are 2026-01-23, 2026"):
        next(committed_sessions(workspace, outside, outside))
