"""Which option a signal trades and at what price: leg by delta, quote at decision time, filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.black76 import forward_delta
from trading_assets.market.leg_sums import CALL, PUT, mean_of_sides
from trading_assets.market.surface_features import years_to_expiry
from trading_assets.strategies.identity import TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Leg, Parameters

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

#: Why a leg gives no signal, in the order they are judged; "" is a leg that may be traded.
REASONS = ("no_contract", "no_price", "open_interest", "spread")
#: Deltas closer than this are a tie, so that the last bits of a logarithm decide nothing.
_DELTA_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Entries:
    """One leg at each of n snapshots.

    Args:
        snapshot: Index of the snapshot, shape (n,).
        expiry: Index of the traded expiry, shape (n,), -1 for none.
        strike: Index of the strike, shape (n,), -1 for none.
        side: Index on the side axis: 0 call, 1 put.
        price: Entry price, ₹, shape (n,), NaN for none.
        estimated: Whether the price is the mid and a tick, because the quote was missing, shape (n,).
        refused: One of `REASONS`, or "" where it may be traded, shape (n,).
    """

    snapshot: Rows
    expiry: Rows
    strike: Rows
    side: int
    price: Floats
    estimated: Mask
    refused: NDArray[np.str_]

    def take(self, rows: Rows) -> Entries:
        """Return some of the snapshots, by position."""
        return Entries(
            self.snapshot[rows],
            self.expiry[rows],
            self.strike[rows],
            self.side,
            self.price[rows],
            self.estimated[rows],
            self.refused[rows],
        )


def entries(chain: OptionChain, leg: Leg, snapshots: Rows, params: Parameters) -> Entries:
    """Choose and price a leg at some snapshots.

    A buy pays the ask, a sale takes the bid; where that is missing, the mid and one tick against us.

    Args:
        chain: The option chain.
        leg: What to trade.
        snapshots: Indices, shape (n,), n ≥ 0.
        params: Limits on spread and open interest.
    """
    expiry = _expiry(chain, leg, snapshots)
    side = CALL if leg.option_type == "CE" else PUT
    strike = strike_by_delta(chain, leg, snapshots, expiry)
    at = (snapshots, expiry, strike, side)
    bid, ask, mid = chain.bid[at], chain.ask[at], chain.mid[at]
    price, estimated = _entry_price(ask if leg.side == "BUY" else bid, mid, 1.0 if leg.side == "BUY" else -1.0)
    spread = np.where((bid > 0.0) & (bid <= ask), (ask - bid) / mid, 0.0)
    refused = np.select(
        [
            (expiry < 0) | (strike < 0),
            ~(price > 0.0),
            ~(chain.open_interest_lots[at] >= params.min_open_interest),
            spread > params.max_spread,
        ],
        REASONS,
        default="",
    )
    return Entries(snapshots, expiry, strike, side, price, estimated, refused)


def strike_by_delta(chain: OptionChain, leg: Leg, snapshots: Rows, expiry: Rows) -> Rows:
    """Index of the strike whose |forward delta| is nearest to the leg's, the lower on a tie, shape (n,).

    Black-76 without discounting, so that a call and a put at 0.50 share their strike. Volatility is the mean of the
    strike's CE and PE. A snapshot without any delta takes the strike nearest to the forward, or to spot without one;
    -1 where the leg is not listed at all. Only strikes that list the leg are looked at.

    Args:
        chain: The option chain.
        leg: Call or put, and the |delta| wanted.
        snapshots: Indices, shape (n,).
        expiry: Index of the traded expiry at each, shape (n,); -1 for none.
    """
    if not len(snapshots) or not len(chain.expiries) or not len(chain.strikes):
        return np.full(len(snapshots), -1, dtype=np.intp)
    is_call, at = leg.option_type == "CE", (snapshots, expiry)
    side = CALL if is_call else PUT
    listed = np.isfinite(chain.open_interest_lots[at][..., side]) | np.isfinite(chain.mid[at][..., side])
    forward, years = chain.forward[at][:, None], years_to_expiry(chain, snapshots, expiry)[:, None]
    sigma = mean_of_sides(chain.implied_vol[at]) / 100.0
    delta = forward_delta(forward, chain.strikes[None, :], years, sigma, is_call)
    by_delta = np.round(np.abs(np.abs(delta) - leg.delta), _DELTA_DECIMALS)
    level = np.where(np.isfinite(forward), forward, chain.spot[snapshots][:, None])
    has_delta = np.any(listed & np.isfinite(by_delta), axis=1, keepdims=True)
    if leg.distance is not None:
        level, has_delta = level * (1.0 + leg.distance), np.zeros_like(has_delta)
    distance = np.where(has_delta, by_delta, np.abs(chain.strikes[None, :] - level))
    distance = np.where(listed & np.isfinite(distance), distance, np.inf)
    return np.where((expiry >= 0) & np.any(np.isfinite(distance), axis=1), distance.argmin(axis=1), -1)


def _expiry(chain: OptionChain, leg: Leg, snapshots: Rows) -> Rows:
    """Index of the expiry the leg trades: the traded one, or one of those after it; -1 where there is none."""
    near = chain.near()[snapshots]
    wanted = near + leg.expiries_later
    return np.where((near >= 0) & (wanted < len(chain.expiries)), wanted, -1)


def _entry_price(quote: Floats, mid: Floats, against: float) -> tuple[Floats, Mask]:
    """Quote, else the mid on the tick grid and one tick against us; ₹ and whether it was estimated."""
    quoted = quote > 0.0
    ticks = np.floor(mid / TICK + 0.5 + 1e-9) + against
    estimate = np.round(ticks * TICK, 2)
    return np.where(quoted, quote, estimate), ~quoted
