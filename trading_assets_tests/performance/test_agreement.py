import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.performance.agreement import totals_agree
from trading_assets.performance.counting import IMPORTED, trade_source
from trading_assets.performance.rollups import Funnel, daily_performance, strategy_performance
from trading_assets.tables import scored_signals, signal_outcomes
from trading_assets.tables.money import paise
from trading_assets.tables.trades import SIMULATED
from trading_assets_tests.performance.trades_frame import DAY, frame, trade
from trading_assets_tests.trades.stage import market

SESSION = market().calendar.session(DAY)


def tables() -> dict[str, pd.DataFrame]:
    traded = frame([trade(2_000), trade(-500, "beta", 5), trade(0, minute=7)])
    funnel = Funnel(scored_signals.CONTRACT.empty(), signal_outcomes.CONTRACT.empty())
    return {
        "trades": traded,
        "daily": daily_performance(traded, [SESSION], SIMULATED),
        "by_strategy": strategy_performance(traded, funnel, SESSION, ["alpha"], SIMULATED),
    }


def test_tables_made_from_the_same_trades_agree() -> None:
    assert totals_agree(**tables(), source=SIMULATED) == []


@pytest.mark.parametrize(
    ("table", "column", "sentence"),
    [
        ("trades", "gross_pnl", "2024-02-06: gross_pnl minus charges differs from net_pnl in 1 of 3 trades."),
        ("trades", "stt", "2024-02-06: charges differ from the sum of their components in 1 of 3 trades."),
        (
            "daily",
            "net_pnl",
            "2024-02-06: net_pnl is ₹ 15.00 over trades, ₹ 15.01 in the day, ₹ 15.00 over strategies.",
        ),
        (
            "by_strategy",
            "total_pnl",
            "2024-02-06: net_pnl is ₹ 15.00 over trades, ₹ 15.00 in the day, ₹ 15.01 over strategies.",
        ),
        (
            "by_strategy",
            "charges",
            "2024-02-06: charges is ₹ 0.14 over trades, ₹ 0.14 in the day, ₹ 0.15 over strategies.",
        ),
    ],
)
def test_one_paisa_too_much_is_named(table: str, column: str, sentence: str) -> None:
    found = tables()
    found[table].loc[0, column] = round(found[table].loc[0, column] + 0.01, 2)
    assert sentence in totals_agree(**found, source=SIMULATED)


@pytest.mark.parametrize(
    ("table", "column", "start"),
    [
        ("daily", "total_trades", "total_trades is 3 over trades, 4 in the day, 3 over strategies."),
        ("by_strategy", "winning_trades", "winning_trades is 1 over trades, 1 in the day, 2 over strategies."),
        ("daily", "losing_trades", "losing_trades is 1 over trades, 2 in the day, 1 over strategies."),
    ],
)
def test_one_trade_too_many_is_named(table: str, column: str, start: str) -> None:
    found = tables()
    found[table].loc[0, column] += 1
    assert totals_agree(**found, source=SIMULATED) == [f"2024-02-06: {start}"]


def test_a_session_without_its_daily_row_is_named() -> None:
    found = tables()
    found["daily"] = found["daily"].iloc[:0]
    (sentence,) = totals_agree(**found, source=SIMULATED)
    assert "daily_performance has 0 rows, expected exactly one" in sentence


def test_trades_of_the_other_source_are_in_no_sum() -> None:
    found = tables()
    theirs = frame([trade(99_999, minute=9, source="zerodha")])
    both = pd.concat([found["trades"], theirs], ignore_index=True)
    assert totals_agree(both, found["daily"], found["by_strategy"], SIMULATED) == []
    assert totals_agree(theirs, found["daily"], found["by_strategy"], IMPORTED) == [
        "2024-02-06: rolled up from simulated trades where imported ones count. Materialize it again."
    ]


@pytest.mark.parametrize("table", ["daily", "by_strategy"])
def test_a_row_that_does_not_say_what_it_counts_is_of_another_source(table: str) -> None:
    found = tables()
    found[table] = found[table].assign(trade_source=None)
    (sentence,) = totals_agree(**found, source=SIMULATED)
    assert "where simulated ones count" in sentence


SOURCES = st.lists(st.tuples(st.integers(-(10**6), 10**6), st.booleans()), max_size=8)


@given(SOURCES)
@settings(max_examples=15)
def test_each_source_agrees_with_itself_and_their_days_add_up_to_all_trades(rows: list[tuple[int, bool]]) -> None:
    traded = frame(
        [trade(net, minute=n, source="upstox" if theirs else SIMULATED) for n, (net, theirs) in enumerate(rows)]
    )
    funnel = Funnel(scored_signals.CONTRACT.empty(), signal_outcomes.CONTRACT.empty())
    nets = []
    for source in (SIMULATED, IMPORTED):
        daily = daily_performance(traded, [SESSION], source)
        by_strategy = strategy_performance(traded, funnel, SESSION, ["alpha"], source)
        assert totals_agree(traded, daily, by_strategy, source) == []
        assert (daily["trade_source"].item(), set(by_strategy["trade_source"])) == (source, {source})
        nets.append(paise(daily["net_pnl"])[0])
    assert sum(nets) == paise(traded["net_pnl"]).sum()


@pytest.mark.parametrize(
    ("setting", "any_imported", "source"),
    [
        ("auto", False, SIMULATED),
        ("auto", True, IMPORTED),
        ("simulated", True, SIMULATED),
        ("imported", False, IMPORTED),
    ],
)
def test_one_answer_says_which_trades_count(setting: str, any_imported: bool, source: str) -> None:  # noqa: FBT001
    assert trade_source(setting, any_imported=any_imported) == source  # type: ignore[arg-type]


def test_sessions_are_compared_one_by_one() -> None:
    one, other = tables(), tables()
    moved = {name: rows.assign(date=rows["date"] + pd.Timedelta(days=1)) for name, rows in other.items()}
    both = {name: pd.concat([rows, moved[name]], ignore_index=True) for name, rows in one.items()}
    assert totals_agree(**both, source=SIMULATED) == []
    both["daily"].loc[1, "net_pnl"] += 0.01
    (sentence,) = totals_agree(**both, source=SIMULATED)
    assert sentence.startswith("2024-02-07: net_pnl is ₹ 15.00 over trades, ₹ 15.01 in the day")
