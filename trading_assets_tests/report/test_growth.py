"""Growth is compounded on the capital of the settings, is undefined where it has no base, and says what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trading_assets.report.growth import base_caution, daily_returns, growth, tells_growth
from trading_assets.report.headline import headline
from trading_assets.report.numbers import MINUS, NO_BREAK_SPACE, NULL
from trading_assets.report.totals import totals
from trading_assets.tables import equity_curve
from trading_assets_tests.report.frames import CAPITAL, daily_frame, trade_frame, weekdays

NO_CURVE = equity_curve.CONTRACT.empty()


def days(net: list[float], losses: float) -> pd.DataFrame:
    """Daily rows with the given net P&L; the losing trades of the first session cost `losses`."""
    dates = weekdays("2026-01-05", len(net))
    frame = daily_frame(dates, trade_frame(dates, ["alpha"], 1))
    return frame.assign(net_pnl=net, sum_losses=[losses, *[0.0] * (len(net) - 1)])


def shown(net: list[float], losses: float = 0.0) -> tuple[str, str, str]:
    frame = days(net, losses).assign(trade_source="imported")
    found = growth(frame, totals(frame), CAPITAL, daily_returns(frame, NO_CURVE, CAPITAL))
    return tuple(t.replace(NO_BREAK_SPACE, " ") for t in (found.value.text, found.value.reason, found.detail))  # type: ignore[return-value]


def test_returns_are_those_of_the_curve_which_knows_the_capital_of_each_day() -> None:
    frame = days([100.0, -50.0], -50.0)
    curve = pd.DataFrame({"date": frame["date"], "daily_return": [0.1, -0.2]})
    assert daily_returns(frame, curve, CAPITAL).tolist() == [0.1, -0.2]
    on_one_capital = [0.0001, -0.00005]
    for other in (NO_CURVE, curve.iloc[:1], curve.assign(daily_return=[0.1, np.nan])):
        assert daily_returns(frame, other, CAPITAL).tolist() == on_one_capital


def test_growth_is_that_of_the_sessions_returns_compounded_to_a_year() -> None:
    text, reason, _ = shown([1_000.0] * 63)
    assert (text, reason) == (f"{100 * (1.001**252 - 1):.1f} %", "")


def test_below_sixty_sessions_it_is_not_shown_and_the_reason_is() -> None:
    assert shown([1_000.0] * 59)[:2] == (NULL, "59 sessions, needs 60")
    assert shown([1_000.0] * 60)[1] == ""


def test_few_simulated_sessions_leave_it_out_and_an_imported_book_never_does() -> None:
    few, enough = (days([0.0] * number, -1_000.0).assign(trade_source="simulated") for number in (59, 60))
    assert (tells_growth(few), tells_growth(enough)) == (False, True)
    assert tells_growth(few.assign(trade_source="imported"))
    assert growth(enough, totals(enough), CAPITAL, np.zeros(60)).detail == ""
    labels = [
        [figure.name for figure in headline(f, equity_curve.CONTRACT.empty(), CAPITAL, 20).figures]
        for f in (few, enough)
    ]
    assert ["Growth a year" in names for names in labels] == [False, True]


def test_a_book_that_lost_more_than_there_was_has_no_growth_rather_than_one_of_minus_one() -> None:
    lost = -1.2 * CAPITAL
    assert shown([lost, *[0.0] * 62], lost) == (
        NULL,
        "a session cost more than all that was left",
        "all losing trades together cost 120.0 % of ₹ 10,00,000.00",
    )


def test_losing_trades_that_cost_less_than_the_capital_say_why_it_is_not_minus_one_hundred() -> None:
    bound = f"; a growth or drawdown of {MINUS}100 % takes all of it"
    assert shown([0.0] * 60, -123_000.0)[2] == f"all losing trades together cost 12.3 % of ₹ 10,00,000.00{bound}"
    assert bound not in shown([0.0] * 60, -CAPITAL)[2]


def test_the_bound_is_true_of_any_sessions() -> None:
    random = np.random.default_rng(5)
    for _ in range(50):
        net = random.normal(0, 10_000, 80)
        losses = net[net < 0].sum()
        assert -losses < CAPITAL
        assert np.prod(1 + net / CAPITAL) > 0


def test_imported_trades_are_said_to_state_no_capital_and_simulated_ones_are_not() -> None:
    frame = days([0.0] * 2, 0.0)
    said = base_caution(frame.assign(trade_source="imported"), CAPITAL)
    assert said is not None
    assert said.startswith("Imported trades state no capital: growth")
    assert "10,00,000.00. Set it to what was allocated." in said
    assert base_caution(frame.assign(trade_source="simulated"), CAPITAL) is None
