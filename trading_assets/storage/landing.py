"""The landing zone: raw captures as they were received, content-addressed and never changed.

Layout: `<root>/<feed>/<underlying>/<YYYY-MM-DD>/<received, UTC>_<sha256>.zst`. A file is zstd with one skippable
frame before the data that names the source, so `zstd -d` gives the raw bytes back.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from trading_assets.errors import StorageError
from trading_assets.market.captures import Capture
from trading_assets.places.object_path import ObjectPath
from trading_assets.places.place import each
from trading_assets.storage import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from trading_assets.places.place import Place

_RECEIVED = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(?P<received>\d{8}T\d{12}Z)_(?P<sha256>[0-9a-f]{64})\.zst")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9&._-]*")
_ZSTD_LEVEL = 1
#: Magic number and length of a skippable frame. Source: RFC 8878, section 3.1.2.
_SKIPPABLE = struct.Struct("<II")
_MAGIC = 0x184D2A50


@dataclass(frozen=True, order=True)
class _Entry:
    """One landed file; entries sort by when they were received."""

    received_at: datetime
    feed: str
    underlying: str
    sha256: str
    path: Place


class Landing:
    """Raw captures below one folder, or one prefix of a bucket.

    Args:
        root: Place of the landing zone; a folder is made when first written to.
    """

    def __init__(self, root: Place) -> None:
        self.root = root

    def path(self, capture: Capture) -> Place:
        """Where a capture is kept.

        Raises:
            StorageError: Feed or underlying cannot name a folder.
        """
        _require_folder_names(capture.feed, capture.underlying)
        received = capture.received_at.astimezone(UTC).strftime(_RECEIVED)
        folder = self.root / capture.feed / capture.underlying / capture.day.isoformat()
        return folder / f"{received}_{capture.capture_id}.zst"

    def land(self, capture: Capture) -> bool:
        """Keep a capture, whole or not at all.

        Returns:
            False when the same bytes, received at the same moment, were there already.

        Raises:
            StorageError: Feed or underlying cannot name a folder.
        """
        path = self.path(capture)
        if path.is_file():
            return False
        note = orjson.dumps({"bytes": len(capture.raw), "source": capture.source}, option=orjson.OPT_SORT_KEYS)
        packed = pa.Codec("zstd", compression_level=_ZSTD_LEVEL).compress(capture.raw, asbytes=True)
        return atomic.create_file(path, [_SKIPPABLE.pack(_MAGIC, len(note)), note, packed])

    def captures(
        self, day: date, feed: str | None = None, underlying: str | None = None, newest: int | None = None
    ) -> Iterator[Capture]:
        """Read the captures of a calendar day (IST) in the order they were received.

        Args:
            day: Day they were received on.
            feed: Only of this feed; None for all.
            underlying: Only of this underlying; None for all.
            newest: Only this many, the last received; the others are not read. None for all.

        Raises:
            StorageError: A file is damaged or no longer what its name says.
        """
        _require_folder_names(*(name for name in (feed, underlying) if name is not None))
        pattern = f"{feed or '*'}/{underlying or '*'}/{day}/*.zst"
        entries = sorted(_entry(path) for path in self.root.glob(pattern) if not path.name.startswith("."))
        wanted = entries if newest is None else entries[len(entries) - min(newest, len(entries)) :]
        yield from each(lambda entry: _capture(entry, day), wanted, self.root)

    def days(self) -> list[date]:
        """Calendar days (IST) that have captures, sorted."""
        return sorted({date.fromisoformat(path.name) for path in self._folders("*/*/*")})

    def feeds(self, day: date) -> list[str]:
        """Feeds that have captures of a day, sorted."""
        return sorted({path.parent.parent.name for path in self._folders(f"*/*/{day}")})

    def underlyings(self, day: date, feed: str) -> list[str]:
        """Underlyings a feed has captures of on a day, sorted."""
        _require_folder_names(feed)
        return sorted(path.parent.name for path in self._folders(f"{feed}/*/{day}"))

    def sweep(self, age: timedelta) -> int:
        """Remove temporary files that killed writers left at least `age` ago; returns how many."""
        return atomic.sweep(self.root, age)

    def _folders(self, pattern: str) -> Iterator[Place]:
        """Day folders that hold at least one capture."""
        if isinstance(self.root, ObjectPath):
            return self.root.glob(pattern)  # there is no folder without an object
        return (path for path in self.root.glob(pattern) if any(_NAME.fullmatch(f.name) for f in path.iterdir()))


def _require_folder_names(*names: str) -> None:
    for name in names:
        if not _FOLDER.fullmatch(name):
            msg = f"{name!r} cannot name a folder of the landing zone; expected letters, digits, & . _ and -."
            raise StorageError(msg)


def _entry(path: Place) -> _Entry:
    found = _NAME.fullmatch(path.name)
    if found is None:
        msg = f"{path} is not named <received>_<sha256>.zst; move it out of the landing zone and ingest it."
        raise StorageError(msg)
    received_at = datetime.strptime(found["received"], _RECEIVED).replace(tzinfo=UTC)
    return _Entry(received_at, path.parts[-4], path.parts[-3], found["sha256"], path)


def _capture(entry: _Entry, day: date) -> Capture:
    try:
        source, raw = _unpack(entry.path.read_bytes())
    except (OSError, ValueError, TypeError, KeyError, struct.error, pa.ArrowException) as error:
        msg = f"{entry.path} is damaged ({error}). Remove it and ingest its recording again."
        raise StorageError(msg) from error
    capture = Capture(entry.feed, entry.underlying, day, entry.received_at, raw, source)
    if capture.capture_id != entry.sha256:
        msg = f"{entry.path} was altered: its bytes have SHA-256 {capture.capture_id}. Remove it and ingest again."
        raise StorageError(msg)
    return capture


def _unpack(packed: bytes) -> tuple[str, bytes]:
    magic, length = _SKIPPABLE.unpack_from(packed)
    if magic != _MAGIC:
        msg = "it does not begin with the frame that names its source"
        raise ValueError(msg)
    start = _SKIPPABLE.size + length
    note = orjson.loads(packed[_SKIPPABLE.size : start])
    raw = pa.Codec("zstd").decompress(memoryview(packed)[start:], decompressed_size=note["bytes"], asbytes=True)
    return str(note["source"]), raw
