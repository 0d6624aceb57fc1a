"""Every feature that rules and the model read, with its unit and its warm-up: how much of the past it needs.

`regression.warm_up` proves the declarations. What is a column already (spot, forward, bid, volatility of a strike,
India VIX) needs no past and is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import slope
from trading_assets.market.bars import Bars, opening_level, opening_range
from trading_assets.market.chain_features import (
    atm_iv,
    expected_move_pct,
    max_pain,
    net_oi_flow,
    oi_change,
    pcr_oi,
    pcr_volume,
    straddle,
    total_call_oi,
    total_oi,
    total_put_oi,
)
from trading_assets.market.day_change import oi_change_day, pcr_oi_change
from trading_assets.market.history import BAR_MINUTES
from trading_assets.market.indicators import (
    atr,
    bollinger_bands,
    bollinger_width,
    exponential,
    macd,
    macd_pct,
    rsi,
    supertrend,
)
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.option_flow import forward_change, oi_buildup, writer_flow
from trading_assets.market.surface_features import (
    butterfly_25d,
    gex,
    moneyness_atm,
    sessions_to_expiry,
    skew_25d,
    term_slope,
    time_to_expiry_years,
)
from trading_assets.market.traded_volume import vwap_distance_pct
from trading_assets.market.trailing import deviation, lowest, median, trailing
from trading_assets.market.walls import wall_before, wall_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """A feature and its declared warm-up.

    Args:
        name: What it is called.
        unit: Unit of its values, empty for a ratio.
        compute: Chain to values, shape (S,).
        minutes: Length of the window it looks back over; 0 where one snapshot is enough.
        bars: Closed five-minute bars before which it has no value; None where it needs no bars.
        recursive: Whether it remembers every bar since the open, as Wilder's and exponential averages do by
            definition; else its bars are all it looks at.
        ranges: Whether it needs the high and the low of each bar too.
        since_open: Minutes of the session before which it has no value, of one that looks back to the open; None else.
        sessions: Earlier sessions before which it has no value.
    """

    name: str
    unit: str
    compute: Callable[[OptionChain], Floats]
    minutes: float = 0.0
    bars: int | None = None
    recursive: bool = False
    ranges: bool = False
    since_open: float | None = None
    sessions: int = 0


def _on_bars(indicator: Callable[[Bars], Floats]) -> Callable[[OptionChain], Floats]:
    def compute(chain: OptionChain) -> Floats:
        bars = Bars.of(chain)
        return bars.on_snapshots(indicator(bars))

    return compute


def _written(chain: OptionChain) -> Floats:
    """Legs with a short buildup over a quarter of an hour; NaN without a window."""
    known = np.isfinite(oi_change(chain, 15.0))
    return np.where(known, oi_buildup(chain, 15.0).short_buildup.sum(axis=(1, 2)), np.nan)


def _skew_score(chain: OptionChain) -> Floats:
    slot = (chain.minutes_ist // BAR_MINUTES).astype(np.intp)
    return chain.history.skew_score(skew_25d(chain), slot, 20)


def _narrowest_width(chain: OptionChain) -> Floats:
    return np.full(len(chain.spot), chain.history.width_quantile(10.0, 20))


def _gap_pct(chain: OptionChain) -> Floats:
    return 100.0 * (opening_level(chain) / chain.history.previous_close - 1.0)


#: Of one snapshot.
_LEVELS = (
    Feature("moneyness_k", "ln(K/F)", moneyness_atm),
    Feature("time_to_expiry_years", "years", time_to_expiry_years),
    Feature("sessions_to_expiry", "sessions", sessions_to_expiry),
    Feature("total_call_oi", "lots", total_call_oi),
    Feature("total_put_oi", "lots", total_put_oi),
    Feature("total_oi", "lots", total_oi),
    Feature("pcr_oi", "", pcr_oi),
    Feature("pcr_atm5", "", lambda chain: pcr_oi(chain, 5)),
    Feature("pcr_volume", "", pcr_volume),
    Feature("pcr_oi_change", "", pcr_oi_change),
    Feature("oi_change_day", "lots", oi_change_day),
    Feature("max_pain", "index points", max_pain),
    Feature("straddle", "index points", straddle),
    Feature("expected_move_pct", "%", expected_move_pct),
    Feature("atm_iv", "percent a year", atm_iv),
    Feature("skew_25d", "vol points", skew_25d),
    Feature("butterfly_25d", "vol points", butterfly_25d),
    Feature("term_slope", "vol points", term_slope),
    Feature("gex", "₹ per 1 % move", gex),
    Feature("call_wall", "index points", lambda chain: wall_now(chain, CALL, 15.0).strike),
    Feature("put_wall", "index points", lambda chain: wall_now(chain, PUT, 15.0).strike),
)
#: Of a window of minutes, wherever the session began.
_WINDOWS = (
    Feature("pcr_slope_30", "per minute", lambda chain: slope(chain, pcr_oi(chain), 30.0), 30.0),
    Feature("oi_change_1h", "lots", lambda chain: oi_change(chain, 60.0), 60.0),
    Feature("net_oi_flow_15", "", lambda chain: net_oi_flow(chain, 15.0), 15.0),
    Feature("oi_buildup_15", "legs", _written, 15.0),
    Feature("writer_flow_15", "", lambda chain: writer_flow(chain, 15.0, 5).flow, 15.0),
    Feature("forward_change_15", "index points", lambda chain: forward_change(chain, 15.0), 15.0),
    Feature("straddle_median_30", "index points", lambda chain: median(trailing(chain, straddle(chain), 30.0)), 30.0),
    Feature("straddle_low_30", "index points", lambda chain: lowest(trailing(chain, straddle(chain), 30.0)), 30.0),
    Feature("spot_deviation_60", "index points", lambda chain: deviation(trailing(chain, chain.spot, 60.0)), 60.0),
    Feature("vix_slope_15", "vol points a minute", lambda chain: slope(chain, chain.india_vix, 15.0), 15.0),
    Feature("skew_slope_15", "vol points a minute", lambda chain: slope(chain, skew_25d(chain), 15.0), 15.0),
    Feature("call_wall_change_15", "%", lambda chain: wall_now(chain, CALL, 15.0).change, 15.0),
    Feature("broken_wall_change_15", "%", lambda chain: wall_before(chain, PUT, 15.0).change, 15.0),
)
#: Of closed bars of the session.
_BARS = (
    Feature("rsi", "", _on_bars(lambda bars: rsi(bars.close)), bars=15, recursive=True),
    Feature("macd", "index points", _on_bars(lambda bars: macd(bars.close)[0]), bars=26, recursive=True),
    Feature("macd_pct", "%", _on_bars(lambda bars: macd_pct(bars.close)), bars=26, recursive=True),
    Feature("macd_signal", "index points", _on_bars(lambda bars: macd(bars.close)[1]), bars=34, recursive=True),
    Feature("bollinger_width", "%", _on_bars(lambda bars: bollinger_width(bars.close)), bars=20),
    Feature("bollinger_middle", "index points", _on_bars(lambda bars: bollinger_bands(bars.close)[0]), bars=20),
    Feature("ema_9", "index points", _on_bars(lambda bars: exponential(bars.close, 9)), bars=9, recursive=True),
    Feature("ema_21", "index points", _on_bars(lambda bars: exponential(bars.close, 21)), bars=21, recursive=True),
    Feature(
        "atr",
        "index points",
        _on_bars(lambda bars: atr(bars.high, bars.low, bars.close)),
        bars=15,
        recursive=True,
        ranges=True,
    ),
    Feature(
        "supertrend",
        "±1",
        _on_bars(lambda bars: supertrend(bars.high, bars.low, bars.close)[0]),
        bars=11,
        recursive=True,
        ranges=True,
    ),
)
#: Of the session so far, and of the sessions before.
_LONGER = (
    Feature("opening_range_high", "index points", lambda chain: opening_range(chain, 30.0)[0], since_open=30.0),
    Feature("vwap_distance_pct", "%", vwap_distance_pct, since_open=0.0),
    Feature("gap_pct", "%", _gap_pct, since_open=0.0, sessions=1),
    Feature("iv_rank_252", "", lambda chain: chain.history.volatility_rank(chain.india_vix), sessions=60),
    Feature("iv_percentile_252", "", lambda chain: chain.history.volatility_percentile(chain.india_vix), sessions=60),
    Feature("skew_score_20", "deviations", _skew_score, sessions=20),
    Feature("narrowest_width_20", "%", _narrowest_width, sessions=20),
)
FEATURES = (*_LEVELS, *_WINDOWS, *_BARS, *_LONGER)
