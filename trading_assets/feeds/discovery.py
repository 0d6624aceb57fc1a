"""Finding the feeds: every module of this room that defines `FEED`. Nothing is registered on import."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from trading_assets import feeds
from trading_assets.errors import FeedError, UsageError
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.side_feed import SideFeed

if TYPE_CHECKING:
    from collections.abc import Mapping

_Either = TypeVar("_Either", Feed, SideFeed, Feed | SideFeed)


def load_feeds() -> dict[str, Feed]:
    """Load every feed of option chains, by name, in alphabetical order; a broken file fails with its own traceback.

    Raises:
        FeedError: Two files define a feed of the same name, or `FEED` is neither a `Feed` nor a `SideFeed`.
    """
    return {name: feed for name, feed in _all().items() if isinstance(feed, Feed)}


def load_side_feeds() -> dict[str, SideFeed]:
    """Load every feed of index levels, by name; see `load_feeds`."""
    return {name: feed for name, feed in _all().items() if isinstance(feed, SideFeed)}


def feed_named(name: str) -> Feed:
    """Return one feed of option chains by name.

    Raises:
        UsageError: There is no such feed.
    """
    return _named(name, load_feeds())


def recording_feed(name: str) -> Feed | SideFeed:
    """Return one feed of either kind by name.

    Raises:
        UsageError: There is no such feed.
    """
    return _named(name, _all())


def _named(name: str, known: Mapping[str, _Either]) -> _Either:
    if name not in known:
        msg = f"there is no feed {name!r}; the feeds are {', '.join(known)}."
        raise UsageError(msg)
    return known[name]


def _all() -> Mapping[str, Feed | SideFeed]:
    return _in_folders(tuple(feeds.__path__))


@cache
def _in_folders(folders: tuple[str, ...]) -> Mapping[str, Feed | SideFeed]:
    """Looked for once in a process: a run asks five times, 1 ms each."""
    found: dict[str, Feed | SideFeed] = {}
    for module in sorted(iter_modules(folders, f"{feeds.__name__}."), key=lambda item: item.name):
        feed = getattr(import_module(module.name), "FEED", None)
        if feed is None:
            continue
        if not isinstance(feed, Feed | SideFeed):
            msg = f"{module.name}.FEED is a {type(feed).__name__}; it must be a feeds.feed.Feed or a SideFeed."
            raise FeedError(msg)
        if feed.name in found:
            msg = f"{module.name} defines feed {feed.name!r} a second time; give it a name of its own."
            raise FeedError(msg)
        found[feed.name] = feed
    return MappingProxyType(dict(sorted(found.items())))
