"""Two feeds of one session side by side: snapshots of about the same moment, compared leg by leg. Told, never judged.

Two recorders do not look at the same second, so prices differ honestly; what is told is how often and how far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.quality.source_reconciliation import CONTRACT_KEY, gap_share

if TYPE_CHECKING:
    from trading_assets.setting_sections import SourceSettings

_MEASURES = ("last_price", "open_interest_units")
COLUMNS = [*CONTRACT_KEY, "feed", "observed_at", "spot", *_MEASURES]


@dataclass(frozen=True, slots=True)
class FeedComparison:
    """What a second feed says beside the first.

    Args:
        by_underlying: A row per underlying that both have: `underlying`, `snapshots` of the second feed, `paired` of
            them, `legs` that both have in a pair, share of those where both have it whose `last_price_agrees` and
            `open_interest_agrees` (NaN where there are none), and the largest `spot_gap`, %, of a pair.
        sentences: One per underlying, for people.
    """

    by_underlying: pd.DataFrame
    sentences: tuple[str, ...]


def compare_feeds(first: pd.DataFrame, second: pd.DataFrame, limits: SourceSettings) -> FeedComparison:
    """Pair each snapshot of the second feed with the nearest of the first, and compare their legs.

    Args:
        first: Rows with at least `COLUMNS` of one session, one feed per underlying, n ≥ 0.
        second: The same of another feed, n ≥ 0; underlyings that only one has are left out.
        limits: Gaps that agree, and how far apart a pair may be.
    """
    shared = sorted(set(first["underlying"]) & set(second["underlying"]))
    rows = [_compared(first, second, underlying, limits) for underlying in shared]
    columns = ["underlying", "first", "second", "snapshots", "paired", "legs"]
    measures = ["last_price_agrees", "open_interest_agrees", "spot_gap"]
    table = pd.DataFrame(rows, columns=[*columns, *measures])
    return FeedComparison(table, tuple(_sentence(row, limits) for row in rows))


def _compared(
    first: pd.DataFrame, second: pd.DataFrame, underlying: str, limits: SourceSettings
) -> dict[str, str | int | float]:
    one, other = (frame[frame["underlying"] == underlying] for frame in (first, second))
    pairs = _pairs(one, other, limits)
    legs = other.merge(pairs, on="observed_at").merge(
        one, left_on=["paired", *CONTRACT_KEY], right_on=["observed_at", *CONTRACT_KEY], suffixes=("", "_first")
    )
    price, open_interest = (_agreeing(legs, name, limits) for name in _MEASURES)
    spot_gaps = 100.0 * gap_share(legs["spot"].to_numpy(), legs["spot_first"].to_numpy())
    return {
        "underlying": underlying,
        "first": str(one["feed"].iloc[0]),
        "second": str(other["feed"].iloc[0]),
        "snapshots": int(other["observed_at"].nunique()),
        "paired": len(pairs),
        "legs": len(legs),
        "last_price_agrees": price,
        "open_interest_agrees": open_interest,
        "spot_gap": float(np.nanmax(spot_gaps)) if np.isfinite(spot_gaps).any() else float("nan"),
    }


def _pairs(first: pd.DataFrame, second: pd.DataFrame, limits: SourceSettings) -> pd.DataFrame:
    """Moments of the second feed with the nearest of the first, `paired`; those without one are left out."""
    moments = [frame[["observed_at"]].drop_duplicates().sort_values("observed_at") for frame in (second, first)]
    return pd.merge_asof(
        moments[0],
        moments[1].assign(paired=moments[1]["observed_at"]),
        on="observed_at",
        direction="nearest",
        tolerance=pd.Timedelta(limits.pairing_window),
    ).dropna()


def _agreeing(legs: pd.DataFrame, name: str, limits: SourceSettings) -> float:
    """Share of the legs that have a measure in both feeds whose gap is tolerated; NaN where none has."""
    tolerance = limits.price_tolerance if name == "last_price" else limits.open_interest_tolerance
    gaps = gap_share(legs[name].to_numpy(), legs[f"{name}_first"].to_numpy())
    known = gaps[~np.isnan(gaps)]
    return float((known <= tolerance).mean()) if len(known) else float("nan")


def _sentence(row: dict[str, str | int | float], limits: SourceSettings) -> str:
    head = f"{row['underlying']}: {row['paired']} of {row['snapshots']} snapshots of {row['second']} pair with "
    if not row["legs"]:
        return f"{head}{row['first']}, without a leg in common."
    return (
        f"{head}{row['first']}; of {row['legs']} legs last price agrees on {row['last_price_agrees']:.1%} (to "
        f"{limits.price_tolerance:.2%}) and open interest on {row['open_interest_agrees']:.1%} (to "
        f"{limits.open_interest_tolerance:.2%}); spot differs by at most {row['spot_gap']:.2f} %."
    )
