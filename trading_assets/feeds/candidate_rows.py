"""Quotes of many captures → one frame of candidates: sorted, cut into snapshots, units unified, values derived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.feeds.derived import mid_prices, otm_implied_vol, parity_spot, snapshot_ids, stand_in_mids
from trading_assets.feeds.leg_groups import LegGroups, runs
from trading_assets.feeds.quotes import NUMBER_NAMES, VALUE_NAMES, joined, option_types
from trading_assets.feeds.side_feed import INDIA_VIX
from trading_assets.market.forwards import parity_forward, years_to_expiry
from trading_assets.tables import market_snapshots
from trading_assets.tables.bounds import row_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from trading_assets.feeds.feed import Feed
    from trading_assets.feeds.quotes import Quotes
    from trading_assets.feeds.side_levels import SideLevels
    from trading_assets.market.captures import Capture
    from trading_assets.market.reference import ReferenceData

_MICROSECONDS = "datetime64[us]"
_OWN = "feed"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known besides the captures.

    Args:
        reference: Lots, ticks and expiry times.
        rate: Annual, continuous.
        side: Levels of side feeds.
    """

    reference: ReferenceData
    rate: float
    side: SideLevels


@dataclass(frozen=True, slots=True)
class Legs:
    """The rows of all captures in order, n > 0, as arrays of shape (n,).

    Args:
        captures: The captures, in the order of their rows.
        capture: Position in `captures`.
        observed: UTC, datetime64[us].
        received: UTC, datetime64[us].
        expiry: datetime64[D].
        is_call: Mask.
        numbers: strike, `feeds.quotes.VALUE_NAMES` and `DAY_NAMES`, float64.
        mid: Of bid and ask, ₹, float64; the last price in snapshots without quotes of feeds that allow it.
        groups: Runs of snapshots, chains and strikes.
    """

    captures: Sequence[Capture]
    capture: NDArray[np.intp]
    observed: NDArray[np.datetime64]
    received: NDArray[np.datetime64]
    expiry: NDArray[np.datetime64]
    is_call: NDArray[np.bool_]
    numbers: dict[str, NDArray[np.float64]]
    mid: NDArray[np.float64]
    groups: LegGroups


@dataclass(frozen=True, slots=True)
class Chains:
    """Facts of each run of snapshot and expiry, arrays of shape (c,).

    Args:
        lot_size: Units in a lot of the expiry, effective on the capture's day.
        years: Time to expiry; not above 0 once it has expired.
        forward: Put-call-parity forward, index points, NaN where there is none.
    """

    lot_size: NDArray[np.int64]
    years: NDArray[np.float64]
    forward: NDArray[np.float64]


