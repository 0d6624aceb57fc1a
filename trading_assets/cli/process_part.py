"""A part of a range in a process of this machine."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from tempfile import TemporaryFile

import orjson

from trading_assets.defs.runner import RunOutcome
from trading_assets.defs.workspace import Workspace

COMMAND = (sys.executable, "-c", "from trading_assets.cli.main import main; main()")


class ProcessPart:
    """A process that makes a run and says as JSON what became of it.

    Args:
        span: Names the part where it fails.
        command: The process and its arguments.
        home: Home folder it works on.
    """

    def __init__(self, span: str, command: Sequence[str], home: str) -> None:
        self._span = span
        self._said = TemporaryFile()  # noqa: SIM115  both are closed when it has ended
        self._complained = TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(  # noqa: S603  our own command with dates and asset names
            command,
            env=os.environ | {"TRADING_ASSETS_HOME": home},
            stdout=self._said,
            stderr=self._complained,
        )

    def ended(self) -> RunOutcome | None:
        """Return what became of it, or None while it goes on."""
        if self._process.poll() is None:
            return None
        with self._said as said, self._complained as complained:
            said.seek(0)
            complained.seek(0)
            if self._process.returncode:
                complaint = complained.read().decode(errors="replace").strip()
                return RunOutcome("", success=False, failures=(f"{self._span}: {complaint}",), warnings=())
            answer = orjson.loads(said.read())
            return RunOutcome(answer["run_id"], success=True, failures=(), warnings=tuple(answer["check_warnings"]))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def start_process(workspace: Workspace, days: Sequence[date], names: Sequence[str]) -> ProcessPart:
    """Make a run of some assets of a range in a process of its own."""
    told = ["materialize", "--json", "--from", str(days[0]), "--to", str(days[-1]), "--select", ",".join(names)]
    return ProcessPart(f"{days[0]} to {days[-1]}", [*COMMAND, *told], str(workspace.home))
