"""How commands speak: pipes hear answers only, terminals see progress, machines get JSON, shells get completions."""

import gc
import io
import json
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from trading_assets.cli.console import counted, progress, say_json
from trading_assets.cli.main import main
from trading_assets.cli.options import parse_day, parse_open_range, parse_range
from trading_assets.errors import UsageError
from trading_assets_tests.commands import Answer, trading_assets

FIRST, LAST = "2026-01-28", "2026-02-02"
REVERSED = ("--from", LAST, "--to", FIRST)


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_counts_on_a_terminal_and_wipes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress("materialize", 3) as advance:
        for day in ("2026-01-28", "2026-01-29", "2026-01-30"):
            advance(day)
    shown = terminal.getvalue()
    assert "materialize 2026-01-30" in shown
    assert "3/3" in shown
    assert shown.endswith("\x1b[1A\x1b[2K"), "the bar is gone when the work is done"


def test_progress_says_nothing_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    with progress("materialize", 1) as advance:
        advance("2026-01-28")
    assert pipe.getvalue() == ""


def test_a_path_is_counted_when_the_next_is_asked_for() -> None:
    done: list[str] = []
    paths = counted([Path("a/one"), Path("b/two")], done.append)
    assert (next(paths), list(done)) == (Path("a/one"), [])
    assert (next(paths), list(done)) == (Path("b/two"), ["one"])
    assert (list(paths), done) == ([], ["one", "two"])


def test_json_has_sorted_keys_plain_numbers_and_iso_days(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"b": np.float64(1.5), "a": {date(2026, 1, 28): np.arange(2)}, "c": Path("x"), 3: None})
    out = capsys.readouterr().out
    assert json.loads(out) == {"3": None, "a": {"2026-01-28": [0, 1]}, "b": 1.5, "c": "x"}
    assert out.index('"a"') < out.index('"b"') < out.index('"c"')


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "02/03/2026", "2026-2-3", "2026-01-28T00:00"])
def test_a_day_is_iso_or_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a date; write YYYY-MM-DD\."):
        parse_day(text)


