"""`import-trades` on the demo's home: trades join their session, survive, and the rollups follow to the paisa."""

import json
from datetime import date
from pathlib import Path

import pytest

from trading_assets.defs.steps import trades_step
from trading_assets.defs.workspace import open_workspace
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    executions,
    fills,
    strategy_performance,
    trade_reconciliation,
    trades,
)
from trading_assets.tables.money import paise
from trading_assets.trades.imports.template import COLUMNS
from trading_assets_tests.commands import trading_assets

DAY, NEXT = date(2026, 1, 29), date(2026, 1, 30)
ROWS = (
    f"{DAY},10:00:00,NSE,NIFTY,2026-02-03,25000,CE,BUY,130,100,t1",
    f"{DAY},10:30:00,NSE,NIFTY,2026-02-03,25000,CE,SELL,65,110,t2",
    f"{NEXT},11:00:00,NSE,NIFTY,2026-02-03,25000,CE,SELL,65,90,t3",
)


def template(folder: Path, *rows: str) -> str:
    path = folder / "executions.csv"
    path.write_text("\n".join((",".join(COLUMNS), *rows)), encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("own_demo_home")
def test_imported_trades_are_kept_beside_the_simulated_and_the_rollups_count_them_alone(tmp_path: Path) -> None:
    store = open_workspace().store
    before = {day: store.read(trades.CONTRACT, [day]) for day in (DAY, NEXT)}
    equity = store.read(equity_curve.CONTRACT)
    path = template(tmp_path, *ROWS)
    first = trading_assets("import-trades", "--broker", "template", "--json", path)
    assert first.code == 0, first.err
    assert json.loads(first.out)["new"] == 3
    for day, gained in ((DAY, 650.0), (NEXT, -650.0)):
        now = store.read(trades.CONTRACT, [day])
        actual = now[now["source"] == "template"]
        assert actual["gross_pnl"].tolist() == [gained]
        assert len(now) == len(before[day]) + 1
        assert set(actual["trade_id"]) <= set(store.read(fills.CONTRACT, [day])["trade_id"])
        net = paise(actual["net_pnl"]).sum()
        assert net == paise(store.read(daily_performance.CONTRACT, [day])["net_pnl"]).sum()
        assert net == paise(store.read(strategy_performance.CONTRACT, [day])["total_pnl"]).sum()
    daily = store.read(daily_performance.CONTRACT)
    assert (daily["trade_source"] == "imported").all(), "sessions without an import are counted alike"
    assert daily["total_trades"].sum() == 2
    curve = store.read(equity_curve.CONTRACT)
    assert (set(curve["trade_source"]), set(equity["trade_source"])) == ({"imported"}, {"simulated"})
    assert curve.loc[curve["scope"] == "all", "equity"].iloc[-1] == 1_000_000 + daily["net_pnl"].sum()
    again = trading_assets("import-trades", "--broker", "template", "--json", path)
    nothing = {"files": 1, "executions": 3, "new": 0, "skipped": 0, "sessions": [], "recounted": [], "unsettled": []}
    assert json.loads(again.out) == nothing
    content = store.content_sha256(trades.CONTRACT, DAY)
    trades_step(open_workspace(), DAY)
    assert store.content_sha256(trades.CONTRACT, DAY) == content


@pytest.mark.usefixtures("own_demo_home")
def test_reconcile_says_who_has_no_partner_and_fails_beyond_tolerance(tmp_path: Path) -> None:
    days = ("--from", str(DAY), "--to", str(DAY))
    assert trading_assets("reconcile", *days).out == "nothing was imported.\n"
    trading_assets("import-trades", "--broker", "template", template(tmp_path, *ROWS[:2]))
    answer = trading_assets("reconcile", *days)
    assert answer.code == 1
    assert "1 actual only" in answer.out
    assert "trades have no partner; at most 0 are tolerated" in answer.out
    stored = open_workspace().store.read(trade_reconciliation.CONTRACT, [DAY])
    assert stored["status"].tolist().count("actual_only") == 1


@pytest.mark.usefixtures("own_demo_home")
def test_a_file_with_a_wrong_row_leaves_everything_as_it_was(tmp_path: Path) -> None:
    answer = trading_assets(
        "import-trades", "--broker", "template", template(tmp_path, ROWS[0], ROWS[1].replace("65", "x"))
    )
    assert answer.code == 3
    assert "line 3: quantity is 'x', expected a number" in answer.err
    assert open_workspace().store.sessions(executions.CONTRACT) == []


def test_an_unknown_broker_and_a_missing_file_are_said(tmp_path: Path) -> None:
    unknown = trading_assets("import-trades", "--broker", "nobody", str(tmp_path))
    assert (unknown.code, "there is no import of broker 'nobody'" in unknown.err) == (2, True)
    missing = trading_assets("import-trades", "--broker", "template", str(tmp_path / "none.csv"))
    assert (missing.code, "cannot be read" in missing.err) == (3, True)
