# ruff: noqa: FBT001, FBT003 - every story has a mirror image
"""Chains on which a packaged strategy has something to say: one for every strategy and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets_tests.strategies.made_chain import BASE, MINUTES, STRIKES, at_minute, line, made_chain, made_history

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


def wall(strike: float, late: float, early: float = 9000.0, since: str = "10:45") -> np.ndarray:
    """Open interest with one wall that changes at a time, shape (S, K)."""
    oi = np.full((len(MINUTES), len(STRIKES)), 1000.0)
    oi[:, strike == STRIKES] = np.where(at_minute(since) > MINUTES, early, late)[:, None]
    return oi


def mirrored(points: tuple[tuple[str, float], ...], up: bool) -> np.ndarray:
    """A path as moves from the base, or its mirror image."""
    return BASE + (1.0 if up else -1.0) * line(*points)


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


def squeeze(up: bool) -> OptionChain:
    wiggle = 3.0 * np.sin(MINUTES / 7.0)
    jump = (60.0 if up else -60.0) * (at_minute("12:00") <= MINUTES)
    pace = np.where((at_minute("11:55") <= MINUTES) & (at_minute("12:20") >= MINUTES), 400.0, 100.0)
    return made_chain(BASE + wiggle + jump, pace=pace, history=made_history())


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


def gapped(size: float, then: float) -> OptionChain:
    path = BASE + line(("09:15", size), ("09:20", 1.1 * size), ("09:30", size), ("10:15", then), ("15:29", then))
    return made_chain(path, history=made_history())


def pulled_back(up: bool) -> OptionChain:
    points = (("09:15", 0.0), ("11:30", 150.0), ("11:55", 150.0), ("11:56", 76.0), ("12:10", 82.0), ("15:29", 84.0))
    return made_chain(mirrored(points, up))


def ran_away(up: bool) -> OptionChain:
    wiggle = 2.0 * np.sin(MINUTES / 3.0)
    return made_chain(mirrored((("09:15", 0.0), ("12:00", 0.0), ("12:40", 200.0), ("15:29", 200.0)), up) + wiggle)


def skewed(high: bool) -> OptionChain:
    path = (
        (("09:15", -1.5), ("11:00", -2.0), ("13:00", -1.5))
        if high
        else (("09:15", 0.0), ("11:00", 0.9), ("13:00", 0.3))
    )
    return made_chain(skew=line(*path), history=made_history())


CALM_RANK = {"vix": line(("09:15", 19.0), ("15:29", 18.0)), "volatility": line(("09:15", 0.14), ("15:29", 0.12))}
STORIES: dict[tuple[str, str], OptionChain] = {
    ("bollinger_squeeze", "long"): squeeze(True),
    ("bollinger_squeeze", "short"): squeeze(False),
    ("ema_supertrend", "long"): made_chain(mirrored((("09:15", 0.0), ("15:29", 400.0)), True)),
    ("ema_supertrend", "short"): made_chain(mirrored((("09:15", 0.0), ("15:29", 400.0)), False)),
    ("gamma_flip", "long"): gamma("negative", True),
    ("gamma_flip", "short"): gamma("negative", False),
    ("gap_fade_or_go", "long"): gapped(-200.0, -60.0),
    ("gap_fade_or_go", "short"): gapped(200.0, 60.0),
    ("iv_rank_premium_sell", "long"): made_chain(
        vix=19.0, volatility=0.2, next_volatility=0.15, history=made_history()
    ),
    ("low_iv_long_vol", "long"): made_chain(BASE + np.sin(MINUTES / 7.0), vix=10.5, history=made_history()),
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
    ("skew_shift", "long"): skewed(True),
    ("skew_shift", "short"): skewed(False),
    ("straddle_decay_short", "long"): made_chain(**CALM_RANK, history=made_history()),
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
