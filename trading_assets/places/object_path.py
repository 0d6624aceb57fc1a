"""An object, or a folder of objects, behind the few methods of `pathlib.Path` that stores use.

So one class serves both places. What differs in kind, replacing and making a file, is told apart in `storage.atomic`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.places.bucket import Bucket, ObjectStat


T = TypeVar("T")


@dataclass(frozen=True, order=True)
class ObjectPath:
    """A key in a bucket; folders are nothing but beginnings of keys.

    Args:
        bucket: Where.
        key: Parts joined by `/`, without one at either end; empty for the whole bucket.
        found: What a listing told of it, so that it is not asked for again.
    """

    bucket: Bucket
    key: str
    found: ObjectStat | None = field(default=None, compare=False, repr=False)

    def __truediv__(self, name: str) -> ObjectPath:
        return ObjectPath(self.bucket, f"{self.key}/{name}" if self.key else name)

    def __str__(self) -> str:
        return f"s3://{self.bucket.name}/{self.key}"

    @property
    def name(self) -> str:
        """The last part."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return PurePosixPath(self.key).stem

    @property
    def parent(self) -> ObjectPath:
        """The folder it is in."""
        return ObjectPath(self.bucket, self.key.rpartition("/")[0])

    @property
    def parts(self) -> tuple[str, ...]:
        """Its parts, the bucket first."""
        return (self.bucket.name, *self.key.split("/"))

    def with_name(self, name: str) -> ObjectPath:
        """Return its neighbour of that name."""
        return self.parent / name

    def relative_to(self, folder: ObjectPath) -> PurePosixPath:
        """Return the rest of the key behind a folder's."""
        return PurePosixPath(self.key).relative_to(folder.key)

    def read_bytes(self) -> bytes:
        """Return the whole object.

        Raises:
            FileNotFoundError: There is none.
            StorageError: The store does not answer.
        """
        return self._there(self.bucket.get(self.key))

    def read_end(self, count: int) -> bytes:
        """Return its last bytes, at most so many; raises as `read_bytes` does."""
        return self._there(self.bucket.get(self.key, last=count))

    def write_bytes(self, content: bytes) -> None:
        """Put the object, whole or not at all."""
        self.bucket.put(self.key, content)

    def stat(self) -> ObjectStat:
        """Return size, time and hash; raises FileNotFoundError when there is no object."""
        return self.found or self._there(self.bucket.stat(self.key))

    def is_file(self) -> bool:
        """Whether there is an object of that key."""
        return self.bucket.stat(self.key) is not None

    def exists(self) -> bool:
        """Whether there is such an object, or any below it."""
        return self.is_file() or any(True for _ in self.iterdir())

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Remove it; raises FileNotFoundError when there is none, unless that is fine."""
        if not missing_ok:
            self.stat()
        self.bucket.delete(self.key)

    def iterdir(self) -> Iterator[ObjectPath]:
        """Objects and folders right below it, sorted."""
        return self._listed(deep=False)

    def rglob(self, pattern: str) -> Iterator[ObjectPath]:
        """Objects at any depth below it whose name fits a pattern; one request for every thousand objects."""
        return (path for path in self._listed(deep=True) if fnmatchcase(path.name, pattern))

    def glob(self, pattern: str) -> Iterator[ObjectPath]:
        """Objects and folders whose parts fit those of a pattern; lists folders that a wildcard is in, no others."""
        first, _, rest = pattern.partition("/")
        if not _is_pattern(first):
            below = self / first
            if rest:
                yield from below.glob(rest)
            elif below.exists():
                yield below
            return
        for path in self.iterdir():
            if fnmatchcase(path.name, first):
                if not rest:
                    yield path
                elif path.found is None:
                    yield from path.glob(rest)

    def _listed(self, *, deep: bool) -> Iterator[ObjectPath]:
        prefix = f"{self.key}/" if self.key else ""
        return (ObjectPath(self.bucket, key, found) for key, found in self.bucket.listed(prefix, deep=deep))

    def _there(self, found: T | None) -> T:
        if found is None:
            raise FileNotFoundError(str(self))
        return found


def _is_pattern(text: str) -> bool:
    return any(letter in text for letter in "*?[")
