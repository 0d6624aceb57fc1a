"""What a finished session leaves to later ones: rows of `session_bars`, and the history read back from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.market.bars import Bars, next_end
from trading_assets.market.history import SessionHistory
from trading_assets.market.option_chain import chains
from trading_assets.market.surface_features import skew_25d
from trading_assets.tables.session_bars import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from trading_assets.market.calendar import Session
    from trading_assets.market.option_chain import OptionChain

#: The last bits of a logarithm differ between processors; what is stored must not.
_DECIMALS = 6


def session_bars(frame: pd.DataFrame, session: Session) -> pd.DataFrame:
    """Summarise a session.

    Args:
        frame: Rows of `market_snapshots` of the session, all underlyings, any order, n ≥ 0.
        session: The session.

    Returns:
        Rows of `session_bars` by underlying and time; the last bar ends with the last snapshot, also where five minutes
        are not over, for its level is the session's close. Volatility and skew are those of the last snapshot of the
        bar; all three are missing where that is older than ten minutes.
    """
    return chain_bars(chains(frame, session))


def chain_bars(built: Mapping[str, OptionChain]) -> pd.DataFrame:
    """Summarise a session as `session_bars` does, from its chains by underlying."""
    parts = [_bars(chain) for chain in built.values()]
    return pd.concat(parts, ignore_index=True) if parts else CONTRACT.empty()


def histories(bars: pd.DataFrame, days: Sequence[date]) -> dict[str, SessionHistory]:
    """Read back what is known of earlier sessions, by underlying.

    Args:
        bars: Rows of `session_bars`, any order; those of other days are left out.
        days: The sessions of the calendar before the one that asks, rising. One without bars is a hole, not absent.
    """
    return {
        str(underlying): SessionHistory.of_bars(own, days) for underlying, own in bars.groupby("underlying", sort=True)
    }


def _bars(chain: OptionChain) -> pd.DataFrame:
    bars = Bars.of(chain)
    ends, close = bars.ends, bars.close
    if len(chain.observed_at) and not (len(ends) and ends[-1] == chain.observed_at[-1]):
        ends = np.append(ends, next_end(chain, len(ends)))
        close = np.append(close, chain.spot[-1])
    last = np.searchsorted(chain.observed_at, ends, side="right") - 1
    numbers = {"india_vix": chain.india_vix, "skew_25d": skew_25d(chain)}
    told = {name: np.where(np.isfinite(close), values[last], np.nan) for name, values in numbers.items()}
    return CONTRACT.frame(
        {
            "date": np.full(len(ends), np.datetime64(chain.session.day, "s")),
            "underlying": np.full(len(ends), chain.underlying, dtype=object),
            "ended_at": pd.DatetimeIndex(ends, tz="UTC"),
            "close": close,
            **{name: np.round(values, _DECIMALS) for name, values in told.items()},
        }
    )
