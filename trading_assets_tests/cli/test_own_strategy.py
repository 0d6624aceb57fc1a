"""A strategy of the user's own: one file and one command for its baseline, and it is everywhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from trading_assets.defs.workspace import open_workspace
from trading_assets.tables import signals, strategy_performance
from trading_assets_tests.commands import trading_assets

FIRST, LAST = "2026-01-28", "2026-02-02"
DAY = date(2026, 1, 28)
NAME = "quarter_past_ten"
SOURCE = '''"""`quarter_past_ten`: buys a call at a quarter past ten, whatever happens."""

import numpy as np

from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface


def evaluate(chain, params):
    now = chain.minutes_ist == 615.0
    count = len(now)
    stop = Levels(stop_spot=chain.spot - 30.0)
    return Surface(now, np.zeros(count, dtype=bool), np.full(count, 0.9), stop)


STRATEGY = Strategy(
    strategy_id="quarter_past_ten",
    version="1.0.0",
    family="test",
    description="Buys a call at 10:15.",
    parameters=Parameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=45.0),
    window_ist=("10:00", "11:00"),
    evaluate=evaluate,
)
'''


@pytest.fixture
def own_file(own_demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's one file, in their folder, on a home of their own."""
    assert own_demo_home.is_dir()
    folder = tmp_path / "my_strategies"
    folder.mkdir()
    monkeypatch.setenv("TRADING_ASSETS_STRATEGY_FOLDER", str(folder))
    path = folder / f"{NAME}.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_one_file_and_one_command_and_it_is_everywhere(own_file: Path, tmp_path: Path) -> None:
    missing = trading_assets("regression", "--mode", "test", "--start", FIRST, "--end", LAST)
    assert missing.code == 3
    assert f"there is no baseline {NAME}" in missing.out

    made = trading_assets("regression", "--mode", "baseline", "--strategy", NAME, "--start", FIRST, "--end", LAST)
    assert made.code == 0, made.err
    baseline = tmp_path / "baselines" / f"{NAME}_{FIRST}_to_{LAST}.json"
    assert made.out.split() == [str(baseline)]
    assert baseline.read_text(encoding="utf-8").count('"signal_id"') == 5

    suite = trading_assets("regression", "--mode", "test", "--start", FIRST, "--end", LAST)
    assert suite.code == 0, suite.out
    assert NAME in suite.out

    run = trading_assets("materialize", "--from", str(DAY), "--to", str(DAY), "--json")
    assert run.code == 0, run.err
    store = open_workspace().store
    spoken = store.read(signals.CONTRACT, [DAY])
    (signal,) = spoken[spoken["strategy_id"] == NAME].itertuples()
    assert f"{signal.timestamp.tz_convert('Asia/Kolkata'):%H:%M}" == "10:15"
    assert signal.stop_spot > 0.0
    performance = store.read(strategy_performance.CONTRACT, [DAY]).set_index("strategy_name")
    assert performance.loc[NAME, "signals_generated"] == 1

    told = trading_assets("report")
    assert told.code == 0, told.err
    page = Path(told.out.strip())
    assert NAME in page.read_text(encoding="utf-8")

    own_file.write_text(SOURCE.replace("615.0", "616.0"), encoding="utf-8")
    changed = trading_assets("regression", "--mode", "test", "--strategy", NAME, "--start", FIRST, "--end", LAST)
    assert changed.code == 1
    assert "5 shifted" in changed.out


def test_a_broken_file_is_named_with_its_own_line_and_takes_nothing_with_it(own_file: Path) -> None:
    own_file.write_text(SOURCE.replace("chain.minutes_ist == 615.0", "chain.no_such_thing"), encoding="utf-8")
    answer = trading_assets("regression", "--mode", "test", "--strategy", NAME, "--start", FIRST, "--end", LAST)
    assert answer.code != 0
    assert "now = chain.no_such_thing" in answer.err
    assert NAME in answer.err
    alone = trading_assets(
        "regression", "--mode", "test", "--strategy", "pcr_analysis", "--start", FIRST, "--end", LAST
    )
    assert alone.code == 0, alone.out
    own_file.write_text("def broken(:", encoding="utf-8")
    unread = trading_assets("regression", "--mode", "test", "--start", FIRST, "--end", LAST)
    assert (unread.code != 0, f"{NAME}.py" in unread.err) == (True, True)
    beside = trading_assets(
        "regression", "--mode", "test", "--strategy", "pcr_analysis", "--start", FIRST, "--end", LAST
    )
    assert beside.code == 0, beside.err
