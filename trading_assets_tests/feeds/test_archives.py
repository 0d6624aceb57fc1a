from __future__ import annotations

import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ArchiveError
from trading_assets.feeds.archives import RawFile, list_files, raw_files
from trading_assets.feeds.bounded_stream import Limits
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTENT = {"b.json": b"{}", "a/c.json": b"[1]", "empty": b""}
MTIME = 1_760_000_000


def tar_bytes(members: Mapping[str, bytes], mode: str = "w", **header: object) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), MTIME
            for field, value in header.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 10, 9, 12, 30, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def read(path: Path, limits: Limits | None = None) -> list[RawFile]:
    return list(raw_files(path, limits or Limits()))


@pytest.mark.parametrize(
    ("suffix", "mode"), [(".tar", "w"), (".tar.xz", "w:xz"), (".tar.gz", "w:gz"), (".tgz", "w:gz")]
)
def test_a_tar_gives_its_files_in_its_order_with_their_times(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"day{suffix}"
    path.write_bytes(tar_bytes(CONTENT, mode))
    found = read(path)
    assert [(file.name, file.content) for file in found] == [(f"{path}!{name}", c) for name, c in CONTENT.items()]
    assert {file.modified for file in found} == {datetime.fromtimestamp(MTIME, tz=UTC)}
    assert [file.stem for file in found] == ["b.json", "c.json", "empty"]


def test_a_zip_gives_its_files_with_times_in_ist(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    path.write_bytes(zip_bytes(CONTENT))
    found = read(path)
    assert [file.content for file in found] == list(CONTENT.values())
    assert found[0].modified == datetime(2025, 10, 9, 12, 30, tzinfo=IST)


@pytest.mark.parametrize(("suffix", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress), ("", bytes)])
def test_a_single_file_is_unpacked_and_named_without_its_packing(tmp_path: Path, suffix: str, pack: type) -> None:
    path = tmp_path / f"dump.json{suffix}"
    path.write_bytes(pack(b'{"a": 1}'))
    os.utime(path, (MTIME, MTIME))
    (found,) = read(path)
    assert found == RawFile(str(tmp_path / "dump.json"), datetime.fromtimestamp(MTIME, tz=UTC), b'{"a": 1}')


def test_folders_are_listed_recursively_by_name_without_hidden_files(tmp_path: Path) -> None:
    for name in ("z.json", "a/b.json", "a/.cache/x.json", ".git/config", "a/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    expected = [tmp_path / "a" / "b.json", tmp_path / "z.json"]
    assert list_files([tmp_path]) == expected
    assert list_files([tmp_path / "z.json", tmp_path, tmp_path / "z.json"]) == [expected[1], expected[0]]


def test_a_path_that_is_nothing_readable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not a regular file"):
        list_files([tmp_path / "absent"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArchiveError, match="not a regular file"):
        list_files([tmp_path / "pipe"])
    assert list_files([tmp_path]) == []


UNSAFE = ["../up", "/etc/passwd", "a/../../up", "..\\up", "C:\\x"]


@pytest.mark.parametrize("name", UNSAFE)
def test_names_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    for path, packed in ((tmp_path / "x.tar", tar_bytes({name: b""})), (tmp_path / "x.zip", zip_bytes({name: b""}))):
        path.write_bytes(packed)
        with pytest.raises(ArchiveError, match="outside") as caught:
            read(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(tar_bytes({"member": b""}, type=kind, linkname="/etc/passwd"))
    with pytest.raises(ArchiveError, match="link or device"):
        read(path)


def test_links_and_encrypted_members_in_a_zip_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("member")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="link or device"):
        read(tmp_path / "x.zip")
    packed = bytearray(zip_bytes({"member": b"secret"}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "y.zip").write_bytes(packed)
    with pytest.raises(ArchiveError, match="encrypted"):
        read(tmp_path / "y.zip")


SMALL = Limits(member_bytes=1000, total_bytes=3000, ratio=10.0, ratio_from=500, members=3)


@pytest.mark.parametrize("pack", [lambda members: tar_bytes(members, "w"), zip_bytes], ids=["tar", "zip"])
def test_size_and_count_limits_hold(tmp_path: Path, pack: type) -> None:
    noise = os.urandom(1001)
    path = tmp_path / ("x.zip" if pack is zip_bytes else "x.tar")
    for members, said in (
        ({"big": noise}, "larger than 1000 bytes"),
        ({f"m{n}": b"" for n in range(4)}, "more than 3 members"),
    ):
        path.write_bytes(pack(members))
        with pytest.raises(ArchiveError, match=said):
            read(path, Limits(member_bytes=1000, members=3))
    path.write_bytes(pack({f"m{n}": noise[:1000] for n in range(4)}))
    with pytest.raises(ArchiveError, match="more than 3000 bytes"):
        read(path, Limits(total_bytes=3000))


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("bomb.xz", lzma.compress(bytes(1 << 20))),
        ("bomb.gz", gzip.compress(bytes(1 << 20))),
        ("bomb.tar.xz", tar_bytes({"zeros": bytes(1 << 20)}, "w:xz")),
        ("bomb.zip", zip_bytes({"zeros": bytes(1 << 20)})),
    ],
)
def test_a_decompression_bomb_is_stopped(tmp_path: Path, name: str, packed: bytes) -> None:
    (tmp_path / name).write_bytes(packed)
    with pytest.raises(ArchiveError, match="times its size"):
        read(tmp_path / name, Limits(ratio=10.0, ratio_from=500))


def test_small_limits_let_ordinary_files_through(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zip_bytes(CONTENT))
    assert len(read(tmp_path / "x.zip", SMALL)) == 3


@given(st.sampled_from(["x.zip", "x.tar", "x.tar.xz", "x.gz", "x.xz"]), st.integers(0, 400), st.binary(max_size=40))
def test_damaged_archives_give_files_or_an_archive_error(
    tmp_path_factory: object, name: str, at: int, junk: bytes
) -> None:
    good = {
        "x.zip": zip_bytes(CONTENT),
        "x.tar": tar_bytes(CONTENT),
        "x.tar.xz": tar_bytes(CONTENT, "w:xz"),
        "x.gz": gzip.compress(b"{}" * 50),
        "x.xz": lzma.compress(b"{}" * 50),
    }[name]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(good[:at] + junk + good[at + len(junk) :])
    try:
        read(path)
    except ArchiveError as error:
        assert str(path) in str(error)  # noqa: PT017 -- either outcome is right
