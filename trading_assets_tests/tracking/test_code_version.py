"""The code version follows every source line and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import trading_assets
from trading_assets.tracking.code_version import code_version

PACKAGE = Path(trading_assets.__file__).parent


def version_of(folder: Path) -> str:
    """The code version that a process finds which runs the package from a folder."""
    code = "from trading_assets.tracking.code_version import code_version; print(code_version())"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout.strip()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package's sources."""
    copytree(PACKAGE, tmp_path / "trading_assets", ignore=ignore_patterns("__pycache__", "data"))
    return tmp_path


def test_it_is_a_version_with_a_hash_and_the_same_wherever_the_package_lies(copied: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", code_version())
    (copied / "trading_assets" / "notes.txt").write_text("not code")
    assert version_of(copied) == code_version()


def test_one_changed_character_or_one_moved_file_is_another_version(copied: Path) -> None:
    file = copied / "trading_assets" / "models" / "splits.py"
    before = version_of(copied)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("embargo: int = 0", "embargo: int = 1"), encoding="utf-8")
    changed = version_of(copied)
    file.write_text(text, encoding="utf-8")
    file.rename(file.with_name("splitting.py"))
    assert len({before, changed, version_of(copied)}) == 3
