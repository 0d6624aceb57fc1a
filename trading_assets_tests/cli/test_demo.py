"""The demo: every step happened, says so, and left what it says."""

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import dagster as dg
import pytest

from trading_assets.defs.jobs import DAILY
from trading_assets.defs.runner import open_instance
from trading_assets.defs.workspace import open_workspace
from trading_assets.tables import daily_performance, fills, scored_signals, strategy_performance, trades
from trading_assets.tables.catalog import contract
from trading_assets.tables.money import paise
from trading_assets_tests.commands import Answer, trading_assets

SESSIONS = ["2026-01-28", "2026-01-29", "2026-01-30", "2026-02-01", "2026-02-02"]
BASELINE_RANGE = ("--start", SESSIONS[0], "--end", SESSIONS[-1])


def test_it_ends_with_the_report_and_what_to_do_next(demo: tuple[Path, Answer]) -> None:
    home, answer = demo
    assert answer.code == 0, answer.err
    for text in ("5 sessions", "v1.0.0", "TOTAL PASS", str(home / "reports"), "make dev", "explain TRADE_"):
        assert text in answer.out


def test_the_report_shows_what_the_suite_said(demo: tuple[Path, Answer]) -> None:
    [told] = [line for line in demo[1].out.splitlines() if line.startswith("7. report: ")]
    text = Path(told.removeprefix("7. report: ")).read_text(encoding="utf-8")
    assert "not run" not in text.split("Regression")[1][:200]
    assert "pcr_analysis" in text


def test_the_planted_defect_is_caught_and_explained(demo: tuple[Path, Answer]) -> None:
    told = demo[1].out.split("planted defect")[1].split("\n6.")[0]
    assert "2026-01-30" in told
    assert "put-call-parity forward" in told
    assert "the content did not" in told


@pytest.mark.usefixtures("demo_home")
def test_every_table_of_every_session_is_there() -> None:
    answer = trading_assets("status", "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["missing"] == {}
    assert found["sessions"] == len(SESSIONS)
    assert found["last_eod"] == SESSIONS[-1]


@pytest.mark.usefixtures("demo_home")
def test_trades_strategies_and_days_agree_to_the_paisa() -> None:
    store = open_workspace().store
    for day in map(date.fromisoformat, SESSIONS):
        traded = store.read(trades.CONTRACT, [day])
        daily = store.read(daily_performance.CONTRACT, [day])
        strategies = store.read(strategy_performance.CONTRACT, [day])
        net = paise(traded["net_pnl"]).sum()
        assert net == paise(daily["net_pnl"]).sum() == paise(strategies["total_pnl"]).sum()
        parts = sum(paise(traded[name]).sum() for name in trades.CHARGE_COMPONENTS)
        assert parts == paise(traded["charges"]).sum() == paise(daily["charges"]).sum()
        assert len(store.read(fills.CONTRACT, [day])) == 2 * len(traded)


@pytest.mark.usefixtures("demo_home")
def test_scores_are_of_the_model_that_was_valid_and_missing_before_it() -> None:
    store = open_workspace().store
    before = store.read(scored_signals.CONTRACT, [date(2026, 1, 30)])
    after = store.read(scored_signals.CONTRACT, [date(2026, 2, 1)])
    assert before["ml_score"].isna().all()
    assert set(before["ml_score_reason"]) == {"no_model_for_session"}
    assert after["ml_score"].between(0, 1).all()
    assert set(after["model_version"]) == {"v1.0.0"}
    assert after["model_hash"].str.fullmatch("[0-9a-f]{64}").all()
    seen = json.loads(after["features_snapshot"].iloc[0])
    assert len(seen) == 10
    assert seen["entry_price"] == after["entry_price"].iloc[0]


@pytest.mark.usefixtures("demo_home")
def test_each_session_has_its_own_check_results_and_numbers_in_dagster() -> None:
    with open_instance() as instance:
        key = dg.AssetCheckKey(dg.AssetKey("market_snapshots"), "stale_data")
        history = instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
        by_session = {
            record.event.dagster_event.event_specific_data.partition: record.event.dagster_event.event_specific_data
            for record in history
            if record.event is not None and record.event.dagster_event is not None
        }
        assert set(SESSIONS) <= set(by_session)
        assert not by_session["2026-01-30"].passed
        assert by_session["2026-01-29"].passed
        assert "the content did not" in by_session["2026-01-30"].description
        records = instance.fetch_materializations(dg.AssetKey("daily_performance"), limit=20).records
    numbers = {record.partition_key: record.asset_materialization for record in records}
    assert set(numbers) == set(SESSIONS)
    values = {key: found.metadata["net_pnl"].value for key, found in numbers.items() if found is not None}
    assert len(set(values.values())) == len(SESSIONS), "each session has its own number, not a copy"


def test_doing_it_again_leaves_byte_identical_tables(own_demo_home: Path) -> None:
    def contents() -> dict[str, bytes]:
        files = sorted((own_demo_home / "tables").rglob("*.parquet"))
        return {str(path.relative_to(own_demo_home)): path.read_bytes() for path in files}

    before = contents()
    answer = trading_assets("materialize", "--from", SESSIONS[3], "--to", SESSIONS[4], "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["rows"]["trades"] > 0
    assert contents() == before


def test_a_missing_session_is_named_and_filled(own_demo_home: Path) -> None:
    for table in DAILY:
        (own_demo_home / "tables" / table / "date=2026-01-29" / f"{table}.parquet").unlink()
    missing = trading_assets("status")
    assert missing.code == 1
    assert "2026-01-29 lacks market_snapshots" in missing.out
    filled = trading_assets("status", "--backfill", "--json")
    assert filled.code == 0, filled.err
    assert json.loads(filled.out)["missing"] == {}, "one document; what the run said is on standard error"
    assert filled.err.startswith("done: 1 sessions, 2026-01-29 to 2026-01-29\n")
    assert trading_assets("status").code == 0


@pytest.mark.usefixtures("demo_home")
def test_the_regression_suite_passes_and_notices_a_changed_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trading_assets("regression", "--mode", "test", *BASELINE_RANGE).code == 0
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", '{"pcr_analysis": {"enter": 0.45}}')
    changed = trading_assets("regression", "--mode", "test", *BASELINE_RANGE)
    assert changed.code == 1
    assert "FAIL" in changed.out


def test_a_baseline_made_again_is_byte_identical(own_demo_home: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "baselines").glob("*.json")}
    assert trading_assets("regression", "--mode", "baseline", *BASELINE_RANGE).code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "baselines").glob("*.json")} == before
    assert own_demo_home.is_dir()


