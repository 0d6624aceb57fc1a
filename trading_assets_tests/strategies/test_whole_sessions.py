"""Strategies on whole sessions: the committed simulated ones and the real recordings of the NSE web site."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.feeds.simulated_files import DIRTY_SESSION, FIXTURE_SESSIONS
from trading_assets.market.chain_features import max_pain, pcr_oi, total_oi
from trading_assets.market.option_chain import OptionChain, chains
from trading_assets.market.session_bars import histories, session_bars
from trading_assets.regression.verify import Case, verify
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.evaluation import evaluated
from trading_assets.strategies.signals import session_signals, signals
from trading_assets_tests.market import plain
from trading_assets_tests.strategies.sessions import recorded, session_of, simulated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trading_assets.market.history import SessionHistory

CLEAN = [day for day in FIXTURE_SESSIONS if day != DIRTY_SESSION]
#: All sessions of the recordings but one: captures of closed days and of another hour are not theirs.
RECORDED = [date(2025, 10, 13), date(2025, 10, 20), date(2025, 10, 28), date(2025, 11, 6), date(2025, 11, 14)]
#: 75,000 rows take 11 to 15 ms on a quiet machine; the limit leaves room for a busy one.


@pytest.mark.parametrize("day", CLEAN)
def test_signals_of_a_simulated_session_keep_every_rule(day: date) -> None:
    found = session_signals(simulated(day), session_of(day), {})
    strategies = load_strategies()
    for row in found.signals.to_dict("records"):
        strategy = strategies[row["strategy_id"]]
        minute = row["timestamp"].tz_convert("Asia/Kolkata")
        assert strategy.in_window(np.array([minute.hour * 60 + minute.minute + minute.second / 60]))[0]
        assert 0.5 <= row["confidence"] <= 0.95
        assert row["entry_price"] > 0
        assert row["available_at"] >= row["timestamp"]
        assert row["expiry"].date() >= day
    assert found.signals["signal_id"].is_unique
    assert (found.funnel["evaluated"] == simulated(day)["observed_at"].nunique()).all()


@pytest.mark.parametrize("day", CLEAN)
def test_signals_of_one_side_are_at_least_a_cool_down_apart(day: date) -> None:
    found = signals(simulated(day), session_of(day), {})
    for _, side in found.groupby(["strategy_id", "option_type"]):
        gaps = side["timestamp"].sort_values().diff().dropna()
        assert (gaps >= pd.Timedelta(minutes=30)).all()


def test_entries_pay_the_ask_of_their_snapshot() -> None:
    day = CLEAN[0]
    rows = simulated(day).set_index(["observed_at", "expiry", "strike", "option_type"])
    found = signals(simulated(day), session_of(day), {})
    for row in found[~found["entry_price_estimated"]].to_dict("records"):
        quote = rows.loc[(row["timestamp"], row["expiry"], row["strike"], row["option_type"])]
        assert row["entry_price"] == quote["ask" if row["side"] == "BUY" else "bid"]
        assert quote["open_interest_lots"] >= 500
        assert (quote["ask"] - quote["bid"]) / ((quote["ask"] + quote["bid"]) / 2) <= 0.05 + 1e-12


@pytest.mark.recordings
@pytest.mark.parametrize("day", RECORDED)
def test_levels_of_recorded_snapshots_equal_plain_python(recordings: Path, day: date) -> None:
    frame = recorded(recordings, day)
    built = OptionChain.from_frame(frame, session_of(day), max_expiries=30)
    by_snapshot = plain.snapshots(frame)
    known = {str(moment) for moment in built.observed_at}
    for at, rows in enumerate(by_snapshot):
        assert str(rows[0]["observed_at"].tz_localize(None).to_datetime64().astype("datetime64[us]")) in known
        _, traded = plain.traded(by_snapshot, at)
        assert pcr_oi(built)[at] == pytest.approx(plain.pcr(traded), rel=1e-12)
        assert total_oi(built)[at] == plain.interest(traded, "CE") + plain.interest(traded, "PE")
        if np.isfinite(traded[0]["forward"]):
            assert max_pain(built)[at] == plain.max_pain(traded)


@pytest.mark.recordings
@pytest.mark.parametrize("day", RECORDED)
def test_every_strategy_runs_on_recorded_sessions_and_is_honest(recordings: Path, day: date) -> None:
    frame, session = recorded(recordings, day), session_of(day)
    found = session_signals(frame, session, {})
    assert set(found.funnel["strategy_id"]) == set(load_strategies())
    assert (found.funnel["evaluated"] > 5).all()
    assert verify(Case(frame, session), 3, np.random.default_rng(2)) == []


@pytest.mark.recordings
def test_a_recorded_session_is_told_the_one_before_it(recordings: Path) -> None:
    before, day = date(2025, 11, 13), date(2025, 11, 14)
    earlier, frame = recorded(recordings, before), recorded(recordings, day)
    known = histories(session_bars(earlier, session_of(before)), [before])
    last = earlier.sort_values("observed_at")["spot"].iloc[-1]
    assert known["NIFTY"].previous_close == last

    def unjudged(told: Mapping[str, SessionHistory]) -> pd.Series:
        return session_signals(frame, session_of(day), {}, None, told).funnel.set_index("strategy_id")["no_history"]

    without, with_one = unjudged({}), unjudged(known)
    # one session is not the twenty that a skew is judged by, and the funnel says so
    assert with_one["skew_shift"] == without["skew_shift"] > 0
    assert (with_one <= without).all()
    # a rule that asks for no history never lacks it
    assert with_one["pcr_analysis"] == 0


@pytest.mark.recordings
def test_windows_reach_back_at_the_slow_cadence_of_the_recordings(recordings: Path) -> None:
    frame = recorded(recordings, date(2025, 11, 14))
    (chain,) = chains(frame, session_of(date(2025, 11, 14))).values()
    strategies = load_strategies()
    for name in ("pcr_analysis", "oi_change_patterns"):
        said = evaluated(strategies[name], chain, strategies[name].parameters)
        # a window was found for most snapshots, so the measure behind the confidence is there
        assert np.isfinite(said.confidence).mean() > 0.5
