"""Earlier versions of a partition: hard links or copies made before a replacement, the last few of each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from trading_assets.errors import StorageError
from trading_assets.places.object_path import ObjectPath
from trading_assets.storage import parquet

if TYPE_CHECKING:
    from trading_assets.places.place import Place

HISTORY = "_history"
KEPT_VERSIONS = 5


class History:
    """Earlier versions of the tables below `root`, in `<root>/_history/<table>/[date=…/]`.

    Args:
        root: Folder of the tables.
        kept: Versions kept of each partition.
    """

    def __init__(self, root: Place, kept: int = KEPT_VERSIONS) -> None:
        self._root = root
        self._kept = kept

    def keep(self, path: Place, content: str | None) -> None:
        """Link the file at `path` into the history unless it holds `content` (the SHA-256 of its values) already."""
        try:
            held = parquet.content_sha256(path)
        except StorageError:
            held = "damaged"
        if held in (None, content):
            return
        match path, self._folder(path):
            case ObjectPath(), ObjectPath() as folder:
                # a store tells times in whole seconds, so versions are named by when they were kept
                path.bucket.copy(path.key, (folder / _name(time.time_ns(), held)).key)
            case Path(), Path() as folder:
                _link(path, folder, held)
        for old in self.versions(path)[: -self._kept]:
            old.unlink(missing_ok=True)

    def versions(self, path: Place) -> list[Place]:
        """Earlier versions of the file at `path`, oldest first."""
        return sorted(self._folder(path).glob("*.parquet"))

    def _folder(self, path: Place) -> Place:
        return self._root / HISTORY / str(path.parent).removeprefix(f"{self._root}/")


def _link(path: Path, folder: Path, held: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / _name(path.stat().st_mtime_ns, held)).hardlink_to(path)
    except (FileExistsError, FileNotFoundError):
        return  # another writer has kept it, or removed it


def _name(at: int, held: str) -> str:
    return f"{at:020d}-{held[:12]}.parquet"