def test_a_missing_baseline_never_passes(own_demo_home: Path, tmp_path: Path) -> None:
    next((tmp_path / "baselines").glob(f"pcr*{SESSIONS[0]}*")).unlink()
    answer = trading_assets("regression", "--mode", "test", *BASELINE_RANGE)
    assert answer.code == 3, "nothing differs, something is missing"
    assert "there is no baseline" in answer.out
    assert own_demo_home.is_dir()


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("output", ["text", "markdown", "html", "junit", "json"])
def test_the_suite_speaks_every_format(output: str) -> None:
    answer = trading_assets("regression", "--mode", "test", *BASELINE_RANGE, "--format", output)
    assert (answer.code, answer.err) == (0, "")
    assert "pcr_analysis" in answer.out
    suite = {
        "text": lambda out: "TOTAL PASS" in out,
        "markdown": lambda out: out.startswith("## ") and "| strategy |" in out,
        "html": lambda out: out.startswith("<!doctype html>") and "<script" not in out,
        "junit": lambda out: len(ET.fromstring(out).findall(".//testcase")) >= 20,  # noqa: S314  our own
        "json": lambda out: json.loads(out)["passed"] is True,
    }
    assert suite[output](answer.out)


def test_two_workers_store_the_same_as_one(own_demo_home: Path) -> None:
    store = open_workspace().store

    def contents() -> dict[tuple[str, str], str | None]:
        return {
            (name, day): store.content_sha256(contract(name), date.fromisoformat(day))
            for name in DAILY
            for day in SESSIONS
        }

    before = contents()
    for table in DAILY:
        for day in SESSIONS[2:]:
            (own_demo_home / "tables" / table / f"date={day}" / f"{table}.parquet").unlink()
    answer = trading_assets("materialize", "--from", SESSIONS[2], "--to", SESSIONS[4], "--workers", "2", "--json")
    assert answer.code == 0, answer.err
    assert contents() == before
    assert any("2026-01-30" in sentence for sentence in json.loads(answer.out)["check_warnings"])
