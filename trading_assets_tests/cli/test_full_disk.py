"""A disk that is full while a session is made: whole tables, a clear sentence, and the same command goes on later."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from trading_assets.defs.jobs import DAILY
from trading_assets.defs.workspace import open_workspace
from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import contract
from trading_assets_tests.commands import Answer, trading_assets

DAY = date(2026, 1, 28)
RECORDED = Path(__file__).resolve().parents[2] / "trading_assets" / "feeds" / "data" / "simulated"
MAKE = ("materialize", "--from", str(DAY), "--to", str(DAY))
Resize = Callable[[int], None]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resize]:
    """A disk of its own for the home; returns what gives it a size in kB. Skips where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a disk that can be filled is mounted by root only")
    options = ["-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(folder / "home"))

    def resize(kilobytes: int) -> None:
        subprocess.run([mount, "-o", f"remount,size={kilobytes}k", str(folder)], check=True)

    yield resize
    subprocess.run([mount.replace("mount", "umount"), "--lazy", str(folder)], check=True)


def used(folder: Path) -> int:
    """Kilobytes that are taken on the disk of a folder."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize // 1024


TOLD = ("Dagster's storage cannot be used: ", "there is no space left to write ")


# the databases of Dagster are the first to need space; with some more, a table is
@pytest.mark.parametrize("left", [200, 1_800])
def test_a_full_disk_stops_a_run_in_words_and_it_goes_on_when_there_is_space(
    disk: Resize, demo: tuple[Path, Answer], left: int
) -> None:
    landed = trading_assets("ingest", "--feed", "simulated", str(RECORDED / f"NIFTY_{DAY}.parquet"))
    assert landed.code == 0, landed.err
    home = open_workspace().home
    disk(used(home) + left)
    stopped = trading_assets(*MAKE)
    assert stopped.code in {1, 3}, stopped.out
    assert any(sentence in stopped.err for sentence in TOLD)
    assert "run the same command again" in stopped.err
    assert "Traceback" not in stopped.err
    assert not list(home.rglob("*.tmp"))
    tables, expected = TableStore(home / "tables"), TableStore(demo[0] / "tables")
    whole = {name: expected.content_sha256(contract(name), DAY) for name in DAILY}
    assert all(tables.content_sha256(contract(name), DAY) in {None, whole[name]} for name in DAILY)
    disk(200_000)
    again = trading_assets(*MAKE)
    assert again.code == 0, again.err
    assert {name: tables.content_sha256(contract(name), DAY) for name in DAILY} == whole
