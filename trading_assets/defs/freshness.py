"""Values made from files, made again when a file changed: a server answers without reading everything again."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
Version = tuple[tuple[str, int, int], ...]


def version_of(files: Iterable[Path]) -> Version:
    """Return path, size and time of change of each file that is there."""
    found = []
    for path in files:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


class Fresh(Generic[T]):
    """A value that is looked after at most once per `patience` seconds, by one thread at a time.

    While one thread makes it again, the others are given the last value: nobody waits but the first of all.

    Args:
        files: Names the files the value is made of; None for a value that changes with time itself.
        make: Makes it.
        clock: Seconds that only run forward.
        patience: The value may be this much older than the files, s.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[Path]] | None,
        make: Callable[[], T],
        clock: Callable[[], float],
        patience: float,
    ) -> None:
        self._files, self._make, self._clock, self._patience = files, make, clock, patience
        self._lock = Lock()
        self._held: tuple[T, Version | None, float] | None = None

    def get(self) -> T:
        """Return the value, at most `patience` older than its files unless it is being made."""
        held = self._held
        if held is not None and (self._clock() - held[2] < self._patience or not self._lock.acquire(blocking=False)):
            return held[0]
        if held is None:
            self._lock.acquire()
        try:
            return self._looked_after()
        finally:
            self._lock.release()

    def _looked_after(self) -> T:
        held, now = self._held, self._clock()
        version = None if self._files is None else version_of(self._files())
        value = held[0] if held is not None and version is not None and version == held[1] else self._make()
        self._held = (value, version, now)
        return value
