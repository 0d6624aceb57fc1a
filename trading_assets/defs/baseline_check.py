"""The regression baselines as an asset check: stored signals of a session against the baselines that cover it."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from trading_assets.defs.earlier_sessions import EarlierSessions
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BaselineError
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.regression.baseline import Baseline, SignalRecord, records
from trading_assets.regression.baseline_text import loads
from trading_assets.regression.comparison import compare
from trading_assets.regression.inputs import COLUMNS, input_hash
from trading_assets.regression.suite import StrategyResult
from trading_assets.tables import market_snapshots, signals

NAME = "signals_match_baseline"
#: Baselines are named `<strategy>_<start>_to_<end>.json`.
BASELINE_FILES = "*_????-??-??_to_????-??-??.json"
_START, _END = slice(-24, -14), slice(-10, None)


def baseline_folder(workspace: Workspace) -> Path:
    """Return the folder of the settings, or the packaged baselines of the demo where that does not exist.

    Raises:
        BaselineError: There is neither.
    """
    folder = workspace.settings.baselines
    if folder.is_dir():
        return folder
    package = Path(str(files("trading_assets.defs")))
    for candidate in (package / "baselines", package.parents[1] / "baselines"):
        if candidate.is_dir():
            return candidate
    msg = f"there is no folder of baselines at {folder}; make some with `regression --mode baseline`."
    raise BaselineError(msg)


def baseline_texts(folder: Path) -> dict[str, str]:
    """Return the baselines of a folder as text, by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob(BASELINE_FILES))}


def baseline_outcome(workspace: Workspace, day: date) -> CheckOutcome | None:
    """Compare the stored signals of a session with the baselines made of the same snapshots.

    Returns:
        None where no baseline covers the session, or where those that do are of other snapshots: another recording of
        the day, about which they say nothing. One that cannot be read never passes.
    """
    covering, unreadable = _covering(workspace, day)
    if not covering:
        return _outcome(unreadable) if unreadable else None
    snapshots = workspace.store.read(market_snapshots.CONTRACT, [day], COLUMNS)
    recorded = input_hash(snapshots, EarlierSessions(workspace).before(day))
    own = [baseline for baseline in covering if baseline.provenance.inputs.get(day) == recorded]
    if not own:
        return _outcome(unreadable) if unreadable else None
    times = np.unique(snapshots["observed_at"].dt.tz_localize(None).to_numpy("datetime64[us]"))
    said = records(workspace.store.read(signals.CONTRACT, [day]))
    return _outcome([*(_result(baseline, said, day, times) for baseline in own), *unreadable])


def _covering(workspace: Workspace, day: date) -> tuple[list[Baseline], list[StrategyResult]]:
    """Baselines whose range holds a day, and a failure for each that cannot be read; a home without any has none."""
    try:
        folder = baseline_folder(workspace)
    except BaselineError:
        return [], []
    found, unreadable = [], []
    for path in sorted(folder.glob(BASELINE_FILES)):
        if date.fromisoformat(path.stem[_START]) <= day <= date.fromisoformat(path.stem[_END]):
            try:
                found.append(loads(path.read_text(encoding="utf-8"), path.name))
            except BaselineError as error:
                unreadable.append(StrategyResult(path.stem[: _START.start - 1], None, str(error)))
    return found, unreadable


def _result(baseline: Baseline, said: list[SignalRecord], day: date, times: np.ndarray) -> StrategyResult:
    expected = [record for record in baseline.signals if record.timestamp.date() == day]
    found = [record for record in said if record.strategy_id == baseline.strategy_id]
    return StrategyResult(baseline.strategy_id, compare(expected, found, None, times))


def _outcome(results: list[StrategyResult]) -> CheckOutcome:
    failed = [result for result in results if not result.passed]
    counts = [result.numbers() for result in results]
    listed = "; ".join(f"{result.strategy_id}: {result.reason}" for result in failed)
    return CheckOutcome(
        name=NAME,
        category="regression",
        passed=not failed,
        severity="ERROR",
        blocking=False,
        sentence=listed or f"{len(results)} strategies say what their baselines say.",
        numbers={
            "strategies": float(len(results)),
            "failed": float(len(failed)),
            "matched": float(sum(one["matched"] for one in counts)),
            "missing": float(sum(one["missing"] for one in counts)),
            "extra": float(sum(one["extra"] for one in counts)),
        },
        worst=pd.DataFrame([{"strategy_id": one.strategy_id, "reason": one.reason} for one in failed]),
    )
