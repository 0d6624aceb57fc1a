"""Running assets from a process of ours on the same Dagster instance as the pages: one run for a range."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import dagster as dg
import sqlalchemy
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from yaml import YAMLError  # type: ignore[import-untyped]

from trading_assets.defs.build import build_definitions
from trading_assets.defs.jobs import DAILY
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import SettingsError, StorageError, UsageError

CONFIG = "dagster.yaml"
#: Dagster's own switch: events of many sessions are stored this many at a time.
EVENT_BATCH = ("DAGSTER_EVENT_BATCH_SIZE", "100")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunOutcome:
    """What became of a run.

    Args:
        run_id: Dagster's id of the run.
        success: Whether every step succeeded and no blocking check failed.
        failures: One sentence per failed step.
        warnings: One sentence per check and session that did not pass.
    """

    run_id: str
    success: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]


#: Makes some assets of a range of sessions in one run.
Run = Callable[[Sequence[date], Sequence[str]], RunOutcome]


def instance_folder() -> Path:
    """Return the folder whose `dagster.yaml` configures the instance: this folder's, else the packaged one."""
    here = Path.cwd()
    packaged = Path(str(files("trading_assets.defs")))
    for folder in (here, packaged, packaged.parents[1]):
        if (folder / CONFIG).is_file():
            return folder
    msg = f"no {CONFIG} in {here} and none in the package; install the package again."
    raise StorageError(msg)


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of the home folder, the same one the pages show.

    Raises:
        SettingsError: `dagster.yaml` is not one.
        StorageError: The database of the instance cannot be used.
    """
    folder = instance_folder()
    try:
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            yield instance
    except (YAMLError, dg.DagsterInvalidConfigError) as error:
        told = error.errors[0].message if isinstance(error, dg.DagsterInvalidConfigError) and error.errors else error
        msg = f"{folder / CONFIG} cannot be used: {_line(told)} Correct it, or remove it to use the packaged one."
        raise SettingsError(msg) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        line = _line(error)
        full = "disk is full" in line or "No space left" in line  # SQLite's words, and PostgreSQL's
        now = (
            "Free some space and run the same command again"
            if full
            else "Restore it, or set the home's folder dagster aside"
        )
        msg = f"Dagster's storage cannot be used: {line} {now}."
        raise StorageError(msg) from error


def _line(told: object) -> str:
    return " ".join(str(told).split(" [SQL:")[0].split()).rstrip(".") + "."


def run_sessions_range(workspace: Workspace, days: Sequence[date], select: Sequence[str] = ()) -> RunOutcome:
    """Materialize assets for a range of sessions in one run.

    Args:
        workspace: The home folder.
        days: Sessions in order, every one between the first and the last.
        select: Asset names; the daily assets and the equity curve when empty. Tables that one step fills together
            are made together.

    Raises:
        UsageError: No session in the range, or an unknown asset.
        KeyboardInterrupt: The run was interrupted; it is over and Dagster knows.
    """
    with open_runs(workspace) as run:
        return run(days, select)


def range_tags(days: Sequence[date]) -> dict[str, str]:
    """Return the tags that tell a run which sessions it is of."""
    return {ASSET_PARTITION_RANGE_START_TAG: str(days[0]), ASSET_PARTITION_RANGE_END_TAG: str(days[-1])}


@contextmanager
def open_runs(workspace: Workspace) -> Iterator[Run]:
    """Yield what `run_sessions_range` does on one instance and one set of definitions: half a second less a run."""
    definitions = build_definitions(workspace)
    with open_instance() as instance:

        def run(days: Sequence[date], select: Sequence[str]) -> RunOutcome:
            if not days:
                msg = "no session in that range; `trading-assets status` lists what has landed."
                raise UsageError(msg)
            return _execute(instance, definitions, list(select) or [*DAILY, "equity_curve"], range_tags(days))

        yield run


def run_cutoff(workspace: Workspace, cutoff: date) -> RunOutcome:
    """Materialize the model of one training cut-off."""
    return run_sessions_range(workspace, [cutoff], ["signal_model"])


def _execute(
    instance: dg.DagsterInstance, definitions: dg.Definitions, names: Sequence[str], tags: dict[str, str]
) -> RunOutcome:
    job, selected = selected_job(definitions, names)
    os.environ.setdefault(*EVENT_BATCH)
    result = job.execute_in_process(
        instance=instance, asset_selection=sorted(selected), tags=tags, run_config=QUIET, raise_on_error=False
    )
    if any(_interrupted(event) for event in result.all_events):
        raise KeyboardInterrupt
    return outcome(result.run_id, result.all_events, success=result.success)


def selected_job(definitions: dg.Definitions, names: Sequence[str]) -> tuple[dg.JobDefinition, set[dg.AssetKey]]:
    """Return the job over all assets, and the keys of those named with the others that their steps fill.

    Raises:
        UsageError: An asset is not known.
    """
    job = definitions.resolve_implicit_global_asset_job_def()
    known = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    unknown = sorted(set(names) - known)
    if unknown:
        msg = f"there is no asset {', '.join(unknown)}; the assets are {', '.join(sorted(known))}."
        raise UsageError(msg)
    # one step fills several tables: with one of them come the others
    asset_selection = dg.AssetSelection.assets(*names).required_multi_asset_neighbors()
    return job, set(asset_selection.resolve(definitions.resolve_asset_graph()))


def outcome(run_id: str, events: Sequence[dg.DagsterEvent], *, success: bool) -> RunOutcome:
    """Return what became of a run from its events."""
    return RunOutcome(run_id, success, tuple(_failures(events)), tuple(_warnings(events)))


def _interrupted(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error if event.is_step_failure else None
    return error is not None and error.cls_name == "DagsterExecutionInterruptedError"


def _failures(events: Sequence[dg.DagsterEvent]) -> Iterator[str]:
    for event in events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause if error is not None and error.cause is not None else error
            yield f"{event.step_key}: {cause.message.strip() if cause else event.message}"


def _warnings(events: Sequence[dg.DagsterEvent]) -> Iterator[str]:
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.partition is not None:
                table = evaluation.asset_key.to_user_string()
                yield f"{evaluation.partition} {table}.{evaluation.check_name}: {evaluation.description}"
