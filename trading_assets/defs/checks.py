"""Asset checks: contract and rules of each table, one result per session also when a range runs as one run.

Dagster stores a single result per check and run; in a range every session would read "Skipped". So each session's
result is logged as an evaluation of its own partition, and the result that the op yields is their summary. The
summary of a range blocks only when a contract is broken: a bad session is already kept out by quarantine, and must
not hold back the good ones.
"""

import warnings
from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
from dagster import AssetCheckEvaluation, AssetCheckResult, AssetCheckSeverity
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)
from dagster_shared.utils.warnings import PreviewWarning

from trading_assets.defs.audits import audit_sessions
from trading_assets.defs.baseline_check import NAME as MATCHES_BASELINE
from trading_assets.defs.baseline_check import baseline_outcome
from trading_assets.defs.event_log import stored_together
from trading_assets.defs.metadata import outcome_metadata
from trading_assets.defs.source_checks import SOURCES_AGREE
from trading_assets.defs.workspace import Workspace
from trading_assets.quality.check_groups import check_names
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.quality.rulebook import rules
from trading_assets.settings import ChecksPer
from trading_assets.tables import (
    daily_performance,
    fills,
    market_snapshots,
    scored_signals,
    signals,
    strategy_performance,
    trade_reconciliation,
    trades,
)
from trading_assets.tables.contract import Contract

#: Materializations that are asked for at once; Dagster's storage gives 10,000 at most.
_EVENTS = 5_000
AUDITED = tuple(
    module.CONTRACT
    for module in (
        market_snapshots,
        signals,
        scored_signals,
        fills,
        trades,
        daily_performance,
        strategy_performance,
        trade_reconciliation,
    )
)
EXTRA = {
    "market_snapshots": (SOURCES_AGREE,),
    "signals": (MATCHES_BASELINE,),
    "strategy_performance": ("totals",),
    "trade_reconciliation": ("within_tolerance",),
}
#: sessions whose evaluations are stored at once: another process waits for a fraction of a second
_TOGETHER = 20
#: a difference to the broker, to a baseline or to another source is told, and holds nothing back
ONLY_TOLD = ("within_tolerance", MATCHES_BASELINE, SOURCES_AGREE)
CATEGORY_TEXT = "Rules of the category {} hold, or the rows that break them are aside."
TEXTS = {
    "bounds": "Values are within what the table promises, or the rows that are not are aside.",
    SOURCES_AGREE: "Volume and open interest at the close are those that the exchange published, where it has landed.",
    MATCHES_BASELINE: "Signals are those of the baselines; one evaluation per session that a baseline covers.",
    "within_tolerance": "Simulated and imported trades agree within the tolerances of the settings.",
    "contract": "Columns, types, bounds and key are what the table promises.",
    "totals": "Trades, strategies and the day add up to the same paisa.",
}


def build(sessions: dg.PartitionsDefinition, per: ChecksPer = "category") -> list[dg.AssetChecksDefinition]:
    """Return the checks of every audited table, partitioned by session."""
    with warnings.catch_warnings():
        # partitions of checks are in preview; the version is pinned and a test shows that they work
        warnings.simplefilter("ignore", PreviewWarning)
        return [_table_checks(contract, sessions, per) for contract in AUDITED]


def names_of(contract: Contract, per: ChecksPer = "category") -> tuple[str, ...]:
    """Return the names of a table's checks, `totals` included where there are totals."""
    return (*check_names(contract.name, per), *EXTRA.get(contract.name, ()))


