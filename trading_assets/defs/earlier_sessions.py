"""What a step may know of the sessions before the one it works on: read once per run, whatever the run's length."""

from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.market.calendar import TradingCalendar
from trading_assets.market.history import YEAR_SESSIONS, SessionHistory
from trading_assets.market.session_bars import histories
from trading_assets.storage.kept_columns import read_kept
from trading_assets.tables.session_bars import CONTRACT


def sessions_before(calendar: TradingCalendar, day: date) -> list[date]:
    """Return the last 252 sessions strictly before a day, oldest first; fewer at the calendar's start."""
    return [session for session in calendar.sessions(calendar.first_day, day) if session < day][-YEAR_SESSIONS:]


class EarlierSessions:
    """Reads `session_bars`, each session once: it serves one run and does not see bars that are stored afterwards.

    Args:
        workspace: The home folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._asked: set[date] = set()
        self._bars = CONTRACT.empty()

    def before(self, day: date) -> dict[str, SessionHistory]:
        """Return what is known of the last 252 sessions strictly before a day, by underlying; not stored is a hole."""
        store, calendar = self._workspace.store, self._workspace.market.calendar
        days = sessions_before(calendar, day)
        fresh = [session for session in days if session not in self._asked]
        if fresh:
            # the first look back is on up to 252 sessions, the next ones are on what the run has just stored
            read = read_kept(store, CONTRACT, CONTRACT.names, fresh) if not self._asked else store.read(CONTRACT, fresh)
            self._bars = read if self._bars.empty else pd.concat([self._bars, read], ignore_index=True)
        self._asked.update(days)
        return histories(self._bars, days)

    def learn(self, day: date, bars: pd.DataFrame) -> None:
        """Take the bars of a session from elsewhere, instead of those that may be stored."""
        self._bars = pd.concat([self._bars[self._bars["date"] != pd.Timestamp(day)], bars], ignore_index=True)
        self._asked.add(day)
