"""Damaging text, JSON and parquet as disks, networks, spreadsheets and enemies do."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from random import Random

TOKENS = (
    b"",
    b"-",
    b"0",
    b"-1",
    b"1e308",
    b"-4294967296",
    b"inf",
    b"nan",
    b"NaN",
    b"NA",
    b'"',
    b'"1,2"',
    b"\x00",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b"\r\n",
    b",",
    b"9999-12-31",
    b"0001-01-01",
    b"9999-12-31 23:59:59",
    b"0001-01-01 00:00",
    b"0001-01-01 00:00:00+23:59",
    b"2262-04-12 00:00:00+05:30",
    b"31-02-2019",
    b"29-Feb-2023",
    "१२".encode(),
    b"Call",
    b"BANKNIFTY",
    b"=1+1",
    *(b"65", b"23412", b"0.05", b"-0.05", b"1e-9", b"2026-09-16", b"22-Sep-2026", b"29-Sep-2026", b"CE", b"PE", b"Put"),
    b"1" * 400,
)
#: What else stands between the marks of JSON.
JSON_TOKENS = (
    *(b"null", b"true", b"[]", b"{}", b'""', b'"x"', b'"CE"', b'"-"', b"[[]]", b'[{"CE":1}]', b"-0.0", b"1e999"),
    *(b"18446744073709551616", b'"2026-02-31"', b'"9999-12-31"', b'"0001-01-01T00:00:00+14:00"', b'"31-Feb-2026"'),
    *(b'"\\ud800"', b"[" * 3_000, b'{"a":' * 3_000, b'"' + b"x" * 400 + b'"'),
)
#: How often a content is damaged: mostly once, so that what is behind it is reached.
DAMAGES = (1, 1, 1, 2, 4)
_NUMBERS = (None, 0, -1, 1, 65, 23_412, 0.05, -0.05, 1e-9, 1e308, -1e308, 2**62, 2**64 - 1, -4_294_967_296, 829.0)
_VALUES = (
    *(*_NUMBERS, True, "", "x", "-", "NaN", "CE"),
    *("2026-09-16", "2026-02-31", "9999-12-31", "0001-01-01", "22-Sep-2026", "31-Feb-2026", "29-Sep-2026", "BANKNIFTY"),
    *(
        "2026-09-16T11:15:00+05:30",
        "0001-01-01T00:00:00+14:00",
        "16-Sep-2026 11:15:00",
        [],
        {},
        [[]],
        [None],
        {"CE": 1},
    ),
)
_MARK = re.compile(rb"[,:{}\[\]\n]")
_TYPES = (pa.string(), pa.float32(), pa.int64(), pa.bool_(), pa.timestamp("ns"), pa.date32(), pa.null())


def mutated(content: bytes, random: Random) -> bytes:
    """Content after one to four damages: bytes flipped, cells replaced, lines lost, doubled or cut."""
    for _ in range(random.choice(DAMAGES)):
        content = random.choice((_bytes, _cell, _cell, _cell, _line, _cut))(content, random)
    return content


def mutated_json(content: bytes, random: Random) -> bytes:
    """Content after one to four damages: half of the time it is still JSON, of other values or kinds."""
    still_json = random.random() < 0.5
    for _ in range(random.choice(DAMAGES)):
        damage = _node if still_json else random.choice((_piece, _piece, _bytes, _cut))
        content = damage(content, random)
    return content


def mutated_parquet(content: bytes, random: Random) -> bytes:
    """A file whose columns are lost, of another type, emptied or of other values; every other one has bytes flipped."""
    if random.random() < 0.5:
        return _bytes(content, random) if random.random() < 0.9 else _cut(content, random)
    table = _table(content)
    for _ in range(random.randint(1, 2)):
        table = random.choice((_lost, _retyped, _revalued, _resized, _untold))(table, random)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


@cache
def _table(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content), use_threads=False)


def _lost(table: pa.Table, random: Random) -> pa.Table:
    return table.drop_columns(random.choice(table.column_names)) if table.num_columns > 1 else table


def _retyped(table: pa.Table, random: Random) -> pa.Table:
    at = random.randrange(table.num_columns)
    kind = random.choice(_TYPES)
    return table.set_column(at, table.column_names[at], pa.nulls(table.num_rows, kind))


def _revalued(table: pa.Table, random: Random) -> pa.Table:
    at = random.randrange(table.num_columns)
    known = table.column(at).to_pylist()
    value = random.choice((None, 0, -1, 2**40, float("inf"), float("nan"), -1e308, 1e308, "x", "PE", *known[:1]))
    rows = range(len(known)) if random.random() < 0.5 else [random.randrange(max(len(known), 1))]
    changed = [value if row in rows else found for row, found in enumerate(known)]
    try:
        column = pa.array(changed, table.schema.field(at).type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        column = pa.array([None if value is None else str(value)] * len(known))
    return table.set_column(at, table.column_names[at], column)


def _resized(table: pa.Table, random: Random) -> pa.Table:
    return table.slice(random.randrange(len(table) + 1), random.randrange(len(table) + 1))


def _untold(table: pa.Table, random: Random) -> pa.Table:
    strange = (b"", b"0", b"-1", b"7", b"99999999999999999999", b"\xff", b"NIFTY")
    told = {name: random.choice((*strange, value)) for name, value in (table.schema.metadata or {}).items()}
    return table.replace_schema_metadata(told)


def _node(content: bytes, random: Random) -> bytes:
    """The document with one node replaced, left out or doubled; content that is no JSON or holds no node as it is."""
    try:
        document = place = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        deeper = [key for key in keys if isinstance(place[key], dict | list)]  # type: ignore[index,call-overload]
        if not deeper or random.random() < 0.15:
            _replace(place, random.choice(keys), random)
            break
        place = place[random.choice(deeper)]  # type: ignore[index,call-overload]
    return orjson.dumps(document)


def _replace(place: dict[str, object] | list[object], key: str | int, random: Random) -> None:
    choice = random.random()
    if choice < 0.1:
        del place[key]  # type: ignore[arg-type]
    elif choice < 0.2 and isinstance(place, list):
        place.append(place[key])  # type: ignore[call-overload]
    else:
        number = isinstance(place[key], int | float) and random.random() < 0.6  # type: ignore[index,call-overload]
        place[key] = random.choice(_NUMBERS if number else _VALUES)  # type: ignore[index,call-overload]


def _piece(content: bytes, random: Random) -> bytes:
    first = _MARK.search(content, random.randrange(len(content) + 1))
    if first is None:
        return content
    last = _MARK.search(content, first.end())
    end = len(content) if last is None else last.start()
    return content[: first.end()] + random.choice((*JSON_TOKENS, *TOKENS)) + content[end:]


def _bytes(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.randbytes(random.randint(0, 4)) + content[at + random.randint(0, 4) :]


def _cell(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    cells = lines[at].split(b",")
    cells[random.randrange(len(cells))] = random.choice(TOKENS)
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def _line(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    lines[at : at + 1] = random.choice(([], [lines[at]] * 2, [lines[at], b""], [b",".join([b"1"] * 30)]))
    return b"\n".join(lines)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]
