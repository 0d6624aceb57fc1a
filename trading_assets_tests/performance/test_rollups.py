import json
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.market.calendar import Session
from trading_assets.performance import rollups
from trading_assets.performance.agreement import totals_agree
from trading_assets.performance.rollups import Funnel
from trading_assets.tables import daily_performance as daily_table
from trading_assets.tables import scored_signals, signal_outcomes, trades
from trading_assets.tables import strategy_performance as strategy_table
from trading_assets.tables.trades import SIMULATED
from trading_assets_tests.performance.trades_frame import DAY, frame, trade
from trading_assets_tests.trades.stage import Stage, market

SESSION = market().calendar.session(DAY)
NO_SIGNALS = Funnel(scored_signals.CONTRACT.empty(), signal_outcomes.CONTRACT.empty())
TRADES = st.lists(
    st.builds(
        trade,
        st.integers(-(10**8), 10**8),
        st.sampled_from(["alpha", "beta", "gamma"]),
        st.integers(0, 300),
        st.integers(0, 60),
    ),
    max_size=12,
)


def daily_performance(rows: pd.DataFrame, session: Session, source: str = SIMULATED) -> pd.DataFrame:
    return rollups.daily_performance(rows, [session], source)


def by_strategy(rows: pd.DataFrame, ids: tuple[str, ...] = (), source: str = SIMULATED) -> pd.DataFrame:
    return rollups.strategy_performance(rows, NO_SIGNALS, SESSION, ids, source)


