"""A value is made again when its files changed, no more often than its patience, and by one thread at a time."""

import threading
from pathlib import Path

import pytest

from trading_assets.defs.freshness import Fresh, version_of


class Source:
    """A file, a clock that is set by hand, and a count of how often the value was made."""

    def __init__(self, folder: Path) -> None:
        self.path, self.seconds, self.made = folder / "file", 0.0, 0
        self.path.write_text("one")

    def make(self) -> str:
        self.made += 1
        return self.path.read_text()

    def fresh(self) -> Fresh[str]:
        return Fresh(lambda: [self.path], self.make, lambda: self.seconds, 1.0)


def test_it_is_made_again_when_the_file_changed_and_the_patience_is_over(tmp_path: Path) -> None:
    source = Source(tmp_path)
    value = source.fresh()
    assert (value.get(), value.get(), source.made) == ("one", "one", 1)
    source.path.write_text("three")
    assert value.get() == "one"
    source.seconds = 5.0
    assert (value.get(), source.made) == ("three", 2)


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    source = Source(tmp_path)
    value = source.fresh()
    for source.seconds in (0.0, 6.0, 12.0):
        assert value.get() == "one"
    assert source.made == 1


def test_a_value_without_files_moves_with_time() -> None:
    made: list[int] = []
    clock = [0.0]

    def make() -> int:
        made.append(1)
        return len(made)

    value = Fresh(None, make, lambda: clock[0], 1.0)
    assert (value.get(), value.get()) == (1, 1)
    clock[0] = 5.0
    assert value.get() == 2


def test_while_asked_often_the_last_value_is_given_and_the_next_made_beside() -> None:
    clock, made = [0.0], [0]
    making, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def make() -> int:
        made[0] += 1
        if made[0] > 1:
            making.set()
            go_on.wait(10)
            done.set()
        return made[0]

    value = Fresh(None, make, lambda: clock[0], 1.0)
    assert value.get() == 1
    clock[0] = 2.0
    assert value.get() == 1, "it does not wait"
    assert making.wait(10)
    assert (value.get(), made[0]) == (1, 2), "nobody else makes it meanwhile"
    go_on.set()
    assert done.wait(10)
    clock[0] = 7.5
    assert value.get() >= 2, "a value this old is not given"


def test_a_failure_lets_the_next_one_try(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.path.unlink()
    value = source.fresh()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            value.get()
    source.path.write_text("back")
    assert value.get() == "back"
    assert source.made == 3, "a failure is not kept"


def test_askers_who_wait_for_the_same_value_make_it_once() -> None:
    clock, made = [0.0], [0]
    making, go_on = threading.Event(), threading.Event()

    def make() -> int:
        made[0] += 1
        making.set()
        assert go_on.wait(10)
        return made[0]

    value = Fresh(None, make, lambda: clock[0], 1.0)
    found: list[int] = []
    askers = [threading.Thread(target=lambda: found.append(value.get())) for _ in range(4)]
    for asker in askers:
        asker.start()
    assert making.wait(10)
    go_on.set()
    for asker in askers:
        asker.join(10)
    assert (found, made[0]) == ([1] * 4, 1)


def test_a_version_is_path_size_and_time_of_what_is_there(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("four")
    assert version_of([there, tmp_path / "absent"]) == ((str(there), 4, there.stat().st_mtime_ns),)


def test_what_nobody_has_to_wait_for_is_at_hand(tmp_path: Path) -> None:
    source = Source(tmp_path)
    value = source.fresh()
    assert (value.at_hand(), source.made) == (None, 0), "not made yet, and not now"
    assert value.get() == "one"
    assert value.at_hand() == "one"
    source.seconds = 5.0
    assert value.at_hand() is None, "too old to be given"
