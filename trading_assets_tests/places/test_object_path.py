"""Objects behind the methods of a path: what a folder answers, a bucket answers."""

from pathlib import Path

import pytest

from trading_assets.errors import SettingsError
from trading_assets.places.object_path import ObjectPath
from trading_assets.places.place import Place, each, shared_place
from trading_assets.setting_sections import StorageSettings
from trading_assets.storage import atomic
from trading_assets_tests.object_store import Bucket

NAMES = ("a/x/2024-01-01/one.zst", "a/y/2024-01-01/two.zst", "a/y/2024-01-02/.three.zst", "b/x/2024-01-01/four.txt")


@pytest.fixture
def filled(place: Place) -> Place:
    for name in NAMES:
        atomic.replace_file(place / name, name.encode())
    return place


def names(root: Place, pattern: str) -> list[str]:
    return sorted(str(path).removeprefix(f"{root}/") for path in root.glob(pattern))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["a", "b"]),
        ("*/*/2024-01-01", ["a/x/2024-01-01", "a/y/2024-01-01", "b/x/2024-01-01"]),
        ("a/*/2024-01-01/*.zst", ["a/x/2024-01-01/one.zst", "a/y/2024-01-01/two.zst"]),
        ("*/x/2024-01-0?/*", ["a/x/2024-01-01/one.zst", "b/x/2024-01-01/four.txt"]),
        ("b/x/2024-01-01/four.txt", ["b/x/2024-01-01/four.txt"]),
        ("c/*", []),
        ("a/x/2024-01-01/one.zs", []),
    ],
)
def test_patterns_find_the_same_in_a_folder_and_in_a_bucket(filled: Place, pattern: str, found: list[str]) -> None:
    assert names(filled, pattern) == found


def test_everything_below_is_found_by_name(filled: Place) -> None:
    assert sorted(path.name for path in filled.rglob("*.zst")) == [".three.zst", "one.zst", "two.zst"]
    assert sorted(path.name for path in (filled / "a").iterdir()) == ["x", "y"]


def test_a_path_is_there_or_not(filled: Place) -> None:
    there, folder, absent = filled / NAMES[0], filled / "a" / "x", filled / "a" / "z"
    assert [path.exists() for path in (there, folder, absent)] == [True, True, False]
    assert [path.is_file() for path in (there, folder, absent)] == [True, False, False]
    assert there.read_bytes() == NAMES[0].encode()
    assert there.stat().st_size == len(NAMES[0])
    for fails in (absent.read_bytes, absent.stat, absent.unlink):
        with pytest.raises(FileNotFoundError, match=r"a/z"):
            fails()
    absent.unlink(missing_ok=True)
    there.unlink()
    assert not there.exists()


def test_names_are_taken_apart_as_those_of_files_are(place: Place) -> None:
    path = place / "a" / "b.c" / "name.jsonl"
    assert (path.name, path.stem, path.parent.name, path.parts[-2:]) == (
        "name.jsonl",
        "name",
        "b.c",
        ("b.c", path.name),
    )
    assert path.with_name("other") == path.parent / "other"
    assert str(path.relative_to(place)) == "a/b.c/name.jsonl"  # type: ignore[arg-type] - of one kind


def test_a_file_is_made_once_and_replaced_whole_in_either_place(place: Place) -> None:
    path = place / "folder" / "file"
    assert atomic.create_file(path, [b"fir", b"st"])
    assert not atomic.create_file(path, [b"second"])
    assert path.read_bytes() == b"first"
    atomic.replace_file(path, b"third")
    assert path.read_bytes() == b"third"


def test_what_is_read_together_comes_in_order(filled: Place) -> None:
    paths = [filled / NAMES[number % len(NAMES)] for number in range(40)]
    assert list(each(lambda path: path.read_bytes(), paths, filled)) == [str(NAMES[n % 4]).encode() for n in range(40)]


def test_the_setting_alone_decides_between_home_and_bucket(tmp_path: Path) -> None:
    assert shared_place(tmp_path, StorageSettings()) == tmp_path
    place = shared_place(tmp_path, StorageSettings(url="s3://desk/prod/nifty", attempts=2))
    assert isinstance(place, ObjectPath)
    assert str(place / "tables") == "s3://desk/prod/nifty/tables"
    assert (place.bucket.name, place.bucket.endpoint, place.bucket.attempts) == ("desk", None, 2)
    assert str(shared_place(tmp_path, StorageSettings(url="s3://desk")) / "tables") == "s3://desk/tables"


def test_without_boto3_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trading_assets.places.place.find_spec", lambda name: name != "boto3" or None)
    with pytest.raises(SettingsError, match=r"storage\.url s3://desk needs boto3.*trading-assets\[team\]"):
        shared_place(tmp_path, StorageSettings(url="s3://desk"))


def test_a_listing_costs_one_request_and_tells_sizes(bucket: Bucket) -> None:
    for number in range(12):
        (bucket.place / "t" / f"date={number:02}" / "t.parquet").write_bytes(b"x" * number)
    bucket.server.requests.clear()
    assert [path.stat().st_size for path in (bucket.place / "t").rglob("t.parquet")] == list(range(12))
    assert len(bucket.server.requests) == 1
