"""The views that add up trades and days: against pandas over the same rows, typed as their contracts say."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.performance.equity import equity_curve
from trading_assets.performance.rollups import Funnel, daily_performance, strategy_performance
from trading_assets.settings import PerformanceSettings, TradingSettings
from trading_assets.storage.sql import query
from trading_assets.storage.tables import TableStore
from trading_assets.tables import (
    daily_performance as daily_table,
)
from trading_assets.tables import (
    equity_curve as equity_table,
)
from trading_assets.tables import (
    scored_signals,
    session_bars,
    signal_outcomes,
    trades,
)
from trading_assets.tables import (
    strategy_performance as strategy_table,
)
from trading_assets.tables.money import paise
from trading_assets.tables.performance_views import DIMENSIONS, PERIODS, VIEWS, View
from trading_assets.tables.schema import violations
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.performance.trades_frame import OPEN, frame, trade
from trading_assets_tests.trades.stage import market

#: Friday, Monday (a new month by then), Tuesday without a trade, Wednesday.
DAYS = [pd.Timestamp(day) for day in ("2024-03-28", "2024-04-01", "2024-04-02", "2024-04-03")]
VIX = {DAYS[0]: 11.99, DAYS[1]: 12.0, DAYS[3]: 20.0}
SOURCES = ("simulated", "zerodha")


def rows() -> list[dict[str, object]]:
    """Twelve trades of both sources over three sessions; half of them lose."""
    found = []
    for number, day in enumerate(day for day in DAYS if day != DAYS[2] for _ in range(4)):
        shift = day - DAYS[0].replace(year=2024, month=2, day=6)
        minute = 5 + 80 * (number % 4)
        found.append(
            trade(
                (-1) ** number * (number + 1) * 100,
                minute=minute,
                date=day,
                entry_time=OPEN + shift + timedelta(minutes=minute),
                exit_time=OPEN + shift + timedelta(minutes=minute + 3),
                expiry=day + pd.Timedelta(days=number % 3),
                exit_reason=("target", "stop", "square_off")[number % 3],
                model_version=(None, "v1.0.0", "v1.1.0")[number % 3],
                source=SOURCES[number // 2 % 2],
            )
        )
    return found


def bars() -> pd.DataFrame:
    """One bar a session, five minutes after the open, and one later without a VIX, which must not hide it."""
    return session_bars.CONTRACT.frame(
        pd.DataFrame(
            [
                {
                    "date": day,
                    "underlying": "NIFTY",
                    "ended_at": OPEN + (day - pd.Timestamp("2024-02-06")) + timedelta(minutes=late),
                    "close": 22_000.0,
                    "india_vix": level if late == 5 else None,
                    "skew_25d": None,
                }
                for day, level in VIX.items()
                for late in (5, 60)
            ]
        )
    )


def filled(root: Path, source: str) -> TableStore:
    """The tables of those sessions, rolled up from one source."""
    store, traded, levels = TableStore(root), frame(rows()), bars()
    funnel = Funnel(scored_signals.CONTRACT.empty(), signal_outcomes.CONTRACT.empty())
    for day in DAYS:
        session = market().calendar.session(day.date())
        own = traded[traded["date"] == day].reset_index(drop=True)
        store.write(trades.CONTRACT, own, day.date())
        store.write(session_bars.CONTRACT, levels[levels["date"] == day].reset_index(drop=True), day.date())
        store.write(daily_table.CONTRACT, daily_performance(own, [session], source), day.date())
        store.write(strategy_table.CONTRACT, strategy_performance(own, funnel, session, [], source), day.date())
    curve = equity_curve(
        store.read(daily_table.CONTRACT), store.read(strategy_table.CONTRACT), TradingSettings(), PerformanceSettings()
    )
    store.write(equity_table.CONTRACT, curve, None)
    return store


def answered(store: TableStore, view: View) -> pd.DataFrame:
    result = query(store, f"SELECT * FROM {view.contract.name}")  # noqa: S608
    assert list(result.columns) == view.contract.names
    values = pd.DataFrame(result.rows, columns=list(result.columns))
    for column in view.contract.columns:
        if column.kind in ("money", "number"):
            values[column.name] = values[column.name].astype("float64")
    return view.contract.frame(values)


def counted(source: str) -> pd.DataFrame:
    traded = frame(rows())
    return traded[(traded["source"] == "simulated") == (source == "simulated")]


@pytest.mark.parametrize("source", ["simulated", "imported"])
def test_every_dimension_adds_up_to_the_trades_that_count(tmp_path: Path, source: str) -> None:
    found = answered(filled(tmp_path, source), VIEWS[0])
    assert set(found["dimension"]) == set(DIMENSIONS)
    assert set(found["trade_source"]) == {source}
    own = counted(source)
    for _, part in found.groupby("dimension"):
        assert part["total_trades"].sum() == len(own) == 6
        for name in ("gross_pnl", "charges", "net_pnl"):
            assert paise(part[name]).sum() == paise(own[name]).sum()
        assert (paise(part["sum_wins"]) + paise(part["sum_losses"]) == paise(part["net_pnl"])).all()


def test_buckets_are_what_pandas_says_of_the_same_trades(tmp_path: Path) -> None:
    found = answered(filled(tmp_path, "simulated"), VIEWS[0])
    own = counted("simulated")
    local = own["entry_time"].dt.tz_convert("Asia/Kolkata")
    days = (own["expiry"] - own["date"]).dt.days
    expected = {
        "model_version": own["model_version"].fillna("none"),
        "exit_reason": own["exit_reason"],
        "weekday": own["date"].dt.day_name(),
        "hour": local.dt.strftime("%H"),
        "days_to_expiry": days.map("{:02d}".format),
        "vix_regime": own["date"].map({DAYS[0]: "below 12", DAYS[1]: "12 to 15", DAYS[3]: "20 and above"}),
    }
    for dimension, buckets in expected.items():
        wanted = own.groupby(buckets.to_numpy())["net_pnl"].agg(["size", "sum", lambda net: (net > 0).mean()])
        part = found[found["dimension"] == dimension].set_index("bucket")
        assert part.index.tolist() == wanted.index.tolist(), dimension
        assert part["total_trades"].tolist() == wanted["size"].tolist()
        np.testing.assert_allclose(part["net_pnl"], wanted["sum"], atol=1e-9)
        np.testing.assert_allclose(part["win_rate"], wanted.iloc[:, 2])
        np.testing.assert_allclose(part["expectancy"], wanted["sum"] / wanted["size"])


def test_a_trade_without_a_volatility_before_its_entry_is_of_no_regime(tmp_path: Path) -> None:
    store = filled(tmp_path, "simulated")
    for day in DAYS[:1]:
        store.delete(session_bars.CONTRACT, day.date())
    found = answered(store, VIEWS[0]).query("dimension == 'vix_regime'").set_index("bucket")
    first = counted("simulated")["date"].eq(DAYS[0]).sum()
    assert found.loc["unknown", "total_trades"] == first, "the volatility of a later session is not known before it"


@pytest.mark.parametrize(
    ("unit", "starts"), [("week", ["2024-03-25", "2024-04-01"]), ("month", ["2024-03-01", "2024-04-01"])]
)
def test_days_add_up_to_weeks_and_months(tmp_path: Path, unit: str, starts: list[str]) -> None:
    store = filled(tmp_path, "simulated")
    [view] = [view for view in VIEWS if view.contract.name == PERIODS[unit]]
    found = answered(store, view)
    assert found[unit].dt.strftime("%Y-%m-%d").tolist() == starts
    assert found["sessions"].tolist() == [1, 3], "the session without a trade is one of them"
    daily = store.read(daily_table.CONTRACT).sort_values("date")
    for name in ("total_trades", "winning_trades", "losing_trades", "gross_pnl", "net_pnl", "charges", "sum_losses"):
        expected = [daily[name].iloc[:1].sum(), daily[name].iloc[1:].sum()]
        np.testing.assert_allclose(found[name], expected, atol=1e-9, err_msg=name)
    curve = store.read(equity_table.CONTRACT).query("scope == 'all'")
    assert found["equity"].tolist() == [curve["equity"].iloc[0], curve["equity"].iloc[-1]]
    assert found["drawdown"].tolist() == [curve["drawdown"].iloc[0], curve["drawdown"].iloc[1:].max()]


def test_what_is_undefined_is_null_with_its_reason(tmp_path: Path) -> None:
    store = filled(tmp_path, "simulated")
    for day in DAYS[1:]:
        for table in (trades, daily_table, strategy_table):
            store.delete(table.CONTRACT, day.date())
    session = market().calendar.session(DAYS[2].date())
    store.write(
        daily_table.CONTRACT, daily_performance(trades.CONTRACT.empty(), [session], "simulated"), DAYS[2].date()
    )
    weekly = answered(store, VIEWS[1]).set_index("week")
    last = weekly.loc["2024-04-01"]
    reasons = json.loads(last["undefined_reasons"])
    assert reasons == dict.fromkeys(("win_rate", "profit_factor", "expectancy"), "no_trades")
    assert last[list(reasons)].isna().all()
    assert (last["total_trades"], last["net_pnl"]) == (0, 0.0)
    by = answered(store, VIEWS[0])
    winners = by[by["losing_trades"] == 0]
    assert len(winners)
    assert winners["profit_factor"].isna().all()
    assert set(winners["undefined_reasons"]) == {'{"profit_factor":"no_losing_trade"}'}


def test_a_trade_in_units_of_its_risk_and_what_it_gave_back(tmp_path: Path) -> None:
    stated = [(100.0, -50.0, 120.0), (50.0, np.nan, np.nan), (np.nan, -10.0, 5.0), (0.0, np.nan, np.nan)]
    own = frame(rows()[:4]).sort_values("trade_id", ignore_index=True)
    own[["initial_risk", "mae", "mfe"]] = stated
    store = TableStore(tmp_path)
    store.write(trades.CONTRACT, own, DAYS[0].date())
    found = answered(store, VIEWS[-1])
    net, gross = own["net_pnl"], own["gross_pnl"]
    both = '{"mae_r":"no_initial_risk","mfe_r":"no_initial_risk","net_r":"no_initial_risk"}'
    assert found["trade_id"].tolist() == own["trade_id"].tolist()
    assert found["net_r"].tolist()[:2] == pytest.approx([net[0] / 100, net[1] / 50])
    assert (found["mae_r"][0], found["mfe_r"][0]) == (-0.5, 1.2)
    assert found["end_trade_drawdown"].tolist()[::2] == pytest.approx([120 - gross[0], 5 - gross[2]])
    never = {"end_trade_drawdown": "never_marked"}
    assert [json.loads(text) for text in found["undefined_reasons"]] == [
        {},
        never | dict.fromkeys(("mae_r", "mfe_r"), "never_marked"),
        json.loads(both),
        never | json.loads(both),
    ]
    for number, text in enumerate(found["undefined_reasons"]):
        assert {name for name in found if pd.isna(found[name][number])} == set(json.loads(text))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.contract.name)
def test_a_view_keeps_its_contract_with_rows_and_without(tmp_path: Path, view: View) -> None:
    assert len(answered(TableStore(tmp_path / "nothing"), view)) == 0
    found = answered(filled(tmp_path / "some", "simulated"), view)
    assert not violations(view.contract, found)
    assert not found.duplicated(list(view.contract.key)).any()


def test_they_answer_as_json_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "home" / "tables", "simulated")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    answer = trading_assets("sql", "--format", "json", "SELECT month, net_pnl FROM performance_monthly")
    assert answer.code == 0, answer.err
    rows_of_json = json.loads(answer.out, parse_float=Decimal)
    assert [str(row["month"])[:10] for row in rows_of_json] == ["2024-03-01", "2024-04-01"]
    total = sum(Decimal(str(row["net_pnl"])) for row in rows_of_json)
    assert int(total * 100) == paise(counted("simulated")["net_pnl"]).sum()
