"""Which sessions lack which table: the question behind `status`, the 18:10 check and the monthly backfill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from trading_assets.defs.import_note import left_over
from trading_assets.defs.imported_trades import source_counted
from trading_assets.defs.jobs import DAILY, ROLLUPS, TRADES
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import daily_performance, executions
from trading_assets.tables.catalog import contract

#: What a session of imported executions has, also without a market.
FOLLOWING = (*TRADES, *ROLLUPS)


@dataclass(frozen=True)
class Completeness:
    """Sessions that were looked at and the tables each lacks.

    Args:
        sessions: Sessions in order.
        missing: Tables each incomplete session lacks.
        landed: Sessions with captures.
        last_eod: Newest session with a daily row.
        recount: Sessions whose rollups count other trades than those that count now; they lack them as good as not
            at all.
        imported: Sessions of a broker's executions that have no captures and need no market, or that an interrupted
            import left as they were.
    """

    sessions: tuple[date, ...]
    missing: dict[date, tuple[str, ...]]
    landed: frozenset[date]
    last_eod: date | None
    recount: frozenset[date] = frozenset()
    imported: frozenset[date] = frozenset()

    def gaps(self) -> list[tuple[date, date]]:
        """Return the runs of neighbouring sessions that lack something and have captures, as first and last."""
        gaps: list[tuple[date, date]] = []
        previous_missing = False
        for day in self.sessions:
            lacks = day in self.missing and day in self.landed
            if lacks and previous_missing:
                gaps[-1] = (gaps[-1][0], day)
            elif lacks:
                gaps.append((day, day))
            previous_missing = lacks
        return gaps

    def unbuilt(self) -> tuple[date, ...]:
        """Return the sessions whose imported trades were not rolled up, as after an interrupted import."""
        return tuple(day for day in self.missing if day in self.imported)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "sessions": len(self.sessions),
            "missing": {day.isoformat(): list(tables) for day, tables in self.missing.items()},
            "without_captures": [day.isoformat() for day in self.missing if self._waits(day)],
            "last_eod": None if self.last_eod is None else self.last_eod.isoformat(),
        }

    def text(self) -> str:
        """Say it in lines."""
        lines = [f"{len(self.sessions)} sessions, {len(self.missing)} incomplete; last EOD rollup: {self.last_eod}."]
        for day, tables in self.missing.items():
            why = " (no captures have landed)" if self._waits(day) else ""
            why += " (rolled up from other trades than those that count)" if day in self.recount else ""
            lines.append(f"  {day} lacks {', '.join(tables)}{why}")
        if self.gaps() or self.unbuilt():
            lines.append("fill them with: trading-assets status --backfill")
        return "\n".join(lines)

    def _waits(self, day: date) -> bool:
        """Whether nothing is there that an incomplete session could be made of."""
        return day not in self.landed and day not in self.imported


def completeness(workspace: Workspace, first: date | None = None, last: date | None = None) -> Completeness:
    """Compare the calendar with what is stored.

    Args:
        workspace: The home folder.
        first: First day; the first day anything landed when None, and sessions of imports before it too.
        last: Last day; the last day anything landed when None, and sessions of imports after it too.
    """
    calendar = workspace.market.calendar
    landed = [day for day in workspace.landing.days() if workspace.market.closed_reason(day) is None]
    stored = {name: set(workspace.store.sessions(contract(name))) for name in DAILY}
    start, end = first or min(landed, default=None), last or max(landed, default=None)
    held = {*workspace.store.sessions(executions.CONTRACT)}
    looked_at = {*calendar.sessions(start, end)} if start and end else set()
    looked_at |= {day for day in held if (first is None or day >= first) and (last is None or day <= last)}
    sessions, alone, left = tuple(sorted(looked_at)), held - {*landed}, left_over(workspace)["sessions"]
    recount = _recount(workspace, sessions)
    for name in ROLLUPS:
        stored[name] -= recount
    for name in FOLLOWING:
        stored[name] -= left
    lacking = {
        day: tuple(name for name in (FOLLOWING if day in alone else DAILY) if day not in stored[name])
        for day in sessions
    }
    return Completeness(
        sessions=sessions,
        missing={day: tables for day, tables in lacking.items() if tables},
        landed=frozenset(landed),
        last_eod=max(stored["daily_performance"] | recount, default=None),
        recount=recount,
        imported=frozenset(alone | left),
    )


def _recount(workspace: Workspace, sessions: Sequence[date]) -> frozenset[date]:
    """Sessions rolled up from trades that do not count any more, as after the first import or a changed setting."""
    rows = workspace.store.read(daily_performance.CONTRACT, sessions, ["date", "trade_source"])
    return frozenset(stamp.date() for stamp in rows.loc[rows["trade_source"] != source_counted(workspace), "date"])
