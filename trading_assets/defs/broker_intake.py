"""Importing broker executions: storing them by session, and rebuilding what follows from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from trading_assets.defs.import_note import left_over, note
from trading_assets.defs.imported_trades import ImportedTrades, source_counted
from trading_assets.defs.jobs import ROLLUPS, TRADES
from trading_assets.defs.runner import RunOutcome, run_sessions_range
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BrokerFileError, StorageError
from trading_assets.market.calendar import TradingCalendar
from trading_assets.performance.counting import trade_source
from trading_assets.tables import daily_performance, executions, market_snapshots
from trading_assets.trades.imports.broker_import import BrokerImport, import_file

_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class ImportSummary:
    """What an import did.

    Args:
        files: Files read.
        executions: Executions they held.
        new: Those that were not stored before, or stored with other values.
        skipped: Rows that were no index options.
        sessions: Sessions whose trades change, in order.
        recounted: Other sessions, rolled up again because imported trades count from now on, in order.
        unsettled: Index and expiry of open positions, which a level of the index on that session would settle.
    """

    files: int
    executions: int
    new: int
    skipped: int
    sessions: tuple[date, ...]
    recounted: tuple[date, ...] = ()
    unsettled: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "files": self.files,
            "executions": self.executions,
            "new": self.new,
            "skipped": self.skipped,
            "sessions": [day.isoformat() for day in self.sessions],
            "recounted": [day.isoformat() for day in self.recounted],
            "unsettled": list(self.unsettled),
        }

    def text(self) -> str:
        """Say it in lines."""
        span = f"; sessions {self.sessions[0]} to {self.sessions[-1]}" if self.sessions else ""
        still = "\nopen, and settled once snapshots of the expiry are there: " + ", ".join(self.unsettled) + "."
        switched = "\nimported trades count from now on; simulated ones stay in `trades` and are not summed with them."
        return (
            f"{self.executions} executions in {self.files} files: {self.new} new, "
            f"{self.executions - self.new} known; {self.skipped} rows of other instruments passed over{span}."
            f"{still if self.unsettled else ''}{switched if self.recounted else ''}"
        )


def import_trades(workspace: Workspace, broker: BrokerImport, paths: Sequence[Path], account: str) -> ImportSummary:
    """Store the executions of exports, by session; all files are read before anything is stored.

    What has to be rebuilt is noted before it is stored and forgotten when `rebuild` has done it: an import that was
    interrupted is finished by importing again.

    Raises:
        BrokerFileError: A file is not in the format, rows of it are wrong, or lie before the first partition.
    """
    read = [import_file(broker, _content(path), path.name, account, workspace.market) for path in paths]
    whole = pd.concat([item.frame for item in read], ignore_index=True)
    frame = executions.CONTRACT.frame(whole.drop_duplicates("execution_id", keep="last"))
    _require_partitions(workspace, frame)
    known, counted = workspace.store.read(executions.CONTRACT), source_counted(workspace)
    held, added = _laid_over(known, frame)
    before, after = ImportedTrades(workspace, known), ImportedTrades(workspace, held)
    rolled_up = {*workspace.store.sessions(daily_performance.CONTRACT)}
    pending = left_over(workspace)
    sessions = after.changed(before) | (added.keys() - rolled_up) | pending["sessions"]
    counts = trade_source(workspace.settings.performance.trade_source, any_imported=len(held) > 0)
    recounted = ((rolled_up if counts != counted else set()) | pending["recounted"]) - sessions
    note(workspace, {"sessions": sessions, "recounted": recounted})
    for day in added:
        own = held[held["date"] == pd.Timestamp(day)].reset_index(drop=True)
        workspace.store.write(executions.CONTRACT, own, day)
    return ImportSummary(
        files=len(read),
        executions=len(frame),
        new=sum(added.values()),
        skipped=sum(item.skipped for item in read),
        sessions=tuple(sorted(sessions)),
        recounted=tuple(sorted(recounted)),
        unsettled=tuple(f"{name} {day}" for name, day in after.unsettled),
    )


def _require_partitions(workspace: Workspace, frame: pd.DataFrame) -> None:
    first = workspace.settings.first_session
    early = frame.loc[frame["date"] < pd.Timestamp(first), "date"]
    if len(early):
        msg = (
            f"{len(early)} of {len(frame)} executions lie before the first partition {first} (first: "
            f"{early.min():%Y-%m-%d}), so nothing was imported. Set first_session to that day or an earlier one, in "
            f"trading_assets.toml or as TRADING_ASSETS_FIRST_SESSION, and import again."
        )
        raise BrokerFileError(msg)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            msg = f"{path} is larger than {_MOST_BYTES >> 20} MiB; export a shorter range."
            raise BrokerFileError(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Check the path."
        raise StorageError(msg) from error


def _laid_over(known: pd.DataFrame, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[date, int]]:
    """Lay executions over known ones; returns all, and how many are new or changed by session, where any are."""
    fresh = pd.concat([known, frame], ignore_index=True).drop_duplicates().iloc[len(known) :]
    held = pd.concat([known, fresh], ignore_index=True).drop_duplicates("execution_id", keep="last")
    return held, {stamp.date(): len(rows) for stamp, rows in fresh.groupby("date")}


def rebuild(workspace: Workspace, summary: ImportSummary) -> list[RunOutcome]:
    """Materialize what an import changed: trades and rollups of its sessions, rollups of the recounted, then equity.

    One run for each stretch of sessions. Sessions without snapshots that lie between are part of it: they cost
    nothing, and get the row of zeros that returns are measured with.
    """
    quiet = _between(workspace, summary.sessions)
    work = (((*TRADES, *ROLLUPS), {*summary.sessions, *quiet}), (ROLLUPS, {*summary.recounted} - quiet))
    runs = [
        run_sessions_range(workspace, stretch, assets)
        for assets, days in work
        for stretch in stretches(workspace.market.calendar, days)
    ]
    last = [*summary.sessions, *summary.recounted][-1:]
    runs += [run_sessions_range(workspace, last, ["equity_curve"])] if last else []
    if all(run.success for run in runs):
        note(workspace, {})
    return runs


def _between(workspace: Workspace, sessions: Sequence[date]) -> set[date]:
    if not sessions:
        return set()
    whole = workspace.market.calendar.sessions(sessions[0], sessions[-1])
    return {*whole} - {*sessions} - {*workspace.store.sessions(market_snapshots.CONTRACT)}


def stretches(calendar: TradingCalendar, days: Iterable[date]) -> list[list[date]]:
    """Split sessions into runs of neighbouring ones, in order."""
    found: list[list[date]] = []
    for day in sorted(days):
        if found and calendar.next_session(found[-1][-1]) == day:
            found[-1].append(day)
        else:
            found.append([day])
    return found
