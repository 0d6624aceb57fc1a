"""Commands as a user meets them: answers, exit codes, and errors of one paragraph that say what to do next."""

import json
import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from trading_assets_tests.commands import trading_assets

TRACEABILITY = [
    "SELECT * FROM daily_performance WHERE date >= '2024-01-01' ORDER BY date DESC",
    """SELECT strategy_name, SUM(total_pnl) AS total_pnl, AVG(win_rate) AS avg_win_rate FROM strategy_performance
    WHERE date >= '2024-01-01' GROUP BY strategy_name ORDER BY total_pnl DESC""",
    """SELECT trade_id, symbol, features_snapshot->>'pcr' AS pcr_value, net_pnl FROM trades
    WHERE (features_snapshot->>'pcr')::float > 1.1 OR (features_snapshot->>'pcr')::float < 0.9""",
    """SELECT column_name FROM information_schema.columns WHERE table_name = 'trades'
    AND column_name IN ('model_version', 'model_hash', 'features_snapshot')""",
    "SELECT COUNT(*), model_version FROM trades WHERE entry_time > NOW() - INTERVAL '1 day' GROUP BY model_version",
    "SELECT * FROM strategy_performance WHERE date = CURRENT_DATE",
]


def dump(spot: float = 25_000.0, at: str = "14-Oct-2025 10:00:00") -> bytes:
    """A small option chain in the shape of the NSE web site, made by us."""
    data = []
    for strike in range(24_800, 25_250, 50):
        legs = {}
        for side, sign in (("CE", 1), ("PE", -1)):
            value = max(sign * (spot - strike), 0) + 60.0
            legs[side] = {
                "strikePrice": strike,
                "expiryDate": "14-Oct-2025",
                "underlying": "NIFTY",
                "openInterest": 1000 + strike % 700,
                "totalTradedVolume": 5000,
                "impliedVolatility": 11.5,
                "lastPrice": value,
                "bidQty": 75,
                "bidprice": value - 0.5,
                "askQty": 75,
                "askPrice": value + 0.5,
                "underlyingValue": spot,
            }
        data.append({"strikePrice": strike, "expiryDate": "14-Oct-2025", **legs})
    records = {"expiryDates": ["14-Oct-2025"], "timestamp": at, "underlyingValue": spot, "data": data}
    return json.dumps({"records": records, "filtered": {"data": data}}).encode()


def named(stamp: str) -> str:
    return f"NIFTY_OptionChain_raw__captured_{stamp}__0123456789.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A folder with an archive and a compressed file: a session, a holiday, a dump after the close, a damaged one."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    files = {
        named("2025-10-14T04-30-20Z"): dump(),
        named("2025-10-14T05-00-20Z"): dump(25_040.0, "14-Oct-2025 10:30:00"),
        named("2025-10-14T11-00-00Z"): dump(25_040.0, "14-Oct-2025 15:30:00"),
        named("2025-10-22T05-00-00Z"): dump(25_100.0, "21-Oct-2025 14:45:00"),
    }
    with tarfile.open(folder / "days.tar.xz", "w:xz") as archive:
        for name, content in files.items():
            path = folder / name
            path.write_bytes(content)
            archive.add(path, arcname=name)
            path.unlink()
    with lzma.open(folder / (named("2025-10-15T05-00-00Z") + ".xz"), "wb") as file:
        file.write(dump(25_060.0, "15-Oct-2025 10:30:00")[:-40])
    return folder


@pytest.mark.usefixtures("home")
def test_recordings_are_landed_once_and_counted(recording: Path) -> None:
    first = trading_assets("ingest", "--feed", "nse-json", str(recording), "--json")
    assert first.code == 0, first.err
    found = json.loads(first.out)
    assert found["captures_new"] + len(found["refused"]) == 5
    assert "2025-10-14" in found["sessions"]
    assert found["rows_quarantined_on_closed_days"] == {"2025-10-22": 18}
    again = json.loads(trading_assets("ingest", "--feed", "nse-json", str(recording), "--json").out)
    assert again["captures_new"] == 0
    assert again["captures_known"] == found["captures_new"]


@pytest.mark.usefixtures("home")
def test_what_is_outside_a_session_is_quarantined_with_its_reason(recording: Path) -> None:
    assert trading_assets("ingest", "--feed", "nse-json", str(recording)).code == 0
    ran = trading_assets("materialize", "--from", "2025-10-14", "--to", "2025-10-14", "--json")
    assert ran.code == 0, ran.err
    summary = json.loads(ran.out)
    assert summary["rows"]["market_snapshots"] == 36
    assert summary["quarantined"]["outside_session"] == 18
    answer = trading_assets(
        "sql",
        "SELECT date, detail FROM quarantined_rows WHERE date = '2025-10-22' LIMIT 1",
        "--format",
        "json",
    )
    assert "Balipratipada" in answer.out


