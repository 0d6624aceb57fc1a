"""Importing executions: what counts afterwards, what is rebuilt, and that nothing else changes."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.defs.audits import totals_outcome
from trading_assets.defs.broker_intake import import_trades, rebuild, stretches
from trading_assets.defs.completeness import completeness
from trading_assets.defs.import_note import PENDING
from trading_assets.defs.imported_trades import ImportedTrades, source_counted
from trading_assets.defs.sensors import overdue_sessions
from trading_assets.defs.steps import daily_step, equity_step, strategy_step, trades_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import BrokerFileError, ContractError
from trading_assets.market.calendar import IST
from trading_assets.performance.counting import IMPORTED
from trading_assets.settings import PerformanceSettings, Settings, TradingSettings
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    executions,
    fills,
    strategy_performance,
    trades,
)
from trading_assets.tables.contract import Contract
from trading_assets.tables.trades import SIMULATED
from trading_assets.trades.imports.discovery import import_named
from trading_assets.trades.imports.template import COLUMNS
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.defs.conftest import CLEAN, DIRTY
from trading_assets_tests.trades.stage import market

TABLES = (trades, fills, daily_performance, strategy_performance, equity_curve)
WEEK = [date(2026, 1, day) for day in (19, 20, 21, 22, 23)]
EVENING = datetime(2026, 1, 30, 18, 10, tzinfo=IST)
HEADER = ",".join((*COLUMNS, "tag"))


def row(day: date, order: str, trade_id: str, tag: str = "alpha") -> str:
    """A line of the template of `HH:MM side price [strike]`, one lot of a NIFTY call."""
    clock, side, price, *strike = order.split()
    return f"{day},{clock}:00,NSE,NIFTY,2026-02-03,{(strike or ['25000'])[0]},CE,{side},65,{price},{trade_id},{tag}"


def round_trips(day: date, *prices: float) -> list[str]:
    """Bought at 100 and sold at each price in turn, by the strategies alpha and beta by turns."""
    rows = []
    for number, price in enumerate(prices):
        tag, hour = ("alpha", "beta")[number % 2], 10 + number
        rows += [
            row(day, f"{hour}:00 BUY 100", f"{day}b{number}", tag),
            row(day, f"{hour}:30 SELL {price}", f"{day}s{number}", tag),
        ]
    return rows


def imported(workspace: Workspace, folder: Path, rows: list[str]) -> object:
    path = folder / "export.csv"
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return import_trades(workspace, import_named("template"), [path], "A1")


def roll_up(workspace: Workspace, days: list[date]) -> None:
    """What `rebuild` does, without Dagster's runs."""
    for step in (trades_step, daily_step, strategy_step):
        for day in days:
            step(workspace, day)
    equity_step(workspace)
    (workspace.home / PENDING).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def week_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without captures, on which five sessions of a broker's trades were imported and rolled up; made once."""
    folder = tmp_path_factory.mktemp("week")
    workspace = open_workspace(Settings(home=folder / "home"))
    rows = [line for number, day in enumerate(WEEK) for line in round_trips(day, 110 + number, 90 - number)]
    assert imported(workspace, folder, rows).sessions == tuple(WEEK)
    roll_up(workspace, WEEK)
    return workspace.home


