"""Earlier versions of a partition: hard links made before a replacement, the last few of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.errors import StorageError
from trading_assets.storage import parquet

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = "_history"
KEPT_VERSIONS = 5


class History:
    """Earlier versions of the tables below `root`, in `<root>/_history/<table>/[date=…/]`.

    Args:
        root: Folder of the tables.
        kept: Versions kept of each partition.
    """

    def __init__(self, root: Path, kept: int = KEPT_VERSIONS) -> None:
        self._root = root
        self._kept = kept

    def keep(self, path: Path, content: str | None) -> None:
        """Link the file at `path` into the history unless it holds `content` (the SHA-256 of its values) already."""
        try:
            held = parquet.content_sha256(path)
        except StorageError:
            held = "damaged"
        if held in (None, content):
            return
        folder = self._root / HISTORY / path.parent.relative_to(self._root)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            written_at = path.stat().st_mtime_ns
            (folder / f"{written_at:020d}-{held[:12]}.parquet").hardlink_to(path)
        except (FileExistsError, FileNotFoundError):
            return  # another writer has kept it, or removed it
        for old in self.versions(path)[: -self._kept]:
            old.unlink(missing_ok=True)

    def versions(self, path: Path) -> list[Path]:
        """Earlier versions of the file at `path`, oldest first."""
        return sorted((self._root / HISTORY / path.parent.relative_to(self._root)).glob("*.parquet"))