@pytest.mark.usefixtures("home")
def test_a_recording_is_judged_without_landing_it(recording: Path, tmp_path: Path) -> None:
    good = tmp_path / named("2025-10-14T04-30-20Z")
    good.write_bytes(dump())
    clean = trading_assets("quality", "check", str(good), "--feed", "nse-json", "--json")
    assert clean.code == 0, clean.out
    assert json.loads(clean.out)["rows"] == 18
    wrong = trading_assets("quality", "check", str(recording / "days.tar.xz"), "--feed", "nse-json")
    assert wrong.code == 1
    assert "would be quarantined" in wrong.out
    assert not (tmp_path / "home" / "landing").exists()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("ingest", "--feed", "nosuch", "."), 2, "the feeds are"),
        (("ingest", "--feed", "nse-json", "nowhere.tar.xz"), 3, "nowhere.tar.xz"),
        (("materialize", "--from", "2025-10-22", "--to", "2025-10-22"), 2, "Balipratipada"),
        (("materialize", "--from", "2025-10-15", "--to", "2025-10-14"), 2, "before it starts"),
        (("materialize", "--from", "tomorrow", "--to", "2025-10-14"), 2, "YYYY-MM-DD"),
        (("materialize", "--from", "2025-10-14", "--to", "2025-10-14", "--select", "tradez"), 2, "there is no asset"),
        (("explain", "TRADE_0"), 3, "there is no trade"),
        (("report",), 3, "no session to report on"),
        (("regression", "--mode", "test", "--start", "2025-10-14", "--end", "2025-10-14"), 3, "no snapshots"),
        (("regression", "--mode", "guess"), 2, "baseline or test"),
        (("regression", "--mode", "test"), 2, "--start and --end"),
        (("sql",), 2, "either a statement or --file"),
        (("sql", "--file", "nowhere.sql"), 2, "no file"),
        (("sql", "DROP TABLE trades"), 3, "read-only"),
        (("sql", "SELECT * FROM read_csv('/etc/passwd')"), 3, "found table function read_csv"),
        (("sql", "SELECT nonsense FROM trades"), 3, "nonsense"),
        (("quality", "check", "x.json", "--feed", "nosuch"), 2, "the feeds are"),
        (("model", "promote", "v9.9.9", "--reason", "because"), 3, "v9.9.9"),
        (("no-such-command",), 2, "No such command"),
        (("materialize",), 2, "Missing option"),
    ],
)
def test_errors_are_one_paragraph_with_an_exit_code(arguments: tuple[str, ...], code: int, told: str) -> None:
    answer = trading_assets(*arguments)
    assert answer.code == code, answer.out + answer.err
    assert told in answer.err
    assert "Traceback" not in answer.err + answer.out


@pytest.mark.usefixtures("home")
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_TRADING__LOTS", "none")
    answer = trading_assets("status")
    assert answer.code == 3
    assert "trading.lots" in answer.err


@pytest.mark.usefixtures("home")
def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_TRADING__LOTS", "none")
    with pytest.raises(Exception, match=r"trading\.lots"):
        trading_assets("--debug", "status")


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("statement", TRACEABILITY)
def test_the_questions_of_the_record_are_answered(statement: str) -> None:
    answer = trading_assets("sql", statement, "--format", "json")
    assert answer.code == 0, answer.err
    json.loads(answer.out)


@pytest.mark.usefixtures("demo_home")
def test_sql_speaks_tables_csv_and_json() -> None:
    statement = "SELECT date, net_pnl FROM daily_performance ORDER BY date"
    rows = json.loads(trading_assets("sql", statement, "--format", "json").out)
    csv = trading_assets("sql", statement, "--format", "csv").out.splitlines()
    table = trading_assets("sql", statement).out
    assert len(rows) == 5
    assert csv[0] == "date,net_pnl"
    assert csv[1].split(",") == [rows[0]["date"], f"{rows[0]['net_pnl']:.2f}"]
    assert "(5 rows)" in table


@pytest.mark.usefixtures("demo_home")
def test_a_trade_is_explained_down_to_its_last_charge() -> None:
    rows = json.loads(
        trading_assets("sql", "SELECT trade_id, net_pnl FROM trades WHERE ml_score > 0 LIMIT 1", "--format", "json").out
    )
    told = trading_assets("explain", rows[0]["trade_id"])
    assert told.code == 0
    for part in ("snapshot", "features", "re-hashed and verified", "fills", "charges", "net P&L"):
        assert part in told.out
    found = json.loads(trading_assets("explain", rows[0]["trade_id"], "--json").out)
    assert found["disagreements"] == []
    assert found["trade"]["net_pnl"] == rows[0]["net_pnl"]


