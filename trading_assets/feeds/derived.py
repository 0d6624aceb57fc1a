"""What is computed from quotes before they are judged: mid, parity forward, repaired spot, Black-76 volatility, ids.

Definitions: mid is (bid + ask) / 2 where 0 < bid ≤ ask, else missing: a last price may be hours old; it stands in for
the mid only in feeds that say so, where a snapshot has no quotes at all. The volatility of a strike comes from its
out-of-the-money side and stands on both legs; it is missing at one tick or less.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.black76 import implied_vol

#: Snapshots of 200 legs whose numbers stay in the processor's cache between two looks at them.
_SNAPSHOTS_AT_ONCE = 8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from trading_assets.feeds.leg_groups import LegGroups, Runs


def mid_prices(bid: NDArray[np.float64], ask: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mid of the quote, ₹, shape (n,); NaN where a side is missing or the quote is crossed."""
    return np.where((bid > 0.0) & (bid <= ask), (bid + ask) / 2.0, np.nan)


def stand_in_mids(
    snapshots: Runs, mid: NDArray[np.float64], quoted: NDArray[np.bool_], last_price: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mids, but last prices in snapshots without a single quote, ₹, shape (n,).

    Args:
        snapshots: Runs of the rows.
        mid: Mids, NaN where missing.
        quoted: Rows that have a bid or an ask, of whatever worth.
        last_price: Last traded prices, NaN where missing; 0 is missing too.
    """
    of_snapshot = np.bincount(snapshots.of_row[quoted], minlength=len(snapshots.start)) > 0
    return np.where(of_snapshot[snapshots.of_row], mid, np.where(last_price > 0.0, last_price, np.nan))


def parity_spot(
    chains: Runs, snapshots: Runs, forward: NDArray[np.float64], years: NDArray[np.float64], rate: float
) -> NDArray[np.float64]:
    """Index level that the nearest expiry with a forward implies, index points, one per snapshot.

    Args:
        chains: Runs of snapshot and expiry, expiries ascending.
        snapshots: Runs of snapshots.
        forward: Parity forward per chain, NaN where there is none.
        years: Time to expiry per chain; a chain that has expired is not used.
        rate: Annual, continuous; the carry of the index is taken to be this rate.

    Returns:
        forward · e^(-rate·years), NaN where no expiry has a forward.
    """
    spot = np.full(len(snapshots.start), np.nan)
    usable = np.flatnonzero(np.isfinite(forward) & (years > 0.0))[::-1]
    owner = snapshots.of_row[chains.start[usable]]
    spot[owner] = forward[usable] * np.exp(-rate * years[usable])  # assigned backwards: the nearest expiry stays
    return spot


def otm_implied_vol(
    groups: LegGroups,
    legs: dict[str, NDArray[np.float64]],
    is_call: NDArray[np.bool_],
    rate: float,
    tick: float,
) -> NDArray[np.float64]:
    """Black-76 volatility of each strike's out-of-the-money mid, percent a year, on both legs, shape (n,).

    Args:
        groups: Runs of the rows.
        legs: strike, mid, forward and years, each of shape (n,).
        is_call: Mask of calls, shape (n,).
        rate: Annual, continuous.
        tick: Price step, ₹; a mid of one tick or less says nothing.

    Returns:
        NaN where the side has no mid above a tick, no forward, no time left, or a price outside no-arbitrage bounds.
    """
    otm = np.where(is_call, legs["strike"] >= legs["forward"], legs["strike"] < legs["forward"])
    asked = np.flatnonzero(otm & (legs["mid"] > tick) & (legs["years"] > 0.0))[::-1]
    picked = {name: values[asked] for name, values in legs.items()}
    sigma = implied_vol(picked["mid"], picked["forward"], picked["strike"], picked["years"], rate, is_call[asked])
    of_strike = np.full(len(groups.strikes.start), np.nan)
    of_strike[groups.strikes.of_row[asked]] = 100.0 * sigma
    return of_strike[groups.strikes.of_row]


def snapshot_ids(snapshots: Runs, names: Sequence[str], columns: Sequence[NDArray[np.float64]]) -> list[str]:
    """First 16 hex of SHA-256 over a snapshot's name and content.

    Args:
        snapshots: Runs of rows.
        names: Feed, underlying and observed_at of each snapshot as one text.
        columns: Every number of the rows, each of shape (n,); every NaN, and 0 of either sign, counts as one pattern of
            bits.

    Returns:
        One id per snapshot. Rows must stand in a fixed order: the id is of the order too.
    """
    ends = np.append(snapshots.start[1:], len(columns[0]))
    pieces = np.arange(0, len(names), _SNAPSHOTS_AT_ONCE)
    return [
        found
        for piece in pieces.tolist()
        for found in _hashed(
            names[piece : piece + _SNAPSHOTS_AT_ONCE],
            snapshots.start[piece : piece + _SNAPSHOTS_AT_ONCE],
            ends[piece : piece + _SNAPSHOTS_AT_ONCE],
            columns,
        )
    ]


def _hashed(
    names: Sequence[str], starts: NDArray[np.intp], ends: NDArray[np.intp], columns: Sequence[NDArray[np.float64]]
) -> list[str]:
    first = int(starts[0])
    content = np.stack([column[first : int(ends[-1])] for column in columns])  # a column a row: a snapshot is a slice
    np.add(content, 0.0, out=content)
    np.copyto(content, np.nan, where=np.isnan(content))
    return [
        hashlib.sha256(name.encode() + content[:, start:end].tobytes()).hexdigest()[:16]
        for name, start, end in zip(names, (starts - first).tolist(), (ends - first).tolist(), strict=True)
    ]
