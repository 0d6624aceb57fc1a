"""The ledger only grows, notices every change, and knows what was known when."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ModelError
from trading_assets.tracking.ledger import RegistryEntry, append_entry, latest_version, read_ledger, serving

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def entry(number: int = 0, valid_from: date = date(2024, 3, 1), role: str = "champion") -> RegistryEntry:
    return RegistryEntry(
        version=f"v1.{number}.0",
        sha256=f"{number:064x}",
        valid_from=valid_from,
        trained_from=date(2024, 1, 1),
        trained_until=valid_from - timedelta(days=1),
        role=role,  # type: ignore[arg-type]
        recorded_at=NOON + timedelta(hours=number),
        reason="test",
        kind="logistic_regression",
        rows=100,
        features_sha256="f" * 64,
        mlflow_run_id="run",
    )


def written(path: Path, count: int = 3) -> list[RegistryEntry]:
    entries = [entry(number) for number in range(count)]
    for each in entries:
        append_entry(path, each)
    return entries


def test_what_is_read_is_what_was_written_in_order(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert list(read_ledger(path)) == []
    assert list(read_ledger(path)) + written(path) == list(read_ledger(path))


@pytest.mark.parametrize("line", [0, 1, 2], ids=["first", "middle", "last"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sha256", "a" * 64),
        ("version", "v9.0.0"),
        ("role", "candidate"),
        ("valid_from", "2024-04-01"),
        ("trained_until", "2024-01-05"),
        ("recorded_at", "2023-01-01T00:00:00+00:00"),
        ("reason", "because"),
        ("seal", "0" * 64),
    ],
)
def test_a_changed_line_is_noticed(tmp_path: Path, line: int, name: str, value: str) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path)
    lines = path.read_bytes().splitlines()
    lines[line] = orjson.dumps(orjson.loads(lines[line]) | {name: value})
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(ModelError, match=rf"ledger\.jsonl line {line + 1} .* changed after it was written"):
        read_ledger(path)


@pytest.mark.parametrize(
    "order", [[1, 0, 2], [0, 2], [1, 2], [0, 0, 1, 2]], ids=["swapped", "cut", "headless", "twice"]
)
def test_swapped_removed_and_repeated_lines_are_noticed(tmp_path: Path, order: list[int]) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(lines[number] for number in order) + b"\n")
    with pytest.raises(ModelError, match="seal does not fit"):
        read_ledger(path)
    with pytest.raises(ModelError, match="seal does not fit"):
        append_entry(path, entry(9))


@pytest.mark.parametrize("line", [b"{}", b"nonsense", b"[]", b'{"seal": "x", "version": "v1.0.0"}'])
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, 1)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ModelError, match=r"ledger\.jsonl line 2 is not an entry"):
        read_ledger(path)


def test_an_entry_that_could_look_ahead_or_has_no_zone_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for bad in (
        replace(entry(), trained_until=date(2024, 3, 1)),
        replace(entry(), recorded_at=NOON.replace(tzinfo=None)),
    ):
        with pytest.raises(ModelError, match="expected later sessions only"):
            append_entry(path, bad)
    assert not path.exists()


def test_the_latest_champion_whose_first_session_has_come_serves() -> None:
    entries = [
        entry(0, date(2024, 3, 1)),
        entry(1, date(2024, 4, 1)),
        entry(2, date(2024, 4, 1), "candidate"),
        entry(3, date(2024, 2, 1)),
    ]
    served = {day: serving(entries, day) for day in (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))}
    assert [found and found.version for found in served.values()] == [None, "v1.3.0", "v1.0.0"]
    assert serving(entries, date(2024, 4, 1)) == entries[1]
    assert serving([], date(2024, 4, 1)) is None


def test_what_was_known_then_is_not_changed_by_a_later_promotion() -> None:
    first, second = entry(0), entry(1)
    assert serving([first, second], date(2024, 3, 5)) == second
    assert serving([first, second], date(2024, 3, 5), NOON + timedelta(minutes=30)) == first
    assert serving([first, second], date(2024, 3, 5), NOON - timedelta(minutes=30)) is None


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12), st.integers(0, 45))
def test_no_model_ever_serves_a_session_it_learnt_from(decisions: list[tuple[int, bool]], day: int) -> None:
    start = date(2024, 3, 1)
    entries = [
        entry(number, start + timedelta(days=offset), "champion" if champion else "candidate")
        for number, (offset, champion) in enumerate(decisions)
    ]
    session = start + timedelta(days=day)
    found = serving(entries, session)
    if found is None:
        assert not any(e.role == "champion" and e.valid_from <= session for e in entries)
    else:
        assert found.trained_until < session
        assert found.role == "champion"


def test_versions_are_compared_as_numbers() -> None:
    assert latest_version([entry(9), entry(10), entry(2)]) == "v1.10.0"
    assert latest_version([]) is None


def served_day_by_day(entries: list[RegistryEntry], session: date, known_at: datetime) -> str | None:
    """Walk the calendar from the first entry on and let each day's decisions take over as they were written."""
    current = None
    days = sorted({e.valid_from for e in entries if e.valid_from <= session})
    for day in days:
        for each in entries:
            if each.valid_from == day and each.role == "champion" and each.recorded_at <= known_at:
                current = each.version
    return current


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 5)), max_size=10),
    st.integers(0, 8),
    st.integers(0, 6),
)
def test_serving_equals_a_walk_through_the_calendar(
    decisions: list[tuple[int, bool, int]], day: int, known: int
) -> None:
    start = date(2024, 3, 1)
    entries = [
        replace(
            entry(number, start + timedelta(days=offset), "champion" if champion else "candidate"),
            recorded_at=NOON + timedelta(hours=hour),
        )
        for number, (offset, champion, hour) in enumerate(decisions)
    ]
    session, known_at = start + timedelta(days=day), NOON + timedelta(hours=known)
    found = serving(entries, session, known_at)
    assert (found and found.version) == served_day_by_day(entries, session, known_at)


def test_lines_from_before_a_field_was_added_are_whole_and_may_be_added_to(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, 1)
    fields = orjson.loads(path.read_bytes())
    for later in ("seal", "decided_by", "evidence", "forced"):
        del fields[later]
    seal = hashlib.sha256(b"0" * 64 + orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()
    path.write_bytes(orjson.dumps(fields | {"seal": seal}) + b"\n")
    assert read_ledger(path) == (entry(0),)
    append_entry(path, entry(1))
    assert read_ledger(path) == (entry(0), entry(1))
    path.write_bytes(path.read_bytes().replace(b'"rows":100', b'"rows":101', 1))
    with pytest.raises(ModelError, match=r"line 1 .* changed after it was written"):
        read_ledger(path)


@pytest.mark.parametrize("field", ["decided_by", "evidence", "forced"])
def test_who_decided_and_on_what_cannot_be_changed_afterwards(tmp_path: Path, field: str) -> None:
    path = tmp_path / "ledger.jsonl"
    append_entry(path, replace(entry(), decided_by="Asha", evidence="as good on 120 signals"))
    stored = orjson.loads(path.read_bytes())
    changed = {"decided_by": "Ravi", "evidence": "better on 500 signals", "forced": True}
    path.write_bytes(orjson.dumps(stored | {field: changed[field]}) + b"\n")
    with pytest.raises(ModelError, match="its seal does not fit"):
        read_ledger(path)


def test_a_field_that_the_ledger_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, 1)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"loader_module": "os"}) + b"\n")
    with pytest.raises(ModelError, match=r"line 1 is not an entry of the model ledger: .*loader_module"):
        read_ledger(path)
