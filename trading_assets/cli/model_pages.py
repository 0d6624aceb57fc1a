"""What `model ui` does: MLflow's own pages over the records of the home, for this machine only."""

import os
import sys

from trading_assets.tracking.mlflow_store import MlflowStore

LOOPBACK = "127.0.0.1"
#: One process is enough for one person and takes 0.5 GB; jobs and telemetry have no place here.
_QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def pages_command(store: MlflowStore, port: int) -> tuple[list[str], dict[str, str]]:
    """Return the command that serves the pages, and what is added to its environment.

    Args:
        store: What they show; its database's URL is handed over by environment, where no list of processes shows it.
        port: Where they answer on the loopback address.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    command += ["--allowed-hosts", f"{LOOPBACK}:{port},localhost:{port}", "--no-serve-artifacts"]
    command += ["--default-artifact-root", store.artifact_location]
    return command, {**_QUIET, **store.variables, "MLFLOW_BACKEND_STORE_URI": store.uri}


def serve_pages(store: MlflowStore, port: int) -> None:
    """Become the server of the pages; it ends with Ctrl-C."""
    command, added = pages_command(store, port)
    os.execve(command[0], command, os.environ | added)  # noqa: S606 - our own interpreter, arguments as a list
