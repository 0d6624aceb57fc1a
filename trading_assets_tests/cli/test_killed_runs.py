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
KILLS = int(os.environ.get("TRADING_ASSETS_TEST_KILLS", "3"))

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
    for number in range(KILLS):
        process = start(lots=1 + number % 2)
        with pytest.raises(subprocess.TimeoutExpired):
            # a seed per kill: the moments are spread over the run and the same every time
            process.wait(timeout=random.Random(number).uniform(0.2, 0.9) * length)  # noqa: S311
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for key, found in hashes().items():
            assert found in {version[key] for version in allowed}, key
    assert finished(1) == allowed[0]
