"""What `regression` does: signals of today's strategies over stored snapshots, against the baselines in the folder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BaselineError, UsageError
from trading_assets.regression import summary
from trading_assets.regression.baseline import Provenance, strategy_facts
from trading_assets.regression.differences import Tolerance
from trading_assets.regression.suite import SuiteResult, make_baselines, run_suite
from trading_assets.regression.verify import Case, verify
from trading_assets.storage.atomic import replace_file
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.evaluation import parameters_in_force
from trading_assets.strategies.signals import signals
from trading_assets.strategies.strategy import Parameters, Strategy
from trading_assets.tables import market_snapshots
from trading_assets.tables import signals as signals_table

FORMATS = {
    "text": summary.as_text,
    "markdown": summary.as_markdown,
    "html": summary.as_html,
    "junit": summary.as_junit,
    "json": summary.as_json,
}
LEAK_SEED = 1
Strategies = dict[str, Strategy[Parameters]]


@dataclass(frozen=True)
class Rerun:
    """Signals of a range made again, and what they were made of.

    Args:
        signals: Rows of `signals` over the range.
        provenance: Input hash, calendar, strategies and their parameters.
        snapshot_times: observed_at of every snapshot, rising, UTC.
    """

    signals: pd.DataFrame
    provenance: Provenance
    snapshot_times: np.ndarray


def chosen_strategies(workspace: Workspace, strategy: str | None) -> Strategies:
    """Return all strategies, or the one that is named.

    Raises:
        UsageError: No strategy has that name.
    """
    known = load_strategies(workspace.strategy_sources())
    if strategy is None:
        return known
    if strategy not in known:
        msg = f"there is no strategy {strategy!r}; the strategies are {', '.join(sorted(known))}."
        raise UsageError(msg)
    return {strategy: known[strategy]}


def rerun(workspace: Workspace, first: date, last: date, strategies: Strategies) -> Rerun:
    """Run strategies again over the stored snapshots of a range, session by session.

    Raises:
        BaselineError: No session of the range is stored.
    """
    store, overrides = workspace.store, workspace.settings.strategies
    days = [day for day in store.sessions(market_snapshots.CONTRACT) if first <= day <= last]
    if not days:
        msg = f"no snapshots are stored from {first} to {last}; ingest and materialize those sessions first."
        raise BaselineError(msg)
    found, times = [], []
    for day in days:
        frame = store.read(market_snapshots.CONTRACT, [day])
        found.append(signals(frame, workspace.market.calendar.session(day), overrides, strategies))
        times.append(np.unique(frame["observed_at"].dt.tz_localize(None).to_numpy()))
    provenance = Provenance(
        start=first,
        end=last,
        input_hash=_input_hash(workspace, days),
        calendar_version=workspace.market.calendar.version,
        sessions=len(days),
        strategies=strategy_facts(strategies, parameters_in_force(strategies, overrides)),
    )
    whole = signals_table.CONTRACT.frame(pd.concat(found, ignore_index=True))
    return Rerun(whole, provenance, np.concatenate(times))


def _input_hash(workspace: Workspace, days: Sequence[date]) -> str:
    """Hash what was recorded, not what was computed from it: derived floats differ in the last bit between machines."""
    lines = []
    for day in days:
        captures = workspace.store.read(market_snapshots.CONTRACT, [day], ["capture_id"])["capture_id"]
        lines += [f"{day}:{capture}" for capture in sorted(captures.unique())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write_baselines(workspace: Workspace, first: date, last: date, strategy: str | None) -> list[Path]:
    """Write a baseline per strategy; the same signals give the same bytes."""
    made = rerun(workspace, first, last, chosen_strategies(workspace, strategy))
    folder = workspace.settings.baselines
    paths = []
    for name, text in make_baselines(made.signals, made.provenance).items():
        replace_file(folder / name, text.encode())
        paths.append(folder / name)
    return paths


def regression_test(
    workspace: Workspace, first: date, last: date, strategy: str | None, tolerance: float
) -> SuiteResult:
    """Compare today's signals of a range with their baselines; a missing baseline never passes."""
    made = rerun(workspace, first, last, chosen_strategies(workspace, strategy))
    folder = baseline_folder(workspace)
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}
    return run_suite(texts, made.signals, made.provenance, Tolerance(drift=tolerance), made.snapshot_times)


def baseline_folder(workspace: Workspace) -> Path:
    """Return the folder of the settings, or the packaged baselines of the demo where that does not exist."""
    folder = workspace.settings.baselines
    if folder.is_dir():
        return folder
    package = Path(str(files("trading_assets.defs")))
    for candidate in (package / "baselines", package.parents[1] / "baselines"):
        if candidate.is_dir():
            return candidate
    msg = f"there is no folder of baselines at {folder}; make some with `regression --mode baseline`."
    raise BaselineError(msg)


def verify_range(workspace: Workspace, first: date, last: date, strategy: str | None, cuts: int) -> list[str]:
    """Prove over stored sessions that strategies do not see the future; returns a sentence per leak."""
    strategies = chosen_strategies(workspace, strategy)
    days = [day for day in workspace.store.sessions(market_snapshots.CONTRACT) if first <= day <= last]
    if not days:
        msg = f"no snapshots are stored from {first} to {last}; ingest and materialize those sessions first."
        raise BaselineError(msg)
    found = []
    for day in days:
        frame = workspace.store.read(market_snapshots.CONTRACT, [day])
        case = Case(frame, workspace.market.calendar.session(day), strategies, workspace.settings.strategies)
        found += [str(leak) for leak in verify(case, cuts, np.random.default_rng(LEAK_SEED))]
    return found
