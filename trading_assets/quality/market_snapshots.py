"""Rules of whole snapshots in `market_snapshots`: a critical one keeps every leg of the snapshot out.

Rules of single legs are in `quality.option_legs`, those of a snapshot's times in `quality.snapshot_times`. What is read
of spot and forward here is that of the legs whose spot `option_legs.spot_disagreement` does not refuse. `STATEFUL`
rules compare with what the session accepted before; they are handed single numbers as well as arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality import option_legs, snapshot_times
from trading_assets.quality.rule import Guard
from trading_assets.settings import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_snapshot = Guard("market_snapshots", per="snapshot")
_session = Guard("market_snapshots", per="session")


@_snapshot.rule(
    "missing_data",
    "",
    Limits(critical=0.0),
    "symbol of the underlying is missing",
    ceiling="missing_symbol",
)
def missing_symbol(has_symbol: Floats) -> Floats:
    """1 where the snapshot does not name its underlying."""
    return 1.0 - has_symbol


@_snapshot.rule(
    "missing_data",
    "legs",
    Limits(critical=0.0),
    "spot is missing or disputed on {value:.0f} leg(s)",
    ceiling="disputed_spot",
)
def missing_spot(legs_without_spot: Floats) -> Floats:
    """Legs without a spot above 0, as zero is missing; all of a snapshot in which no leg agrees with the median."""
    return legs_without_spot


@_snapshot.rule(
    "missing_data",
    "",
    Limits(warning=0.0),
    "no leg has a price: the option chain is missing",
    ceiling="missing_chain",
)
def missing_chain(priced_legs: Floats) -> Floats:
    """1 where no leg has a last price, bid or ask."""
    return np.asarray(priced_legs == 0, dtype=np.float64)


@_snapshot.rule(
    "missing_data",
    "",
    Limits(warning=0.0),
    "no call has open interest",
    ceiling="missing_call_oi",
)
def missing_call_oi(call_oi_legs: Floats) -> Floats:
    """1 where total call open interest cannot be formed."""
    return np.asarray(call_oi_legs == 0, dtype=np.float64)


@_snapshot.rule(
    "missing_data",
    "",
    Limits(warning=0.0),
    "no put has open interest",
    ceiling="missing_put_oi",
)
def missing_put_oi(put_oi_legs: Floats) -> Floats:
    """1 where total put open interest cannot be formed."""
    return np.asarray(put_oi_legs == 0, dtype=np.float64)


@_snapshot.rule(
    "strike_filtering",
    "%",
    Limits(warning=70.0, critical=90.0),
    "{value:.0f} % of the nearest expiry's strikes were removed, more than {limit:g} %",
)
def strikes_removed(listed_strikes: Floats, kept_strikes: Floats) -> Floats:
    """Share of strikes removed within the nearest expiry, %: of those listed, else of the most accepted before.

    Not judged for the first snapshot of a feed that does not say what it listed.
    """
    return 100.0 * (1.0 - kept_strikes / listed_strikes)


@_snapshot.rule(
    "consistency",
    "index points",
    Limits(critical=0.0),
    "spot is {value:.2f} points outside its band",
    ceiling="outside_band",
)
def spot_band(spot_low: Floats, spot_high: Floats, band_low: Floats, band_high: Floats) -> Floats:
    """Distance of spot from the plausible band of its underlying, index points; not judged without a band."""
    return np.maximum(np.maximum(band_low - spot_low, spot_high - band_high), 0.0)


@_snapshot.rule(
    "consistency",
    "%",
    Limits(warning=1.0, critical=5.0),
    "spot is {value:.2f} % away from the put-call-parity forward",
    ceiling="away_from_forward",
)
def spot_against_parity(spot_high: Floats, near_forward: Floats) -> Floats:
    """Distance of spot from the parity forward of the nearest expiry (within 45 days), %."""
    return 100.0 * np.abs(spot_high - near_forward) / near_forward


@_snapshot.rule(
    "consistency",
    "%",
    Limits(warning=30.0),
    "listed calls and puts of one expiry differ by {value:.0f} %, more than {limit:g} %",
)
def call_put_balance(listed_calls: Floats, listed_puts: Floats) -> Floats:
    """Difference of listed call and put strikes in the nearest expiry, % of the larger; not judged without legs."""
    larger = np.maximum(listed_calls, listed_puts)
    return 100.0 * np.abs(listed_calls - listed_puts) / np.where(larger > 0, larger, np.nan)


@_snapshot.rule(
    "consistency", "%", Limits(warning=2.0, critical=5.0), "spot is {value:.2f} % away from the last accepted spot"
)
def spot_jump(spot_high: Floats, last_accepted_spot: Floats) -> Floats:
    """Distance of spot from the last accepted one, %; not judged for the first ever."""
    return 100.0 * abs(spot_high / last_accepted_spot - 1.0)


@_snapshot.rule(
    "consistency",
    "deviations",
    Limits(info=10.0, warning=30.0),
    "volume since the open is {value:.0f} deviations away from what is usual by this minute",
    ceiling="unusual_volume",
)
def volume_anomaly(traded_volume: Floats, usual_volume: Floats, volume_spread: Floats) -> Floats:
    """Distance of the nearest expiry's volume from its median by this minute of earlier sessions, in deviations.

    Days of expiry are compared with days of expiry. Not judged while there are fewer than 5 such sessions.
    """
    return np.abs(traded_volume - usual_volume) / volume_spread


@_snapshot.rule("consistency", "", Limits(critical=0.0), "a snapshot of this exchange time was accepted before")
def duplicate_snapshot(times_seen: Floats) -> Floats:
    """1 where the session already accepted a snapshot of the underlying with the same exchange time."""
    return times_seen


@_snapshot.rule(
    "stale_data",
    "snapshots",
    Limits(critical=0.0),
    "time moved and the content did not: seen {value:.0f} time(s) before",
)
def frozen_feed(content_seen: Floats, times_seen: Floats) -> Floats:
    """How many accepted snapshots with another exchange time have exactly this content."""
    unseen: Floats = content_seen * (times_seen == 0)
    return unseen


@_snapshot.rule(
    "missing_data", "allowed gaps", Limits(warning=1.0), "nothing usable for {value:.1f} times the longest allowed gap"
)
def gap(seconds_since_accepted: Floats, allowed_gap: Floats) -> Floats:
    """Time since the last accepted snapshot, or the open, over the allowed gap (a multiple of the cadence).

    Judged where a usable snapshot ends the gap.
    """
    return seconds_since_accepted / allowed_gap


@_session.rule("missing_data", "", Limits(warning=0.0), "the session has no snapshot")
def no_snapshots(snapshots: Floats) -> Floats:
    """1 where nothing was recorded in the session."""
    return np.asarray(snapshots == 0, dtype=np.float64)


STATELESS = (
    *snapshot_times.RULES,
    missing_symbol,
    missing_spot,
    missing_chain,
    missing_call_oi,
    missing_put_oi,
    spot_band,
    spot_against_parity,
    call_put_balance,
    volume_anomaly,
)
STATEFUL = (strikes_removed, spot_jump, duplicate_snapshot, frozen_feed, gap)
RULES = (*STATELESS, *STATEFUL, no_snapshots, *option_legs.RULES)
