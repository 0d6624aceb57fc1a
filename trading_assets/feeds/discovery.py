"""Finding the feeds: every module of this room that defines `FEED`. Nothing is registered on import."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from trading_assets import feeds
from trading_assets.errors import FeedError, UsageError
from trading_assets.feeds.feed import Feed


def load_feeds() -> dict[str, Feed]:
    """Load every feed, by name, in alphabetical order; a broken file fails with its own traceback.

    Raises:
        FeedError: Two files define a feed of the same name, or `FEED` is not a `Feed`.
    """
    found: dict[str, Feed] = {}
    for module in sorted(iter_modules(feeds.__path__, f"{feeds.__name__}."), key=lambda item: item.name):
        feed = getattr(import_module(module.name), "FEED", None)
        if feed is None:
            continue
        if not isinstance(feed, Feed):
            msg = f"{module.name}.FEED is a {type(feed).__name__}; it must be a feeds.feed.Feed."
            raise FeedError(msg)
        if feed.name in found:
            msg = f"{module.name} defines feed {feed.name!r} a second time; give it a name of its own."
            raise FeedError(msg)
        found[feed.name] = feed
    return dict(sorted(found.items()))


def feed_named(name: str) -> Feed:
    """Return one feed by name.

    Raises:
        UsageError: There is no such feed.
    """
    known = load_feeds()
    if name not in known:
        msg = f"there is no feed {name!r}; the feeds are {', '.join(known)}."
        raise UsageError(msg)
    return known[name]
