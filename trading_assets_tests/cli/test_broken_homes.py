"""What is said of a home, setting, file or instance that is broken: the finding, the exit code, the next step."""

import json
import os
import signal
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from trading_assets.cli import doctor
from trading_assets.cli.process_part import PartMaker, ProcessPart
from trading_assets.defs.parts import make_parts
from trading_assets.defs.runner import RunOutcome
from trading_assets_tests.commands import Answer, trading_assets

Plant = Callable[[Path, pytest.MonkeyPatch], None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def file_as_home(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("not a folder")
    patch.setenv("TRADING_ASSETS_HOME", str(folder / "file"))


def home_below_a_file(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("not a folder")
    patch.setenv("TRADING_ASSETS_HOME", str(folder / "file" / "home"))


def setting_of_another_name(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "trading_assets.toml").write_text("hom = 'x'\n")


def settings_file_cut_short(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "trading_assets.toml").write_text("home = [")


def instance_file_cut_short(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "dagster.yaml").write_text("storage: [")


def instance_file_of_something_else(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "dagster.yaml").write_text("storag: 1\n")


def overlay_nowhere(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TRADING_ASSETS_OVERLAY", str(folder / "nowhere"))


def overlay_of_another_kind(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "overlay").mkdir()
    (folder / "overlay" / "holidays.csv").write_text("day,name\n2026-01-28,Mourning\n")
    patch.setenv("TRADING_ASSETS_OVERLAY", str(folder / "overlay"))


def strategies_nowhere(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TRADING_ASSETS_STRATEGY_FOLDER", str(folder / "nowhere"))


def strategy_that_does_not_load(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "broken.py").write_text("STRATEGY = 3\n")
    patch.setenv("TRADING_ASSETS_STRATEGY_FOLDER", str(folder / "mine"))


def history_overwritten(folder: Path, _: pytest.MonkeyPatch) -> None:
    database = folder / "home" / "dagster" / "history" / "runs.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"this was a database once" * 100)


PLANTED: list[tuple[Plant, str, str]] = [
    (file_as_home, "is a file", "name a folder in TRADING_ASSETS_HOME"),
    (home_below_a_file, "Not a directory", "file/home"),
    (setting_of_another_name, "hom", "trading_assets.toml"),
    (settings_file_cut_short, "is not TOML", "Correct it"),
    (instance_file_cut_short, "dagster.yaml cannot be used", "remove it to use the packaged one"),
    (instance_file_of_something_else, 'unexpected config entry "storag"', "Correct it"),
    (overlay_nowhere, "nowhere does not exist", "unset overlay"),
    (overlay_of_another_kind, "holidays.csv", "date"),
    (strategies_nowhere, "nowhere is not a folder", "create it"),
    (strategy_that_does_not_load, "broken.py", "STRATEGY"),
    (history_overwritten, "file is not a database", "Restore it"),
]


@pytest.mark.parametrize(("plant", "found", "next_step"), PLANTED, ids=[plant.__name__ for plant, _, _ in PLANTED])
@pytest.mark.usefixtures("home")
def test_doctor_finds_what_is_broken_and_says_what_to_do(
    plant: Plant, found: str, next_step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, monkeypatch)
    answer = trading_assets("doctor", "--json")
    assert (answer.code, answer.err) == (1, "")
    [problem] = json.loads(answer.out)["problems"]
    assert found in problem
    assert next_step in problem
    assert "\n" not in problem, "one paragraph"


def test_doctor_says_in_words_that_a_package_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", (*doctor.PACKAGES, "a-package-nobody-made"))
    answer = trading_assets("doctor")
    assert answer.code == 1
    assert answer.out.splitlines()[-2:] == [
        "problem: a-package-nobody-made is not installed; run `make demo` or install requirements.lock.",
        "1 problem(s).",
    ]
    assert f"  home                  {home}" in answer.out


@pytest.mark.usefixtures("home")
def test_doctor_shows_what_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_API_TOKEN", "a-token-nobody-may-see")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as other:
            free = other.getsockname()[1]
        monkeypatch.setattr(doctor, "PORTS", {"one": taken, "two": free})
        answer = trading_assets("doctor", "--json")
    assert answer.code == 0, answer.out
    assert "a-token-nobody-may-see" not in answer.out
    found = json.loads(answer.out)
    assert set(found) == {
        "versions", "paths", "calendar", "strategies", "ports", "settings", "storage", "dagster", "problems",
    }  # fmt: skip
    assert found["ports"] == {f"{taken} for one": "in use", f"{free} for two": "free"}
    assert found["storage"]["mirror"] == "none"
    assert found["dagster"] == {"storage": "PooledRunStorage", "runs": "0"}
    assert {"pcr_analysis", "oi_change_patterns"} <= set(found["strategies"])
    assert found["settings"]["api_token"] == "*" * 10


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", [("status",), ("sql", "SELECT 1"), ("report",), ("materialize",)])
def test_every_command_refuses_a_home_that_is_a_file(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_as_home(tmp_path, monkeypatch)
    days = ("--from", "2026-01-28", "--to", "2026-01-28") if command == ("materialize",) else ()
    answer = trading_assets(*command, *days)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith(f"error: home {tmp_path / 'file'} is a file; name a folder")


@pytest.mark.usefixtures("home")
def test_a_broken_instance_stops_a_run_with_the_sentence_and_not_with_a_traceback(tmp_path: Path) -> None:
    instance_file_of_something_else(tmp_path, pytest.MonkeyPatch())
    answer = trading_assets("materialize", "--from", "2026-01-28", "--to", "2026-01-28", "--select", "equity_curve")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.count("\n") == 1
    assert "dagster.yaml cannot be used" in answer.err


def archive_that_climbs(folder: Path) -> Path:
    path = folder / "climbing.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("../../climbed.json")
        member.size = 2
        archive.addfile(member, BytesIO(b"{}"))
    return path


def named_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def endless_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link"


def folder_without_files(folder: Path) -> Path:
    (folder / "bare" / ".hidden").mkdir(parents=True)
    (folder / "bare" / ".hidden" / "dump.json").write_text("{}")
    return folder / "bare"


def text_of_another_kind(folder: Path) -> Path:
    (folder / "notes.json").write_text("[1, 2]")
    return folder / "notes.json"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (archive_that_climbs, "no recording of feed nse-json was found in 1 files"),
        (folder_without_files, "no recording of feed nse-json was found in 0 files"),
        (text_of_another_kind, "no recording of feed nse-json was found in 1 files"),
        (named_pipe, "pipe is not a regular file or a folder"),
        (endless_link, "link is not a regular file or a folder"),
        (lambda _: Path("/dev/zero"), "/dev/zero is not a regular file or a folder"),
        (lambda _: Path("x" * 5_000), "File name too long"),
    ],
)
def test_what_cannot_be_ingested_is_refused_and_leaves_nothing(
    make: Callable[[Path], Path], told: str, home: Path, tmp_path: Path
) -> None:
    path = make(tmp_path)
    answer = trading_assets("ingest", "--feed", "nse-json", str(path), "--json")
    assert answer.code == 3
    assert answer.err.startswith("error: ")
    assert told in answer.err
    if answer.out:
        refused = json.loads(answer.out)["refused"]
        assert [item["source"].split("!")[0] for item in refused] == ([str(path)] if path.is_file() else [])
    assert not list(home.rglob("*.*"))
    assert not (tmp_path.parent / "climbed.json").exists()


@pytest.mark.usefixtures("home")
def test_an_error_of_the_file_system_is_a_sentence_unless_the_traceback_is_asked_for() -> None:
    arguments = ("ingest", "--feed", "nse-json", "x" * 5_000)
    assert trading_assets(*arguments).err.count("\n") == 1
    with pytest.raises(OSError, match="File name too long"):
        trading_assets("--debug", *arguments)


def test_ctrl_c_says_that_nothing_is_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_: object) -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("trading_assets.defs.workspace.read_overlay", pressed)
    told = "stopped; what was stored is whole, run the same command again to go on.\n"
    assert trading_assets("status", "--json") == Answer(130, "", told)


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """A function that presses Ctrl-C a moment later, while this thread waits for something."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, pressed)
    # to the thread that waits: sent to the process, another thread may take it and the wait goes on
    timer = threading.Timer(0.3, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1))
    yield timer.start
    timer.cancel()
    signal.signal(signal.SIGUSR1, before)


def test_no_worker_goes_on_after_ctrl_c(ctrl_c: Callable[[], None], tmp_path: Path) -> None:
    begun: list[ProcessPart] = []

    def start(_: Sequence[date], names: Sequence[str]) -> ProcessPart:
        waiting = [sys.executable, "-c", "import signal; signal.alarm(120); signal.pause()"]
        begun.append(ProcessPart(names[0], PartMaker(waiting, str(tmp_path)), lambda _: None))
        return begun[-1]

    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        make_parts([[date(2026, 1, 1)], [date(2026, 1, 2)]], [], ["signals"], start, 2)
    told = [part.ended() for part in begun]
    assert [one.failures for one in told if one is not None] == [("signals: ",)] * 2


def ended(part: ProcessPart) -> RunOutcome:
    while (found := part.ended()) is None:
        pass
    return found


@pytest.mark.parametrize("size", [0, 200_000])
def test_what_a_worker_said_is_kept_however_much(size: int, tmp_path: Path) -> None:
    def made(code: str) -> RunOutcome:
        maker = PartMaker([sys.executable, "-c", code], str(tmp_path))
        maker.tell([date(2026, 1, 1)], ["signals"])
        return ended(ProcessPart("the first", maker, lambda maker: told.append(maker.stop())))

    told: list[str] = []
    lost = made(f"import sys; print('!' * {size} + 'broken', file=sys.stderr); sys.exit(3)")
    assert lost == RunOutcome("", success=False, failures=(f"the first: {'!' * size}broken",), warnings=())
    assert told == []  # nobody tells a process that is gone to make another part
    answer = json.dumps(asdict(RunOutcome("r", success=False, failures=("f",), warnings=("W",))))
    whole = made(f"input(); print({answer!r}.replace('W', 'w' * {size}))")
    assert whole == RunOutcome("r", success=False, failures=("the first: f",), warnings=("w" * size,))
    assert told == [""]
