"""Parts of a range made by processes of this machine, each of which makes one part after the other.

A process takes 4 CPU-s to import what a run needs: with one for each part that was a fifth of the backfill of a year.
"""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date
from tempfile import TemporaryFile

import orjson

from trading_assets.cli.console import complain, say
from trading_assets.defs.runner import Run, RunOutcome, open_runs
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import TradingAssetsError

COMMAND = (sys.executable, "-c", "from trading_assets.cli.process_part import make_parts_told; make_parts_told()")


class PartMaker:
    """A process that makes the parts it is told, one at a time, and says as a line of JSON what became of each.

    Args:
        command: The process and its arguments.
        home: Home folder it works on.
    """

    def __init__(self, command: Sequence[str], home: str) -> None:
        self._complained = TemporaryFile()  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(  # noqa: S603  our own command
            command,
            env=os.environ | {"TRADING_ASSETS_HOME": home},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complained,
        )

    def tell(self, days: Sequence[date], names: Sequence[str]) -> None:
        """Have it make some assets of some sessions."""
        order = orjson.dumps({"days": list(days), "names": list(names)}, option=orjson.OPT_APPEND_NEWLINE)
        with suppress(BrokenPipeError):  # it is gone: its answer will say so
            if self._process.stdin is not None:
                self._process.stdin.write(order)
                self._process.stdin.flush()

    def answer(self) -> bytes | None:
        """Return the line it said, None while it says nothing, and an empty line once it is gone."""
        said = self._process.stdout
        if said is None or said.closed:
            return b""
        if not select.select([said], [], [], 0)[0]:
            return None
        return said.readline()

    def stop(self) -> str:
        """End it; return what it complained of, once."""
        if self._complained.closed:
            return ""
        self._process.terminate()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what a process that has gone did not read; it is closed all the same
                    pipe.close()
        self._process.wait()
        with self._complained as complained:
            complained.seek(0)
            return complained.read().decode(errors="replace").strip()


class ProcessPart:
    """A part that a process is making.

    Args:
        span: Names the part where it fails.
        maker: The process, which was told to make it.
        free: Takes the process back when the part is made.
    """

    def __init__(self, span: str, maker: PartMaker, free: Callable[[PartMaker], None]) -> None:
        self._span, self._maker, self._free = span, maker, free

    def ended(self) -> RunOutcome | None:
        """Return what became of it, or None while it goes on."""
        line = self._maker.answer()
        if line is None:
            return None
        if not line.endswith(b"\n"):
            return RunOutcome("", success=False, failures=(f"{self._span}: {self._maker.stop()}",), warnings=())
        told = orjson.loads(line)
        self._free(self._maker)
        failures = tuple(f"{self._span}: {sentence}" for sentence in told["failures"])
        return RunOutcome(told["run_id"], told["success"], failures, tuple(told["warnings"]))

    def stop(self) -> None:
        """End it."""
        self._maker.stop()


@contextmanager
def part_makers(workspace: Workspace) -> Iterator[Callable[[Sequence[date], Sequence[str]], ProcessPart]]:
    """Yield what starts a part: in a process that has made its last, else in a new one; none outlives the block."""
    idle: list[PartMaker] = []

    def start(days: Sequence[date], names: Sequence[str]) -> ProcessPart:
        maker = idle.pop() if idle else PartMaker(COMMAND, str(workspace.home))
        maker.tell(days, names)
        return ProcessPart(f"{days[0]} to {days[-1]}", maker, idle.append)

    try:
        yield start
    finally:
        for maker in idle:
            maker.stop()


def make_parts_told() -> None:
    """Make each part that a line of standard input tells, until there are no more; see `PartMaker`."""
    try:
        with open_runs(open_workspace()) as run:
            for line in sys.stdin.buffer:
                told = orjson.loads(line)
                outcome = _made(run, [date.fromisoformat(day) for day in told["days"]], told["names"])
                say(orjson.dumps(asdict(outcome)).decode())
    except TradingAssetsError as error:
        sys.exit(complain(error))


def _made(run: Run, days: Sequence[date], names: Sequence[str]) -> RunOutcome:
    try:
        return run(days, names)
    except (TradingAssetsError, OSError) as error:
        return RunOutcome("", success=False, failures=(str(error),), warnings=())
