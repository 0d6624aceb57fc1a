"""A followed journal reads what a plain one reads, and of what grew only what was appended."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.places.place import Place
from trading_assets.storage import followed_journal
from trading_assets.storage.followed_journal import FollowedJournal
from trading_assets.storage.journal import Journal
from trading_assets.tables import feed_calls
from trading_assets_tests.storage.journaled import DAY, calls

CALLS = feed_calls.CONTRACT
NEXT = date(2025, 10, 14)


def alike(followed: FollowedJournal, plain: Journal, days: list[date] | None = None) -> pd.DataFrame:
    """What both read, which is the same."""
    found = followed.read(CALLS, days)
    pd.testing.assert_frame_equal(found, plain.read(CALLS, days))
    return found


def test_it_reads_as_a_plain_one_while_it_grows(place: Place) -> None:
    plain, followed = Journal(place / "journal"), FollowedJournal(place / "journal")
    assert alike(followed, plain).empty
    for number in range(3):
        plain.append(CALLS, calls([10 - number]))
        plain.append(CALLS, calls([number], day=NEXT))
        assert len(alike(followed, plain)) == 2 * number + 2
    assert len(alike(followed, plain, [NEXT])) == 3
    assert alike(followed, plain, []).empty


def test_only_what_was_appended_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, followed = Journal(tmp_path), FollowedJournal(tmp_path)
    plain.append(CALLS, calls(range(100)))
    followed.read(CALLS)
    seen: list[bytes] = []
    kept = followed_journal.read_lines

    def watched(path: Place, content: bytes, rows: list[dict[str, object]], torn: list[str]) -> None:
        seen.append(content)
        kept(path, content, rows, torn)

    monkeypatch.setattr(followed_journal, "read_lines", watched)
    plain.append(CALLS, calls([200]))
    assert len(followed.read(CALLS)) == 101
    assert sum(content.count(b"\n") for content in seen) == 1


@settings(max_examples=25)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_a_line_that_is_written_in_pieces_counts_once(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[int]
) -> None:
    """A reader may come at any byte of what a writer that was killed, or is slow, has written."""
    whole = Journal(tmp_path_factory.mktemp("whole"))
    whole.append(CALLS, calls(range(3)))
    content = whole.paths(CALLS)[0].read_bytes()
    root = tmp_path_factory.mktemp("pieces")
    path = root / CALLS.name / f"{DAY}.jsonl"
    path.parent.mkdir()
    followed, written = FollowedJournal(root), 0
    for piece in [*pieces, len(content)]:
        written = min(written + piece, len(content))
        path.write_bytes(content[:written])
        alike(followed, Journal(root))
    assert len(followed.read(CALLS)) == 3


def test_a_file_that_shrank_is_read_anew(tmp_path: Path) -> None:
    plain, followed = Journal(tmp_path), FollowedJournal(tmp_path)
    plain.append(CALLS, calls(range(5)))
    followed.read(CALLS)
    [path] = plain.paths(CALLS)
    assert isinstance(path, Path)
    path.unlink()
    assert alike(followed, plain).empty
    plain.append(CALLS, calls([1]))
    assert len(alike(followed, plain)) == 1


def test_a_whole_line_of_another_table_is_refused_every_time(tmp_path: Path) -> None:
    Journal(tmp_path).append(CALLS, calls([1]))
    followed = FollowedJournal(tmp_path)
    followed.read(CALLS)
    [path] = followed.paths(CALLS)
    assert isinstance(path, Path)
    path.write_bytes(path.read_bytes() + b'{"other":1}\n')
    for _ in range(2):
        with pytest.raises(ContractError):
            followed.read(CALLS)
