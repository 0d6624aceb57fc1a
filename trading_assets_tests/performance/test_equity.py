import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.metrics import RETURN_METRICS
from trading_assets.performance.equity import DESK, equity_curve
from trading_assets.performance.trailing import trailing_ratios
from trading_assets.return_series import ReturnSeries
from trading_assets.settings import PerformanceSettings, TradingSettings
from trading_assets.tables import equity_curve as table
from trading_assets.tables.trades import SIMULATED

TRADING, CONVENTIONS = TradingSettings(capital=1_000), PerformanceSettings()
METRICS = {metric.name: metric for metric in RETURN_METRICS}
NET = st.lists(st.integers(-20_000, 20_000), max_size=70)


def days(count: int) -> pd.DatetimeIndex:
    return pd.bdate_range("2024-01-01", periods=count).as_unit("s")


def daily(net_paise: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": days(len(net_paise)),
            "trade_source": SIMULATED,
            "net_pnl": np.array(net_paise, dtype=np.int64) / 100,
        }
    )


def strategies(**net_paise: list[int]) -> pd.DataFrame:
    """Each strategy's sessions end with the last one."""
    longest = max((len(net) for net in net_paise.values()), default=0)
    parts = [
        pd.DataFrame(
            {
                "date": days(longest)[longest - len(net) :],
                "strategy_name": name,
                "trade_source": SIMULATED,
                "total_pnl": np.array(net, dtype=np.int64) / 100,
            }
        )
        for name, net in net_paise.items()
    ]
    text = pd.Series([], dtype=str)
    empty = pd.DataFrame({"date": days(0), "strategy_name": text, "trade_source": text, "total_pnl": np.empty(0)})
    return pd.concat(parts) if parts else empty


def curve(net_paise: list[int], **by_strategy: list[int]) -> pd.DataFrame:
    return equity_curve(daily(net_paise), strategies(**by_strategy), TRADING, CONVENTIONS)


def test_equity_and_drawdown_worked_out_by_hand() -> None:
    found = curve([-10_000, 30_000, -6_000, -12_000])
    assert found["equity"].tolist() == [900.0, 1_200.0, 1_140.0, 1_020.0]
    assert found["peak_equity"].tolist() == [1_000.0, 1_200.0, 1_200.0, 1_200.0]
    assert found["drawdown"].tolist() == [100.0, 0.0, 60.0, 180.0]
    assert found["drawdown_pct"].tolist() == pytest.approx([10.0, 0.0, 5.0, 15.0])
    assert found["drawdown_sessions"].tolist() == [1, 0, 1, 2]
    assert found["max_drawdown"].tolist() == [100.0, 100.0, 100.0, 180.0]
    assert found["max_drawdown_pct"].tolist() == pytest.approx([10.0, 10.0, 10.0, 15.0])
    assert found["daily_return"].tolist() == pytest.approx([-0.1, 0.3, -0.06, -0.12])
    assert set(found["scope"]) == {DESK}


def test_a_return_is_on_the_capital_allocated_by_its_day_and_equity_stays_a_sum() -> None:
    first, second, third = (stamp.date() for stamp in days(3))
    trading = TradingSettings(capital=1_000, capitals={second: 2_000, third: 4_000})
    found = equity_curve(daily([10_000, 10_000, 10_000]), strategies(late=[0, 0, 20_000]), trading, CONVENTIONS)
    desk, late = found[found["scope"] == DESK], found[found["scope"] == "late"]
    assert desk["daily_return"].tolist() == pytest.approx([0.1, 0.05, 0.025])
    assert desk["equity"].tolist() == [1_100.0, 1_200.0, 1_300.0]
    assert (late["date"].dt.date.tolist()[-1], late["daily_return"].tolist()[-1]) == (third, pytest.approx(0.05))
    assert TradingSettings(capitals={second: 5}).capital_on(first) == 1_000_000


def test_no_sessions_make_an_empty_curve() -> None:
    found = curve([])
    assert len(found) == 0
    assert found.dtypes.astype(str).to_dict() == table.CONTRACT.dtypes


def test_a_strategy_starts_with_its_first_session_and_a_session_without_it_counts_as_zero() -> None:
    by_strategy = strategies(late=[500, 700], steady=[1, 2, 3, 4])
    gap = by_strategy[~((by_strategy["strategy_name"] == "steady") & (by_strategy["date"] == days(4)[2]))]
    found = equity_curve(daily([0, 0, 500, 700]), gap, TRADING, CONVENTIONS)
    assert found.groupby("scope")["net_pnl"].apply(list).to_dict() == {
        "all": [0.0, 0.0, 5.0, 7.0],
        "late": [5.0, 7.0],
        "steady": [0.01, 0.02, 0.0, 0.04],
    }
    assert found[["scope", "date"]].apply(tuple, axis=1).is_monotonic_increasing
    assert found.dtypes.astype(str).to_dict() == table.CONTRACT.dtypes


