"""A place is a path on this machine or one in a bucket; which one is decided by settings alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from trading_assets.errors import SettingsError
from trading_assets.places.bucket import CONNECTIONS, Bucket
from trading_assets.places.object_path import ObjectPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trading_assets.setting_sections import StorageSettings

Place: TypeAlias = Path | ObjectPath
Item = TypeVar("Item")
Result = TypeVar("Result")


def shared_place(home: Path, settings: StorageSettings) -> Place:
    """Return where a team shares its tables, captures, journals and models: the home folder unless a URL is set.

    Args:
        home: Absolute path of the home folder.
        settings: Section `storage`.

    Raises:
        SettingsError: A URL is set and boto3 is not installed.
    """
    if settings.url is None:
        return home
    if find_spec("boto3") is None:
        msg = f"storage.url {settings.url} needs boto3, which is not installed; pip install 'trading-assets[team]'."
        raise SettingsError(msg)
    name, _, prefix = settings.url.removeprefix("s3://").partition("/")
    bucket = Bucket(name, settings.endpoint, settings.region, settings.timeout_seconds, settings.attempts)
    return ObjectPath(bucket, prefix)


def each(read: Callable[[Item], Result], items: Sequence[Item], place: Place) -> Iterator[Result]:
    """Read items in their order; those of a bucket several at once, because each takes a round trip.

    Args:
        read: Reads one, also from another thread.
        items: What to read.
        place: Where they lie.
    """
    if isinstance(place, Path) or len(items) < 2:  # noqa: PLR2004 - one needs no company
        yield from map(read, items)
        return
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for start in range(0, len(items), CONNECTIONS):  # no more in memory than the reader is behind
            yield from pool.map(read, items[start : start + CONNECTIONS])
