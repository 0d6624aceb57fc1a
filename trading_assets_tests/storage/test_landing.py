"""The landing zone: bytes as received, kept once, checked on every read."""

import dataclasses
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import StorageError
from trading_assets.places.place import Place
from trading_assets.storage.landing import Landing
from trading_assets_tests.storage.captured import DAY, MORNING, capture

#: Not what a bucket could change; its requests cost milliseconds.
in_a_folder = pytest.mark.parametrize("place", ["folder"], indirect=True)


@pytest.fixture
def landing(place: Place) -> Landing:
    return Landing(place / "landing")


@pytest.fixture
def local(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@given(raw=st.binary(max_size=2_000), source=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_bytes_and_source_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, source: str
) -> None:
    landing = Landing(tmp_path_factory.mktemp("landing"))
    given_capture = dataclasses.replace(capture(0, raw), source=source)
    assert landing.land(given_capture)
    assert list(landing.captures(DAY)) == [given_capture]


def test_landing_twice_keeps_one_file_and_says_so(landing: Landing) -> None:
    assert landing.land(capture(0, b"one"))
    before = landing.path(capture(0, b"one")).stat()
    again = dataclasses.replace(capture(0, b"one"), source="another archive")
    assert not landing.land(again)
    assert landing.path(again).stat().st_mtime_ns == before.st_mtime_ns
    assert [found.source for found in landing.captures(DAY)] == [capture(0).source]


@in_a_folder
@pytest.mark.parametrize(
    "other",
    [
        capture(0, b"two"),
        capture(1, b"one"),
        capture(0, b"one", feed="upstox"),
        capture(0, b"one", underlying="BANKNIFTY"),
        dataclasses.replace(capture(0, b"one"), day=date(2025, 10, 14)),
        dataclasses.replace(capture(0, b"one"), received_at=MORNING + timedelta(microseconds=1)),
    ],
    ids=["bytes", "minute", "feed", "underlying", "day", "microsecond"],
)
def test_a_capture_that_differs_in_anything_is_another_one(landing: Landing, other: object) -> None:
    assert landing.land(capture(0, b"one"))
    assert landing.land(other)  # type: ignore[arg-type] - parametrised


@in_a_folder
def test_the_moment_is_what_counts_not_its_zone(landing: Landing) -> None:
    in_ist = dataclasses.replace(capture(0), received_at=datetime(2025, 10, 13, 9, 15, tzinfo=ZoneInfo("Asia/Kolkata")))
    assert landing.land(capture(0))
    assert not landing.land(in_ist)
    assert landing.path(in_ist).name.startswith("20251013T034500000000Z_")


def test_captures_come_in_the_order_received_across_feeds(landing: Landing) -> None:
    landed = [capture(2), capture(0, feed="upstox"), capture(1), capture(3, underlying="BANKNIFTY")]
    for one in landed:
        landing.land(one)
    assert [found.received_at for found in landing.captures(DAY)] == [
        MORNING + timedelta(minutes=minute) for minute in range(4)
    ]
    assert [found.feed for found in landing.captures(DAY, feed="upstox")] == ["upstox"]
    assert len(list(landing.captures(DAY, "nse-json", "NIFTY"))) == 2
    assert list(landing.captures(date(2025, 10, 14))) == []


def test_days_feeds_and_underlyings_list_what_there_is(landing: Landing) -> None:
    assert (landing.days(), landing.feeds(DAY), landing.underlyings(DAY, "upstox")) == ([], [], [])
    later = dataclasses.replace(capture(0, underlying="FINNIFTY"), day=date(2025, 10, 14))
    for one in (capture(0, feed="upstox"), capture(0, underlying="NIFTY"), capture(0, underlying="BANKNIFTY"), later):
        landing.land(one)
    assert landing.days() == [DAY, date(2025, 10, 14)]
    assert landing.feeds(DAY) == ["nse-json", "upstox"]
    assert landing.underlyings(DAY, "nse-json") == ["BANKNIFTY", "NIFTY"]
    assert landing.underlyings(date(2025, 10, 14), "upstox") == []


def test_a_day_with_nothing_but_a_torn_file_has_no_captures(local: Landing) -> None:
    path = local.path(capture(0))
    path.parent.mkdir(parents=True)
    path.with_name(f".{path.name}.1-aa.tmp").write_bytes(b"half")
    assert local.days() == []
    assert list(local.captures(DAY)) == []
    assert local.sweep(timedelta(0)) == 1


@in_a_folder
def test_a_file_is_plain_zstd_with_its_source_in_a_frame_that_readers_skip(landing: Landing) -> None:
    raw = orjson.dumps({"strike": list(range(500))})
    landing.land(capture(0, raw))
    packed = landing.path(capture(0, raw)).read_bytes()
    assert packed[:4] == b"\x50\x2a\x4d\x18"
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        assert stream.read() == raw
    assert len(packed) < len(raw)


def test_altered_bytes_are_refused_by_their_hash(landing: Landing) -> None:
    landing.land(capture(0, b"spot 25000"))
    landing.land(capture(0, b"spot 25001"))
    one, two = landing.path(capture(0, b"spot 25000")), landing.path(capture(0, b"spot 25001"))
    one.write_bytes(two.read_bytes())
    with pytest.raises(StorageError, match=r"was altered: its bytes have SHA-256 .*ingest again") as refusal:
        list(landing.captures(DAY))
    assert str(one) in str(refusal.value)


def test_no_byte_of_a_capture_can_change_without_notice(local: Landing) -> None:
    raw = orjson.dumps({"records": {"data": [{"strikePrice": 25_000 + step} for step in range(20)]}})
    local.land(capture(0, raw))
    path = local.path(capture(0, raw))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            assert [found.raw for found in local.captures(DAY)] == [raw]
        except StorageError as refusal:
            assert str(path) in str(refusal)  # noqa: PT017 - most places, but not the source's letters


@in_a_folder
@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\x50\x2a\x4d\x18\xff\xff\xff\xff{}", b"\x50\x2a\x4d\x18\x02\0\0\0[]"]
)
def test_a_damaged_capture_is_named(landing: Landing, content: bytes) -> None:
    landing.land(capture(0))
    landing.path(capture(0)).write_bytes(content)
    with pytest.raises(StorageError, match=r"is damaged .*ingest its recording again"):
        list(landing.captures(DAY))


