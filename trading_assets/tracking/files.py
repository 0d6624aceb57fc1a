"""Files and objects of the registry: one writer at a time, and a file is old or new, never half."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from trading_assets.places.object_path import ObjectPath
from trading_assets.places.place import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.places.place import Place


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made when it is not there, waiting until other processes and threads let go of it.

    Args:
        path: The lock file; its content is never read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def replace(path: Place, content: bytes) -> None:
    """Write a file whole: a crash leaves the previous content or the new, and no reader sees a part."""
    if isinstance(path, ObjectPath):
        path.write_bytes(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp", delete=False) as handle:
        temporary = Path(handle.name)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    # the temporary file is private to its owner; the registry is as readable as its folder
    temporary.chmod(0o644)
    temporary.replace(path)


def append_line(path: Place, line: bytes, number: int) -> bool:
    """Append one line in one write and force it to the disk; half a line left by a crash is cut off first.

    In a bucket each line is an object of the folder `path`, made once: of two machines that append at the same moment
    one is told so.

    Args:
        path: The file.
        line: Without its end.
        number: Its number, from 1; the caller has read those before it.

    Returns:
        False when that line was written meanwhile.
    """
    if isinstance(path, ObjectPath):
        entry = path / f"{number:06d}.json"
        return entry.bucket.create(entry.key, line)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        handle.truncate(len(whole_lines(path)))
        handle.write(line + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    return True


def whole_lines(path: Place) -> bytes:
    """Read a file up to its last line end; empty when it is not there."""
    if isinstance(path, ObjectPath):
        lines = each(ObjectPath.read_bytes, sorted(path.glob("*.json")), path)
        return b"".join(line + b"\n" for line in lines)
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]