def _table_checks(contract: Contract, sessions: dg.PartitionsDefinition, per: ChecksPer) -> dg.AssetChecksDefinition:
    meanings = {rule.name: rule.meaning for rule in rules(contract.name)} if per == "rule" else {}
    specs = [
        dg.AssetCheckSpec(
            name,
            asset=contract.name,
            blocking=name not in ONLY_TOLD,
            partitions_def=sessions,
            description=TEXTS.get(name) or meanings.get(name) or CATEGORY_TEXT.format(name),
        )
        for name in names_of(contract, per)
    ]

    @dg.multi_asset_check(name=f"{contract.name}_checks", specs=specs, can_subset=True)
    def check_table(
        context: dg.AssetCheckExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[AssetCheckResult]:
        yield from check_sessions(context, workspace, contract)

    return check_table


def check_sessions(
    context: dg.AssetCheckExecutionContext, workspace: Workspace, contract: Contract
) -> Iterator[AssetCheckResult]:
    """Audit each session of the run; log its evaluation where the run is a range, yield the result or the summary."""
    op_context = context.op_execution_context
    keys = list(op_context.partition_keys)
    wanted = {key.name for key in context.selected_asset_check_keys}
    judged = outcomes_of(workspace, contract, [date.fromisoformat(key) for key in keys])
    found = {key: judged[date.fromisoformat(key)] for key in keys}
    if op_context.has_partition_key:  # a range of one session is still a range: Dagster stores no partition for it
        yield from (_result(contract, outcome) for outcome in found[keys[0]] if outcome.name in wanted)
        return
    targets = _latest_materializations(op_context.instance, contract, keys)
    limits: dict[int, dg.MetadataValue] = {}  # `found` keeps the frames that its keys name
    for start in range(0, len(keys), _TOGETHER):
        with stored_together(op_context.instance):
            for key in keys[start : start + _TOGETHER]:
                for outcome in (one for one in found[key] if one.name in wanted):
                    evaluation = _evaluation(contract, outcome, key, targets.get(key), limits)
                    # its annotation is behind: it stores evaluations too
                    op_context.log_event(evaluation)  # type: ignore[arg-type]
    for name in names_of(contract, workspace.settings.quality.checks_per):
        if name in wanted:
            outcomes = {key: outcome for key in keys for outcome in found[key] if outcome.name == name}
            if outcomes or name not in ONLY_TOLD:
                yield _summary(contract, name, outcomes)


def session_outcomes(workspace: Workspace, contract: Contract, day: date) -> tuple[CheckOutcome, ...]:
    """Return the audit of a session's table; for signals also how they compare, where a baseline covers the session."""
    return outcomes_of(workspace, contract, [day])[day]


def outcomes_of(workspace: Workspace, contract: Contract, days: Sequence[date]) -> dict[date, tuple[CheckOutcome, ...]]:
    """Return what `session_outcomes` says of each of some sessions."""
    found = audit_sessions(workspace, contract, days)
    if contract is signals.CONTRACT:
        for day in days:
            compared = baseline_outcome(workspace, day)
            found[day] = found[day] if compared is None else (*found[day], compared)
    return found


def _severity(outcome: CheckOutcome) -> AssetCheckSeverity:
    return AssetCheckSeverity[outcome.severity]


def _result(contract: Contract, outcome: CheckOutcome) -> AssetCheckResult:
    return AssetCheckResult(
        passed=outcome.passed,
        check_name=outcome.name,
        asset_key=contract.name,
        severity=_severity(outcome),
        description=outcome.sentence,
        metadata=outcome_metadata(outcome),
    )


def _evaluation(
    contract: Contract, outcome: CheckOutcome, key: str, target: Target | None, limits: dict[int, dg.MetadataValue]
) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=dg.AssetKey(contract.name),
        check_name=outcome.name,
        passed=outcome.passed,
        severity=_severity(outcome),
        description=outcome.sentence,
        metadata=outcome_metadata(outcome, limits),
        target_materialization_data=target,
        blocking=True,
        partition=key,
    )


def _summary(contract: Contract, name: str, outcomes: dict[str, CheckOutcome]) -> AssetCheckResult:
    broken = {key: outcome for key, outcome in outcomes.items() if not outcome.passed}
    blocks = any(
        outcome.blocking and outcome.severity == "ERROR" and (outcome.category == "contract" or len(outcomes) == 1)
        for outcome in broken.values()
    )
    listed = "; ".join(f"{key}: {outcome.sentence}" for key, outcome in list(broken.items())[:5])
    sentence = f"{len(outcomes) - len(broken)} of {len(outcomes)} sessions pass. {listed}".strip()
    return AssetCheckResult(
        passed=not broken,
        check_name=name,
        asset_key=contract.name,
        severity=AssetCheckSeverity.ERROR if blocks else AssetCheckSeverity.WARN,
        description=sentence,
        metadata={"sessions": len(outcomes), "sessions_not_passing": len(broken)},
    )


def _latest_materializations(
    instance: dg.DagsterInstance, contract: Contract, keys: Sequence[str]
) -> dict[str, Target]:
    """Return what each session's evaluation judged: its newest materialization."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(contract.name), asset_partitions=list(keys))
    targets: dict[str, Target] = {}
    cursor, more = None, True
    while more and len(targets) < len(keys):
        page = instance.fetch_materializations(wanted, limit=_EVENTS, cursor=cursor)
        cursor, more = page.cursor, page.has_more
        for record in page.records:  # newest first
            if record.partition_key is not None:
                target = Target(storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp)
                targets.setdefault(record.partition_key, target)
    return targets
