"""Replays one rule's limits on stored sessions: what would they have found and kept out, against the limits now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

import pandas as pd

from trading_assets.defs.steps import snapshot_facts
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import InputError, UsageError
from trading_assets.quality.restored import restored_candidates
from trading_assets.quality.rule import Rule
from trading_assets.quality.rulebook import rules
from trading_assets.quality.table_findings import table_findings, table_issues
from trading_assets.quality.verdict import judge
from trading_assets.settings import Limits, QualitySettings
from trading_assets.tables import feed_calls, market_snapshots, quarantined_rows
from trading_assets.tables.catalog import CONTRACTS, contract


@dataclass(frozen=True)
class Outcome:
    """What limits find in a session.

    Args:
        warnings: Issues of the rule with severity warning.
        criticals: Issues of the rule with severity critical.
        quarantined: Rows that all rules together keep out; 0 for tables that are audited only.
    """

    warnings: int = 0
    criticals: int = 0
    quarantined: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Tuned:
    """A rule replayed.

    Args:
        rule: The rule.
        now: Limits in force.
        proposed: Limits replayed.
        sessions: What each session shows with the limits now, and with the proposed ones.
    """

    rule: Rule
    now: Limits
    proposed: Limits
    sessions: Mapping[date, tuple[Outcome, Outcome]]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "rule": self.rule.name,
            "table": self.rule.table,
            "unit": self.rule.unit,
            "limits_now": self.now.model_dump(),
            "limits_proposed": self.proposed.model_dump(),
            "sessions": [
                {"date": str(day), "now": asdict(now), "proposed": asdict(then)}
                for day, (now, then) in self.sessions.items()
            ],
        }

    def text(self) -> str:
        """Say it in lines: sessions that differ, then the sums."""
        told = [f"{self.rule.table}.{self.rule.name} ({self.rule.unit or 'flag'}): {_limits(self.now)} now, "]
        told[0] += f"{_limits(self.proposed)} proposed"
        heading = f"{'session':<12}{'warnings':>12}{'critical':>12}{'quarantined rows':>22}"
        different = {day: pair for day, pair in self.sessions.items() if pair[0] != pair[1]}
        rows = [_row(str(day), *pair) for day, pair in different.items()]
        sums = [sum((pair[at] for pair in self.sessions.values()), Outcome()) for at in (0, 1)]
        same = len(self.sessions) - len(different)
        return "\n".join([*told, heading, *rows, f"{same} session(s) alike", _row("in all", sums[0], sums[1])])


def tune(workspace: Workspace, name: str, proposed: Limits, sessions: int) -> Tuned:
    """Replay limits of a rule on the newest sessions that its table has.

    Args:
        workspace: The home folder.
        name: Rule, or `table.rule` where several tables have one of the name.
        proposed: Limits to replay; those that are not given stay as they are.
        sessions: How many sessions at most.

    Raises:
        UsageError: There is no such rule, or the limits contradict each other.
        InputError: Its table has no session.
    """
    rule = _rule(name)
    current = workspace.settings.quality
    given = {severity: getattr(proposed, severity) for severity in proposed.model_fields_set}
    then = current.model_copy(update={"limits": {**current.limits, rule.name: proposed}})
    days = _days(workspace, rule.table)[-sessions:]
    if not days:
        msg = f"table {rule.table} has no session to replay {rule.name} on; materialize some first."
        raise InputError(msg)
    in_force = rule.limits_in_force(current)
    wanted = in_force.model_copy(update=given)
    if wanted.warning is not None and wanted.critical is not None and wanted.warning > wanted.critical:
        msg = f"the warning limit {wanted.warning:g} of {rule.name} lies above the critical one, {wanted.critical:g}."
        raise UsageError(msg)
    found = {day: (_outcome(workspace, rule, day, current), _outcome(workspace, rule, day, then)) for day in days}
    return Tuned(rule, in_force, wanted, found)


def _rule(name: str) -> Rule:
    known = [rule for one in CONTRACTS for rule in rules(one.name)]
    matching = [rule for rule in known if name in (rule.name, f"{rule.table}.{rule.name}")]
    if len(matching) == 1:
        return matching[0]
    if matching:
        tables = ", ".join(f"{rule.table}.{rule.name}" for rule in matching)
        msg = f"several tables have a rule {name}; choose {tables}."
        raise UsageError(msg)
    msg = f"there is no rule {name!r}; `trading-assets quality rules` lists them."
    raise UsageError(msg)


def _days(workspace: Workspace, table: str) -> list[date]:
    if table == feed_calls.CONTRACT.name:
        return workspace.journal.days(feed_calls.CONTRACT)
    return workspace.store.sessions(contract(table))


def _outcome(workspace: Workspace, rule: Rule, day: date, settings: QualitySettings) -> Outcome:
    if rule.table == market_snapshots.CONTRACT.name:
        return _judged(workspace, rule, day, settings)
    of_table = contract(rule.table)
    reader = workspace.journal if of_table is feed_calls.CONTRACT else workspace.store
    frame = reader.read(of_table, [day])
    session = None if workspace.market.closed_reason(day) else workspace.market.calendar.session(day)
    findings = table_findings(rule.table, frame, session, settings)
    return _counted(rule, table_issues(of_table, frame, findings, day), 0)


def _judged(workspace: Workspace, rule: Rule, day: date, settings: QualitySettings) -> Outcome:
    clean = workspace.store.read(market_snapshots.CONTRACT, [day])
    candidates = restored_candidates(clean, workspace.store.read(quarantined_rows.CONTRACT, [day]))
    found = Outcome()
    for feed, mine in candidates.groupby("feed", sort=True):
        verdict = judge(mine.reset_index(drop=True), snapshot_facts(workspace, day, str(feed)), settings)
        found += _counted(rule, verdict.issues, len(verdict.quarantined))
    return found


def _counted(rule: Rule, issues: pd.DataFrame, quarantined: int) -> Outcome:
    severities = issues.loc[issues["rule"] == rule.name, "severity"]
    return Outcome(int((severities == "warning").sum()), int((severities == "critical").sum()), quarantined)


def _limits(limits: Limits) -> str:
    known = [(name, getattr(limits, name)) for name in ("warning", "critical")]
    return ", ".join(f"{name} > {value:g}" for name, value in known if value is not None) or "no limit"


def _row(title: str, now: Outcome, then: Outcome) -> str:
    pairs = [f"{getattr(now, f.name)} → {getattr(then, f.name)}" for f in fields(Outcome)]
    return f"{title:<12}{pairs[0]:>12}{pairs[1]:>12}{pairs[2]:>22}"
