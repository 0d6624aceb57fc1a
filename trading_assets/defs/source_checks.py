"""Agreement of sources: the feed of a session with what the exchange published of it, and with other feeds.

The table ends with the session; what a feed saw just after the close is final and stands in quarantine. So the feed's
captures are read again here, and only where a second source has landed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from trading_assets.defs.session_captures import chosen_feeds
from trading_assets.defs.workspace import Workspace
from trading_assets.feeds.discovery import load_feeds
from trading_assets.feeds.normalise import normalise_session
from trading_assets.quality.feed_comparison import compare_feeds
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.quality.source_reconciliation import SourceReconciliation, reconcile_sources, shortfalls
from trading_assets.tables import market_snapshots

SOURCES_AGREE = "sources_agree"
_WORST_SHOWN = 10


@dataclass(frozen=True)
class Sources:
    """What landed of a session besides what fills its table, as rows of `market_snapshots`.

    Args:
        own: Of the feeds that fill it; none where nothing else has landed.
        published: Of each end-of-day feed.
        others: Of each other feed.
    """

    own: pd.DataFrame
    published: Mapping[str, pd.DataFrame]
    others: Mapping[str, pd.DataFrame]


def sources_outcome(workspace: Workspace, day: date) -> CheckOutcome:
    """Check that a session's feed ends where the exchange says it ended; say what other feeds saw."""
    limits = workspace.settings.sources
    sources = read_sources(workspace, day)
    reports = [reconcile_sources(sources.own, frame, limits) for frame in sources.published.values()]
    told = [sentence for report in reports for sentence in report.sentences]
    early = _ended_early(workspace, day, sources) if reports else {}
    beyond = [said for report in reports for said in shortfalls(_without(report, early), limits)]
    for frame in sources.others.values():
        told += compare_feeds(sources.own, frame, limits).sentences
    sentence = " ".join((*beyond, *early.values(), *told)) or "No second source of the session has landed."
    return CheckOutcome(
        name=SOURCES_AGREE,
        category="consistency",
        passed=not beyond,
        severity="WARN",
        blocking=False,
        sentence=sentence,
        numbers=_numbers(reports) | {"sources": float(len(sources.published) + len(sources.others))},
        worst=_worst(reports),
    )


def read_sources(workspace: Workspace, day: date) -> Sources:
    """Read every source of a session that more than one feed recorded; each index that only one did is left out."""
    feeds, chosen = load_feeds(), chosen_feeds(workspace, day)
    seconds = {
        name: [index for index in workspace.landing.underlyings(day, name) if chosen[index] != name]
        for name in workspace.landing.feeds(day)
    }
    shared = sorted({index for indices in seconds.values() for index in indices})
    own = [_rows(workspace, day, chosen[index], [index]) for index in shared]
    read = {name: _rows(workspace, day, name, indices) for name, indices in seconds.items() if indices}
    return Sources(
        own=pd.concat(own, ignore_index=True) if own else market_snapshots.CONTRACT.empty(),
        published={name: rows for name, rows in read.items() if feeds[name].at_close},
        others={name: rows for name, rows in read.items() if not feeds[name].at_close},
    )


def _rows(workspace: Workspace, day: date, name: str, indices: Iterable[str]) -> pd.DataFrame:
    captures = [capture for index in indices for capture in workspace.landing.captures(day, name, index)]
    rate = workspace.settings.rate_on(day)
    return normalise_session(captures, load_feeds()[name], workspace.market, rate).frame


def _ended_early(workspace: Workspace, day: date, sources: Sources) -> dict[str, str]:
    """Sentence by index whose feed fell silent before the close: its last figures are not those of the day."""
    window = pd.Timedelta(workspace.settings.sources.closing_window)
    said = {}
    for index, last in sources.own.groupby("underlying")["observed_at"].max().items():
        close = pd.Timestamp(workspace.market.reference.calendar_of(str(index)).session(day).close)
        if close - last > window:
            minutes = (close - last) / pd.Timedelta(minutes=1)
            said[str(index)] = f"{index}: its feed ends {minutes:.0f} min before the close, so it is not judged."
    return said


def _without(report: SourceReconciliation, indices: Iterable[str]) -> SourceReconciliation:
    kept = report.by_underlying[~report.by_underlying["underlying"].isin(list(indices))]
    return SourceReconciliation(report.contracts, kept, report.sentences)


def _numbers(reports: Iterable[SourceReconciliation]) -> dict[str, float]:
    names = ("compared", "volume_agrees", "open_interest_agrees", "missing", "extra")
    return {name: float(sum(report.by_underlying[name].sum() for report in reports)) for name in names}


def _worst(reports: Iterable[SourceReconciliation]) -> pd.DataFrame:
    """Return the contracts whose volume is furthest from the published."""
    found = [report.contracts for report in reports]
    if not found:
        return pd.DataFrame()
    contracts = pd.concat(found, ignore_index=True)
    apart = contracts[~contracts["volume_agrees"] | (contracts["agreement"] == "extra")]
    return apart.sort_values("volume_gap", ascending=False, kind="stable").head(_WORST_SHOWN)
