"""`regression` as a user runs it: baselines, tests, differences, lists, snapshot files, and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from shutil import copyfile, copytree

import pytest

from trading_assets.regression.baseline_text import loads
from trading_assets.strategies.discovery import load_strategies
from trading_assets_tests.cli import small_home
from trading_assets_tests.cli.small_home import DAYS, ONE_DAY, RANGE
from trading_assets_tests.commands import trading_assets

EAGER = '{"pcr_analysis": {"enter": 0.45}}'
ONE = ("--strategy", "pcr_analysis")
FILE = f"pcr_analysis_{DAYS[0]}_to_{DAYS[1]}.json"


#: The twenty of the desk and whatever was added.
ALL = len(load_strategies())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home and its baselines, made once; to be copied before it is changed."""
    folder = tmp_path_factory.mktemp("regression")
    small_home.make(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADING_ASSETS_HOME", str(folder / "home"))
        patch.setenv("TRADING_ASSETS_BASELINES", str(folder / "baselines"))
        answer = trading_assets("regression", "--mode", "baseline", *RANGE)
    assert answer.code == 0, answer.err
    return folder


@pytest.fixture
def baselines(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home in force, to be read, and a copy of its baselines, to be changed."""
    copytree(made / "baselines", tmp_path / "baselines")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(made / "home"))
    monkeypatch.setenv("TRADING_ASSETS_BASELINES", str(tmp_path / "baselines"))
    return tmp_path / "baselines"


def test_a_baseline_per_strategy_also_for_the_silent(baselines: Path) -> None:
    strategies = load_strategies()
    assert {path.name for path in baselines.iterdir()} == {f"{name}_{DAYS[0]}_to_{DAYS[1]}.json" for name in strategies}
    counts = {path.name: len(loads(path.read_text("utf-8"), path.name).signals) for path in baselines.iterdir()}
    assert 0 in counts.values()
    assert max(counts.values()) > 3


def test_made_again_they_are_byte_identical(baselines: Path) -> None:
    before = {path.name: path.read_bytes() for path in baselines.iterdir()}
    answer = trading_assets("regression", "--mode", "baseline", *RANGE)
    assert answer.code == 0
    assert answer.out.splitlines() == [str(baselines / name) for name in sorted(before)]
    assert {path.name: path.read_bytes() for path in baselines.iterdir()} == before


@pytest.mark.usefixtures("baselines")
def test_unchanged_rules_pass_with_code_0_and_a_total_line() -> None:
    answer = trading_assets("regression", "--mode", "test", *RANGE)
    assert answer.code == 0, answer.out
    lines = answer.out.splitlines()
    assert lines[-1].startswith(f"TOTAL PASS: {ALL} of {ALL} strategies pass")
    assert lines[2].split() == ["strategy", "baseline", "current", "matched", "moved", "missing", "extra", "drift"]
    assert sum("PASS" in line for line in lines[3:-1]) == ALL


@pytest.mark.usefixtures("baselines")
def test_a_changed_parameter_fails_with_code_1_and_only_its_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", EAGER)
    answer = trading_assets("regression", "--mode", "test", *RANGE)
    assert answer.code == 1
    verdicts = {line.split()[0]: line.split()[1] for line in answer.out.splitlines()[3:] if line[:1].isalpha()}
    assert verdicts.pop("pcr_analysis") == "FAIL"
    assert set(verdicts.values()) <= {"PASS", "FAIL:"}
    assert "note: parameters changed from" in answer.out
    assert trading_assets("regression", "--mode", "test", *RANGE, "--strategy", "vwap_trend").code == 0


@pytest.mark.usefixtures("baselines")
def test_the_tolerance_of_the_call_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", '{"pcr_analysis": {"full": 0.71}}')
    codes = {
        tolerance: trading_assets("regression", "--mode", "test", *RANGE, *ONE, "--tolerance", tolerance)
        for tolerance in ("0", "0.001", "0.5")
    }
    assert codes["0"].code == 1
    assert "drift beyond" in codes["0"].out
    assert "drift beyond" not in codes["0.5"].out
    assert "tolerance 50.00%" in codes["0.5"].out


def test_a_missing_baseline_is_code_3_and_says_how_to_make_it(baselines: Path) -> None:
    (baselines / FILE).unlink()
    answer = trading_assets("regression", "--mode", "test", *RANGE)
    assert answer.code == 3
    assert f"there is no baseline {FILE}; make it with `regression --mode baseline`" in answer.out
    assert f"TOTAL FAIL: {ALL - 1} of {ALL}" in answer.out


def test_no_folder_of_this_range_is_code_3(baselines: Path) -> None:
    assert trading_assets("regression", "--mode", "test", *ONE_DAY).code == 3
    assert baselines.is_dir()


@pytest.mark.parametrize("content", ["", "{", '{"provenance": {}, "signals": []}', "\x00"])
def test_an_unreadable_baseline_is_code_3(baselines: Path, content: str) -> None:
    (baselines / FILE).write_text(content, encoding="utf-8")
    answer = trading_assets("regression", "--mode", "test", *RANGE, *ONE)
    assert answer.code == 3
    assert f"baseline {FILE} cannot be read" in answer.out
    assert "Traceback" not in answer.out + answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--mode", "test", *ONE_DAY[:2]), 2, "--start and --end"),
        (("--mode", "test", "--start", "2026-01-29", "--end", "2026-01-28"), 2, "before it starts"),
        (("--mode", "test", *RANGE, "--strategy", "nosuch"), 2, "there is no strategy 'nosuch'; the strategies are"),
        (("--mode", "both", *RANGE), 2, "baseline or test"),
        (("--mode", "test", *RANGE, "--format", "pdf"), 2, "text, markdown, html, junit, json"),
        (("--mode", "test", *RANGE, "--tolerance", "-0.1"), 2, ""),
        (("--mode", "test", "--start", "2026-01-05", "--end", "2026-01-06"), 3, "no snapshots are stored from"),
        (("--mode", "test", *RANGE, "--snapshots", "nowhere"), 3, "no snapshots are in nowhere from"),
        (("diff",), 2, "--start and --end"),
        (("approve", *RANGE), 2, ""),
        (("approve", *RANGE, "--reason", "  "), 2, "needs a reason"),
        (("verify", "--start", "2026-01-05", "--end", "2026-01-06"), 3, "no snapshots are stored from"),
        (("snapshot", "--start", "2026-01-05", "--end", "2026-01-06"), 3, "no snapshots are stored from"),
        (("nosuch",), 2, ""),
    ],
)
@pytest.mark.usefixtures("baselines")
def test_wrong_calls_and_missing_input(arguments: tuple[str, ...], code: int, told: str) -> None:
    answer = trading_assets("regression", *arguments)
    assert answer.code == code, answer.out + answer.err
    assert told in answer.err
    assert "Traceback" not in answer.out + answer.err


@pytest.mark.usefixtures("baselines")
def test_a_difference_is_shown_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    same = trading_assets("regression", "diff", *RANGE, *ONE)
    assert (same.code, same.out.splitlines()[0][:10]) == (0, "TOTAL PASS")
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", EAGER)
    answer = trading_assets("regression", "diff", *RANGE, *ONE)
    lines = answer.out.splitlines()
    assert answer.code == 1
    assert lines[0].startswith("@@ pcr_analysis: ")
    assert sum(line.startswith("-2026") for line in lines) == sum(line.startswith("+2026") for line in lines) > 0
    assert lines[1].startswith(" drift beyond: confidence 0.")


@pytest.mark.usefixtures("baselines")
def test_baselines_are_listed() -> None:
    lines = trading_assets("regression", "list").out.splitlines()
    assert len(lines) == ALL
    assert all(f"{DAYS[0]} to {DAYS[1]}" in line and line.endswith("signals") for line in lines)


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}
        self.tags.append(tag)


@pytest.mark.usefixtures("baselines")
def test_the_five_formats_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", EAGER)
    told = {
        name: trading_assets("regression", "--mode", "test", *RANGE, *ONE, "--format", name)
        for name in ("text", "markdown", "html", "junit", "json")
    }
    assert {answer.code for answer in told.values()} == {1}
    document = json.loads(told["json"].out)
    [failed] = [one["strategy_id"] for one in document["strategies"] if not one["passed"]]
    suite = ET.fromstring(told["junit"].out)[0]  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    assert [case.get("name") for case in suite if len(case)] == [failed]
    assert told["markdown"].out.count("| FAIL |") == 1
    page = _Outline()
    page.feed(told["html"].out)
    assert page.tags.count("tr") == 2
    assert "script" not in page.tags
    assert f"TOTAL FAIL: 0 of 1 strategies pass; signals: baseline {document['totals']['baseline']}" in told["text"].out


@pytest.fixture(scope="module")
def snapshot_file(made: Path) -> Path:
    """The first session as a file, written once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADING_ASSETS_HOME", str(made / "home"))
        answer = trading_assets("regression", "snapshot", *ONE_DAY)
    path = made / "home" / "snapshots" / f"market_state_{DAYS[0]}.json"
    assert (answer.code, answer.out.strip()) == (0, str(path))
    return path


def test_snapshot_files_give_the_baselines_of_the_tables(baselines: Path, snapshot_file: Path) -> None:
    assert trading_assets("regression", "--mode", "baseline", *ONE_DAY).code == 0
    of_tables = {path.name: path.read_bytes() for path in baselines.glob(f"*_to_{DAYS[0]}.json")}
    answer = trading_assets("regression", "--mode", "baseline", *ONE_DAY, "--snapshots", str(snapshot_file.parent))
    assert answer.code == 0, answer.err
    assert len(of_tables) == ALL
    assert {path.name: path.read_bytes() for path in baselines.glob(f"*_to_{DAYS[0]}.json")} == of_tables


def test_a_file_under_the_name_of_another_day_is_refused(baselines: Path, snapshot_file: Path, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    copyfile(snapshot_file, tmp_path / "files" / f"market_state_{DAYS[1]}.json")
    day = ("--start", str(DAYS[1]), "--end", str(DAYS[1]))
    answer = trading_assets("regression", "--mode", "test", *day, "--snapshots", str(tmp_path / "files"))
    assert answer.code == 3
    assert f"holds snapshots of {DAYS[0]}; its name says {DAYS[1]}" in answer.err
    assert baselines.is_dir()


def test_two_files_of_one_day_and_damage_are_refused(baselines: Path, tmp_path: Path) -> None:
    path = tmp_path / f"market_state_{DAYS[0]}.json"
    path.write_text("[", encoding="utf-8")
    cut = trading_assets("regression", "--mode", "test", *ONE_DAY, *ONE, "--snapshots", str(tmp_path))
    assert (cut.code, "is not JSON" in cut.err) == (3, True)
    path.with_suffix(".json.xz").write_bytes(b"")
    twice = trading_assets("regression", "--mode", "test", *ONE_DAY, *ONE, "--snapshots", str(tmp_path))
    assert (twice.code, f"are both of {DAYS[0]}" in twice.err) == (3, True)
    assert baselines.is_dir()


def test_a_changed_snapshot_file_is_told_by_its_day(baselines: Path, snapshot_file: Path, tmp_path: Path) -> None:
    assert trading_assets("regression", "--mode", "baseline", *ONE_DAY, *ONE).code == 0
    document = json.loads(snapshot_file.read_bytes())
    document[3]["option_chain"][0]["last_price"] += 0.05
    (tmp_path / snapshot_file.name).write_text(json.dumps(document), encoding="utf-8")
    answer = trading_assets("regression", "--mode", "test", *ONE_DAY, *ONE, "--snapshots", str(tmp_path))
    assert answer.code == 3
    assert f"snapshots of {DAYS[0]} are others than those the baseline was made of" in answer.out
    assert baselines.is_dir()


@pytest.mark.usefixtures("baselines")
def test_the_code_is_that_of_a_process_that_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['trading-assets', 'regression', '--mode', 'test', *sys.argv[1:]]\n"
        "from trading_assets.cli.main import main\n"
        "heavy = {'scipy', 'sklearn', 'httpx', 'dagster', 'mlflow', 'duckdb', 'pandera'}\n"
        "try: main()\n"
        "finally: print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--start", "2026-01-28", "--end", "2026-01-28"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert f"TOTAL FAIL: 0 of {ALL}" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]", "nothing is loaded that costs time and memory and is not needed"