def test_rows_of_strategies_may_come_in_any_order() -> None:
    by_strategy = strategies(zeta=[500, 700, 900], early=[1, 2, 3])
    mixed = by_strategy.sort_values(["date", "strategy_name"], ascending=[False, False], ignore_index=True)
    found = equity_curve(daily([0, 0, 0]), mixed, TRADING, CONVENTIONS)
    assert found["scope"].tolist() == ["all"] * 3 + ["early"] * 3 + ["zeta"] * 3
    assert found["net_pnl"].tolist() == [0.0, 0.0, 0.0, 0.01, 0.02, 0.03, 5.0, 7.0, 9.0]


@pytest.mark.parametrize("of", ["daily", "strategies"])
def test_sessions_rolled_up_from_different_trades_are_refused_by_name(of: str) -> None:
    rows, by_strategy = daily([0, 0]), strategies(one=[0, 0])
    changed = rows if of == "daily" else by_strategy
    changed["trade_source"] = ["imported", "imported"] if of == "strategies" else [SIMULATED, "imported"]
    spans = "imported .*2024-01-0.* to 2024-01-02.* of simulated"
    with pytest.raises(ContractError, match=f"rolled up from different trades: . of {spans}"):
        equity_curve(rows, by_strategy, TRADING, CONVENTIONS)


@given(NET)
@settings(max_examples=40)
def test_every_ratio_equals_the_metric_of_its_window(net_paise: list[int]) -> None:
    found = curve(net_paise)
    returns = np.array(net_paise) / 100_000
    for name in ("sharpe_ratio", "sortino_ratio"):
        for window in (None, 20, 60):
            column = name if window is None else f"{name}_{window}"
            for end, value in enumerate(found[column], start=1):
                start = 0 if window is None else max(end - window, 0)
                measured = METRICS[name].function(ReturnSeries(returns[start:end], 0.065))
                if end < max(window or 0, METRICS[name].least) or measured.value is None:
                    assert np.isnan(value)
                else:
                    assert value == pytest.approx(measured.value, rel=1e-9, abs=1e-12)


@given(NET)
@settings(max_examples=40)
def test_every_null_has_its_reason(net_paise: list[int]) -> None:
    for row in curve(net_paise).to_dict("records"):
        missing = {name for name, value in row.items() if pd.isna(value)}
        assert missing == set(json.loads(row["undefined_reasons"]))


def test_reasons_tell_too_early_from_no_variance() -> None:
    last = json.loads(curve([0] * 25)["undefined_reasons"].iloc[-1])
    assert last["sharpe_ratio"] == last["sharpe_ratio_20"] == "zero_variance"
    assert last["sharpe_ratio_60"] == "fewer_than_60_sessions"
    winners = json.loads(curve([1_000 + n for n in range(25)])["undefined_reasons"].iloc[-1])
    assert winners["sortino_ratio"] == "no_downside"
    assert "sharpe_ratio" not in winners


@given(NET, st.integers(0, 70))
@settings(max_examples=40)
def test_appending_sessions_changes_no_earlier_row(net_paise: list[int], cut: int) -> None:
    whole, part = curve(net_paise), curve(net_paise[:cut])
    pd.testing.assert_frame_equal(whole.iloc[: len(part)].reset_index(drop=True), part, check_exact=True)


@given(NET, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_the_rows_does_not_matter(net_paise: list[int], shuffler: object) -> None:
    rows, by_strategy = daily(net_paise), strategies(one=net_paise)
    order = list(range(len(rows)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    shuffled = equity_curve(rows.iloc[order], by_strategy.iloc[order], TRADING, CONVENTIONS)
    pd.testing.assert_frame_equal(equity_curve(rows, by_strategy, TRADING, CONVENTIONS), shuffled)


@given(NET)
def test_drawdown_equals_brute_force(net_paise: list[int]) -> None:
    found = curve(net_paise)
    equity = [100_000, *(100_000 + np.cumsum(np.array(net_paise, dtype=np.int64))).tolist()]
    expected = [max(equity[: i + 1]) - equity[i] for i in range(1, len(equity))]
    assert (found["drawdown"] * 100).round().astype(int).tolist() == expected


def test_a_large_first_return_does_not_drown_the_later_ones() -> None:
    # cumulated squares would lose eight digits here
    returns = np.array([1e4] + [1e-4 * (-1) ** n for n in range(40)])
    sharpe, _ = trailing_ratios(returns, None, CONVENTIONS)
    measured = METRICS["sharpe_ratio"].function(ReturnSeries(returns, 0.065)).value
    assert sharpe.ratio[-1] == pytest.approx(measured, rel=1e-12)
