"""Running a step over every session of a run: a single session or a range in one run, with metadata for each."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import dagster as dg

from trading_assets.defs.partitions import refuse_future
from trading_assets.defs.steps import StepReport
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import StorageError

#: PostgreSQL is back a few seconds after it was killed, a bucket's server within a minute
SERVER_RETRIES = 4
SERVER_WAIT_SECONDS = 10.0
Step = Callable[[Workspace, date], StepReport]


def run_sessions(
    context: dg.AssetExecutionContext, workspace: Workspace, step: Step
) -> Iterator[dg.MaterializeResult[None]]:
    """Run a step for each session of the run, in order, and attach each session's numbers to its own partition.

    Metadata goes on with `add_asset_metadata` per partition: output metadata would be copied onto every session of a
    range.

    Yields:
        One result per asset of the step, after its last session.

    Raises:
        UsageError: The range reaches beyond today in IST.
    """
    days = refuse_future(context.partition_keys, datetime.now(UTC))
    hashes: dict[str, list[str]] = {}
    for number, day in enumerate(days, start=1):
        report = _patiently(step, workspace, day)
        for table, numbers in report.tables.items():
            context.add_asset_metadata(table_metadata(numbers), asset_key=table, partition_key=day.isoformat())
            hashes.setdefault(table, []).append(report.hashes[table])
        workspace.watch(f"{day}")
        context.log.info("%s: %s (%d of %d)", day, _sentence(report), number, len(days))
    for key in sorted(context.selected_asset_keys):
        yield dg.MaterializeResult(asset_key=key, data_version=data_version(hashes[key.to_user_string()]))


def data_version(hashes: Sequence[str]) -> dg.DataVersion:
    """Name what a run stored of one table, so that what is made of it is stale when this changes and only then.

    Args:
        hashes: Content hash by session, n ≥ 1. Dagster keeps one version a run: those of a range share theirs, and
            what is made of them is made again when one of them changes.
    """
    [alone, *more] = hashes
    return dg.DataVersion(hashlib.sha256("".join(hashes).encode()).hexdigest() if more else alone)


def _patiently(step: Step, workspace: Workspace, day: date) -> StepReport:
    """Run a step; what the servers of a team refused is tried again by Dagster, from the first session on."""
    try:
        return step(workspace, day)
    except StorageError as error:
        if workspace.settings.broker_url is None:  # a damaged file: trying again would not help
            raise
        raise dg.RetryRequested(SERVER_RETRIES, SERVER_WAIT_SECONDS) from error


def table_metadata(numbers: Mapping[str, float | str]) -> dict[str, float | int | str]:
    """Name a table's numbers as Dagster expects them; every number plots over partitions."""
    renamed = {"rows": "dagster/row_count", "bytes": "size_bytes"}
    return {renamed.get(name, name): value for name, value in numbers.items()}


def _sentence(report: StepReport) -> str:
    return ", ".join(f"{numbers['rows']} rows of {table}" for table, numbers in report.tables.items())
