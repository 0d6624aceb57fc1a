"""The members of tar and zip archives, read one by one in the archive's order and refused when they are unsafe."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from stat import S_IFMT, S_ISREG
from typing import IO, TYPE_CHECKING, cast

from trading_assets.errors import ArchiveError
from trading_assets.feeds.bounded_stream import Limits, Meter, Readable, read_whole
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive.

    Args:
        name: Its name in the archive.
        modified: When the archive says it was written, tz-aware; None when that is no time.
        content: Its bytes.
    """

    name: str
    modified: datetime | None
    content: bytes


def tar_members(stream: Readable, limits: Limits) -> Iterator[Member]:
    """Read the files of a tar stream.

    Raises:
        ArchiveError: A member is a link or device, has an unsafe name, is too large, or there are too many.
        tarfile.TarError: The archive is damaged.
    """
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
        for position, info in enumerate(archive):
            _check(info.name, position, limits)
            if info.isdir():
                continue
            file = archive.extractfile(info) if info.isreg() else None
            if file is None:
                raise ArchiveError(_not_a_file(info.name))
            yield Member(info.name, _moment(info.mtime), read_whole(file, info.name, limits))


def zip_members(file: IO[bytes], limits: Limits) -> Iterator[Member]:
    """Read the files of an open zip archive.

    Raises:
        ArchiveError: A member is a link, is encrypted, has an unsafe name, is too large, or there are too many.
        zipfile.BadZipFile: The archive is damaged.
    """
    meter = Meter(file.seek(0, 2), limits)
    with zipfile.ZipFile(file) as archive:
        for position, info in enumerate(archive.infolist()):
            _check(info.filename, position, limits)
            if info.is_dir():
                continue
            _check_zip(info)
            meter.add(info.file_size)
            with archive.open(info) as member:
                content = read_whole(member, info.filename, limits)
            yield Member(info.filename, _zip_time(info), content)


def _check(name: str, position: int, limits: Limits) -> None:
    if position >= limits.members:
        msg = f"the archive has more than {limits.members} members; split it."
        raise ArchiveError(msg)
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        msg = f"member {name!r} points outside its archive; nothing of the archive after it is read."
        raise ArchiveError(msg)


def _check_zip(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        msg = f"member {info.filename!r} is encrypted; unpack the archive yourself."
        raise ArchiveError(msg)
    mode = info.external_attr >> 16
    if S_IFMT(mode) and not S_ISREG(mode):
        raise ArchiveError(_not_a_file(info.filename))


def _not_a_file(name: str) -> str:
    return f"member {name!r} is a link or device; only regular files are read. Nothing after it is read."


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    # Zip times have no zone; recorders of Indian markets write them in IST.
    try:
        return datetime(*info.date_time, tzinfo=IST)
    except ValueError:
        return None
