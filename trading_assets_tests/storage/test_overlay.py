"""The overlay: CSV text by file name, and a clear word when the folder is not there."""

from pathlib import Path

import pytest

from trading_assets.errors import SettingsError
from trading_assets.storage.overlay import read_overlay


def test_without_a_folder_there_is_no_overlay(tmp_path: Path) -> None:
    assert read_overlay(None) == {}
    assert read_overlay(tmp_path) == {}


def test_csv_files_are_read_by_name_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "trading_holidays.csv").write_text("date,name\n2026-01-15,Municipal elections\n", encoding="utf-8")
    (tmp_path / "lot_sizes.csv").write_bytes("\ufeffunderlying,₹\n".encode())
    (tmp_path / "notes.txt").write_text("not mine")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "special_sessions.csv").write_text("not mine either")
    assert read_overlay(tmp_path) == {
        "lot_sizes.csv": "underlying,₹\n",
        "trading_holidays.csv": "date,name\n2026-01-15,Municipal elections\n",
    }
    assert list(read_overlay(tmp_path)) == ["lot_sizes.csv", "trading_holidays.csv"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="gone does not exist"):
        read_overlay(tmp_path / "gone")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "lots.csv").write_bytes(b"name\nDiwali \xff\n")
    with pytest.raises(SettingsError, match=r"lots\.csv is not UTF-8 .*byte 12.*CSV UTF-8"):
        read_overlay(tmp_path)
