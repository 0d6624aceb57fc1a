"""What `model compare` says of two versions: their trades, the same signals scored by both, and a sentence of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from trading_assets.defs.challenger import on_the_same_signals
from trading_assets.errors import ModelError
from trading_assets.models.comparison import Comparison, Record, compare
from trading_assets.tables import trades

if TYPE_CHECKING:
    from trading_assets.defs.workspace import Workspace
    from trading_assets.models.paired import Paired, Shadow


@dataclass(frozen=True)
class VersionsCompared:
    """Two versions by the trades each decided, and by the signals both score.

    Args:
        by_trades: Each by its own trades, on whichever sessions it served.
        by_signals: Both on the same signals; None when one of them cannot score.
        unscored: Why not.
    """

    by_trades: Comparison
    by_signals: Paired | None
    unscored: str | None

    @property
    def text(self) -> str:
        """It in lines."""
        same = f"not compared on the same signals: {self.unscored}"
        return "\n".join(
            [_trades_text(self.by_trades), same if self.by_signals is None else _pair_text(self.by_signals)]
        )

    @property
    def json_values(self) -> dict[str, object]:
        """It as JSON values."""
        pair = None if self.by_signals is None else asdict(self.by_signals)
        return asdict(self.by_trades) | {"paired": pair, "paired_reason": self.unscored}


def compare_versions(workspace: Workspace, version_a: str, version_b: str) -> VersionsCompared:
    """Compare two registered versions.

    Raises:
        ModelError: A version is not registered.
    """
    entries = [workspace.registry.entry(version) for version in (version_a, version_b)]
    rows = workspace.store.read(trades.CONTRACT, columns=["date", "model_version", "net_pnl"])
    by_trades = compare(rows, version_a, version_b, workspace.settings.scoring.seed)
    try:
        return VersionsCompared(by_trades, on_the_same_signals(workspace, entries[0], entries[1]), None)
    except ModelError as error:
        return VersionsCompared(by_trades, None, str(error))


def _trades_text(found: Comparison) -> str:
    lines = [_record(found.a), _record(found.b)]
    if found.bootstrap is not None and found.welch is not None:
        p_value = "no variation" if found.p_value is None else f"p {found.p_value:.3f}"
        lines += [
            f"difference, ₹ per trade: {found.difference:,.2f}",
            f"  95 % by resampled sessions: {_interval(found.bootstrap)}",
            f"  95 % by Welch's t: {_interval(found.welch)}, {p_value}",
        ]
    return "\n".join([*lines, found.sentence])


def _pair_text(found: Paired) -> str:
    lines = [_shadow(found.a), _shadow(found.b)] if found.signals else []
    if found.difference is not None and found.bootstrap is not None and found.brier_bootstrap is not None:
        lines += [
            f"difference, ₹ per signal: {found.difference:,.2f}",
            f"  95 % by resampled sessions, paired: {_interval(found.bootstrap)}",
            f"  95 % of the Brier difference, paired: {found.brier_bootstrap[0]:.4f} to {found.brier_bootstrap[1]:.4f}",
        ]
    return "\n".join([*lines, found.sentence])


def _record(record: Record) -> str:
    mean = "" if record.mean is None else f", ₹{record.mean:,.2f} per trade (mean of sessions)"
    return f"{record.version:<10}{record.trades} trades in {record.sessions} sessions{mean}"


def _shadow(shadow: Shadow) -> str:
    area = "undefined" if shadow.roc_auc is None else f"{shadow.roc_auc:.3f}"
    return (
        f"{shadow.version:<10}would take {shadow.taken}, ₹{shadow.net_pnl:,.2f}; Brier {shadow.brier:.4f}, "
        f"calibration error {shadow.calibration_error:.4f}, AUC {area}"
    )


def _interval(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:,.2f} to {bounds[1]:,.2f}"
