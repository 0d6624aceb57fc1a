"""Whole files or none: what a reader sees when writers fail, race or die."""

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from trading_assets.errors import StorageError
from trading_assets.storage import atomic


def test_a_file_is_replaced_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    atomic.replace_file(path, b"old")
    atomic.replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_the_first_creator_wins_and_the_second_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert atomic.create_file(path, [b"fir", b"st"])
    assert not atomic.create_file(path, [b"second"])
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (errno.EIO, (OSError, "Input/output error")),
        (errno.ENOSPC, (StorageError, "no space left to write .*/other. Free some")),
        (errno.EDQUOT, (StorageError, "no space left")),
    ],
)
def test_a_writer_that_fails_half_way_leaves_the_old_file_and_no_litter(
    tmp_path: Path, code: int, told: tuple[type[Exception], str]
) -> None:
    path = tmp_path / "file"
    atomic.replace_file(path, b"old")

    def parts() -> Iterator[bytes]:
        yield b"half"
        raise OSError(code, os.strerror(code))

    with pytest.raises(told[0], match=told[1]):
        atomic.create_file(tmp_path / "other", parts())
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_file_and_folder_are_synced_before_the_name_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir() else "file")
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        steps.append("replace")
        return real_replace(self, target)

    monkeypatch.setattr(atomic.os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    atomic.replace_file(tmp_path / "file", b"new")
    assert steps == ["file", "replace", "folder"]


def test_temporary_names_are_hidden_from_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real_replace = Path.replace

    def replace(self: Path, target: Path) -> Path:
        seen.append(self.name)
        assert self.parent == target.parent
        return real_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    atomic.replace_file(tmp_path / "trades.parquet", b"")
    assert seen[0].startswith(".")
    assert seen[0].endswith(".tmp")


def test_sweep_spares_young_files_other_names_and_absent_folders(tmp_path: Path) -> None:
    old, young, other = tmp_path / "x" / ".a.1-aa.tmp", tmp_path / ".b.1-bb.tmp", tmp_path / "c.parquet"
    old.parent.mkdir()
    for path in (old, young, other):
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    os.utime(young)
    assert atomic.sweep(tmp_path, timedelta(hours=1)) == 1
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {young.name, other.name}
    assert atomic.sweep(tmp_path / "absent", timedelta(0)) == 0
