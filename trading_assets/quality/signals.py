"""Rules of `signals`; `scored_signals` keeps them too."""

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

_signal = Guard("signals", per="row")
_session = Guard("signals", per="session")


@_signal.rule("consistency", "s", Limits(critical=0.0), "signal lies {value:.0f} s outside the hours of the session")
def signal_outside_session(timestamp: Times, opens: Times, closes: Times) -> Floats:
    """Seconds by which the signal's time misses the session's hours."""
    return seconds_outside(timestamp, opens, closes)


@_signal.rule("consistency", "s", Limits(critical=0.0), "signal was decided {value:.0f} s before its data was observed")
def decided_before_observed(timestamp: Times, available_at: Times) -> Floats:
    """Seconds by which the decision precedes the data it rests on: a look into the future."""
    return seconds(timestamp - available_at)


@_signal.rule("consistency", "days", Limits(critical=0.0), "option had expired {value:.0f} day(s) before the signal")
def signal_after_expiry(date: Times, expiry: Times) -> Floats:
    """Days by which the option expired before the session."""
    return seconds(date - expiry) / 86_400.0


@_session.rule(
    "consistency", "%", Limits(warning=50.0), "confidence equals the entry price in {value:.0f} % of signals"
)
def confidence_is_price(confidence: Floats, entry_price: Floats) -> Floats:
    """Share of the session's signals whose confidence is the entry price, %: two columns were mixed up."""
    same = confidence == entry_price
    return np.array([100.0 * same.mean() if len(same) else np.nan])


RULES = (signal_outside_session, decided_before_observed, signal_after_expiry, confidence_is_price)
