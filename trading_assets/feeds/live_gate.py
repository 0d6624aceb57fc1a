"""The gate before landing: a capture as it arrives, read and judged by the rules that judge the whole session later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.feeds.normalise import normalise_session
from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.gate import Gate, LiveSnapshot
from trading_assets.quality.gate_issues import gate_issues
from trading_assets.quality.rule import CRITICAL

if TYPE_CHECKING:
    from trading_assets.feeds.feed import Feed
    from trading_assets.market.captures import Capture
    from trading_assets.market.packaged import Market
    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.settings import Settings


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says of one capture.

    Args:
        accepted: Whether anything of it may be used.
        legs: Option legs in it.
        kept: Legs that may be used.
        reasons: Rules that critically failed, or why it cannot be read.
        issues: Rows of `quality_issues` for what the gate found; None when it found nothing.
    """

    accepted: bool
    legs: int
    kept: int
    reasons: tuple[str, ...] = ()
    issues: pd.DataFrame | None = None


@dataclass
class LiveGate:
    """Judges the captures of one underlying and session in the order they arrive.

    Args:
        feed: Reads them.
        market: Lots and hours.
        settings: Limits and the risk-free rate.
        facts: The session.
    """

    feed: Feed
    market: Market
    settings: Settings
    facts: SnapshotFacts
    _gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self._gate = Gate(self.facts, self.settings.quality)

    def judge(self, capture: Capture) -> Judgement:
        """Judge a capture of one snapshot and remember it when it is accepted."""
        found = normalise_session([capture], self.feed, self.market, self.settings.rate_on(capture.day))
        if found.frame.empty:
            return Judgement(accepted=False, legs=0, kept=0, reasons=tuple(item.reason for item in found.unreadable))
        snapshot = live_snapshot(found.frame)
        verdict = self._gate.check(snapshot)
        critical = tuple(rule for rule, severity, _ in verdict.findings if severity >= CRITICAL)
        told = gate_issues(snapshot, verdict, self.facts.day, self.settings.quality) if verdict.findings else None
        return Judgement(verdict.accepted, len(found.frame), int(verdict.kept.sum()), critical, told)


def live_snapshot(frame: pd.DataFrame) -> LiveSnapshot:
    """Return the one snapshot of a frame as the gate takes it.

    Args:
        frame: Rows of `market_snapshots` of one snapshot, n ≥ 1; the exchange time may be missing, the receipt is not.
    """
    first = frame.iloc[0]
    observed = first["observed_at"]
    return LiveSnapshot(
        underlying=first["underlying"],
        snapshot_id=first["snapshot_id"],
        observed_at=None if pd.isna(observed) else observed.to_pydatetime(),
        received_at=first["received_at"].to_pydatetime(),
        expiry=frame["expiry"].to_numpy().astype("datetime64[D]"),
        option_type=frame["option_type"].to_list(),
        numbers={name: frame[name].to_numpy(dtype=np.float64) for name in NUMBERS},
    )