def test_a_session_worked_out_by_hand() -> None:
    rows = [trade(2_000, minute=0, held=10), trade(-500, "beta", 5, 10), trade(0, minute=30), trade(-1_000, minute=40)]
    row = daily_performance(frame(rows), SESSION).iloc[0]
    expected = {
        "total_trades": 4,
        "winning_trades": 1,
        "losing_trades": 2,
        "win_rate": 0.25,
        "gross_pnl": 5.19,
        "charges": 0.19,
        "brokerage": 0.19,
        "net_pnl": 5.0,
        "sum_wins": 20.0,
        "sum_losses": -15.0,
        "profit_factor": 20 / 15,
        "expectancy": 1.25,
        "expectancy_r": 0.0125,
        "payoff_ratio": 20 / 7.5,
        "intraday_max_drawdown": 15.0,
        "largest_win": 20.0,
        "largest_loss": -10.0,
        "longest_win_streak": 1,
        "longest_loss_streak": 1,
        "avg_holding_seconds": (600 + 600 + 60 + 60) / 4,
        "exposure": (15 + 1 + 1) / 375,
        "mean_margin": 293.33,  # a premium of 5,000 for 22 of 375 minutes
        "undefined_reasons": "{}",
    }
    assert row["date"] == pd.Timestamp(DAY)
    for name, value in expected.items():
        assert row[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_a_session_without_trades_is_a_row_of_zeros_and_reasons() -> None:
    row = daily_performance(trades.CONTRACT.empty(), SESSION)
    assert row.dtypes.astype(str).to_dict() == daily_table.CONTRACT.dtypes
    (only,) = row.to_dict("records")
    reasons = json.loads(only.pop("undefined_reasons"))
    assert (only.pop("date"), only.pop("trade_source")) == (pd.Timestamp(DAY), SIMULATED)
    assert {name for name, value in only.items() if pd.isna(value)} == set(reasons)
    assert all(value == 0 for name, value in only.items() if name not in reasons)
    assert reasons == {
        "win_rate": "no_trades",
        "profit_factor": "no_trades",
        "expectancy": "no_trades",
        "expectancy_r": "no_trades",
        "payoff_ratio": "no_trades",
        "avg_holding_seconds": "no_trades",
        "largest_win": "no_winning_trade",
        "largest_loss": "no_losing_trade",
    }


def test_hours_that_are_not_notified_leave_exposure_open() -> None:
    unknown = Session(DAY, "NSE", "muhurat", SESSION.intervals, hours_known=False)
    row = daily_performance(frame([trade(100)]), unknown).iloc[0]
    assert np.isnan(row["exposure"])
    assert json.loads(row["undefined_reasons"])["exposure"] == "session_hours_unknown"


def test_a_position_held_overnight_is_open_from_the_open_of_its_session() -> None:
    row = daily_performance(frame([trade(100, minute=-1_000, held=1_075)]), SESSION).iloc[0]
    assert (row["exposure"], row["mean_margin"]) == (0.2, 1_000.0)


def test_an_option_sold_leaves_the_margin_open() -> None:
    row = daily_performance(frame([trade(100), trade(100, side="SELL")]), SESSION).iloc[0]
    assert np.isnan(row["mean_margin"])
    assert json.loads(row["undefined_reasons"]) == {"profit_factor": ANY, "payoff_ratio": ANY, "largest_loss": ANY} | {
        "mean_margin": "margin_unknown"
    }


def test_every_nullable_column_says_why_it_is_null() -> None:
    for rows in ([], [trade(100)], [trade(-100)], [trade(0)]):
        for table in (daily_performance(frame(rows), SESSION), by_strategy(frame(rows), ("alpha",))):
            (row,) = table.to_dict("records")
            missing = {name for name, value in row.items() if pd.isna(value)}
            assert missing == set(json.loads(row["undefined_reasons"]))


def test_each_registered_strategy_and_each_other_one_has_a_row() -> None:
    found = by_strategy(frame([trade(100, "imported")]), ("beta", "alpha"))
    assert found["strategy_name"].tolist() == ["alpha", "beta", "imported"]
    assert found["trades_taken"].tolist() == [0, 0, 1]
    assert found.dtypes.astype(str).to_dict() == strategy_table.CONTRACT.dtypes


def test_the_named_columns_are_all_that_is_read() -> None:
    rows, stage = frame([trade(100, "alpha"), trade(-50, "beta")]), Stage()
    stage.signal("10:00")
    scored = stage.scored()
    outcomes = signal_outcomes.CONTRACT.frame(
        {"date": pd.Timestamp(DAY), "signal_id": scored["signal_id"], "strategy_id": "alpha", "outcome": "taken"}
    )
    few = rows[list(rollups.OF_TRADES)]
    funnel = Funnel(scored[list(rollups.OF_SCORED)], outcomes[list(rollups.OF_OUTCOMES)])
    pd.testing.assert_frame_equal(daily_performance(few, SESSION), daily_performance(rows, SESSION))
    pd.testing.assert_frame_equal(
        rollups.strategy_performance(few, funnel, SESSION, [], SIMULATED),
        rollups.strategy_performance(rows, Funnel(scored, outcomes), SESSION, [], SIMULATED),
    )


def test_nothing_registered_and_nothing_done_is_an_empty_table() -> None:
    empty = by_strategy(trades.CONTRACT.empty())
    assert len(empty) == 0
    assert empty.dtypes.astype(str).to_dict() == strategy_table.CONTRACT.dtypes


def test_the_funnel_counts_signals_from_generated_to_rejected() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    for number, score in enumerate([0.9, 0.1, 0.2, float("nan")]):
        stage.signal("10:00", f"a{number}", strategy_id=f"s{number}" if number else "alpha", ml_score=score)
    stage.signal("10:01", "again", strategy_id="s1", ml_score=0.1)
    stage.signal("10:01", "late", strategy_id="alpha", confidence=0.5, ml_score=0.3)
    stage.signal("15:15", "last", strategy_id="alpha", confidence=0.6)
    simulation = stage.run()
    funnel = Funnel(stage.scored(), simulation.outcomes)
    found = rollups.strategy_performance(simulation.trades, funnel, SESSION, ["alpha", "zeta"], SIMULATED)
    alpha = found.set_index("strategy_name").loc["alpha"]
    assert alpha[["signals_generated", "signals_scored", "trades_taken", "signals_rejected"]].tolist() == [3, 2, 1, 2]
    assert json.loads(alpha["rejections"]) == {"below_threshold": 1, "after_square_off": 1}
    assert alpha["avg_signal_strength"] == pytest.approx(0.6)
    assert json.loads(found.set_index("strategy_name").loc["s1", "rejections"]) == {"below_threshold": 2}
    zeta = found.set_index("strategy_name").loc["zeta"]
    assert zeta["rejections"] == "{}"
    assert json.loads(zeta["undefined_reasons"])["avg_signal_strength"] == "no_signals"
    assert (found["signals_generated"] == found["trades_taken"] + found["signals_rejected"]).all()


@given(TRADES)
@settings(max_examples=60)
def test_trades_day_and_strategies_agree_to_the_paisa(rows: list[dict[str, object]]) -> None:
    traded = frame(rows)
    tables = daily_performance(traded, SESSION), by_strategy(traded, ("alpha", "delta"))
    assert totals_agree(traded, *tables, SIMULATED) == []


@given(TRADES, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_trades_does_not_matter(rows: list[dict[str, object]], shuffler: object) -> None:
    traded = frame(rows)
    order = list(range(len(traded)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    shuffled = traded.iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(daily_performance(traded, SESSION), daily_performance(shuffled, SESSION))
    pd.testing.assert_frame_equal(by_strategy(traded), by_strategy(shuffled))


def test_drawdown_of_the_day_follows_exit_time_and_not_entry() -> None:
    # entered first, closed last: equity is +10, then -20 from there
    rows = [trade(-2_000, minute=0, held=60), trade(1_000, minute=5, held=5)]
    assert daily_performance(frame(rows), SESSION)["intraday_max_drawdown"].iloc[0] == 20.0
    rows = [trade(-2_000, minute=0, held=2), trade(3_000, minute=5, held=5), trade(-500, minute=6, held=9)]
    assert daily_performance(frame(rows), SESSION)["intraday_max_drawdown"].iloc[0] == 20.0


def test_many_sessions_at_once_are_what_each_is_alone() -> None:
    days = [pd.Timestamp(day) for day in ("2024-02-05", "2024-02-06", "2024-02-07", "2024-02-08")]
    sessions = [market().calendar.session(day.date()) for day in days]
    rows = [
        trade((-1) ** n * 100 * n, minute=7 * n % 50, date=days[n % 3 + (n % 3 > 0)], trade_id=f"TRADE_{97 * n % 31}")
        for n in range(12)
    ]
    traded = frame(rows)
    whole = rollups.daily_performance(traded, sessions, SIMULATED)
    alone = [
        daily_performance(traded[traded["date"] == day].reset_index(drop=True), session)
        for day, session in zip(days, sessions, strict=True)
    ]
    pd.testing.assert_frame_equal(whole, pd.concat(alone, ignore_index=True))
    assert whole["total_trades"].tolist() == [4, 0, 4, 4], "the session without a trade has its row"


def test_a_trade_of_no_session_that_is_rolled_up_is_refused_unless_it_does_not_count() -> None:
    strange = frame([trade(100), trade(200, date=pd.Timestamp("2024-02-07"))])
    with pytest.raises(ContractError, match=r"1 of 2 trades are of none of the 1 sessions .*first: 2024-02-07"):
        daily_performance(strange, SESSION)
    assert daily_performance(strange, SESSION, "imported")["total_trades"].item() == 0


#: Columns of a strategy and those of the day that are the same for a day of that strategy alone.
ALIKE = {
    "trades_taken": "total_trades",
    "winning_trades": "winning_trades",
    "losing_trades": "losing_trades",
    "win_rate": "win_rate",
    "gross_pnl": "gross_pnl",
    "charges": "charges",
    "total_pnl": "net_pnl",
    "avg_pnl": "expectancy",
    "profit_factor": "profit_factor",
    "max_drawdown": "intraday_max_drawdown",
}


@given(TRADES)
@settings(max_examples=20)
def test_a_strategy_is_what_the_day_would_be_of_its_trades_alone(rows: list[dict[str, object]]) -> None:
    traded = frame(rows)
    found = by_strategy(traded, ("delta",)).set_index("strategy_name")
    assert found.loc["delta", "trades_taken"] == 0
    for name, row in found.iterrows():
        alone = daily_performance(traded[traded["strategy_name"] == name].reset_index(drop=True), SESSION).iloc[0]
        for column, of_day in ALIKE.items():
            both_missing = pd.isna(row[column]) and pd.isna(alone[of_day])
            assert both_missing or row[column] == alone[of_day], (name, column)
