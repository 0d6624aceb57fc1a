"""Which captures a session is made of: one feed per underlying, read and normalised; nothing is judged here."""

from datetime import date

from trading_assets.defs.workspace import Workspace
from trading_assets.feeds.discovery import load_feeds
from trading_assets.feeds.normalise import Candidates, normalise_session
from trading_assets.feeds.side_levels import NO_LEVELS, SideLevels


def chosen_feeds(workspace: Workspace, day: date) -> dict[str, str]:
    """Return the feed that fills each underlying of a session: the first of `feed_preference` that recorded it.

    Feeds that are not in the preference come after it by name, those of the close last: a report of the day is what
    the session is reconciled with, and fills it only when nothing else did.
    """
    feeds = load_feeds()
    landed = workspace.landing.feeds(day)
    preference = list(workspace.settings.feed_preference)
    others = sorted(set(landed) - set(preference), key=lambda name: (feeds[name].at_close, name))
    ranked = [name for name in preference if name in landed] + others
    chosen: dict[str, str] = {}
    for feed in ranked:
        for underlying in workspace.landing.underlyings(day, feed):
            chosen.setdefault(underlying, feed)
    return chosen


def candidates(workspace: Workspace, day: date, side: SideLevels = NO_LEVELS) -> dict[str, Candidates]:
    """Read and normalise a session's captures, per feed in use, completed by side levels; nothing is judged yet."""
    feeds = load_feeds()
    chosen = chosen_feeds(workspace, day)
    found = {}
    for name in sorted(set(chosen.values())):
        captures = [
            capture
            for underlying in sorted(chosen)
            if chosen[underlying] == name
            for capture in workspace.landing.captures(day, name, underlying)
        ]
        rate = workspace.settings.rate_on(day)
        found[name] = normalise_session(captures, feeds[name], workspace.market, rate, side)
    return found