def candidate_frame(
    captures: Sequence[Capture], quotes: Sequence[Quotes], feed: Feed, given: Surroundings
) -> pd.DataFrame:
    """Turn the quotes of captures into candidates.

    Args:
        captures: Sorted by underlying, received_at and capture_id.
        quotes: What each holds, at least one row together.
        feed: Declares the units.
        given: Lots, expiry times, rate and the levels of side feeds.

    Raises:
        ReferenceDataError: An underlying, or the lot of an expiry, is not known.
        CalendarError: An expiry lies before everything the calendar knows.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # candidates may hold any number
        legs = _ordered_legs(captures, quotes, feed)
        chains = _chains(legs, given)
        columns = {**_names(legs, feed), **_levels(legs, chains, given), **_measures(legs, chains, feed, given)}
    return market_snapshots.CONTRACT.frame(columns, copy=False)


def _ordered_legs(captures: Sequence[Capture], quotes: Sequence[Quotes], feed: Feed) -> Legs:
    capture = np.repeat(np.arange(len(quotes)), [len(each) for each in quotes])
    names = [capture.underlying for capture in captures]
    underlying = np.unique(names, return_inverse=True)[1][capture]
    received = joined([each.received_at for each in quotes])
    observed = joined([each.observed_at for each in quotes])
    expiry = joined([each.expiry for each in quotes]).astype("datetime64[D]")
    is_call = joined([each.is_call for each in quotes])
    numbers = {name: joined([each.numbers[name] for each in quotes]) for name in NUMBER_NAMES}
    order = row_order([underlying, received, observed, expiry, numbers["strike"], ~is_call])  # ties: as captured
    if order is not None:
        underlying, capture = underlying[order], capture[order]
        received, observed = received[order], observed[order]
        expiry, is_call = expiry[order], is_call[order]
        numbers = {name: column[order] for name, column in numbers.items()}
    snapshot_keys = [underlying, received, observed]
    groups = LegGroups(
        snapshots=runs(snapshot_keys),
        chains=runs([*snapshot_keys, expiry]),
        strikes=runs([*snapshot_keys, expiry, numbers["strike"]]),
    )
    mid = mid_prices(numbers["bid"], numbers["ask"])
    if not feed.quoted:
        quoted = ~(np.isnan(numbers["bid"]) & np.isnan(numbers["ask"]))
        mid = stand_in_mids(groups.snapshots, mid, quoted, numbers["last_price"])
    return Legs(captures, capture, observed, received, expiry, is_call, numbers, mid, groups)


def _chains(legs: Legs, given: Surroundings) -> Chains:
    start = legs.groups.chains.start
    of_chain = [legs.captures[position] for position in legs.capture[start].tolist()]
    keys = [
        (capture.underlying, expiry, capture.day)
        for capture, expiry in zip(of_chain, legs.expiry[start].tolist(), strict=True)
    ]
    lots = {key: given.reference.lot_size(*key) for key in dict.fromkeys(keys)}
    closes = {key[:2]: given.reference.expiry_close(*key[:2]).astimezone(UTC).replace(tzinfo=None) for key in lots}
    close = np.array([closes[key[:2]] for key in keys], dtype=_MICROSECONDS)
    years = years_to_expiry(legs.observed[start], close)
    group = legs.groups.chains.of_row
    forward = parity_forward(group, legs.numbers["strike"], legs.is_call, legs.mid, years[group], given.rate)
    return Chains(np.array([lots[key] for key in keys], dtype=np.int64), years, forward)


def _names(legs: Legs, feed: Feed) -> dict[str, object]:
    snapshot = legs.groups.snapshots
    owners = [legs.captures[position] for position in legs.capture[snapshot.start].tolist()]
    observed = np.datetime_as_string(legs.observed[snapshot.start], unit="us").tolist()
    names = [f"{feed.name}|{owner.underlying}|{at}|" for owner, at in zip(owners, observed, strict=True)]
    received = _utc(legs.received)
    seen = _utc(legs.observed)
    days = np.array([capture.day for capture in legs.captures], dtype="datetime64[s]")
    return {
        "date": days[legs.capture],
        "underlying": _texts([capture.underlying for capture in legs.captures], legs.capture),
        "feed": _texts([feed.name], np.zeros(len(legs.capture), dtype=np.intp)),
        "snapshot_id": _texts(snapshot_ids(snapshot, names, _content(legs)), snapshot.of_row),
        "capture_id": _texts([capture.capture_id for capture in legs.captures], legs.capture),
        "observed_at": seen,
        "received_at": received,
        "available_at": _utc(np.maximum(legs.received, legs.observed)),
        "expiry": legs.expiry.astype("datetime64[s]"),
        "option_type": option_types(legs.is_call),
    }


def _levels(legs: Legs, chains: Chains, given: Surroundings) -> dict[str, object]:
    """Spot and India VIX with where each is from: the feed, else a side feed as of the exchange time, else parity."""
    snapshots = legs.groups.snapshots
    owners = np.array([legs.captures[at].underlying for at in legs.capture[snapshots.start].tolist()], dtype=object)
    at = legs.observed[snapshots.start]
    spot, spot_source = np.full(len(at), np.nan), np.full(len(at), None, dtype=object)
    for name in set(owners):
        mine = owners == name
        spot[mine], spot_source[mine] = given.side.as_of(name, at[mine])
    vix, vix_source = given.side.as_of(INDIA_VIX, at)
    implied = parity_spot(legs.groups.chains, snapshots, chains.forward, chains.years, given.rate)
    spot_source[np.isnan(spot) & ~np.isnan(implied)] = "parity"
    spot = np.where(np.isnan(spot), implied, spot)
    own = {name: legs.numbers[name] for name in ("spot", "india_vix")}
    spot_source[np.isnan(spot)] = _OWN  # a spot that stays missing is the feed's
    return {
        "spot": np.where(np.isnan(own["spot"]), spot[snapshots.of_row], own["spot"]),
        "spot_source": _sources(own["spot"], spot_source, snapshots.of_row),
        "india_vix": np.where(np.isnan(own["india_vix"]), vix[snapshots.of_row], own["india_vix"]),
        "vix_source": _sources(own["india_vix"], vix_source, snapshots.of_row),
    }


def _sources(own: NDArray[np.float64], source: NDArray[np.object_], of_row: NDArray[np.intp]) -> pd.Series:
    """Where each row's level is from: its feed's own, else what its snapshot was completed from, None for nothing."""
    known = [_OWN, *sorted({name for name in source.tolist() if name not in (None, _OWN)})]
    positions = {name: at for at, name in enumerate(known)} | {None: -1}
    of_snapshot = np.array([positions[name] for name in source.tolist()], dtype=np.intp)
    chosen = np.where(np.isnan(own), of_snapshot[of_row], 0)
    return pd.Series(pd.array(known, dtype="str").take(chosen, allow_fill=True), copy=False)


def _measures(legs: Legs, chains: Chains, feed: Feed, given: Surroundings) -> dict[str, object]:
    numbers, groups = legs.numbers, legs.groups
    lot = chains.lot_size[groups.chains.of_row]
    forward = chains.forward[groups.chains.of_row]
    pricing = {
        "strike": numbers["strike"],
        "mid": legs.mid,
        "forward": forward,
        "years": chains.years[groups.chains.of_row],
    }
    tick = max(given.reference.tick_size(name) for name in {capture.underlying for capture in legs.captures})
    in_lots = feed.open_interest_unit == "lots"
    same = ("strike", "last_price", "bid", "ask", "bid_quantity", "ask_quantity", "vendor_implied_vol")
    return {
        **{name: numbers[name] for name in same},
        "forward": forward,
        "volume_units": numbers["volume"] * (lot if feed.volume_unit == "lots" else 1),
        "open_interest_lots": numbers["open_interest"] / (1 if in_lots else lot),
        "open_interest_units": numbers["open_interest"] * (lot if in_lots else 1),
        "previous_open_interest_units": numbers["previous_open_interest"] * (lot if in_lots else 1),
        "implied_vol": otm_implied_vol(groups, pricing, legs.is_call, given.rate, tick),
        "lot_size": lot,
    }


def _content(legs: Legs) -> list[NDArray[np.float64]]:
    told = [legs.numbers[name] for name in ("strike", *VALUE_NAMES)]  # what stands all day tells no snapshots apart
    return [legs.expiry.astype(np.float64), legs.is_call.astype(np.float64), *told]


def _texts(values: Sequence[str], position: NDArray[np.intp]) -> pd.Series:
    return pd.Series(pd.array(values, dtype="str").take(position), copy=False)


def _utc(times: NDArray[np.datetime64]) -> pd.Series:
    return pd.Series(pd.DatetimeIndex(times, tz="UTC"))
