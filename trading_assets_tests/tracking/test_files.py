"""Files of the registry survive crashes and crowds."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from trading_assets.tracking.files import append_line, exclusive, replace, whole_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    replace(path, b"old")
    replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_half_a_line_of_a_crash_is_not_read_and_is_cut_off_by_the_next_append(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    append_line(path, b"one", 1)
    with path.open("ab") as handle:
        handle.write(b"tw")
    assert whole_lines(path) == b"one\n"
    append_line(path, b"three", 2)
    assert path.read_bytes() == b"one\nthree\n"


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    assert whole_lines(tmp_path / "absent") == b""


def test_the_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(50):
            with exclusive(tmp_path / ".lock"):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "200"
