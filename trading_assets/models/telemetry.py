"""Telemetry coverage: whether every scored trade can be traced to the model file that scored it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

READS = ("trade_id", "ml_score", "model_version", "model_hash", "features_snapshot")


@dataclass(frozen=True)
class Telemetry:
    """How many scored trades carry all that traces them.

    Args:
        scored: Trades with a score.
        gaps: Scored trades that lack something, in words by trade_id, ordered by it.
    """

    scored: int
    gaps: Mapping[str, str]

    @property
    def coverage(self) -> float | None:
        """Share that is whole, 0 to 1; None without a scored trade."""
        return 1.0 - len(self.gaps) / self.scored if self.scored else None

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if not self.scored:
            return "no trade has been scored yet; there is nothing to trace."
        whole = self.scored - len(self.gaps)
        found = f"{whole} of {self.scored} scored trades carry version, hash and features of a registered model"
        shown = "; ".join(f"{trade}: {gap}" for trade, gap in list(self.gaps.items())[:5])
        return f"{found}. {shown}" if self.gaps else f"{found}."


def telemetry(trades: pd.DataFrame, registered: Mapping[str, str]) -> Telemetry:
    """Look at what each scored trade carries.

    Args:
        trades: Rows of `trades`; `READS` are read, n ≥ 0. Trades without a score are passed over.
        registered: Pinned SHA-256 by model version.
    """
    scored = trades.loc[trades["ml_score"].notna(), list(READS)].sort_values("trade_id")
    pinned = scored["model_version"].map(dict(registered))
    gaps = {
        "no version": scored["model_version"].isna(),
        "no hash": scored["model_hash"].isna(),
        "no features": scored["features_snapshot"].isna(),
        "a version that is not registered": scored["model_version"].notna() & pinned.isna(),
        "not the hash its version is registered with": scored["model_hash"].notna()
        & pinned.notna()
        & (scored["model_hash"] != pinned),
    }
    found: dict[str, str] = {}
    for gap, rows in gaps.items():
        for trade in scored.loc[rows, "trade_id"]:
            found[str(trade)] = f"{found[str(trade)]}, {gap}" if str(trade) in found else gap
    return Telemetry(len(scored), dict(sorted(found.items())))
