"""Decompressing with a limit: a stream that refuses to unfold to more than it may."""

from __future__ import annotations

import gzip
import io
import lzma
import os
from dataclasses import dataclass
from typing import IO, Protocol, cast

from trading_assets.errors import ArchiveError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one archive may unfold to.

    Args:
        member_bytes: Largest file, decompressed.
        total_bytes: All of an archive's content, decompressed.
        ratio: Decompressed over compressed bytes, judged from `ratio_from` bytes on (small files compress anyhow).
        ratio_from: Decompressed bytes below which no ratio is judged.
        members: Most members of an archive.
    """

    member_bytes: int = 512 << 20
    total_bytes: int = 16 << 30
    ratio: float = 400.0
    ratio_from: int = 64 << 20
    members: int = 200_000


LIMITS = Limits()


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int = ..., /) -> bytes:
        """Read at most `size` bytes; empty at the end."""
        ...


class Meter:
    """Counts what an archive has unfolded to, and stops it at the limits."""

    def __init__(self, packed_bytes: int, limits: Limits) -> None:
        self._packed_bytes = max(packed_bytes, 1)
        self._limits = limits
        self._unfolded = 0

    def add(self, count: int) -> None:
        """Count bytes that came out.

        Raises:
            ArchiveError: A limit is passed.
        """
        self._unfolded += count
        limits = self._limits
        if self._unfolded > limits.total_bytes:
            msg = f"it unfolds to more than {limits.total_bytes} bytes; split it."
            raise ArchiveError(msg)
        if self._unfolded > limits.ratio_from and self._unfolded > limits.ratio * self._packed_bytes:
            msg = (
                f"it unfolds to more than {limits.ratio:g} times its size: "
                "that is how decompression bombs look, so it is not read. Unpack it yourself if you trust it."
            )
            raise ArchiveError(msg)


class BoundedStream:
    """The decompressed content of an open .xz, .gz or plain file, within limits.

    Args:
        file: Open at its beginning.
        name: Path; its suffix says how it is packed.
        limits: What it may unfold to.
    """

    def __init__(self, file: IO[bytes], name: str, limits: Limits) -> None:
        self._meter = Meter(os.fstat(file.fileno()).st_size, limits)
        self._limits = limits
        self._stream = unpacked(file, name)

    def read(self, size: int = _CHUNK, /) -> bytes:
        """Read at most `size` bytes; empty at the end."""
        part = self._stream.read(size)
        self._meter.add(len(part))
        return part

    def whole(self, name: str) -> bytes:
        """Read to the end; see `read_whole`."""
        return read_whole(self, name, self._limits)


def unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """Return a stream of what is inside, by the suffix of the name."""
    lowered = name.lower()
    if lowered.endswith((".xz", ".txz")):
        return cast("IO[bytes]", lzma.open(file))
    if lowered.endswith((".gz", ".tgz")):
        return cast("IO[bytes]", gzip.open(file))
    return file


def read_whole(stream: Readable, name: str, limits: Limits) -> bytes:
    """Read a stream to its end.

    Raises:
        ArchiveError: It is longer than one member may be.
    """
    content = io.BytesIO()
    while part := stream.read(_CHUNK):
        if content.tell() + len(part) > limits.member_bytes:
            msg = f"{name} is larger than {limits.member_bytes} bytes; split it or leave it out."
            raise ArchiveError(msg)
        content.write(part)
    return content.getvalue()
