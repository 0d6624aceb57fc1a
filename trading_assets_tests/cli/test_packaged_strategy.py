"""A strategy added to the package: one file and one command for its baselines, and no other edit anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trading_assets
from trading_assets.strategies.discovery import load_strategies
from trading_assets_tests.cli.test_own_strategy import NAME, SOURCE

RANGES = (("2026-01-23", "2026-02-02"), ("2026-01-28", "2026-02-02"))
DAY = "2026-01-28"
#: Those of the package, and the one that is added.
ALL = len(load_strategies()) + 1
_MAIN = "from trading_assets.cli.main import main; main()"


class Copy:
    """A copy of the package with one file more, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        source = Path(trading_assets.__file__).parent
        shutil.copytree(source, folder / "trading_assets", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(source.parent / "baselines", folder / "baselines")
        shutil.copy(source.parent / "dagster.yaml", folder)
        file = folder / "trading_assets" / "strategies" / f"{NAME}.py"
        file.write_text(SOURCE, encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the copy in place of the package."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "TRADING_ASSETS_HOME": str(self.folder / "home")}
        return subprocess.run(
            [sys.executable, "-c", _MAIN, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The package with the strategy added."""
    return Copy(tmp_path_factory.mktemp("package"))


@pytest.mark.timeout(900)  # six processes
def test_one_file_in_the_package_and_one_command_and_it_is_everywhere(copy: Copy) -> None:
    suite = ("regression", "--mode", "test", "--snapshots", "committed", "--start", RANGES[0][0], "--end", RANGES[0][1])
    missing = copy.run(*suite)
    assert missing.returncode == 3, missing.stderr
    assert f"there is no baseline {NAME}" in missing.stdout

    made = copy.run("regression", "--mode", "baseline", "--strategy", NAME, "--snapshots", "committed")
    assert made.returncode == 0, made.stderr
    assert made.stdout.split() == [f"baselines/{NAME}_{start}_to_{end}.json" for start, end in RANGES]

    done = copy.run(*suite)
    assert done.returncode == 0, done.stdout
    assert f"TOTAL PASS: {ALL} of {ALL}" in done.stdout

    recording = str(copy.folder / "trading_assets" / "feeds" / "data" / "simulated" / f"NIFTY_{DAY}.parquet")
    for command in (
        ("ingest", "--feed", "simulated", recording),
        ("materialize", "--from", DAY, "--to", DAY),
        ("report", "--from", DAY, "--to", DAY),
    ):
        done = copy.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    table = copy.run("sql", "SELECT strategy_name, signals_generated FROM strategy_performance", "--format", "csv")
    assert f"{NAME},1" in table.stdout.split(), table.stderr
    (page,) = (copy.folder / "home" / "reports").glob("*.html")
    assert NAME in page.read_text(encoding="utf-8")
