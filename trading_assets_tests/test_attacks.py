"""The list of attacks in SECURITY.md: each class has the tests that it names, and as many cases as it says."""

import math
import re
from importlib import import_module
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SECURITY = TESTS.parent / "SECURITY.md"
ROW = re.compile(
    r"^\| (?P<attack>[^|]+) \| (?P<refusal>[^|]+) \| `(?P<file>[^`|]+)`: (?P<names>[^|]+) \| (?P<cases>\d+) \|$"
)
ROWS = [found for line in SECURITY.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


def cases(file: str, name: str) -> int:
    """How often a test runs, told by its marks without collecting it."""
    module = import_module(f"{TESTS.name}.{file.removesuffix('.py').replace('/', '.')}")
    marks = getattr(getattr(module, name), "pytestmark", [])
    return math.prod(len(mark.args[1]) for mark in marks if mark.name == "parametrize")


@pytest.mark.parametrize("row", ROWS, ids=[row["attack"] for row in ROWS])
def test_a_class_of_attacks_has_its_tests(row: re.Match[str]) -> None:
    found = {name: cases(row["file"], name) for name in re.findall(r"`(test_\w+)`", row["names"])}
    assert sum(found.values()) >= int(row["cases"]), found
    assert all((TESTS.parent / place).is_file() for place in re.findall(r"`(trading_assets/[^`]+)`", row["refusal"]))


def test_the_list_has_every_line_of_its_table_and_forty_attacks() -> None:
    lines = [line for line in SECURITY.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2
    assert sum(int(row["cases"]) for row in ROWS) >= 40
