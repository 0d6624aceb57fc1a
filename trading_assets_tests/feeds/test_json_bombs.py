"""JSON made to exhaust its reader: each feed of JSON refuses the file or sets the capture aside, and lands the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading_assets.defs.intake import land_recordings
from trading_assets.defs.workspace import open_workspace
from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.packaged import load_market
from trading_assets.settings import Settings
from trading_assets_tests.feeds.fuzz_seeds import Seed, seeds

JSON_FEEDS = ("nse-json", "snapshot-json", "upstox", "upstox-json")
DEEP = 1_000_000
BOMBS = {
    "a million lists in each other": b"[" * DEEP,
    "a million lists in each other, closed": b"[" * DEEP + b"]" * DEEP,
    "a million objects in each other": b'{"records":' * DEEP + b"1" + b"}" * DEEP,
    "a million digits": b'{"records":{"underlyingValue":' + b"9" * DEEP + b"}}",
    "an exponent beyond any float": b'{"records":{"underlyingValue":1e' + b"9" * 1_000 + b"}}",
    "one key a million times": b'{"records":1,' + b'"records":1,' * DEEP + b'"records":1}',
    "a string of ten megabytes": b'{"records":"' + b"x" * 10_000_000 + b'"}',
    "half a character": b'{"records":"\\ud800"}',
    "not text": b"\xff\xfe" * 1_000,
}


def rows_or_refusal(feed_name: str, file: RawFile, underlying: str | None) -> int | str:
    """Rows that a file gives to its session, each capture of it read or told to be unreadable; or why it is refused."""
    feed = feed_named(feed_name)
    try:
        found = list(feed.captures(file, underlying))
    except FeedError as refusal:
        return str(refusal)
    session = normalise_session(found, feed, load_market(), 0.065)
    ids = {*session.frame["capture_id"], *(one.capture_id for one in session.unreadable)}
    assert ids == {one.capture_id for one in found}
    assert all(0 < len(one.reason) < 1_000 for one in session.unreadable)
    return len(session.frame)


def named_and_short(refusal: str, seed: Seed) -> bool:
    """Whether a refusal names the file and does not quote the bomb."""
    return seed.file.name in refusal and len(refusal) < 1_000


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", JSON_FEEDS)
def test_a_bomb_gives_no_rows(name: str, bomb: str) -> None:
    seed = seeds(name)[0]
    good = rows_or_refusal(name, seed.file, seed.underlying)
    assert isinstance(good, int)
    assert good > 0
    found = rows_or_refusal(name, RawFile(seed.file.name, seed.file.modified, BOMBS[bomb]), seed.underlying)
    assert found == 0 or (isinstance(found, str) and named_and_short(found, seed))


def planted(seed: Seed, bomb: bytes) -> bytes:
    """The good file with a bomb in place of its first number."""
    text = seed.file.content
    at = next(place for place, byte in enumerate(text) if byte in b"123456789" and text[place - 1] in b":[, ")
    end = next(place for place in range(at, len(text)) if text[place] in b",]}")
    return text[:at] + bomb + text[end:]


@pytest.mark.parametrize("bomb", [b"[" * DEEP + b"]" * DEEP, b"9" * DEEP, b"1e999999"], ids=["deep", "digits", "huge"])
@pytest.mark.parametrize("name", JSON_FEEDS)
def test_a_bomb_inside_a_good_file_is_set_aside_or_refused_by_name(name: str, bomb: bytes) -> None:
    seed = seeds(name)[0]
    raw = planted(seed, bomb)
    assert raw != seed.file.content
    found = rows_or_refusal(name, RawFile(seed.file.name, seed.file.modified, raw), seed.underlying)
    assert isinstance(found, int) or named_and_short(found, seed)


def test_the_files_beside_a_bomb_land(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path / "home"))
    seed = seeds("upstox-json")[0]
    good, bad = tmp_path / seed.file.name, tmp_path / f"0_{seed.file.name}"
    good.write_bytes(seed.file.content)
    bad.write_bytes(BOMBS["a million lists in each other, closed"])
    landed = land_recordings(workspace, feed_named("upstox-json"), [bad, good], seed.underlying)
    kept_out = [item.source for item in (*landed.summary.refused, *landed.summary.unreadable)]
    assert landed.summary.snapshots == 1
    assert len(kept_out) == 1
    assert bad.name in kept_out[0]
    assert bad.name in landed.text()
