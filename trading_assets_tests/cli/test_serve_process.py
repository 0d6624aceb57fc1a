"""The command `serve` as a process of its own: it says where it listens, answers, and ends whole when told to."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from trading_assets_tests.commands import trading_assets

COMMAND = [sys.executable, "-c", "from trading_assets.cli.main import main; main()", "serve"]
PATIENCE = 30


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command on a free port; gives the process and the address it says."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TRADING_ASSETS_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, "it said nothing"
        yield process, process.stdout.readline().split("/docs")[0]
    finally:
        process.kill()
        process.communicate()


def test_it_says_where_it_listens_and_answers_there(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as (_, address):
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/healthz", timeout=PATIENCE).status_code == 200
        answer = httpx.get(f"{address}/api/data-quality", timeout=PATIENCE).json()
        assert sorted(answer) == ["feed_health", "recent_issues", "summary", "timestamp"]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_without_a_traceback(told: signal.Signals, tmp_path: Path) -> None:
    with serving(tmp_path / "home") as (process, address):
        assert httpx.get(f"{address}/healthz", timeout=PATIENCE).status_code == 200
        process.send_signal(told)
        _, errors = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in errors
        assert process.returncode in {0, 130, -signal.SIGTERM}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/healthz", timeout=PATIENCE)


def test_beyond_loopback_it_says_what_is_missing() -> None:
    answer = trading_assets("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104  # that is refused
    assert answer.code == 3
    assert "TRADING_ASSETS_API_TOKEN" in answer.err
    assert answer.out == ""
