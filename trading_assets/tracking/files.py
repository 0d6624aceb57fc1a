"""Files of the registry: one writer at a time, and a file is old or new, never half."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def replace(path: Path, content: bytes) -> None:
    """Write a file whole: a crash leaves the previous content or the new, and no reader sees a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp", delete=False) as handle:
        temporary = Path(handle.name)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    # the temporary file is private to its owner; the registry is as readable as its folder
    temporary.chmod(0o644)
    temporary.replace(path)


def append_line(path: Path, line: bytes) -> None:
    """Append one line in one write and force it to the disk; half a line left by a crash is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        handle.truncate(len(whole_lines(path)))
        handle.write(line + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def whole_lines(path: Path) -> bytes:
    """Read a file up to its last line end; empty when it is not there."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]
