"""Runs for the team's workers: put in the queue from a command, and followed to their end through every retry."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import dagster as dg
import sqlalchemy
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import DEFAULT_DAGSTER_ENTRY_POINT, JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, PARTITION_NAME_TAG, WILL_RETRY_TAG
from dagster._core.utils import make_new_run_id
from dagster_postgres.utils import DagsterPostgresException

from trading_assets.defs.build import build_definitions
from trading_assets.defs.runner import QUIET, RunOutcome, outcome, range_tags, selected_job
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import StorageError

#: the code location of workspace.yaml
LOCATION = "trading_assets"
REPOSITORY = "__repository__"
TOLD = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
#: times the database may be found away, one after the other; each takes about 10 s of dagster-postgres' own patience
OUTAGES = 20
#: The daemon overlooks a failure that it reads between its event and the status of the run, which a busy database
#: makes likely (2 of 7 runs killed under a load of 40 on 2 cores): after this long the part is queued anew.
SUCCESSOR_SECONDS = 60.0
#: Times a part is queued anew when the daemon gives a run up none of whose steps has failed: it was lost after the last
#: of them, so that there is none to go on from, or it was lost more often than the daemon tries.
ANEW = 3


class QueuedPart:
    """A run of the team's workers, and whatever run takes its place when one of them is lost.

    Args:
        instance: The team's Dagster instance.
        workspace: The home folder.
        days: Sessions of the run.
        names: Assets to make.
    """

    def __init__(
        self, instance: dg.DagsterInstance, workspace: Workspace, days: Sequence[date], names: Sequence[str]
    ) -> None:
        self._instance = instance
        self._job, self._selected = selected_job(build_definitions(workspace), names)
        # the queue holds back a second run of the session that this tag names
        self._tags = {PARTITION_NAME_TAG: str(days[0])} if len(days) == 1 else range_tags(days)
        self._outages = 0
        self._queued = False
        self._anew = 0
        self._lost_at: float | None = None
        self.run_id = make_new_run_id()

    def ended(self) -> RunOutcome | None:
        """Put the run in the queue if it is not there; return what became of the last run, None while one goes on.

        Raises:
            StorageError: The database stays away.
        """
        try:
            found = self._followed()
        except (sqlalchemy.exc.DBAPIError, DagsterPostgresException) as error:
            self._outages += 1
            if self._outages < OUTAGES:
                return None
            msg = "the team's database stays away. Start it: the runs that are queued go on, then materialize again."
            raise StorageError(msg) from error
        self._outages = 0
        return found

    def stop(self) -> None:
        """Take it out of the queue, or end it on its worker."""
        self._instance.run_coordinator.cancel_run(self.run_id)

    def _followed(self) -> RunOutcome | None:
        run = self._instance.get_run_by_id(self.run_id)
        if not self._queued:
            run = run or self._created()
            self._instance.submit_run(self.run_id, workspace=None)  # type: ignore[arg-type]  # the queue needs none
            self._queued = True
        if run is None:
            return RunOutcome(self.run_id, success=False, failures=("the run was deleted",), warnings=())
        if not run.is_finished:
            return None
        if run.status is dg.DagsterRunStatus.FAILURE and run.tags.get(WILL_RETRY_TAG) != "false":
            self._go_on_with(run.tags.get(AUTO_RETRY_RUN_ID_TAG))
            return None
        events = [entry.dagster_event for entry in self._instance.all_logs(run.run_id, of_type=TOLD)]
        found = outcome(run.run_id, [event for event in events if event is not None], success=run.is_success)
        if found.success or found.failures:
            return found
        if run.status is dg.DagsterRunStatus.FAILURE and self._anew < ANEW:
            self._anew += 1
            self.run_id, self._queued = make_new_run_id(), False
            return None
        reason = " ".join(event.message or "" for event in events if event is not None and event.is_run_failure)
        return replace(found, failures=(f"run {run.run_id}: {reason or run.status.value}",))

    def _go_on_with(self, successor: str | None) -> None:
        """Follow the run that takes a lost one's place; where the daemon makes none, make it."""
        now = time.monotonic()
        self._lost_at = self._lost_at or now
        if successor is None and now - self._lost_at >= SUCCESSOR_SECONDS:
            successor, self._queued = make_new_run_id(), False
        if successor is not None:
            self.run_id, self._lost_at = successor, None

    def _created(self) -> dg.DagsterRun:
        code = RepositoryPythonOrigin(
            sys.executable,
            ModuleCodePointer("trading_assets.definitions", "defs"),
            entry_point=DEFAULT_DAGSTER_ENTRY_POINT,
        )
        location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), REPOSITORY)
        return self._instance.create_run_for_job(
            self._job,
            run_id=self.run_id,
            tags=self._tags,
            run_config=QUIET,
            asset_selection=self._selected,
            remote_job_origin=RemoteJobOrigin(location, self._job.name),
            job_code_origin=JobPythonOrigin(self._job.name, code),
        )
