"""A `materialize` that is killed at any moment leaves whole tables, old or new, and the next run completes.

The number of kills is small here; `TRADING_ASSETS_TEST_KILLS=20` asks for more.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from trading_assets.defs.jobs import DAILY
from trading_assets.defs.workspace import open_workspace
from trading_assets.tables.catalog import contract

SESSIONS = (date(2026, 2, 1), date(2026, 2, 2))
COMMAND = (sys.executable, "-c", "from trading_assets.cli.main import main; main()")
RANGE = ("materialize", "--from", str(SESSIONS[0]), "--to", str(SESSIONS[1]))
KILLS = int(os.environ.get("TRADING_ASSETS_TEST_KILLS", "2"))

Hashes = dict[tuple[str, date], str | None]


def hashes() -> Hashes:
    """Content hash of every daily partition; reading verifies that the file is whole."""
    store = open_workspace().store
    found: Hashes = {}
    for name in DAILY:
        for day in SESSIONS:
            store.read(contract(name), [day])
            found[name, day] = store.content_sha256(contract(name), day)
    return found


def start(lots: int) -> subprocess.Popen[bytes]:
    """Start a run with another number of lots a trade, so that what it writes differs from what is there."""
    environment = os.environ | {"TRADING_ASSETS_TRADING__LOTS": str(lots)}
    return subprocess.Popen([*COMMAND, *RANGE], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finished(lots: int) -> Hashes:
    """Run to the end and return the hashes."""
    process = start(lots)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    return hashes()


@pytest.mark.usefixtures("own_demo_home")
@pytest.mark.timeout(1200)
def test_killed_runs_leave_whole_tables_and_the_next_run_completes() -> None:
    began = time.monotonic()
    allowed = [hashes(), finished(2)]
    length = time.monotonic() - began
    assert allowed[0] != allowed[1]
    killed = 0
    for number in range(3 * KILLS):
        # a seed per try: the moments are spread over the run and the same every time
        moment = random.Random(number).uniform(0.1, 0.9) * length  # noqa: S311
        if not killed_after(moment, start(lots=1 + number % 2)):
            length *= 0.8  # the run was quicker than the first one
            continue
        killed += 1
        for key, found in hashes().items():
            assert found in {version[key] for version in allowed}, key
        if killed == KILLS:
            break
    assert killed == KILLS
    assert finished(1) == allowed[0]


def killed_after(seconds: float, process: subprocess.Popen[bytes]) -> bool:
    """Kill a run after a time; False when it had finished by then."""
    with process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return True
        process.communicate()
    return False
