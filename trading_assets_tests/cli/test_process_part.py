"""Processes that make the parts of a range: one serves many parts, tells what is wrong with each, outlives no block."""

import json
import os
import sys
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import orjson
import pytest

from trading_assets.cli import process_part
from trading_assets.cli.process_part import ProcessPart, make_parts_told, part_makers
from trading_assets.defs.runner import RunOutcome
from trading_assets.defs.workspace import open_workspace

DAY = date(2026, 1, 28)
#: Says of each part which process made it, and what it was told.
NAMES_ITSELF = """
import json, os, sys
for line in sys.stdin:
    print(json.dumps({"run_id": str(os.getpid()), "success": True, "failures": [], "warnings": [line]}), flush=True)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ended(part: ProcessPart) -> RunOutcome:
    while (found := part.ended()) is None:
        pass
    return found


@pytest.mark.usefixtures("home")
def test_a_process_that_has_made_its_part_makes_the_next_and_none_outlives_the_range(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_part, "COMMAND", (sys.executable, "-c", NAMES_ITSELF))
    with part_makers(open_workspace()) as start:
        at_once = [start([DAY], ["signals"]), start([DAY], ["trades"])]
        first, second = map(ended, at_once)
        third = ended(start([DAY, date(2026, 1, 29)], ["fills"]))
        assert first.run_id != second.run_id
        assert third.run_id in (first.run_id, second.run_id)
        assert json.loads(third.warnings[0]) == {"days": ["2026-01-28", "2026-01-29"], "names": ["fills"]}
    for pid in (first.run_id, second.run_id):
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


@pytest.mark.usefixtures("home")
def test_a_process_that_went_while_it_was_idle_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    once = 'input(); print(\'{"run_id": "r", "success": true, "failures": [], "warnings": []}\')'
    monkeypatch.setattr(process_part, "COMMAND", (sys.executable, "-c", once))
    with part_makers(open_workspace()) as start:
        assert ended(start([DAY], ["signals"])).success
        lost = ended(start([DAY], ["trades"]))
    assert lost == RunOutcome("", success=False, failures=("2026-01-28 to 2026-01-28: ",), warnings=())


def told_on_input(*lines: dict[str, list[str]]) -> TextIOWrapper:
    return TextIOWrapper(BytesIO(b"".join(orjson.dumps(line) + b"\n" for line in lines)))


def test_each_part_is_made_on_one_instance_and_what_is_wrong_with_one_stops_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [{"days": [str(DAY)], "names": names} for names in (["tradez"], ["market_snapshots"])]
    monkeypatch.setattr(sys, "stdin", told_on_input(*parts))
    make_parts_told()
    refused, made = map(json.loads, capsys.readouterr().out.splitlines())
    assert (refused["success"], made["success"]) == (False, True)
    assert "there is no asset tradez" in refused["failures"][0]
    assert made["run_id"]
    assert (home / "tables" / "market_snapshots" / f"date={DAY}").is_dir()


def test_a_home_that_cannot_be_used_ends_the_process_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "file"))
    with pytest.raises(SystemExit):
        make_parts_told()
    assert "is a file" in capsys.readouterr().err
