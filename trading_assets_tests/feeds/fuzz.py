"""Mutated recordings through everything that ingest and a session's step do with them, for every feed.

`python -m trading_assets_tests.feeds.fuzz FEED NUMBER` tries a number of inputs and says what became of them.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.discovery import recording_feed
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.side_feed import SideFeed
from trading_assets.market.packaged import load_market
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.quarantine import quarantine_unreadable
from trading_assets.quality.verdict import judge
from trading_assets.settings import QualitySettings
from trading_assets_tests.feeds.fuzz_seeds import Seed, seeds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trading_assets.feeds.feed import Feed
    from trading_assets.market.captures import Capture

MARKET = load_market()
BATCH = 5_000


@dataclass
class Outcome:
    """What became of mutated inputs.

    Args:
        inputs: Files that were tried.
        refused: Of these, files refused by name before anything landed.
        captures: Captures of the others, and good captures damaged after they had been split.
        unreadable: Of these, set aside whole.
        clean: Rows that passed every rule.
        quarantined: Rows kept aside with their reasons.
        slowest: CPU seconds of the slowest batch.
        peak_mb: Peak memory of the process.
    """

    inputs: int = 0
    refused: int = 0
    captures: int = 0
    unreadable: int = 0
    clean: int = 0
    quarantined: int = 0
    slowest: float = 0.0
    peak_mb: int = 0


def fuzz(name: str, inputs: int, number: int = 1) -> Outcome:
    """Try inputs of one feed, in batches that make sessions.

    Args:
        name: Feed.
        inputs: How many.
        number: Seed of the random numbers.
    """
    feed, random, outcome = recording_feed(name), Random(number), Outcome()  # noqa: S311 - no secret
    while outcome.inputs < inputs:
        started = time.process_time()
        captures = [
            capture
            for _ in range(min(BATCH, inputs - outcome.inputs))
            for capture in _captures(feed, random.choice(seeds(name)), random, outcome)
        ]
        outcome.captures += len(captures)
        if isinstance(feed, SideFeed):
            _read_levels(feed, captures, outcome)
        else:
            _make_sessions(feed, captures, outcome)
        outcome.slowest = max(outcome.slowest, time.process_time() - started)
    outcome.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return outcome


def _captures(feed: Feed | SideFeed, seed: Seed, random: Random, outcome: Outcome) -> list[Capture]:
    """Captures of a mutated file, or a mutated capture of a good one."""
    outcome.inputs += 1
    if random.random() < 0.5:
        capture = random.choice(_good(feed, seed))
        return [_at_another_time(replace(capture, raw=seed.mutate(capture.raw, random)), outcome.inputs)]
    file = RawFile(_named(seed.file.name, random), seed.file.modified, seed.mutate(seed.file.content, random))
    try:
        return [_at_another_time(capture, outcome.inputs) for capture in feed.captures(file, seed.underlying)]
    except FeedError:
        outcome.refused += 1
        return []


@cache
def _good(feed: Feed | SideFeed, seed: Seed) -> list[Capture]:
    return list(feed.captures(seed.file, seed.underlying))


def _at_another_time(capture: Capture, number: int) -> Capture:
    """The capture, received at a moment of its own: no two inputs are parts of one snapshot."""
    return replace(capture, received_at=capture.received_at + timedelta(microseconds=number))


def _named(name: str, random: Random) -> str:
    if random.random() < 0.9:
        return name
    at = random.randrange(len(name) + 1)
    return (
        name[:at]
        + random.choice(("", "9", "-", "_", "/", "!", "\x00", "ü", "9" * 40))
        + name[at + random.randint(0, 3) :]
    )


def _read_levels(feed: SideFeed, captures: Iterable[Capture], outcome: Outcome) -> None:
    for capture in captures:
        try:
            found = feed.levels(capture)
        except FeedError:
            outcome.unreadable += 1
            continue
        usable = int(found.usable(1.0, 1e6).sum())
        outcome.clean += usable
        outcome.quarantined += len(found.level) - usable


def _make_sessions(feed: Feed, captures: Iterable[Capture], outcome: Outcome) -> None:
    """Normalise and judge: every capture is read or set aside, every row is clean or in quarantine."""
    by_day: dict[date, list[Capture]] = defaultdict(list)
    for capture in captures:
        by_day[capture.day].append(capture)
    for day, of_day in by_day.items():
        try:
            _make_session(feed, day, of_day, outcome)
        except Exception as error:
            error.add_note(f"{feed.name} {day}: " + "; ".join(repr(one.raw[:2_000]) for one in of_day[:3]))
            raise


def _make_session(feed: Feed, day: date, captures: list[Capture], outcome: Outcome) -> None:
    found = normalise_session(captures, feed, MARKET, 0.065)
    ids = set(found.frame["capture_id"]) | {one.capture_id for one in found.unreadable}
    assert ids == {capture.capture_id for capture in captures}
    assert all(one.reason for one in found.unreadable)
    assert len(quarantine_unreadable(found.unreadable)) == len(found.unreadable)
    closed = MARKET.closed_reason(day)
    session = None if closed else MARKET.calendar.session(day)
    facts = SnapshotFacts(day, session, closed, feed.cadence.total_seconds(), MARKET.reference)
    verdict = judge(found.frame, facts, QualitySettings())
    assert len(verdict.clean) + len(verdict.quarantined) == len(found.frame)
    assert verdict.quarantined["reasons"].str.len().gt(2).all()
    outcome.unreadable += len(found.unreadable)
    outcome.clean += len(verdict.clean)
    outcome.quarantined += len(verdict.quarantined)


if __name__ == "__main__":
    print(sys.argv[1], json.dumps(asdict(fuzz(sys.argv[1], int(sys.argv[2])))))  # noqa: T201 -- the answer
