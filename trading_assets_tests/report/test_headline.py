"""Each headline figure is right, and an undefined one says why."""

from __future__ import annotations

import orjson
import pandas as pd
import pytest

from trading_assets.report.headline import Headline, definition_of, headline, starting_equity
from trading_assets.report.numbers import MINUS, NO_BREAK_SPACE, NULL
from trading_assets.tables import daily_performance, equity_curve
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets_tests.report.frames import CAPITAL, curve_frame, daily_frame, tear_sheet_data, trade_frame, weekdays


def a_day(day: str, net: float, wins: float = 0.0, losses: float = 0.0, trades: int = 2) -> dict[str, object]:
    """One session with round numbers, ₹ 10 of charges."""
    return {
        "date": pd.Timestamp(day),
        "total_trades": trades,
        "winning_trades": int(wins > 0),
        "losing_trades": int(losses < 0),
        "gross_pnl": net + 10.0,
        "charges": 10.0,
        **dict.fromkeys(CHARGE_COMPONENTS, 0.0),
        "net_pnl": net,
        "sum_wins": wins,
        "sum_losses": losses,
        "intraday_max_drawdown": -losses,
        "longest_win_streak": 0,
        "longest_loss_streak": 0,
        "undefined_reasons": "{}",
    }


def of(*days: dict[str, object], curve: pd.DataFrame | None = None) -> Headline:
    """The headline of some days."""
    daily = daily_performance.CONTRACT.frame(pd.DataFrame(list(days))) if days else daily_performance.CONTRACT.empty()
    return headline(daily, equity_curve.CONTRACT.empty() if curve is None else curve, CAPITAL, 20)


def figure(found: Headline, name: str) -> tuple[str, str, str]:
    """Text, reason and detail of a figure, with plain spaces."""
    chosen = next(f for f in found.all_figures if f.name == name)
    return tuple(t.replace(NO_BREAK_SPACE, " ") for t in (chosen.value.text, chosen.value.reason, chosen.detail))  # type: ignore[return-value]


def test_the_figures_of_two_sessions() -> None:
    found = of(a_day("2026-01-05", -300.0, 100.0, -400.0), a_day("2026-01-06", 500.0, 500.0, trades=3))
    assert figure(found, "Net P&L") == (
        "+₹ 200.00",
        "",
        "+₹ 220.00 before charges of ₹ 20.00; 0.02 % of the capital of ₹ 10,00,000.00",
    )
    assert figure(found, "Trades")[::2] == ("5", "2 wins, 1 loss, 2 at zero")
    assert figure(found, "Win rate")[::2] == ("40.0 %", "2 of 5 trades")
    assert figure(found, "Profit factor")[::2] == ("1.50", "won ₹ 600.00, lost ₹ 400.00")
    assert figure(found, "Average trade")[0] == "+₹ 40.00"
    assert figure(found, "Max drawdown")[::2] == (f"{MINUS}₹ 300.00", "0.03 % of its peak, to 2026-01-05")
    assert figure(found, "Charges")[::2] == ("₹ 20.00", "₹ 4.00 per trade, 9.1 % of gross P&L")
    assert figure(found, "Sessions")[::2] == ("2", "1 up, 1 down")
    assert found.last_session.replace(NO_BREAK_SPACE, " ") == "Tue 06 Jan 2026: +₹ 500.00 from 3 trades, 1 of them won."


def test_days_may_come_in_any_order() -> None:
    days = [a_day("2026-01-05", -300.0, 0.0, -300.0), a_day("2026-01-06", 500.0, 500.0), a_day("2026-01-07", -100.0)]
    assert of(*days) == of(*reversed(days))


def test_without_a_session_every_ratio_is_a_dash_with_its_reason() -> None:
    found = of()
    for name in ("Net P&L", "Win rate", "Profit factor", "Average trade", "Max drawdown", "Sharpe ratio", "Charges"):
        text, reason, _ = figure(found, name)
        assert text == NULL
        assert reason
    assert "No session" in found.last_session


