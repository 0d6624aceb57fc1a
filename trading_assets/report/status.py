"""What the tear sheet is told about things that are not frames: models, the regression suite, reconciliation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class ModelStatus:
    """A registered model version.

    Args:
        version: Semantic version.
        model_hash: SHA-256 of its file, 64 hex.
        trained_to: Last session it was trained on; None when it is not known.
        verified: Whether its file was re-hashed and agreed; None when nobody looked.
    """

    version: str
    model_hash: str
    trained_to: date | None = None
    verified: bool | None = None


@dataclass(frozen=True)
class RegressionStatus:
    """What the regression suite said about one strategy.

    Args:
        strategy_id: The strategy.
        passed: Whether its signals agree with its baseline within the tolerance.
        matched: Signals in both.
        missing: Signals of the baseline that are gone.
        extra: Signals that the baseline does not have.
        drifted: Matched signals whose confidence or price moved beyond the tolerance.
        note: One sentence for people; may be empty.
    """

    strategy_id: str
    passed: bool
    matched: int
    missing: int = 0
    extra: int = 0
    drifted: int = 0
    note: str = ""


@dataclass(frozen=True)
class ReconciliationStatus:
    """Simulated trades against the broker's.

    Args:
        matched: Round trips found on both sides.
        only_simulated: Round trips the broker does not have.
        only_broker: Round trips the simulation does not have.
        simulated_net_pnl: Net P&L of the simulated side, ₹.
        broker_net_pnl: Net P&L of the broker's side, ₹.
    """

    matched: int
    only_simulated: int
    only_broker: int
    simulated_net_pnl: float
    broker_net_pnl: float