@pytest.fixture
def week(week_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """That home, to be changed at will."""
    copytree(week_home, tmp_path / "home")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return open_workspace(Settings(home=tmp_path / "home"))


@pytest.fixture
def simulated(processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A home of two sessions that were captured and traded by simulation."""
    copytree(processed, tmp_path / "home")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return open_workspace(Settings(home=tmp_path / "home"))


def hashes(workspace: Workspace, contract: Contract) -> dict[tuple[object, ...], str]:
    """SHA-256 of the values of every row, by its key and date."""
    frame = workspace.store.read(contract)
    keys = zip(*(frame[name].astype(str) for name in (*contract.key, "date")), strict=True)
    digests = (hashlib.sha256(repr(values).encode()).hexdigest() for values in frame.itertuples(index=False))
    return dict(zip(keys, digests, strict=True))


def changed(before: dict[tuple[object, ...], str], after: dict[tuple[object, ...], str]) -> set[tuple[object, ...]]:
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def test_one_corrected_execution_changes_exactly_the_rows_that_depend_on_it(week: Workspace, tmp_path: Path) -> None:
    before = {module.CONTRACT: hashes(week, module.CONTRACT) for module in TABLES}
    files = {
        path: path.stat().st_mtime_ns for path in week.store.root.rglob("*.parquet") if "_history" not in str(path)
    }
    day = WEEK[2]
    corrected = row(day, "10:30 SELL 118", f"{day}s0")
    summary = imported(week, tmp_path, [corrected])
    assert (summary.new, summary.sessions, summary.recounted) == (1, (day,), ())
    assert [outcome.failures for outcome in rebuild(week, summary)] == [(), ()]
    moved = {contract.name: changed(before[contract], hashes(week, contract)) for contract in before}
    [trade] = [key[0] for key in moved["trades"]]
    own = week.store.read(trades.CONTRACT, [day]).set_index("trade_id").loc[trade]
    assert (own["strategy_name"], own["exit_price"], own["gross_pnl"]) == ("alpha", 118.0, 18.0 * 65)
    [fill] = [key[0] for key in moved["fills"]]
    assert week.store.read(fills.CONTRACT, [day]).set_index("fill_id").loc[fill, "role"] == "exit"
    assert {key[-1] for key in moved["daily_performance"]} == {str(day)}
    assert {key[1] for key in moved["strategy_performance"]} == {"alpha"}
    assert {key[-1] for key in moved["strategy_performance"]} == {str(day)}
    assert moved["equity_curve"] == {
        (scope, str(later), str(later)) for scope in ("all", "alpha") for later in WEEK if later >= day
    }
    touched = {path.parent.name for path, moment in files.items() if path.stat().st_mtime_ns != moment}
    assert touched == {f"date={day}", "equity_curve"}, "a file of another session was written"


def test_a_correction_that_changes_no_trade_rebuilds_nothing(week: Workspace, tmp_path: Path) -> None:
    summary = imported(week, tmp_path, round_trips(WEEK[1], 111, 89))
    assert (summary.new, summary.sessions, rebuild(week, summary)) == (0, (), [])


def test_an_import_that_was_interrupted_is_finished_by_importing_again(week: Workspace, tmp_path: Path) -> None:
    day = WEEK[1]
    corrected = [row(day, "10:30 SELL 150", f"{day}s0")]
    before = hashes(week, equity_curve.CONTRACT)
    assert imported(week, tmp_path, corrected).sessions == (day,)
    # the process ended here: the executions are stored, and nothing is rebuilt
    again = imported(week, tmp_path, corrected)
    assert (again.new, again.sessions) == (0, (day,))
    assert all(outcome.success for outcome in rebuild(week, again))
    assert len(changed(before, hashes(week, equity_curve.CONTRACT))) == 2 * len(WEEK[1:])
    assert week.store.read(daily_performance.CONTRACT, [day])["gross_pnl"].item() == (50 - 11) * 65
    assert imported(week, tmp_path, corrected).sessions == (), "once it is done, it is done"


def test_status_names_what_an_interrupted_import_left_and_backfill_makes_it(week: Workspace, tmp_path: Path) -> None:
    whole = completeness(week)
    assert (whole.sessions, whole.missing) == (tuple(WEEK), {}), "imported sessions need no market"
    late, lacks = date(2026, 1, 28), ("trades", "fills", "signal_outcomes", "daily_performance", "strategy_performance")
    imported(week, tmp_path, [*round_trips(late, 130), row(WEEK[1], "10:30 SELL 150", f"{WEEK[1]}s0")])
    # the process ended here: nothing is rebuilt, also not of the session that has rollups already
    found = completeness(week)
    assert (found.sessions, found.missing) == ((*WEEK, late), {WEEK[1]: lacks, late: lacks})
    assert (found.gaps(), found.unbuilt(), found.as_dict()["without_captures"]) == ([], (WEEK[1], late), [])
    assert found.text().endswith("fill them with: trading-assets status --backfill")
    assert completeness(week, WEEK[2], WEEK[3]).missing == {}
    done = trading_assets("status", "--backfill")
    assert (done.code, done.err) == (0, "")
    assert "6 sessions, 0 incomplete; last EOD rollup: 2026-01-28." in done.out
    assert week.store.read(daily_performance.CONTRACT, [WEEK[1]])["gross_pnl"].item() == (50 - 11) * 65
    assert not (week.home / PENDING).exists()


def test_sessions_left_to_be_recounted_are_kept_too(simulated: Workspace, tmp_path: Path) -> None:
    lines = round_trips(CLEAN, 130)
    first, again = (imported(simulated, tmp_path, lines) for _ in range(2))
    assert (first.sessions, first.recounted) == (again.sessions, again.recounted) == ((CLEAN,), (DIRTY,))


def test_a_late_entry_changes_the_session_it_is_closed_on(week: Workspace, tmp_path: Path) -> None:
    bought, sold = row(WEEK[0], "15:00 BUY 50 25500", "late1"), row(WEEK[3], "15:00 SELL 80 25500", "late2")
    assert imported(week, tmp_path, [bought]).sessions == (), "an open position is no trade yet"
    assert not (week.home / PENDING).exists()
    assert imported(week, tmp_path, [sold]).sessions == (WEEK[3],)


def test_nothing_is_imported_of_a_file_that_reaches_before_the_first_partition(tmp_path: Path) -> None:
    early = date(2023, 12, 29)
    line = f"{early},10:00:00,NSE,NIFTY,2024-01-04,21700,CE,BUY,50,100,t1,"
    workspace = open_workspace(Settings(home=tmp_path / "home"))
    with pytest.raises(BrokerFileError, match="1 of 2 executions lie before the first partition 2024-01-01") as raised:
        imported(workspace, tmp_path, [line, row(WEEK[0], "10:00 BUY 100", "t2")])
    assert "first: 2023-12-29" in str(raised.value)
    assert "TRADING_ASSETS_FIRST_SESSION" in str(raised.value)
    assert not workspace.store.holds(executions.CONTRACT)
    reaching = open_workspace(Settings(home=tmp_path / "home", first_session=early))
    assert imported(reaching, tmp_path, [line]).sessions == (early,)


def test_simulated_trades_count_until_the_first_import_and_then_the_imported_ones(
    simulated: Workspace, tmp_path: Path
) -> None:
    store = simulated.store
    assert source_counted(simulated) == SIMULATED
    ours = store.read(daily_performance.CONTRACT)
    assert set(ours["trade_source"]) == {SIMULATED}
    summary = imported(simulated, tmp_path, round_trips(CLEAN, 130))
    assert (summary.sessions, summary.recounted) == ((CLEAN,), (DIRTY,))
    assert "imported trades count from now on" in summary.text()
    assert source_counted(simulated) == IMPORTED
    roll_up(simulated, [CLEAN, DIRTY])
    for module in (daily_performance, strategy_performance, equity_curve):
        assert set(store.read(module.CONTRACT)["trade_source"]) == {IMPORTED}
    daily = store.read(daily_performance.CONTRACT).set_index("date")
    assert daily["total_trades"].tolist() == [1, 0], "the simulated trades are not in the sums"
    assert daily["gross_pnl"].tolist() == [1_950.0, 0.0]
    kept = store.read(trades.CONTRACT)
    assert (kept["source"] == SIMULATED).sum() == ours["total_trades"].sum(), "they stay in `trades`"
    for day in (CLEAN, DIRTY):
        found = totals_outcome(simulated, day, store.read(strategy_performance.CONTRACT, [day]))
        assert found.passed, found.sentence
        assert "imported trades, the day" in found.sentence


def test_a_second_import_recounts_nothing(simulated: Workspace, tmp_path: Path) -> None:
    assert imported(simulated, tmp_path, round_trips(CLEAN, 130)).recounted == (DIRTY,)
    roll_up(simulated, [CLEAN, DIRTY])
    assert imported(simulated, tmp_path, round_trips(CLEAN, 130, 140)).recounted == ()


@pytest.mark.parametrize("setting", ["simulated", "imported"])
def test_the_setting_decides_whatever_was_imported(simulated: Workspace, tmp_path: Path, setting: str) -> None:
    chosen = Settings(home=simulated.settings.home, performance=PerformanceSettings(trade_source=setting))
    workspace = open_workspace(chosen)
    assert source_counted(workspace) == setting, "before anything was imported"
    summary = imported(workspace, tmp_path, round_trips(CLEAN, 130))
    assert (source_counted(workspace), summary.recounted) == (setting, ())
    roll_up(workspace, [CLEAN, DIRTY])
    trade_counts = workspace.store.read(daily_performance.CONTRACT)["total_trades"].tolist()
    kept = workspace.store.read(trades.CONTRACT)
    of_source = kept[(kept["source"] == SIMULATED) == (setting == SIMULATED)]
    assert trade_counts == [int((of_source["date"] == pd.Timestamp(day)).sum()) for day in (CLEAN, DIRTY)]


def test_rollups_of_another_source_are_named_by_the_check_and_refused_by_the_curve(
    simulated: Workspace, tmp_path: Path
) -> None:
    imported(simulated, tmp_path, round_trips(CLEAN, 130))
    for step in (trades_step, daily_step, strategy_step):
        step(simulated, CLEAN)
    stale = totals_outcome(simulated, DIRTY, simulated.store.read(strategy_performance.CONTRACT, [DIRTY]))
    assert not stale.passed
    assert "rolled up from simulated trades where imported ones count" in stale.sentence
    before = simulated.store.content_sha256(equity_curve.CONTRACT)
    with pytest.raises(ContractError, match=r"1 of imported \(2026-01-28 to 2026-01-28\), 1 of simulated \(2026-01-30"):
        equity_step(simulated)
    assert simulated.store.content_sha256(equity_curve.CONTRACT) == before


def test_status_names_the_rollups_of_other_trades_and_backfill_would_fill_them(
    simulated: Workspace, tmp_path: Path
) -> None:
    assert completeness(simulated, CLEAN, CLEAN).missing == {}
    imported(simulated, tmp_path, round_trips(CLEAN, 130))
    found = completeness(simulated)
    stale = ("daily_performance", "strategy_performance")
    assert {day: found.missing[day] for day in (CLEAN, DIRTY)} == {
        CLEAN: ("trades", "fills", "signal_outcomes", *stale),  # its own trades came in, and were not rebuilt
        DIRTY: stale,
    }
    assert found.recount == {CLEAN, DIRTY}
    assert found.gaps() == [(CLEAN, CLEAN), (DIRTY, DIRTY)]
    assert found.last_eod == DIRTY, "they are there, they only count other trades"
    assert f"{DIRTY} lacks {', '.join(stale)} (rolled up from other trades than those that count)" in found.text()
    assert overdue_sessions(simulated, EVENING) == [CLEAN, DIRTY], "the sensor asks for them again"
    roll_up(simulated, [CLEAN, DIRTY])
    assert not completeness(simulated).missing.keys() & {CLEAN, DIRTY}
    assert completeness(simulated).recount == frozenset()
    assert overdue_sessions(simulated, EVENING) == []


def test_positions_whose_expiry_has_no_level_are_named(week: Workspace, tmp_path: Path) -> None:
    summary = imported(week, tmp_path, [row(WEEK[4], "15:00 BUY 50", "open")])
    assert summary.unsettled == ("NIFTY 2026-02-03",)
    assert "open, and settled once snapshots of the expiry are there: NIFTY 2026-02-03." in summary.text()
    closed = imported(week, tmp_path, [row(WEEK[4], "15:10 SELL 50", "close")])
    assert (closed.unsettled, "open, and" in closed.text()) == ((), False)


@pytest.mark.parametrize(
    ("method", "gross"), [("fifo", [650.0]), ("lifo", [-650.0]), ("average", [0.0])], ids=["fifo", "lifo", "average"]
)
def test_the_setting_names_the_units_that_are_closed_first(tmp_path: Path, method: str, gross: list[float]) -> None:
    # bought at 100 and at 120, one of them sold at 110
    workspace = open_workspace(Settings(home=tmp_path / "home", trading=TradingSettings(matching=method)))
    day = WEEK[0]
    orders = ("10:00 BUY 100", "10:05 BUY 120", "10:10 SELL 110")
    imported(workspace, tmp_path, [row(day, order, str(number)) for number, order in enumerate(orders)])
    assert ImportedTrades(workspace).of(trades.CONTRACT, day)["gross_pnl"].tolist() == gross


@given(st.sets(st.sampled_from(market().calendar.sessions(date(2026, 1, 1), date(2026, 3, 31)))))
@settings(max_examples=60)
def test_stretches_are_neighbours_and_lose_no_session(days: set[date]) -> None:
    calendar = market().calendar
    found = stretches(calendar, days)
    assert [day for stretch in found for day in stretch] == sorted(days)
    for stretch in found:
        assert stretch == list(calendar.sessions(stretch[0], stretch[-1]))
    for one, following in pairwise(found):
        assert calendar.next_session(one[-1]) < following[0], "two stretches could have been one"
