"""Rules of `feed_calls`: how fast and how reliably a feed answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.rule import Guard
from trading_assets.settings import Limits

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_call = Guard("feed_calls", per="row")
_feed = Guard("feed_calls", per="session")

#: Failure rate is judged over this many last calls of a feed.
ROLLING_CALLS = 1_000


def session_keys(frame: pd.DataFrame) -> list[str]:
    """Return the feeds, sorted; session rules have one value for each."""
    return sorted(frame["feed"].dropna().unique())


def derived(frame: pd.DataFrame) -> dict[str, Floats]:
    """Per feed: failed calls among the last 1,000, and how many those were."""
    last = frame.sort_values("called_at", kind="stable").groupby("feed", sort=True).tail(ROLLING_CALLS)
    success = last.groupby("feed", sort=True)["success"]
    calls = success.size().to_numpy(dtype=np.float64)
    return {"rolling_calls": calls, "rolling_failures": calls - success.sum().to_numpy(dtype=np.float64)}


@_call.rule(
    "feed_health", "ms", Limits(warning=2_000.0, critical=5_000.0), "call took {value:.0f} ms, more than {limit:g} ms"
)
def response_time(duration_ms: Floats) -> Floats:
    """Time until the response or the failure, ms."""
    return duration_ms


@_feed.rule(
    "feed_health", "%", Limits(warning=10.0, critical=30.0), "{value:.1f} % of the last calls failed, above {limit:g} %"
)
def failure_rate(rolling_failures: Floats, rolling_calls: Floats) -> Floats:
    """Failed calls among the last 1,000 of the feed, %."""
    return 100.0 * rolling_failures / rolling_calls


RULES = (response_time, failure_rate)
