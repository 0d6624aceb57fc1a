"""The scatter shows every marked trade, and says in words what it shows."""

from __future__ import annotations

import re

import numpy as np
import pytest

from trading_assets.report.charts import HEIGHT, WIDTH
from trading_assets.report.excursions import ExcursionPicture, excursion_picture
from trading_assets.report.numbers import NO_BREAK_SPACE
from trading_assets.tables import trades
from trading_assets_tests.report.frames import trade_frame, weekdays


def drawn(found: ExcursionPicture) -> tuple[int, int]:
    """How many winners and losers are drawn."""
    return (
        sum(mark.winners.count("h0") for mark in found.marks),
        sum(mark.losers.count("m0") for mark in found.marks),
    )


def test_nothing_without_a_marked_trade() -> None:
    assert excursion_picture(trades.CONTRACT.empty()) is None
    assert excursion_picture(trade_frame(weekdays("2026-01-05", 1), ["a"], 3).assign(mae=np.nan)) is None


def test_each_trade_has_its_mark_winners_as_dots_losers_as_crosses() -> None:
    closed = trade_frame(weekdays("2026-01-05", 5), ["a", "b"], 10)
    found = excursion_picture(closed)
    assert found is not None
    wins = int((closed["net_pnl"] > 0).sum())
    assert drawn(found) == (wins, len(closed) - wins)


def test_marks_lie_within_the_picture() -> None:
    found = excursion_picture(trade_frame(weekdays("2026-01-05", 5), ["a"], 20))
    assert found is not None
    for x, y in re.findall(r"M(-?\d+),(-?\d+)h0", found.marks[0].winners):
        assert 0 <= int(x) <= WIDTH
        assert 0 <= int(y) <= HEIGHT


def test_a_trade_that_was_never_under_water_stands_at_the_left_edge() -> None:
    closed = trade_frame(weekdays("2026-01-05", 1), ["a"], 1).assign(mae=50.0, mfe=200.0, net_pnl=100.0)
    found = excursion_picture(closed)
    assert found is not None
    assert found.marks[0].winners.startswith("M0,")


def test_the_words_are_the_medians() -> None:
    closed = trade_frame(weekdays("2026-01-05", 1), ["a"], 6)
    closed["net_pnl"] = [10.0, 10.0, 10.0, -10.0, -10.0, 0.0]
    closed["mae"] = [-100.0, -200.0, -300.0, -900.0, -900.0, -900.0]
    closed["mfe"] = [500.0, 500.0, 500.0, 40.0, 50.0, 60.0]
    found = excursion_picture(closed)
    assert found is not None
    assert [s.replace(NO_BREAK_SPACE, " ") for s in found.sentences] == [
        "Half of the winners were never more than ₹ 200.00 under water.",
        "Half of the others had been at least ₹ 50.00 ahead before they were closed.",
    ]


@pytest.mark.parametrize(("net", "sentences"), [(10.0, 1), (-10.0, 1)])
def test_only_winners_or_only_losers_make_one_sentence(net: float, sentences: int) -> None:
    found = excursion_picture(trade_frame(weekdays("2026-01-05", 1), ["a"], 4).assign(net_pnl=net))
    assert found is not None
    assert len(found.sentences) == sentences


def test_many_trades_are_counted_in_few_marks_and_the_note_says_so() -> None:
    found = excursion_picture(trade_frame(weekdays("2026-01-05", 100), ["a", "b"], 50))
    assert found is not None
    assert sum(drawn(found)) <= 2 * 30 * 20
    assert "counted in squares" in found.note
    assert "beyond the axes" in found.note


def test_unmarked_trades_are_counted_in_the_note() -> None:
    closed = trade_frame(weekdays("2026-01-05", 1), ["a"], 4)
    closed.loc[closed.index[:3], "mae"] = np.nan
    found = excursion_picture(closed)
    assert found is not None
    assert "3 trades without a mark while open, not shown." in found.note


def test_the_order_of_trades_does_not_matter() -> None:
    closed = trade_frame(weekdays("2026-01-05", 3), ["a"], 20)
    assert excursion_picture(closed) == excursion_picture(closed.iloc[::-1])
