"""Damaging CSV as disks, networks, spreadsheets and enemies do."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    b"1" * 400,
)


def mutated(content: bytes, random: Random) -> bytes:
    """Content after one to four damages: bytes flipped, cells replaced, lines lost, doubled or cut."""
    for _ in range(random.randint(1, 4)):
        content = random.choice((_bytes, _cell, _cell, _line, _cut))(content, random)
    return content


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
