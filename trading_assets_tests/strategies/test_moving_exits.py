"""Exits that move with the market: each rule's way out on a story that turns, and what is never known too early."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import StrategyError
from trading_assets.feeds.simulated_files import FIXTURE_SESSIONS
from trading_assets.market.bars import Bars
from trading_assets.market.chain_features import straddle
from trading_assets.market.indicators import bollinger_bands, macd, supertrend
from trading_assets.market.option_chain import chains
from trading_assets.market.traded_volume import vwap
from trading_assets.models.features import feature_frame
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signal_rows import Describer, signals_frame
from trading_assets.strategies.signals import chain_signals, session_signals, signals
from trading_assets.strategies.strategy import BUY_STRADDLE, Surface
from trading_assets_tests.market.chain_builder import session
from trading_assets_tests.strategies.made_chain import BASE, MINUTES, at_minute, line, made_chain
from trading_assets_tests.strategies.scripted import flat_day, minutes, scripted
from trading_assets_tests.strategies.sessions import session_of, simulated
from trading_assets_tests.strategies.stories import STORIES, wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Strategy

STRATEGIES = load_strategies()
CLOCKS = minutes("10:00", 8)


def turned(*points: tuple[str, float], sign: float = 1.0) -> np.ndarray:
    """A path of the index, or its mirror image."""
    return BASE + sign * line(*points)


def wall_regained(sign: float) -> OptionChain:
    """The index dips behind the broken wall at 50 between two closes, and at 13:07 for good."""
    dip = (("13:01", 90.0), ("13:02", 20.0), ("13:03", 20.0), ("13:04", 90.0))
    rise = (("09:15", 0.0), ("10:40", 30.0), ("10:50", 90.0))
    path = turned(*rise, *dip, ("13:06", 90.0), ("13:07", 20.0), ("15:29", 20.0), sign=sign)
    oi = wall(BASE + 50.0 * sign, 7000.0, since="10:48")
    return made_chain(path, call_oi=oi if sign > 0 else 1000.0, put_oi=1000.0 if sign > 0 else oi)


def scare(*later: tuple[str, float]) -> OptionChain:
    """India VIX peaks at 14 at 10:30 and falls to 13 until noon; what comes then is told."""
    index = turned(("09:15", 0.0), ("10:30", -200.0), ("12:00", -100.0))
    return made_chain(index, vix=line(("09:15", 12.0), ("10:30", 14.0), ("12:00", 13.0), *later))


def came_back(sign: float) -> OptionChain:
    """The index runs 200 points away from its mean and is back after a quarter of an hour."""
    wiggle = 2.0 * np.sin(MINUTES / 3.0)
    points = (("09:15", 0.0), ("12:00", 0.0), ("12:32", 160.0), ("12:50", 0.0), ("15:29", 0.0))
    return made_chain(turned(*points, sign=sign) + wiggle)


def trend_turned(sign: float) -> OptionChain:
    """A rise until noon and a fall after it."""
    return made_chain(turned(("09:15", 0.0), ("12:00", 250.0), ("13:30", -150.0), ("15:29", -150.0), sign=sign))


CALMED = np.select([at_minute("11:00") > MINUTES, at_minute("11:10") > MINUTES], [0.12, 0.16], 0.12)
#: Clock of the first signal and of its exit, worked out by hand.
BY_HAND: list[tuple[str, OptionChain, str, str]] = [
    # 13:02 is no close; that of 13:10 is the first behind the wall
    ("oi_wall_breakout", wall_regained(1.0), "10:48", "13:10"),
    ("oi_wall_breakout", wall_regained(-1.0), "10:48", "13:10"),
    # volatility is back, and what time took since the median puts it below
    ("straddle_expansion", made_chain(volatility=CALMED), "11:00", "11:10"),
    # 13 and 1.5 in an hour is 14 at 12:40, and that is no new high
    ("vix_spike_reversal", scare(("13:00", 14.5)), "10:41", "12:41"),
]


def first_spoken(strategy_id: str, chain: OptionChain) -> pd.Series:
    """Its first signal."""
    strategy = STRATEGIES[strategy_id]
    rows, _ = chain_signals(Describer(chain), strategy, strategy.parameters)
    return signals_frame(rows).sort_values(["timestamp", "leg"]).iloc[0]


def clock(moment: pd.Timestamp) -> str:
    return f"{moment.tz_convert('Asia/Kolkata'):%H:%M}"


@pytest.mark.parametrize(("strategy_id", "chain", "entered", "left"), BY_HAND)
def test_a_rule_leaves_when_its_story_turns(strategy_id: str, chain: OptionChain, entered: str, left: str) -> None:
    first = first_spoken(strategy_id, chain)
    assert (clock(first["timestamp"]), clock(first["exit_at"])) == (entered, left)
    assert first[["stop_spot", "target_spot", "stop_vix"]].isna().all(), "no level of the entry is left"


def test_the_same_high_again_is_no_new_one() -> None:
    assert pd.isna(first_spoken("vix_spike_reversal", scare(("13:00", 14.0), ("15:29", 14.0)))["exit_at"])


def closes_beyond_mean(chain: OptionChain, at: int, sign: float) -> bool:
    """Whether the last five-minute close lies beyond the mean of its moment."""
    last = at - at % 5
    return bool(sign * (chain.spot[last] - vwap(chain)[last]) < 0.0)


def mean_or_three_deviations(chain: OptionChain, at: int, sign: float) -> bool:
    """Back at the mean, or three deviations of the last hour from it."""
    distance = sign * (chain.spot / vwap(chain) - 1.0)
    return bool(distance[at] >= 0.0 or distance[at] <= -3.0 * distance[at - 60 : at + 1].std())


def flipped(chain: OptionChain, at: int, sign: float) -> bool:
    bars = Bars.of(chain)
    return bool(sign * supertrend(bars.high, bars.low, bars.close, 10, 3.0)[0][bars.known[at]] < 0.0)


def crossed_back(chain: OptionChain, at: int, sign: float) -> bool:
    bars = Bars.of(chain)
    line_, signal, _ = macd(bars.close)
    return bool(sign * (line_ - signal)[bars.known[at]] < 0.0)


def at_mid_band(chain: OptionChain, at: int, sign: float) -> bool:
    bars = Bars.of(chain)
    closes = np.concatenate([chain.history.closes_before(140), bars.close])[: 140 + bars.known[at] + 1]
    return bool(sign * (chain.spot[at] - bollinger_bands(closes)[0][-1]) <= 0.0)


def under_median(chain: OptionChain, at: int, sign: float) -> bool:
    del sign
    return bool(straddle(chain)[at] < np.median(straddle(chain)[at - 30 : at + 1]))


def upside_down(chain: OptionChain) -> OptionChain:
    """The index mirrored at the base."""
    return replace(chain, spot=2.0 * BASE - chain.spot)


#: Strategy, chain, way of its first signal, and the rule's end told on one snapshot.
TOLD: list[tuple[str, OptionChain, float, Callable[[OptionChain, int, float], bool]]] = [
    ("straddle_expansion", STORIES["straddle_expansion", "long"], 1.0, under_median),
    ("vwap_trend", STORIES["vwap_trend", "long"], 1.0, closes_beyond_mean),
    ("vwap_trend", STORIES["vwap_trend", "short"], -1.0, closes_beyond_mean),
    ("vwap_reversion", STORIES["vwap_reversion", "long"], 1.0, mean_or_three_deviations),
    ("vwap_reversion", STORIES["vwap_reversion", "short"], -1.0, mean_or_three_deviations),
    ("vwap_reversion", came_back(1.0), -1.0, mean_or_three_deviations),
    ("vwap_reversion", came_back(-1.0), 1.0, mean_or_three_deviations),
    ("ema_supertrend", trend_turned(1.0), 1.0, flipped),
    ("ema_supertrend", trend_turned(-1.0), -1.0, flipped),
    ("macd_momentum", STORIES["macd_momentum", "long"], 1.0, crossed_back),
    ("macd_momentum", STORIES["macd_momentum", "short"], -1.0, crossed_back),
    ("bollinger_squeeze", STORIES["bollinger_squeeze", "long"], 1.0, at_mid_band),
    ("bollinger_squeeze", STORIES["bollinger_squeeze", "short"], -1.0, at_mid_band),
    # between two closes: the level of the index counts
    ("bollinger_squeeze", upside_down(STORIES["bollinger_squeeze", "short"]), 1.0, at_mid_band),
]


@pytest.mark.parametrize(("strategy_id", "chain", "sign", "over"), TOLD)
def test_the_exit_is_the_first_snapshot_on_which_the_rule_is_over(
    strategy_id: str, chain: OptionChain, sign: float, over: Callable[[OptionChain, int, float], bool]
) -> None:
    first = first_spoken(strategy_id, chain)
    assert first["option_type"] == ("CE" if sign > 0 else "PE") or strategy_id == "straddle_expansion"
    entered, left = (at_minute(clock(first[name])) for name in ("timestamp", "exit_at"))
    assert [at for at in range(entered, left + 1) if over(chain, at, sign)] == [left]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_stretch_that_comes_back_is_left_at_the_mean(sign: float) -> None:
    chain = came_back(sign)
    left = at_minute(clock(first_spoken("vwap_reversion", chain)["exit_at"]))
    assert sign * (chain.spot[left] - vwap(chain)[left]) <= 0.0


def over_at(*clocks: str, side: str = "long", **changes: object) -> Strategy:
    """Fires on every snapshot of one side and is over at some clock times."""
    plain = scripted(**{side: CLOCKS}, cooldown_minutes=5.0, **changes)

    def evaluate(chain: object, params: object) -> Surface:
        said = plain.evaluate(chain, params)
        ended = scripted(long=clocks).evaluate(chain, params).long
        return replace(said, **{f"out_{side}": ended})

    return replace(plain, evaluate=evaluate)


def exits(strategy: Strategy) -> list[tuple[str, str | None]]:
    """Clock of each signal and of its exit."""
    found = signals(flat_day(CLOCKS), session(), {}, {"scripted": strategy}).sort_values(["timestamp", "leg"])
    ends = [None if pd.isna(end) else clock(end) for end in found["exit_at"]]
    return list(zip(map(clock, found["timestamp"]), ends, strict=True))


@pytest.mark.parametrize("side", ["long", "short"])
def test_one_signal_is_open_until_its_rule_says_out_and_none_is_opened_there(side: str) -> None:
    assert exits(over_at("10:15", side=side)) == [("10:00", "10:15"), ("10:20", None)]


def test_the_way_out_of_the_other_side_closes_nothing() -> None:
    other = over_at("10:15")

    def evaluate(chain: object, params: object) -> Surface:
        said = other.evaluate(chain, params)
        return replace(said, out_long=None, out_short=said.out_long)

    assert exits(replace(other, evaluate=evaluate)) == [("10:00", None)]


def test_a_signal_where_its_rule_is_over_is_refused_and_counted() -> None:
    found = session_signals(flat_day(CLOCKS), session(), {}, {"scripted": over_at(*CLOCKS)})
    assert len(found.signals) == 0
    assert found.funnel.iloc[0][["fired", "beyond_exit", "signals"]].tolist() == [8, 8, 0]


def test_all_legs_are_told_the_same_end() -> None:
    assert exits(over_at("10:10", long_legs=BUY_STRADDLE))[:2] == [("10:00", "10:10")] * 2


def test_the_end_is_in_no_identity() -> None:
    frame = flat_day(CLOCKS)
    with_end, without = (
        signals(frame, session(), {}, {"scripted": over_at(*ends)}).sort_values("timestamp").iloc[0]
        for ends in (("10:15",), ())
    )
    assert (pd.notna(with_end["exit_at"]), pd.notna(without["exit_at"])) == (True, False)
    same = with_end.index.drop("exit_at")
    assert with_end[same].equals(without[same])


@pytest.mark.parametrize(("values", "told"), [(np.zeros(3, dtype=bool), r"\(3,\)"), (np.zeros(8), "float64")])
def test_a_strange_mask_is_refused_by_name(values: np.ndarray, told: str) -> None:
    plain = scripted()
    strange = replace(plain, evaluate=lambda chain, params: replace(plain.evaluate(chain, params), out_short=values))
    with pytest.raises(StrategyError, match=rf"scripted: out_short is .*{told}"):
        signals(flat_day(CLOCKS), session(), {}, {"scripted": strange})


@pytest.fixture(scope="module")
def spoken() -> pd.DataFrame:
    """Signals of a simulated session."""
    day = FIXTURE_SESSIONS[0]
    return signals(simulated(day), session_of(day), {})


def test_no_exit_comes_before_its_entry(spoken: pd.DataFrame) -> None:
    ended = spoken[spoken["exit_at"].notna()]
    assert len(ended) > 0
    assert (ended["exit_at"] > ended["available_at"]).all()


def test_the_model_sees_nothing_of_the_end(spoken: pd.DataFrame) -> None:
    day = FIXTURE_SESSIONS[0]
    built = chains(simulated(day), session_of(day))
    blind = spoken.assign(exit_at=pd.Series(pd.NaT, index=spoken.index, dtype=spoken["exit_at"].dtype))
    assert feature_frame(built, spoken).equals(feature_frame(built, blind))


def test_a_prefix_of_a_session_knows_an_end_only_when_it_has_come(spoken: pd.DataFrame) -> None:
    day, ends = FIXTURE_SESSIONS[0], spoken["exit_at"].dropna().sort_values()
    cut = ends.iloc[len(ends) // 2]
    frame = simulated(day)
    for moment in (cut - pd.Timedelta(microseconds=1), cut):
        early = signals(frame[frame["available_at"] <= moment], session_of(day), {}).set_index("signal_id")["exit_at"]
        whole = spoken[spoken["available_at"] <= moment].set_index("signal_id")["exit_at"]
        assert early.equals(whole.where(whole <= moment))
        assert early.notna().any()
