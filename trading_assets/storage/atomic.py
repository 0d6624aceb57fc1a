"""Files and objects that appear whole or not at all, also when the writer is killed or the power fails."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from trading_assets.errors import StorageError
from trading_assets.places.object_path import ObjectPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta
    from pathlib import Path

    from trading_assets.places.place import Place

#: Readers skip names with a leading dot: DuckDB and pyarrow by convention, ours because they ask for exact names.
_PREFIX, _SUFFIX = ".", ".tmp"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def replace_file(path: Place, content: bytes) -> None:
    """Put `content` at `path`; a reader sees the old file or the new one, never a part.

    Args:
        path: Where to; missing folders are made.
        content: All bytes of the file.

    Raises:
        StorageError: The disk, or the user's share of it, is full; what was there is still there.
    """
    if isinstance(path, ObjectPath):
        path.write_bytes(content)
        return
    with _temporary(path, [content]) as temporary:
        temporary.replace(path)


def create_file(path: Place, parts: Iterable[bytes]) -> bool:
    """Put `parts` one after the other at `path` unless it is there already.

    Returns:
        False when another writer was first; its file is left alone.

    Raises:
        StorageError: The disk, or the user's share of it, is full.
    """
    if isinstance(path, ObjectPath):
        return path.bucket.create(path.key, b"".join(parts))
    with _temporary(path, parts) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
    return True


def sweep(root: Place, age: timedelta) -> int:
    """Remove the temporary files that killed writers left below `root`.

    Args:
        root: Folder to search, with everything below it; may be absent.
        age: How long ago a file must have been written to last: longer than any writer takes.

    Returns:
        Number of files removed.
    """
    if isinstance(root, ObjectPath):
        return 0  # an upload that was cut is no object
    oldest = time.time() - age.total_seconds()
    removed = 0
    for path in root.rglob(f"{_PREFIX}*{_SUFFIX}"):
        try:
            if path.stat().st_mtime <= oldest:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # its writer has just finished
    return removed


@contextmanager
def _temporary(path: Path, parts: Iterable[bytes]) -> Iterator[Path]:
    """Write parts beside `path`, hand out the file, then drop its name and make the folder durable."""
    temporary = path.with_name(f"{_PREFIX}{path.name}.{os.getpid()}-{uuid4().hex[:8]}{_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except OSError as error:
        if error.errno not in _FULL:
            raise
        msg = f"there is no space left to write {path}. Free some and run the same command again: nothing is half done."
        raise StorageError(msg) from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
