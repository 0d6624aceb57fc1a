"""Rules of single legs in `market_snapshots`: a critical one keeps the row out, never the snapshot it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.extremes import off_tick
from trading_assets.quality.rule import Guard
from trading_assets.settings import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_leg = Guard("market_snapshots", per="row")


@_leg.rule(
    "consistency",
    "%",
    Limits(warning=0.05, critical=1.0),
    "spot differs by {value:.2f} % from the median of the snapshot's legs",
    ceiling="disputed_spot",
)
def spot_disagreement(spot: Floats, median_spot: Floats) -> Floats:
    """Distance of a leg's spot from the median of its snapshot, %: a leg of another index is wrong, not the others."""
    return 100.0 * np.abs(spot / median_spot - 1.0)


@_leg.rule(
    "consistency",
    "% of ask",
    Limits(warning=0.0, critical=20.0),
    "bid is {value:.2f} % above ask",
    ceiling="crossed",
)
def crossed_quote(bid: Floats, ask: Floats) -> Floats:
    """Bid above ask, in % of the ask; not judged without both."""
    return 100.0 * (bid - ask) / np.where(ask > 0, ask, np.nan)


@_leg.rule(
    "consistency",
    "% of spot",
    Limits(info=10.0, warning=20.0),
    "ask is {value:.1f} % of spot above bid",
    ceiling="widest_spread",
)
def wide_spread(bid: Floats, ask: Floats, spot: Floats) -> Floats:
    """Ask above bid, in % of spot; not judged without both. In recordings 1 of 700 is above 10, none above 15."""
    return 100.0 * (ask - bid) / spot


@_leg.rule(
    "consistency",
    "% of spot",
    Limits(warning=0.1),
    "ask is {value:.2f} % of spot below the discounted intrinsic value",
    ceiling="below_intrinsic",
)
def below_intrinsic(ask: Floats, intrinsic_floor: Floats, spot: Floats) -> Floats:
    """Discounted intrinsic value minus ask, in % of spot: an offer below it is free money, so it is an error.

    `intrinsic_floor` is made with the parity forward and the highest thinkable rate; without a forward, calls are
    judged by spot and puts are not judged.
    """
    return 100.0 * (intrinsic_floor - ask) / spot


@_leg.rule(
    "consistency",
    "% of spot",
    Limits(warning=0.1),
    "bid is {value:.2f} % of spot above the ask of the next strike, which must not cost less",
    ceiling="not_monotone",
)
def not_monotone(bid: Floats, dearer_ask: Floats, spot: Floats) -> Floats:
    """Bid above the ask of the neighbour that may not cost less, % of spot: calls fall with the strike, puts rise.

    The neighbour is the next lower strike for a call, the next higher one for a put; not judged without one.
    """
    return 100.0 * (bid - dearer_ask) / spot


@_leg.rule(
    "consistency",
    "% of spot",
    Limits(warning=0.1),
    "call and put are {value:.2f} % of spot away from put-call parity",
    ceiling="off_parity",
)
def parity_residual(
    synthetic_bid: Floats, synthetic_ask: Floats, fair_low: Floats, fair_high: Floats, spot: Floats
) -> Floats:
    """Distance of call minus put, by bid and ask, from forward minus strike at any thinkable rate, % of spot.

    Told at the call; not judged without its put or the forward.
    """
    return 100.0 * np.fmax(synthetic_bid - fair_high, fair_low - synthetic_ask) / spot


@_leg.rule(
    "consistency",
    "% of spot",
    Limits(warning=40.0, critical=60.0),
    "price holds {value:.0f} % of spot above its intrinsic value, like the index itself",
    ceiling="highest_price",
)
def priced_like_index(last_price: Floats, bid: Floats, strike: Floats, is_call: Flags, spot: Floats) -> Floats:
    """Time value of the higher of last price and bid, in % of spot; an index quote in an option's row shows 100."""
    intrinsic = np.maximum(np.where(is_call, spot - strike, strike - spot), 0.0)
    return 100.0 * (np.fmax(last_price, bid) - intrinsic) / spot