def test_a_strange_file_is_named_rather_than_skipped(landing: Landing) -> None:
    landing.land(capture(0))
    landing.path(capture(0)).with_name("notes.zst").write_bytes(b"")
    with pytest.raises(StorageError, match=r"notes\.zst is not named"):
        list(landing.captures(DAY))


@in_a_folder
@pytest.mark.parametrize("name", ["../../etc", "", ".", "a/b", "NIFTY\0", "*"])
def test_names_that_leave_the_landing_zone_are_refused(landing: Landing, name: str) -> None:
    for bad in (capture(0, feed=name), capture(0, underlying=name)):
        with pytest.raises(StorageError, match="cannot name a folder"):
            landing.land(bad)
    assert not landing.root.exists()
    for read in (landing.captures(DAY, feed=name), landing.captures(DAY, underlying=name)):
        with pytest.raises(StorageError, match="cannot name a folder"):
            list(read)


@pytest.mark.parametrize(
    ("newest", "kept"), [(0, []), (1, [4]), (3, [2, 3, 4]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])]
)
def test_the_newest_are_read_and_the_others_not_even_opened(landing: Landing, newest: int, kept: list[int]) -> None:
    made = [capture(minute, bytes([minute])) for minute in range(5)]
    for one in reversed(made):
        landing.land(one)
    for at in set(range(5)) - set(kept):
        landing.path(made[at]).write_bytes(b"damaged")
    found = landing.captures(DAY, made[0].feed, made[0].underlying, newest)
    assert [one.raw for one in found] == [bytes([at]) for at in kept]
