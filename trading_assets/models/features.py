"""What a model sees of a signal: the ten named features, as they could be known when the signal was decided.

The formulas live in `market.chain_features` and `market.indicators`; here they are picked at decision time and ordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.chain_features import five_minute_closes, oi_change, pcr_oi, total_oi
from trading_assets.market.indicators import bollinger_width, macd_pct, rsi

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]

#: Features are rounded to this many decimals before a model sees them: their last bits change with the CPU's vector
#: width, and a stored snapshot of 17-digit numbers is half as long again.
DECIMALS = 6
OI_WINDOW_MINUTES = 60
OI_TOLERANCE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model.

    Args:
        name: Name in `features_snapshot`; part of the model's contract.
        unit: Unit of the value, empty for a ratio.
        definition: How it is computed, one sentence.
    """

    name: str
    unit: str
    definition: str


FEATURES: tuple[Feature, ...] = (
    Feature("signal_strength", "", "The strategy's confidence, 0 to 1."),
    Feature("entry_price", "₹", "Ask for a buy, bid for a sell, at decision time."),
    Feature("spot_price", "index points", "Spot of the last snapshot that could be used."),
    Feature("pcr", "", "Put open interest over call open interest of the traded expiry, all strikes."),
    Feature("total_oi", "lots", "Call plus put open interest of the traded expiry, all strikes."),
    Feature("oi_change_1h", "lots", "total_oi less total_oi 60 minutes ago (tolerance 5), same expiry and strikes."),
    Feature("vix", "percent a year", "India VIX, last value."),
    Feature("rsi", "", "Wilder's RSI(14) on the 5-minute closes of the session's spot, 0 to 100."),
    Feature("macd", "percent", "EMA12 less EMA26 over the close, times 100, on the same closes."),
    Feature("bollinger_width", "percent", "Upper less lower band over the mean of 20 closes, 2 population sigmas."),
)

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
_OF_SIGNAL = ("signal_strength", "entry_price")
_OF_CHAIN = FEATURE_NAMES[len(_OF_SIGNAL) :]


def feature_frame(chains: Mapping[str, OptionChain], signals: pd.DataFrame) -> pd.DataFrame:
    """Compute the ten features of each signal from what was available when it was decided.

    Args:
        chains: Option chain of the session per underlying.
        signals: Rows of the `signals` table of that session, n ≥ 0; `signal_id`, `underlying`, `available_at`,
            `confidence` and `entry_price` are read.

    Returns:
        `signal_id` and the ten features in the order of `FEATURES`, float64, shape (n, 11), rows as in `signals`.
        NaN is missing: no chain of the underlying, no snapshot yet, or too few bars.

    Source: feature_definitions; only snapshots with available_at at or before the signal's are read.
    """
    import pandas as pd

    values = np.full((len(signals), len(FEATURES)), np.nan)
    values[:, 0] = signals["confidence"].to_numpy(dtype=np.float64)
    values[:, 1] = signals["entry_price"].to_numpy(dtype=np.float64)
    underlyings = signals["underlying"].to_numpy(dtype=object)
    decided = signals["available_at"].to_numpy(dtype="datetime64[us]")  # in UTC
    for underlying, chain in sorted(chains.items()):
        rows = np.flatnonzero(underlyings == underlying)
        if len(rows):
            values[rows, len(_OF_SIGNAL) :] = _chain_values(chain, decided[rows])
    values[~np.isfinite(values)] = np.nan
    # + 0.0 turns -0.0 into 0.0: they are equal and print differently
    rounded = np.round(values, DECIMALS) + 0.0
    columns = {"signal_id": signals["signal_id"].array}
    columns |= {name: rounded[:, i] for i, name in enumerate(FEATURE_NAMES)}
    return pd.DataFrame(columns)


def _chain_values(chain: OptionChain, decided: NDArray[np.datetime64]) -> Floats:
    """Features of the chain at each decision time, shape (n, 8)."""
    snapshot = np.searchsorted(chain.available_at.astype("datetime64[us]"), decided, side="right") - 1
    per_snapshot = np.column_stack(
        [
            chain.spot,
            pcr_oi(chain),
            total_oi(chain),
            oi_change(chain, OI_WINDOW_MINUTES, OI_TOLERANCE_MINUTES),
            chain.india_vix,
            *_indicators(chain),
        ]
    )
    padded = np.vstack([per_snapshot, np.full(len(_OF_CHAIN), np.nan)])  # row -1: no snapshot yet
    picked: Floats = padded[snapshot]
    return picked


def _indicators(chain: OptionChain) -> tuple[Floats, Floats, Floats]:
    """rsi, macd and bollinger_width per snapshot, from the bars that had closed when it was observed."""
    closed_at, closes = five_minute_closes(chain)
    # a bar is known once a snapshot at or after its close has been seen: one that closes at 10:05 is not used at 10:04
    bar = np.searchsorted(closed_at.astype("datetime64[us]"), chain.observed_at.astype("datetime64[us]"), "right") - 1
    series = [np.append(indicator(closes), np.nan)[bar] for indicator in (rsi, macd_pct, bollinger_width)]
    return series[0], series[1], series[2]