@_leg.rule(
    "consistency",
    "% a year",
    Limits(info=200.0, warning=400.0),
    "implied volatility is {value:.0f} %, above {limit:g} %",
    ceiling="highest_vol",
)
def implied_vol_range(settled_implied_vol: Floats) -> Floats:
    """The higher of our and the feed's implied volatility, % a year; not judged on the day of expiry."""
    return settled_implied_vol


@_leg.rule(
    "consistency",
    "lots",
    Limits(critical=0.0),
    "open interest is {value:g} lots below zero",
    ceiling="negative_open_interest",
)
def negative_open_interest(open_interest_lots: Floats, open_interest_units: Floats, lot_size: Floats) -> Floats:
    """How far open interest lies below zero, lots."""
    return -np.fmin(open_interest_lots, open_interest_units / np.where(lot_size > 0, lot_size, np.nan))


@_leg.rule(
    "consistency",
    "units",
    Limits(critical=0.0),
    "volume is {value:g} units below zero",
    ceiling="negative_volume",
)
def negative_volume(volume_units: Floats) -> Floats:
    """How far traded volume lies below zero, units; a 32-bit overflow upstream shows -4.2e9."""
    return -volume_units


@_leg.rule(
    "consistency",
    "lots",
    Limits(info=1e-6),
    "open interest is {value:.3f} lots off a whole number of lots",
    ceiling="off_whole_lots",
)
def fractional_open_interest(open_interest_lots: Floats) -> Floats:
    """Distance of open interest from whole lots; recordings hold fractions after a lot size changed."""
    return np.abs(open_interest_lots - np.rint(open_interest_lots))


@_leg.rule("consistency", "index points", Limits(warning=0.005), "strike is {value:g} points off the strike step")
def strike_off_step(strike: Floats, strike_step: Floats) -> Floats:
    """Distance of the strike from the nearest multiple of the underlying's strike step, index points."""
    return np.abs(strike - np.rint(strike / strike_step) * strike_step)


@_leg.rule(
    "consistency", "₹", Limits(warning=0.001), "a price is ₹ {value:.3f} off the tick", ceiling="furthest_off_tick"
)
def price_off_tick(last_price: Floats, bid: Floats, ask: Floats, tick_size: Floats) -> Floats:
    """Distance from the nearest multiple of the tick, ₹, the largest of last price, bid and ask: not a price traded."""
    off: Floats = np.fmax.reduce([off_tick(prices, tick_size) for prices in (last_price, bid, ask)])
    return off


@_leg.rule("consistency", "days", Limits(critical=0.0), "option had expired {value:.0f} day(s) before the session")
def expired_option(days_to_expiry: Floats) -> Floats:
    """Days between expiry and session where expiry lies before it."""
    return -days_to_expiry


@_leg.rule("consistency", "", Limits(warning=0.0), "expiry is not in the calendar of expiries")
def unknown_expiry(expiry_known: Floats) -> Floats:
    """1 where no option expires on the day named; not judged beyond the known calendar."""
    return 1.0 - expiry_known


@_leg.rule("consistency", "rows", Limits(critical=0.0), "leg is there {value:.0f} time(s) already in this snapshot")
def repeated_leg(repeats: Floats) -> Floats:
    """How many earlier rows of the snapshot are the same leg; the first stays."""
    return repeats


RULES = (
    spot_disagreement,
    crossed_quote,
    wide_spread,
    below_intrinsic,
    not_monotone,
    parity_residual,
    priced_like_index,
    implied_vol_range,
    negative_open_interest,
    negative_volume,
    fractional_open_interest,
    strike_off_step,
    price_off_tick,
    expired_option,
    unknown_expiry,
    repeated_leg,
)