def test_profit_factor_without_a_loss_is_a_dash_not_infinity() -> None:
    assert figure(of(a_day("2026-01-05", 100.0, 100.0)), "Profit factor")[:2] == (NULL, "no losing trade")
    assert figure(of(a_day("2026-01-05", 0.0, trades=0)), "Profit factor")[:2] == (NULL, "no trades")


def test_a_session_without_trades_says_so() -> None:
    assert "closed without a trade" in of(a_day("2026-01-05", 0.0, trades=0)).last_session


def test_no_drawdown_is_said_not_shown_as_zero() -> None:
    found = of(a_day("2026-01-05", 100.0, 100.0), a_day("2026-01-06", 100.0, 100.0))
    assert figure(found, "Max drawdown") == ("none", "", "equity never fell below its peak")


def test_the_drawdown_of_a_single_session_is_the_one_within_it() -> None:
    found = of(a_day("2026-01-05", 100.0, 500.0, -400.0))
    assert figure(found, "Max drawdown")[::2] == (f"{MINUS}₹ 400.00", "within the session")


def test_sharpe_is_null_with_the_stored_reason_below_the_least_sessions() -> None:
    data = tear_sheet_data(sessions=5)
    found = headline(data.daily_performance, data.equity_curve, CAPITAL, 20)
    assert figure(found, "Sharpe ratio")[:2] == (NULL, "5 sessions, needs 20")


def test_sharpe_is_null_with_a_reason_also_without_a_curve() -> None:
    assert figure(of(a_day("2026-01-05", 1.0)), "Sharpe ratio")[:2] == (NULL, "1 session, needs 20")
    many = [a_day(f"2026-01-{n:02d}", 1.0) for n in range(1, 25)]
    assert figure(of(*many), "Sharpe ratio")[:2] == (NULL, "no equity curve for the range")


def test_sharpe_is_the_stored_one_of_the_last_session() -> None:
    days = weekdays("2026-01-05", 25)
    daily = daily_frame(days, trade_frame(days, ["a"], 1))
    curve = curve_frame(daily, sharpe=2.345)
    found = headline(daily, curve.iloc[::-1], CAPITAL, 20)
    assert figure(found, "Sharpe ratio")[::2] == ("2.35", "since inception; last 20 sessions 2.85")


def test_other_scopes_of_the_curve_do_not_count() -> None:
    data = tear_sheet_data(sessions=25)
    foreign = data.equity_curve.assign(scope="pcr_analysis", sharpe_ratio=99.0, equity=5.0)
    both = equity_curve.CONTRACT.frame(pd.concat([foreign, data.equity_curve], ignore_index=True))
    assert headline(data.daily_performance, both, CAPITAL, 20) == headline(
        data.daily_performance, data.equity_curve, CAPITAL, 20
    )


def test_the_range_starts_from_the_equity_before_it() -> None:
    data = tear_sheet_data(sessions=30)
    later = data.equity_curve.iloc[10:]
    before = float(data.equity_curve["equity"].iloc[9])
    assert starting_equity(later, CAPITAL) == pytest.approx(before, abs=0.001)
    assert starting_equity(equity_curve.CONTRACT.empty(), CAPITAL) == CAPITAL


def test_an_unreadable_reason_does_not_break_the_page() -> None:
    data = tear_sheet_data(sessions=5)
    for text in ("not json", "[1]", orjson.dumps({"other": "x"}).decode()):
        curve = data.equity_curve.assign(undefined_reasons=text)
        assert figure(headline(data.daily_performance, curve, CAPITAL, 20), "Sharpe ratio")[:2] == (
            NULL,
            "needs 20 sessions",
        )


def test_definitions_are_those_of_the_metrics() -> None:
    assert "breakeven" in definition_of("win_rate")
    for found in of(a_day("2026-01-05", 1.0), a_day("2026-01-06", 1.0)).all_figures:
        assert found.definition.endswith((".", "GST.")), found.name
