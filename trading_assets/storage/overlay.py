"""Reading the user's overlay of the reference data: CSV files by name. What the rows mean is `market`'s work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def read_overlay(folder: Path | None) -> dict[str, str]:
    """Read the CSV files of a folder, not those of folders below it.

    Args:
        folder: Setting `overlay`; None for no overlay.

    Returns:
        Text by file name, such as `trading_holidays.csv`, sorted by name; empty without a folder.

    Raises:
        SettingsError: The folder does not exist, or a file is not UTF-8.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        msg = f"overlay folder {folder} does not exist. Make it, or unset overlay in the settings."
        raise SettingsError(msg)
    return {path.name: _text(path) for path in sorted(folder.glob("*.csv"))}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 ({error.reason} at byte {error.start}). Save it as CSV UTF-8."
        raise SettingsError(msg) from error
