"""The end of a session as its feed saw it against what the exchange published: open interest and volume by contract.

Volume at the close is final on the live page and has to agree. Open interest there is not: on 2025-11-14 the exchange's
own page was within 1 % of its report on 700 of 1,101 contracts. Reports may leave out contracts that did not trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.setting_sections import SourceSettings

Agreement = Literal["matched", "drifted", "missing", "extra", "untraded"]

CONTRACT_KEY = ["underlying", "expiry", "strike", "option_type"]
_MEASURES = ("volume_units", "open_interest_units")


@dataclass(frozen=True, slots=True)
class SourceReconciliation:
    """What comparing two sources of a session gave.

    Args:
        contracts: A row per contract, ordered by `CONTRACT_KEY`: the key; `volume_units` and `open_interest_units` of
            the feed; the same of the report with the suffix `_published`; their gaps with the suffix `_gap` as a share
            of the published (infinite where that is 0 and the other is not, NaN where one is missing);
            `volume_agrees` and `open_interest_agrees`; and `agreement`: matched; drifted when volume does not agree
            or open interest does not; missing from the feed; extra in the feed though traded; or untraded in the
            feed and left out of the report.
        by_underlying: A row per underlying of either source: counts of contracts `compared` (in both), with
            `volume_agrees` and `open_interest_agrees` among them, `missing` and `extra`.
        sentences: One per underlying, for people.
    """

    contracts: pd.DataFrame
    by_underlying: pd.DataFrame
    sentences: tuple[str, ...]


def reconcile_sources(
    session_rows: pd.DataFrame, published_rows: pd.DataFrame, limits: SourceSettings
) -> SourceReconciliation:
    """Compare the last snapshot of each underlying with the last of a second source.

    Args:
        session_rows: `market_snapshots` rows of one session, any order, n ≥ 0.
        published_rows: Rows of the same session from an end-of-day feed, n ≥ 0. Underlyings that only these have are
            left out: a feed need not cover the exchange.
        limits: Gaps that agree.
    """
    published_rows = published_rows[published_rows["underlying"].isin(session_rows["underlying"].unique())]
    both = last_snapshots(session_rows).merge(
        last_snapshots(published_rows), how="outer", on=CONTRACT_KEY, suffixes=("", "_published"), indicator=True
    )
    contracts = _judged(both, limits).sort_values(CONTRACT_KEY, ignore_index=True)
    by_underlying = _counts(contracts)
    return SourceReconciliation(contracts, by_underlying, tuple(_sentences(contracts, by_underlying, limits)))


def last_snapshots(rows: pd.DataFrame) -> pd.DataFrame:
    """Volume and open interest of the last snapshot of each underlying; of a contract that is there twice, the last."""
    last = rows["observed_at"] == rows.groupby("underlying")["observed_at"].transform("max")
    return rows.loc[last, [*CONTRACT_KEY, *_MEASURES]].drop_duplicates(CONTRACT_KEY, keep="last")


def _judged(both: pd.DataFrame, limits: SourceSettings) -> pd.DataFrame:
    gaps = {name: gap_share(both[name].to_numpy(), both[f"{name}_published"].to_numpy()) for name in _MEASURES}
    volume_agrees = gaps["volume_units"] <= limits.volume_tolerance
    open_interest_agrees = gaps["open_interest_units"] <= limits.open_interest_tolerance
    source = both["_merge"].to_numpy(dtype=object)
    traded = both["volume_units"].to_numpy() > 0.0
    agreement = np.select(
        [source == "right_only", (source == "left_only") & traded, source == "left_only"],
        ["missing", "extra", "untraded"],
        np.where(volume_agrees & open_interest_agrees, "matched", "drifted"),
    )
    return both.drop(columns="_merge").assign(
        volume_gap=gaps["volume_units"],
        open_interest_gap=gaps["open_interest_units"],
        volume_agrees=volume_agrees,
        open_interest_agrees=open_interest_agrees,
        agreement=pd.Series(agreement, dtype="str", index=both.index),
    )


def gap_share(found: NDArray[np.float64], published: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of figures from the published, a share of these; 0 where equal, NaN where one is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.abs(found - published) / np.abs(published)
    return np.where(found == published, 0.0, share)


def _counts(contracts: pd.DataFrame) -> pd.DataFrame:
    agreement = contracts["agreement"]
    marks = pd.DataFrame(
        {
            "underlying": contracts["underlying"],
            "compared": agreement.isin(["matched", "drifted"]),
            "volume_agrees": contracts["volume_agrees"],
            "open_interest_agrees": contracts["open_interest_agrees"],
            "missing": agreement == "missing",
            "extra": agreement == "extra",
        }
    )
    return marks.groupby("underlying", as_index=False).sum()


def _sentences(contracts: pd.DataFrame, by_underlying: pd.DataFrame, limits: SourceSettings) -> list[str]:
    found = []
    for row in by_underlying.itertuples(index=False):
        of_index = contracts[contracts["underlying"] == row.underlying]
        found.append(
            f"{row.underlying}: of {row.compared} contracts in both sources volume agrees on {row.volume_agrees} "
            f"(to {limits.volume_tolerance:.2%}) and open interest on {row.open_interest_agrees} "
            f"(to {limits.open_interest_tolerance:.2%}); {row.missing} published contracts are missing and {row.extra} "
            f"traded ones are not published.{_worst(of_index)}"
        )
    return found


def shortfalls(found: SourceReconciliation, limits: SourceSettings) -> list[str]:
    """Say of each underlying whose contracts agree on less than they must, what falls short; empty when none does.

    A traded contract that is not published counts as one whose volume does not agree.
    """
    said = []
    for row in found.by_underlying.itertuples(index=False):
        traded = row.compared + row.extra
        for name, agreeing, counted, least in (
            ("volume", row.volume_agrees, traded, limits.volume_share),
            ("open interest", row.open_interest_agrees, row.compared, limits.open_interest_share),
        ):
            if counted and agreeing < least * counted:
                said.append(f"{row.underlying}: {name} agrees on {agreeing / counted:.1%}, less than {least:.1%}.")
    return said


def _worst(contracts: pd.DataFrame) -> str:
    wrong = contracts[(contracts["agreement"] == "drifted") & ~contracts["volume_agrees"]]
    if wrong.empty:
        return ""
    row = wrong.loc[(wrong["volume_units"] - wrong["volume_units_published"]).abs().fillna(np.inf).idxmax()]
    return (
        f" Largest gap in volume: {row['expiry']:%Y-%m-%d} {row['strike']:g} {row['option_type']} has "
        f"{row['volume_units']:.0f} units, published are {row['volume_units_published']:.0f}."
    )
