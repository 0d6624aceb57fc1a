"""dagster-celery's launcher on Redis, with the holes closed through which a run waits for ever.

Stock, a run whose worker was killed stays STARTED, and so does one whose task ended while the database was away.
Here the worker that runs it is asked whether it is there; Dagster's run monitoring then fails the run within seconds,
and its run retries put it on another worker.
"""

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

PINGS = 3
PING_SECONDS = 1.0
QUEUE = "dagster"
OPTIONS = {
    # a worker takes what it runs at once, nothing ahead: what waits on a killed one would come back after an hour only
    "worker_disable_prefetch": True,
    "worker_prefetch_multiplier": 1,
    # each run leaves some memory behind; a fresh process is forked with everything imported, so it costs nothing
    "worker_max_tasks_per_child": 20,
    "broker_connection_retry_on_startup": True,
    # Dagster keeps what a run prints
    "worker_redirect_stdouts": False,
}


class WatchedCeleryLauncher(CeleryRunLauncher):
    """Hands runs to Celery workers and knows when one is lost.

    Args:
        broker: URL of Redis, which also keeps the state of each task.
        inst_data: How a child process finds this class again.
    """

    def __init__(self, broker: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(QUEUE, broker=broker, backend=broker, config_source=OPTIONS, inst_data=inst_data)

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Tell whether a run that has started can still end; asked by Dagster's run monitoring."""
        if DAGSTER_CELERY_TASK_ID_TAG not in run.tags:  # run by a command in its own process
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        found = super().check_run_worker_health(run)
        if found.status is WorkerStatus.SUCCESS:  # monitoring looks again before it believes this
            return CheckRunHealthResult(WorkerStatus.FAILED, "the task has ended and its run has not")
        if found.status is not WorkerStatus.RUNNING:
            return found
        state = self.celery.AsyncResult(run.tags[DAGSTER_CELERY_TASK_ID_TAG]).info
        worker = state["hostname"] if isinstance(state, dict) else None
        if worker is None or self._answers(worker):
            return found
        return CheckRunHealthResult(WorkerStatus.FAILED, f"worker {worker} does not answer")

    def _answers(self, worker: str) -> bool:
        return any(self.celery.control.ping(destination=[worker], timeout=PING_SECONDS) for _ in range(PINGS))