def test_a_range_may_be_open_but_not_run_backwards() -> None:
    day = date(2026, 1, 28)
    assert parse_open_range(None, None) == (None, None)
    assert parse_open_range(FIRST, None) == (day, None)
    assert parse_open_range(None, FIRST) == (None, day)
    assert parse_open_range(FIRST, FIRST) == parse_range(FIRST, FIRST) == (day, day)
    with pytest.raises(UsageError, match=r"^the range ends \(2026-01-28\) before it starts \(2026-02-02\)\.$"):
        parse_open_range(LAST, FIRST)


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    "arguments",
    [("status", *REVERSED), ("report", *REVERSED), ("materialize", *REVERSED), ("status", "--from", "2026-13-01")],
    ids=" ".join,
)
def test_a_wrong_range_is_no_empty_success(arguments: tuple[str, ...]) -> None:
    answer = trading_assets(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")


#: what a machine may rely on: command and the keys of its answer, of the first item where that is a list
SHAPES = {
    ("status",): {"sessions", "missing", "without_captures", "last_eod", "issues"},
    ("feeds",): {"name", "kind", "cadence_seconds", "open_interest", "volume", "live", "description"},
    ("quality", "report"): {"timestamp", "recent_issues", "feed_health", "summary"},
    ("quality", "rules"): {"name", "table", "category", "unit", "warning", "critical", "meaning"},
    ("model", "list"): {"version", "sha256"},
}


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("command", SHAPES, ids=" ".join)
def test_json_is_one_document_of_promised_keys_and_nothing_else_is_said(command: tuple[str, ...]) -> None:
    answer = trading_assets(*command, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(answer.out)
    assert SHAPES[command] <= set(found[0] if isinstance(found, list) else found)
    plain = trading_assets(*command)
    assert (plain.code, plain.err) == (0, "")
    assert not plain.out.startswith(("{", "["))


@pytest.mark.usefixtures("demo_home")
def test_status_counts_the_issues_of_the_sessions_asked_for() -> None:
    def issues(*days: str) -> dict[str, int]:
        found: dict[str, int] = json.loads(trading_assets("status", *days, "--json").out)["issues"]
        return found

    one, whole = issues("--from", "2026-01-30", "--to", "2026-01-30"), issues()
    counted_by_sql = json.loads(
        trading_assets(
            "sql", "SELECT severity, count(*) AS n FROM quality_issues GROUP BY severity", "--format", "json"
        ).out
    )
    assert {severity: count for severity, count in whole.items() if count} == {
        row["severity"]: row["n"] for row in counted_by_sql
    }
    assert 0 < one["critical"] <= whole["critical"]
    assert list(whole) == ["critical", "info", "warning"], "keys are sorted"
    assert f"issues: {whole['critical']:,} critical, {whole['warning']:,} warning" in trading_assets("status").out


REFUSED = (
    "INSERT INTO trades SELECT * FROM trades",
    "COPY trades TO 'stolen.csv'",
    "ATTACH 'other.db'",
    "SELECT 1; DROP TABLE trades",
    "SELECT * FROM 'trades.parquet'",
    " ; ; ",
)


def test_what_is_no_question_is_refused_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    for statement in REFUSED:
        answer = trading_assets("sql", statement)
        assert (answer.code, answer.out) == (3, ""), statement
        assert answer.err.startswith("error: "), statement
        assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == [], "nothing was written, not even a home"


@pytest.mark.usefixtures("demo_home")
def test_statements_of_a_file_are_answered_in_order(tmp_path: Path) -> None:
    file = tmp_path / "questions.sql"
    file.write_bytes("\ufeff-- ₹\nSELECT 1 AS one; SELECT count(*) AS days FROM daily_performance;\n".encode())
    answer = trading_assets("sql", "--file", str(file), "--format", "json")
    assert [json.loads(part) for part in answer.out.split("\n\n\n")] == [[{"one": 1}], [{"days": 5}]]
    both = trading_assets("sql", "SELECT 1", "--file", str(file))
    assert (both.code, both.out) == (2, "")
    file.write_bytes(b"SELECT '\xff'")
    broken = trading_assets("sql", "--file", str(file))
    assert (broken.code, broken.out) == (3, "")
    assert broken.err.endswith("questions.sql is not UTF-8 text (invalid start byte at byte 8); save it as UTF-8.\n")


@pytest.mark.usefixtures("demo_home")
def test_csv_keeps_what_a_cell_holds() -> None:
    statement = """SELECT NULL AS nothing, 'a,"b' AS quoted, 0.1::DECIMAL(18,2) AS money, true AS yes, 'ü₹' AS text"""
    told = trading_assets("sql", statement, "--format", "csv").out
    assert told.splitlines()[:2] == ["nothing,quoted,money,yes,text", ',"a,""b",0.10,true,ü₹']


def completions(line: str, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What bash is told when Tab is pressed after a line."""
    monkeypatch.setenv("_TRADING_ASSETS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    return trading_assets()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("trading-assets mat", {"materialize"}),
        ("trading-assets re", {"reconcile", "regression", "report"}),
        ("trading-assets model ver", {"verify"}),
        ("trading-assets materialize --w", {"--workers"}),
        ("trading-assets sql --format ", {"table", "csv", "json"}),
        ("trading-assets nosuch", set()),
    ],
)
def test_a_shell_is_offered_commands_options_and_choices(
    line: str, offered: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = completions(line, monkeypatch)
    assert answer.code == 0
    assert set(answer.out.split()) == offered


def test_every_command_says_what_it_does_and_in_which_words() -> None:
    top = trading_assets("--help").out
    for command in (
        "demo", "feeds", "ingest", "collect", "materialize", "status", "regression", "quality", "serve", "model",
        "import-trades", "reconcile", "sql", "explain", "report", "doctor",
    ):  # fmt: skip
        assert f" {command} " in top, command
        told = trading_assets(command, "-h")
        assert told.code == 0
        assert "Usage: trading-assets " in told.out
    assert trading_assets().out.strip() == top.strip(), "no command is a question for help"


def test_a_command_looks_for_cycles_seldom_and_still_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gc.get_threshold()
    monkeypatch.setattr(sys, "argv", ["trading-assets", "--help"])
    try:
        with pytest.raises(SystemExit):
            main()
        assert gc.isenabled()
        assert gc.get_threshold() == (10_000, *before[1:])
    finally:
        gc.set_threshold(*before)
    assert "materialize" in capsys.readouterr().out


FAULTS = """
import resource, sys
import numpy as np
from trading_assets.cli.console import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
for round_ in range(6):
    if round_ == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    del_me = [np.ones(500_000) for _ in range(12)]
    del del_me
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep what they like")
def test_a_command_keeps_the_memory_of_one_session_for_the_next() -> None:
    by_default, kept = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True, text=True).stdout)
        for how in ("default", "kept")
    )
    assert kept * 10 < by_default
