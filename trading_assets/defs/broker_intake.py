"""Importing broker executions: storing them by session, and rebuilding what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from trading_assets.defs.runner import RunOutcome, run_sessions_range
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BrokerFileError, StorageError
from trading_assets.tables import executions, market_snapshots
from trading_assets.trades.imports.broker_import import BrokerImport, import_file

#: What is rebuilt when executions of a session came in; `equity_curve` follows once.
ROLLED_UP = ("trades", "fills", "signal_outcomes", "daily_performance", "strategy_performance", "equity_curve")
_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class ImportSummary:
    """What an import did.

    Args:
        files: Files read.
        executions: Executions they held.
        new: Those that were not stored before, or stored with other values.
        skipped: Rows that were no index options.
        sessions: Sessions whose trades and rollups may change, in order.
    """

    files: int
    executions: int
    new: int
    skipped: int
    sessions: tuple[date, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "files": self.files,
            "executions": self.executions,
            "new": self.new,
            "skipped": self.skipped,
            "sessions": [day.isoformat() for day in self.sessions],
        }

    def text(self) -> str:
        """Say it in lines."""
        span = f"; sessions {self.sessions[0]} to {self.sessions[-1]}" if self.sessions else ""
        return (
            f"{self.executions} executions in {self.files} files: {self.new} new, "
            f"{self.executions - self.new} known; {self.skipped} rows of other instruments passed over{span}."
        )


def import_trades(workspace: Workspace, broker: BrokerImport, paths: Sequence[Path], account: str) -> ImportSummary:
    """Store the executions of exports, by session; all files are read before anything is stored.

    Raises:
        BrokerFileError: A file is not in the format, or rows of it are wrong.
    """
    read = [import_file(broker, _content(path), path.name, account, workspace.market) for path in paths]
    whole = pd.concat([item.frame for item in read], ignore_index=True)
    frame = executions.CONTRACT.frame(whole.drop_duplicates("execution_id", keep="last"))
    days = {stamp.date(): frame[frame["date"] == stamp] for stamp in frame["date"].drop_duplicates().sort_values()}
    added = {day: _store(workspace, day, rows) for day, rows in days.items()}
    return ImportSummary(
        files=len(read),
        executions=len(frame),
        new=sum(added.values()),
        skipped=sum(item.skipped for item in read),
        sessions=affected(workspace, [day for day, count in added.items() if count]),
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            msg = f"{path} is larger than {_MOST_BYTES >> 20} MiB; export a shorter range."
            raise BrokerFileError(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Check the path."
        raise StorageError(msg) from error


def _store(workspace: Workspace, day: date, rows: pd.DataFrame) -> int:
    """Lay executions over those of the session; returns how many are new or changed."""
    known = workspace.store.read(executions.CONTRACT, [day])
    both = pd.concat([known, rows], ignore_index=True)
    kept = both.drop_duplicates("execution_id", keep="last")
    workspace.store.write(executions.CONTRACT, executions.CONTRACT.frame(kept), day)
    return len(both.drop_duplicates()) - len(known)


def affected(workspace: Workspace, touched: Sequence[date]) -> tuple[date, ...]:
    """Return the sessions whose trades may follow from executions of the touched ones.

    Those themselves, later sessions with executions, and the expiries of what was traded: a position that was opened
    differently is closed differently too.
    """
    if not touched:
        return ()
    stored = [day for day in workspace.store.sessions(executions.CONTRACT) if day >= min(touched)]
    frame = workspace.store.read(executions.CONTRACT, stored, ["underlying", "expiry"]).drop_duplicates()
    reference = workspace.market.reference
    ends = {
        reference.expiry_close(name, expiry.date()).date()
        for name, expiry in zip(frame["underlying"], frame["expiry"], strict=True)
    }
    snapshots = set(workspace.store.sessions(market_snapshots.CONTRACT))
    return tuple(sorted({*stored, *(ends & snapshots)}))


def rebuild(workspace: Workspace, sessions: Sequence[date]) -> list[RunOutcome]:
    """Materialize trades and rollups of sessions, one run for each run of neighbouring ones."""
    calendar = workspace.market.calendar
    runs: list[list[date]] = []
    for day in sessions:
        if runs and calendar.next_session(runs[-1][-1]) == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [run_sessions_range(workspace, run, ROLLED_UP) for run in runs]