@pytest.mark.usefixtures("demo_home")
def test_models_are_listed_verified_and_replayed() -> None:
    [entry] = json.loads(trading_assets("model", "list", "--json").out)
    assert entry["version"] == "v1.0.0"
    assert "v1.0.0" in trading_assets("model", "list").out
    assert "intact" in trading_assets("model", "verify").out
    replayed = trading_assets("model", "replay", "--from", "2026-02-01", "--to", "2026-02-02")
    assert replayed.code == 0
    assert "0 differ" in replayed.out


def test_an_altered_model_is_refused_everywhere(own_demo_home: Path) -> None:
    [path] = (own_demo_home / "models").rglob("model.skops")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    verified = trading_assets("model", "verify")
    assert verified.code == 3
    assert "ALTERED" in verified.out
    days = ("--from", "2026-02-02", "--to", "2026-02-02")
    ran = trading_assets("materialize", *days, "--select", "scored_signals", "--json")
    assert ran.code == 1
    assert ran.err.startswith("error: the run did not complete: scored_signals: ")
    told_to_machines = json.loads(ran.out)
    assert told_to_machines["success"] is False
    assert [sentence.split(":")[0] for sentence in told_to_machines["failures"]] == ["scored_signals"]
    told = trading_assets("sql", "SELECT trade_id FROM trades WHERE ml_score > 0 LIMIT 1", "--format", "json")
    explained = trading_assets("explain", json.loads(told.out)[0]["trade_id"])
    assert "re-hashed and verified" not in explained.out


def test_altered_scores_do_not_replay(own_demo_home: Path) -> None:
    from datetime import date

    from trading_assets.defs.workspace import open_workspace
    from trading_assets.tables import scored_signals

    store = open_workspace().store
    day = date(2026, 2, 2)
    frame = store.read(scored_signals.CONTRACT, [day])
    scores = frame["ml_score"].where(frame.index > 0, 0.999)
    store.write(scored_signals.CONTRACT, frame.assign(ml_score=scores), day)
    answer = trading_assets("model", "replay", "--from", "2026-02-01", "--to", "2026-02-02")
    assert answer.code == 1
    assert "1 of" in answer.err
    assert own_demo_home.is_dir()


@pytest.mark.usefixtures("demo_home")
def test_doctor_finds_nothing_wrong_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = trading_assets("doctor", "--json")
    assert healthy.code == 0, healthy.out
    assert json.loads(healthy.out)["problems"] == []
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", "postgresql://desk:hunter2@127.0.0.1:1/none")
    broken = trading_assets("doctor")
    assert broken.code == 1
    assert "problem: PostgreSQL at 127.0.0.1:1 does not answer; start it, or correct postgres_url." in broken.out
    assert "hunter2" not in broken.out + broken.err


@pytest.mark.usefixtures("demo_home")
def test_quality_is_reported_with_the_promised_keys() -> None:
    found = json.loads(trading_assets("quality", "report", "--json").out)
    assert {"timestamp", "recent_issues", "feed_health", "summary"} <= set(found)
    assert found["summary"]["total_issues_tracked"] == len(found["recent_issues"])
    assert "issues tracked" in trading_assets("quality", "report").out


def test_rules_show_the_limits_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_QUALITY__LIMITS", '{"snapshot_age": {"warning": 120}}')
    rules = {rule["name"]: rule for rule in json.loads(trading_assets("quality", "rules", "--json").out)}
    assert rules["snapshot_age"]["warning"] == 120
    assert rules["snapshot_age"]["critical"] == 600
    assert all(rule["meaning"] for rule in rules.values())
    assert "snapshot_age" in trading_assets("quality", "rules").out


def test_feeds_say_what_they_count_in() -> None:
    found = {feed["name"]: feed for feed in json.loads(trading_assets("feeds", "--json").out)}
    assert found["nse-json"]["open_interest"] == "lots"
    assert "nse-json" in trading_assets("feeds").out


@pytest.mark.usefixtures("demo_home")
def test_the_report_of_a_range_is_a_file_of_its_own() -> None:
    answer = trading_assets("report", "--from", "2026-02-01", "--to", "2026-02-02")
    assert answer.code == 0
    page = Path(answer.out.strip())
    assert page.name == "tear_sheet_2026-02-01_to_2026-02-02.html"
    assert len(page.read_bytes()) < 150_000


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; sys.argv = ['trading-assets', '--help']\n"
        "from trading_assets.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'dagster', 'mlflow', 'sklearn', 'duckdb', 'pandera'} & set(sys.modules)))"
    )
    environment = os.environ | {"COLUMNS": "100"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"
