"""Historical sessions for the regression suite, from the tables or from snapshot files, and a run over them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from trading_assets.cli.committed_sessions import committed_sessions
from trading_assets.defs.earlier_sessions import EarlierSessions
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BaselineError, FeedError, UsageError
from trading_assets.market.session_bars import session_bars
from trading_assets.regression.inputs import COLUMNS
from trading_assets.regression.runs import Run, SessionInput, Setup, run_sessions
from trading_assets.strategies.discovery import load_strategies
from trading_assets.tables import market_snapshots

#: What `regression snapshot` writes, and what is read of a folder.
SNAPSHOT_FILES = "market_state_????-??-??.json*"
_DATE = slice(13, 23)
#: Stands for the sessions that come with the package.
COMMITTED = Path("committed")


def setup(workspace: Workspace, strategy: str | None) -> Setup:
    """Return all strategies with the settings in force, or the one that is named.

    Raises:
        UsageError: No strategy has that name.
    """
    sources = workspace.strategy_sources()
    chosen = load_strategies(sources, strategy)
    if not chosen:
        msg = f"there is no strategy {strategy!r}; the strategies are {', '.join(load_strategies(sources))}."
        raise UsageError(msg)
    calendar = workspace.market.calendar
    return Setup(chosen, workspace.settings.strategies, workspace.trading_rules(), calendar.version)


def rerun(workspace: Workspace, first: date, last: date, strategy: str | None, snapshots: Path | None = None) -> Run:
    """Run strategies again over the sessions of a range, one at a time.

    Raises:
        BaselineError: No session of the range is there.
        UsageError: No strategy has that name.
    """
    # arrow's own allocator keeps what it once had: 240 MB instead of 185 MB over seven sessions of 75,000 rows
    pa.set_memory_pool(pa.system_memory_pool())
    return run_sessions(first, last, session_inputs(workspace, first, last, snapshots), setup(workspace, strategy))


def session_inputs(
    workspace: Workspace, first: date, last: date, snapshots: Path | None = None
) -> Iterator[SessionInput]:
    """Yield the sessions of a range, oldest first, each with what is stored of earlier ones; of files, their own too.

    Args:
        workspace: Tables and market.
        first: First day.
        last: Last day, inclusive.
        snapshots: Folder of files `market_state_<date>.json` to read instead of the tables, or `COMMITTED`.

    Raises:
        BaselineError: No session of the range is there.
    """
    if snapshots == COMMITTED:
        yield from committed_sessions(workspace, first, last)
        return
    days = stored_days(workspace, snapshots)
    wanted = [day for day in sorted(days) if first <= day <= last]
    if not wanted:
        place = "are stored" if snapshots is None else f"are in {snapshots}"
        msg = f"no snapshots {place} from {first} to {last}; ingest and materialize those sessions first."
        raise BaselineError(msg)
    earlier = EarlierSessions(workspace)
    for day in wanted:
        session = workspace.market.calendar.session(day)
        one = SessionInput(session, _frame(workspace, day, days[day]), earlier.before(day))
        yield one
        if days[day] is not None:
            earlier.learn(day, session_bars(one.frame, session))
        del one  # or it is held while the next one is read


def stored_days(workspace: Workspace, snapshots: Path | None) -> dict[date, Path | None]:
    """Return the days that can be read, each with its file, or with None for the tables.

    Raises:
        BaselineError: There is no such folder, or two files are of one day.
    """
    if snapshots is None:
        return dict.fromkeys(workspace.store.sessions(market_snapshots.CONTRACT))
    found: dict[date, Path | None] = {}
    for path in sorted(snapshots.glob(SNAPSHOT_FILES)):
        day = date.fromisoformat(path.name[_DATE])
        if day in found:
            msg = f"{found[day]} and {path.name} are both of {day}; keep one of them."
            raise BaselineError(msg)
        found[day] = path
    return found


def write_snapshots(workspace: Workspace, first: date, last: date, folder: Path) -> list[Path]:
    """Write each stored session of a range as `market_state_<date>.json`; the same rows give the same bytes.

    Raises:
        BaselineError: No session of the range is stored.
    """
    from trading_assets.feeds.snapshot_json import snapshot_file_name, to_snapshot_json
    from trading_assets.storage.atomic import replace_file

    days = [day for day in workspace.store.sessions(market_snapshots.CONTRACT) if first <= day <= last]
    if not days:
        msg = f"no snapshots are stored from {first} to {last}; ingest and materialize those sessions first."
        raise BaselineError(msg)
    paths = []
    for day in days:
        path = folder / snapshot_file_name(day)
        replace_file(path, to_snapshot_json(workspace.store.read(market_snapshots.CONTRACT, [day])))
        paths.append(path)
    return paths


def _frame(workspace: Workspace, day: date, path: Path | None) -> pd.DataFrame:
    if path is None:
        return workspace.store.read(market_snapshots.CONTRACT, [day], COLUMNS)
    return _judged(workspace, day, path)


def _judged(workspace: Workspace, day: date, path: Path) -> pd.DataFrame:
    """Rows of a file that pass the rules that snapshots of a feed must pass.

    Raises:
        FeedError: The file holds another day, or captures that cannot be read.
    """
    from trading_assets.defs.steps import snapshot_facts
    from trading_assets.feeds.archives import raw_files
    from trading_assets.feeds.normalise import normalise_session
    from trading_assets.feeds.snapshot_json import FEED
    from trading_assets.quality.verdict import judge

    captures = [capture for file in raw_files(path) for capture in FEED.captures(file, None)]
    strange = sorted({str(capture.day) for capture in captures} - {str(day)})
    if strange:
        msg = f"{path} holds snapshots of {', '.join(strange)}; its name says {day}. Rename or split it."
        raise FeedError(msg)
    found = normalise_session(captures, FEED, workspace.market, workspace.settings.rate_on(day))
    if found.unreadable:
        first = found.unreadable[0].reason
        msg = f"{path}: {len(found.unreadable)} of {len(captures)} snapshots cannot be read (first: {first})"
        raise FeedError(msg)
    clean = judge(found.frame, snapshot_facts(workspace, day, FEED.name), workspace.settings.quality).clean
    return clean[list(COLUMNS)]
