"""Values made from files, made again when a file changed: a server answers without reading everything again."""

from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Generic, TypeVar

from trading_assets.places.place import Place

T = TypeVar("T")
#: A value older than this many patiences is made again before it is given.
OFTEN = 5.0
Version = tuple[tuple[str, int, int], ...]


def version_of(files: Iterable[Place]) -> Version:
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

    While it is asked for often, it is made again in the background and the last value is given meanwhile: the one
    asker a second who would pay for reading is 2 % of 50, which is more than a 99th percentile forgives.

    Args:
        files: Names the files the value is made of; None for a value that changes with time itself.
        make: Makes it.
        clock: Seconds that only run forward.
        patience: The value may be this much older than the files, s.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[Place]] | None,
        make: Callable[[], T],
        clock: Callable[[], float],
        patience: float,
    ) -> None:
        self._files, self._make, self._clock, self._patience = files, make, clock, patience
        self._lock = Lock()
        self._held: tuple[T, Version | None, float] | None = None

    def get(self) -> T:
        """Return the value, at most `patience` older than its files, or than the last asking while asked often."""
        held = self._at_hand()
        if held is None:
            with self._lock:
                return self._looked_after()
        return held[0]

    def at_hand(self) -> T | None:
        """Return the value as `get` does where nobody has to wait for it, else None."""
        held = self._at_hand()
        return None if held is None else held[0]

    def _at_hand(self) -> tuple[T, Version | None, float] | None:
        held = self._held
        if held is None or self._clock() - held[2] >= OFTEN * self._patience:
            return None
        if self._clock() - held[2] >= self._patience and self._lock.acquire(blocking=False):
            Thread(target=self._refreshed, daemon=True).start()
        return held

    def _refreshed(self) -> None:
        try:
            self._looked_after()
        finally:
            self._lock.release()

    def _looked_after(self) -> T:
        held, now = self._held, self._clock()
        if held is not None and now - held[2] < self._patience:
            return held[0]  # another asker waited for the lock before this one
        version = None if self._files is None else version_of(self._files())
        value = held[0] if held is not None and version is not None and version == held[1] else self._make()
        self._held = (value, version, now)
        return value
