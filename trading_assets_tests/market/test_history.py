"""What earlier sessions tell: by hand, against plain Python, and that nothing depends on where the records begin."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import fmean, pstdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.history import FEWEST_SESSIONS, NO_HISTORY, SLOTS, YEAR_SESSIONS, SessionHistory
from trading_assets.market.indicators import bollinger_width
from trading_assets.market.session_bars import histories
from trading_assets.tables.session_bars import CONTRACT

DAYS = [date(2025, 1, 1) + timedelta(days=i) for i in range(30)]
NOW = np.array([8.0, 10.0, 15.0, 20.0, 25.0, np.nan])


def bars(day: date, *rows: tuple[str, float, float, float], underlying: str = "NIFTY") -> pd.DataFrame:
    """Bars of a day: clock of the end in IST, close, volatility, skew."""
    ended = pd.to_datetime([f"{day} {clock}" for clock, *_ in rows]).tz_localize("Asia/Kolkata").tz_convert("UTC")
    columns = dict(zip(("close", "india_vix", "skew_25d"), np.array([row[1:] for row in rows]).T, strict=True))
    return CONTRACT.frame(
        {"date": [np.datetime64(day, "s")] * len(rows), "underlying": [underlying] * len(rows), "ended_at": ended}
        | columns
    )


def year(closes: list[float]) -> SessionHistory:
    """Sessions with one volatility each, NaN for a hole."""
    volatility = np.full((len(closes), SLOTS), np.nan)
    volatility[:, 186] = closes
    empty = np.full_like(volatility, np.nan)
    return SessionHistory(empty, volatility, empty)


def grid(sessions: int, seed: int, holes: float = 0.1) -> np.ndarray:
    """Values in the slots of a regular session."""
    rng = np.random.default_rng(seed)
    values = np.full((sessions, SLOTS), np.nan)
    values[:, 112:187] = np.where(rng.random((sessions, 75)) < holes, np.nan, rng.normal(2.0, 0.3, (sessions, 75)))
    return values


def test_without_earlier_sessions_nothing_is_known() -> None:
    assert np.isnan(NO_HISTORY.previous_close)
    for judged in (
        NO_HISTORY.volatility_rank(NOW),
        NO_HISTORY.volatility_percentile(NOW),
        NO_HISTORY.skew_score(NOW, np.full(len(NOW), 120), 20),
    ):
        assert np.isnan(judged).all()
        assert judged.shape == NOW.shape
    assert len(NO_HISTORY.closes_before(140)) == 0
    assert np.isnan(NO_HISTORY.width_quantile(10.0, 20))


def test_bars_find_their_session_and_their_five_minutes_by_the_clock() -> None:
    told = pd.concat(
        [
            bars(DAYS[1], ("09:20", 100.0, 11.0, 1.0), ("15:30", 101.0, 12.0, 2.0)),
            bars(DAYS[2], ("18:20", 102.0, 13.0, 3.0)),
            bars(DAYS[2], ("09:20", 7.0, 7.0, 7.0), underlying="BANKNIFTY"),
            bars(DAYS[4], ("09:20", 9.0, 9.0, 9.0)),
        ]
    ).sample(frac=1.0, random_state=3)
    found = histories(told, DAYS[:4])
    assert sorted(found) == ["BANKNIFTY", "NIFTY"]
    nifty = found["NIFTY"]
    assert nifty.closes.shape == nifty.volatility.shape == nifty.skew.shape == (4, SLOTS)
    assert np.argwhere(np.isfinite(nifty.closes)).tolist() == [[1, 112], [1, 186], [2, 220]]
    assert [nifty.closes[1, 112], nifty.volatility[1, 186], nifty.skew[2, 220]] == [100.0, 12.0, 3.0]
    assert np.isfinite(found["BANKNIFTY"].closes).sum() == 1


def test_the_day_itself_and_later_ones_are_not_among_earlier_sessions() -> None:
    told = pd.concat([bars(day, ("15:30", 100.0 + i, 12.0, 1.0)) for i, day in enumerate(DAYS[:6])])
    known = histories(told, DAYS[:3])["NIFTY"]
    assert known.previous_close == 102.0
    assert np.isfinite(known.closes).sum() == 3
    assert histories(told, [])["NIFTY"].closes.shape == (0, SLOTS)


def test_the_previous_close_is_the_last_level_of_the_session_before_and_of_no_other() -> None:
    told = pd.concat([bars(DAYS[0], ("15:30", 99.0, 1.0, 1.0)), bars(DAYS[1], ("15:25", 100.0, 1.0, 1.0))])
    assert histories(told, DAYS[:2])["NIFTY"].previous_close == 100.0
    # a session of the calendar that is not known stands between: 100 is no previous close any more
    assert np.isnan(histories(told, DAYS[:3])["NIFTY"].previous_close)


def test_rank_and_percentile_are_the_definition() -> None:
    closes = np.linspace(10.0, 20.0, 101).tolist()
    known = year(closes)
    assert known.volatility_rank(NOW)[:5].tolist() == pytest.approx([-20.0, 0.0, 50.0, 100.0, 150.0])
    expected = [100.0 * sum(value < now for value in closes) / len(closes) for now in NOW[:5].tolist()]
    assert known.volatility_percentile(NOW)[:5].tolist() == pytest.approx(expected)
    assert np.isnan(known.volatility_rank(NOW)[5])
    assert np.isnan(known.volatility_percentile(NOW)[5])


def test_sixty_sessions_with_a_volatility_are_needed_wherever_the_holes_are() -> None:
    enough = [12.0 + 0.01 * i for i in range(FEWEST_SESSIONS)]
    assert np.isfinite(year([np.nan, *enough, np.nan]).volatility_rank(NOW)[:5]).all()
    for judged in (year([*enough[1:], np.nan]).volatility_rank, year([*enough[1:], np.nan]).volatility_percentile):
        assert np.isnan(judged(NOW)).all()


def test_a_year_in_which_nothing_moved_has_no_rank_but_a_percentile() -> None:
    still = year([12.0] * 70)
    assert np.isnan(still.volatility_rank(NOW)).all()
    assert still.volatility_percentile(np.array([11.0, 12.0, 13.0])).tolist() == [0.0, 0.0, 100.0]


def test_what_is_older_than_a_year_is_forgotten() -> None:
    recent = [12.0 + (i % 7) for i in range(YEAR_SESSIONS)]
    assert np.array_equal(year([90.0, *recent]).volatility_rank(NOW), year(recent).volatility_rank(NOW), equal_nan=True)


@given(seed=st.integers(0, 2**32 - 1), sessions=st.integers(5, 40), wanted=st.integers(2, 6))
def test_the_skew_score_is_that_of_the_last_sessions_with_the_slot(seed: int, sessions: int, wanted: int) -> None:
    skew = grid(sessions, seed, holes=0.3)
    slots = np.array([112, 120, 150, 186, 10])
    found = SessionHistory(skew, skew, skew).skew_score(np.full(5, 2.5), slots, wanted)
    for slot, score in zip(slots.tolist(), found.tolist(), strict=True):
        known = [value for value in skew[:, slot].tolist() if np.isfinite(value)][-wanted:]
        if len(known) < wanted:
            assert np.isnan(score)
        else:
            assert score == pytest.approx((2.5 - fmean(known)) / pstdev(known), rel=1e-9)


def test_a_skew_that_never_moved_has_no_score() -> None:
    flat = np.full((25, SLOTS), 2.0)
    assert np.isnan(SessionHistory(flat, flat, flat).skew_score(np.array([2.5]), np.array([120]), 20)).all()


@given(seed=st.integers(0, 2**32 - 1), more=st.integers(1, 30))
def test_nothing_depends_on_where_the_records_begin(seed: int, more: int) -> None:
    values = 10.0 + grid(YEAR_SESSIONS + more, seed)
    long, short = (SessionHistory(part, part, part) for part in (values, values[more:]))
    slots = np.array([115, 130, 150, 170, 180, 186])
    assert long.previous_close == short.previous_close
    for name, extra in (("volatility_rank", ()), ("volatility_percentile", ()), ("skew_score", (slots, 20))):
        assert np.array_equal(getattr(long, name)(NOW, *extra), getattr(short, name)(NOW, *extra), equal_nan=True)
    assert long.closes_before(140).tolist() == short.closes_before(140).tolist()
    assert long.width_quantile(10.0, 20) == short.width_quantile(10.0, 20)


def test_closes_before_reach_back_no_further_than_a_session_that_is_not_known() -> None:
    closes = np.full((4, SLOTS), np.nan)
    closes[0, 112:187], closes[2, 112:114], closes[3, 113] = 1.0, (2.0, 3.0), 4.0
    known = SessionHistory(closes, closes, closes)
    assert known.closes_before(140).tolist() == [2.0, 3.0, 4.0]
    assert known.closes_before(2).tolist() == [3.0, 4.0]
    assert known.closes_before(0).tolist() == []
    closes[3] = np.nan
    assert SessionHistory(closes, closes, closes).closes_before(140).tolist() == []


def test_the_width_quantile_is_that_of_each_sessions_own_bars() -> None:
    closes = 25_000.0 + 10.0 * grid(22, 5, holes=0.0)
    known = SessionHistory(closes, closes, closes)
    widths = np.concatenate([bollinger_width(row[112:187])[19:] for row in closes[-20:]])
    assert known.width_quantile(10.0, 20) == pytest.approx(np.percentile(widths, 10.0), rel=1e-12)
    assert np.isnan(known.width_quantile(10.0, 23))
    # a session that is not known counts for nothing, an older one takes its place
    closes[-1] = np.nan
    moved = SessionHistory(closes, closes, closes).width_quantile(10.0, 20)
    widths = np.concatenate([bollinger_width(row[112:187])[19:] for row in closes[1:21]])
    assert moved == pytest.approx(np.percentile(widths, 10.0), rel=1e-12)
