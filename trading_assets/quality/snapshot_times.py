"""Rules of when a snapshot of `market_snapshots` was observed and received; see `quality.market_snapshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.hours import seconds, seconds_outside
from trading_assets.quality.rule import Guard
from trading_assets.settings import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

_snapshot = Guard("market_snapshots", per="snapshot")


@_snapshot.rule(
    "consistency",
    "s",
    Limits(critical=0.0),
    "snapshot lies {value:.0f} s outside the hours of the session",
    ceiling="outside_session",
)
def outside_session(
    observed_at: Times, received_at: Times, opens: Times, closes: Times, receipt_grace: Floats
) -> Floats:
    """Seconds by which the exchange time, or the receipt after its grace, misses the session's hours.

    `opens` and `closes` are the session's intervals; hours that are not known are not judged.
    """
    grace = float(receipt_grace)
    return np.maximum(seconds_outside(observed_at, opens, closes), seconds_outside(received_at, opens, closes, grace))


@_snapshot.rule(
    "stale_data",
    "s",
    Limits(warning=300.0, critical=600.0),
    "snapshot was {value:.0f} s old, more than {limit:g} s",
    ceiling="age",
)
def snapshot_age(received_at: Times, observed_at: Times) -> Floats:
    """Seconds from exchange time to receipt."""
    return seconds(received_at - observed_at)


@_snapshot.rule(
    "stale_data",
    "s",
    Limits(warning=5.0, critical=300.0),
    "exchange time is {value:.0f} s after the receipt",
    ceiling="skew",
)
def clock_skew(received_at: Times, observed_at: Times) -> Floats:
    """Seconds by which the exchange time is later than the receipt: one of the two clocks is wrong."""
    return seconds(observed_at - received_at)


@_snapshot.rule(
    "missing_data",
    "",
    Limits(critical=0.0),
    "{value:.0f} of exchange time and receipt is missing",
    ceiling="missing_times",
)
def missing_timestamp(observed_at: Times, received_at: Times) -> Floats:
    """How many of the two times are missing."""
    return np.isnat(observed_at).astype(np.float64) + np.isnat(received_at)


RULES = (outside_session, snapshot_age, clock_skew, missing_timestamp)
