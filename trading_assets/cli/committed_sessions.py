"""The sessions that come with the package, as strategies get them: seven simulated ones and the year before."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pandas as pd

from trading_assets.defs.earlier_sessions import sessions_before
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BaselineError
from trading_assets.regression.inputs import COLUMNS
from trading_assets.regression.runs import SessionInput
from trading_assets.tables.session_bars import CONTRACT

#: When the files were taken in; each says itself when it was received.
_RECEIVED = datetime(2026, 2, 3, tzinfo=UTC)


def committed_sessions(workspace: Workspace, first: date, last: date, *, alone: bool = False) -> Iterator[SessionInput]:
    """Yield the committed sessions of a range, oldest first, judged like any others; the home's tables are not read.

    Args:
        workspace: Calendar and thresholds.
        first: First day.
        last: Last day, inclusive.
        alone: Whether nothing is known of the sessions before the range, as in a fresh home that holds only it.

    Raises:
        BaselineError: No committed session lies in the range.
    """
    from trading_assets.feeds.simulated_files import COMMITTED_SESSIONS
    from trading_assets.feeds.simulated_history import committed_history
    from trading_assets.market.session_bars import histories, session_bars

    if not any(first <= day <= last for day in COMMITTED_SESSIONS):
        msg = f"no committed session lies from {first} to {last}; they are {', '.join(map(str, COMMITTED_SESSIONS))}."
        raise BaselineError(msg)
    bars = CONTRACT.empty() if alone else committed_history()
    for day in COMMITTED_SESSIONS:
        if day > last:
            return
        if alone and day < first:
            continue
        session, frame = workspace.market.calendar.session(day), clean_rows(workspace, day)
        if day >= first:
            known = histories(bars, sessions_before(workspace.market.calendar, day))
            yield SessionInput(session, frame[list(COLUMNS)], known)
        bars = pd.concat([bars, session_bars(frame, session)], ignore_index=True)


def clean_rows(workspace: Workspace, day: date) -> pd.DataFrame:
    """Rows of a committed session that pass the rules that snapshots must pass."""
    from trading_assets.defs.steps import snapshot_facts
    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.normalise import normalise_session
    from trading_assets.feeds.simulated import FEED
    from trading_assets.feeds.simulated_files import committed_file
    from trading_assets.quality.verdict import judge

    file = committed_file(day)
    captures = FEED.captures(RawFile(file.name, _RECEIVED, file.read_bytes()), None)
    found = normalise_session(captures, FEED, workspace.market, workspace.settings.rate_on(day))
    return judge(found.frame, snapshot_facts(workspace, day, FEED.name), workspace.settings.quality).clean
