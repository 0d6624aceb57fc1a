"""A worker of the team: takes runs from Redis and makes each in a child process, which does not outlive it."""

import ctypes
import os
import signal
from uuid import uuid4

from trading_assets.defs.runner import instance_folder, open_instance
from trading_assets.errors import SettingsError

#: Linux: the signal a process gets when its parent is gone. Source: prctl(2), linux/prctl.h.
PR_SET_PDEATHSIG = 1


def work(slots: int) -> None:
    """Make runs until a SIGTERM, which lets those end that have begun.

    Args:
        slots: Runs at once.

    Raises:
        SettingsError: No queue is set.
    """
    os.environ["DAGSTER_HOME"] = str(instance_folder())  # where a run in a child looks for its instance
    with open_instance() as instance:
        launcher = instance.run_launcher
    from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

    from trading_assets.defs.celery_launcher import QUEUE, WatchedCeleryLauncher

    if not isinstance(launcher, WatchedCeleryLauncher):
        msg = "a worker needs the queue: set TRADING_ASSETS_BROKER_URL to the team's Redis."
        raise SettingsError(msg)
    from celery.signals import worker_process_init

    worker_process_init.connect(end_with_parent)
    create_execute_job_task(launcher.celery)
    create_resume_job_task(launcher.celery)
    options = [f"--concurrency={slots}", f"--queues={QUEUE}", f"--hostname={uuid4().hex[:8]}@%h", "--loglevel=WARNING"]
    launcher.celery.worker_main(["worker", "--pool=prefork", "--without-gossip", "--without-mingle", *options])


def end_with_parent(**_: object) -> None:
    """Have Linux kill this process when its parent is killed: its run is failed then and made again elsewhere."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
