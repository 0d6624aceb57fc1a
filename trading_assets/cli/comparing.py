"""What `model compare` says of two versions: their records, the difference with its intervals, and one sentence."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from trading_assets.models.comparison import Comparison, Record, compare
from trading_assets.tables import trades

if TYPE_CHECKING:
    from trading_assets.defs.workspace import Workspace


def compare_versions(workspace: Workspace, version_a: str, version_b: str) -> Comparison:
    """Compare two registered versions by the trades that carry them.

    Raises:
        ModelError: A version is not registered.
    """
    for version in (version_a, version_b):
        workspace.registry.entry(version)
    rows = workspace.store.read(trades.CONTRACT, columns=["date", "model_version", "net_pnl"])
    return compare(rows, version_a, version_b, workspace.settings.scoring.seed)


def comparison_text(found: Comparison) -> str:
    """Say it in lines."""
    lines = [_record(found.a), _record(found.b)]
    if found.bootstrap is not None and found.welch is not None:
        p_value = "no variation" if found.p_value is None else f"p {found.p_value:.3f}"
        lines += [
            f"difference, ₹ per trade: {found.difference:,.2f}",
            f"  95 % by resampled sessions: {_interval(found.bootstrap)}",
            f"  95 % by Welch's t: {_interval(found.welch)}, {p_value}",
        ]
    return "\n".join([*lines, found.sentence])


def comparison_values(found: Comparison) -> dict[str, object]:
    """Return it as JSON values."""
    return asdict(found)


def _record(record: Record) -> str:
    mean = "" if record.mean is None else f", ₹{record.mean:,.2f} per trade (mean of sessions)"
    return f"{record.version:<10}{record.trades} trades in {record.sessions} sessions{mean}"


def _interval(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:,.2f} to {bounds[1]:,.2f}"
