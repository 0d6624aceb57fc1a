"""Recorded files one by one, from files, folders, .xz, .gz, .zip and tar archives. Nothing is unpacked to disk.

Archives come from anywhere: members are counted and measured while they are read, names may not leave the archive and
only regular files are accepted. Memory holds one member at a time.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from trading_assets.errors import ArchiveError
from trading_assets.feeds.archive_members import tar_members, zip_members
from trading_assets.feeds.bounded_stream import LIMITS, BoundedStream, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError, NotImplementedError)
_TARS = (".tar", ".tar.xz", ".txz", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class RawFile:
    """One recorded file, whole.

    Args:
        name: Path on disk, or archive and member as `archive!member`, for people and for names that carry facts.
        modified: Modification time as the file system or archive has it, tz-aware; the best guess at a capture time.
        content: The bytes, decompressed.
    """

    name: str
    modified: datetime
    content: bytes

    @property
    def stem(self) -> str:
        """File name without folders and archive: what a recorder called it."""
        return PurePosixPath(self.name.rpartition("!")[2]).name


def list_files(paths: Iterable[Path]) -> list[Path]:
    """List the files of paths, folders recursively in order of their names, hidden files left out.

    Raises:
        ArchiveError: A path does not exist or is neither a regular file nor a folder.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(item for item in path.rglob("[!.]*") if item.is_file() and _shown(item, path))
        elif path.is_file():
            found.append(path)
        else:
            msg = f"{path} is not a regular file or a folder; give recorded files, archives or folders of them."
            raise ArchiveError(msg)
    return list(dict.fromkeys(found))


def raw_files(path: Path, limits: Limits = LIMITS) -> Iterator[RawFile]:
    """Read the recorded files of one path, an archive in the archive's own order.

    Args:
        path: A file; what its suffix names is unpacked in memory, anything else is handed on as it is.
        limits: What an archive may unfold to.

    Yields:
        One file at a time.

    Raises:
        ArchiveError: The file cannot be read, is damaged, holds links, devices or unsafe names, or exceeds a limit.
    """
    try:
        yield from _open(path, limits)
    except ArchiveError as error:
        msg = f"{path}: {error}"
        raise ArchiveError(msg) from error
    except _DAMAGED as error:
        msg = f"{path} cannot be read: {type(error).__name__}: {error}. Fetch it again or leave it out."
        raise ArchiveError(msg) from error


def _shown(item: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in item.relative_to(folder).parts)


def _open(path: Path, limits: Limits) -> Iterator[RawFile]:
    name = path.name.lower()
    modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    with path.open("rb") as file:
        if name.endswith(".zip"):
            members = zip_members(file, limits)
        elif name.endswith(_TARS):
            members = tar_members(BoundedStream(file, str(path), limits), limits)
        else:
            plain = path.with_suffix("") if name.endswith((".xz", ".gz")) else path
            yield RawFile(str(plain), modified, BoundedStream(file, str(path), limits).whole(str(path)))
            return
        for member in members:
            yield RawFile(f"{path}!{member.name}", member.modified or modified, member.content)
