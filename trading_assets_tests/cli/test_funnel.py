"""`regression funnel`: what became of every snapshot a strategy judged, per strategy and in all."""

from __future__ import annotations

import json
from datetime import date

import pytest

from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signals import REFUSALS
from trading_assets_tests.commands import Answer, trading_assets

DAY = "2026-01-28"
ARGUMENTS = ("regression", "funnel", "--snapshots", "committed", "--start", DAY, "--end", DAY)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answer, dict[str, dict[str, int]]]:
    """The table, and the same as JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADING_ASSETS_HOME", str(tmp_path_factory.mktemp("home")))
        return trading_assets(*ARGUMENTS), json.loads(trading_assets(*ARGUMENTS, "--json").out)


def test_every_strategy_has_a_line_and_all_a_total(told: tuple[Answer, dict[str, dict[str, int]]]) -> None:
    answer, found = told
    head, *lines = answer.out.splitlines()
    assert answer.code == 0, answer.err
    assert [line.split()[0] for line in lines] == [*sorted(load_strategies()), "total"]
    for line in lines[:-1]:
        name, *numbers = line.split()
        assert dict(zip(head.split()[1:], map(int, numbers), strict=True)) == found[name]
    total = dict(zip(head.split()[1:], map(int, lines[-1].split()[1:]), strict=True))
    assert total["signals"] == sum(one["signals"] for one in found.values()) > 5


def test_nothing_that_fired_is_lost(told: tuple[Answer, dict[str, dict[str, int]]]) -> None:
    for one in told[1].values():
        assert (one["sessions"], one["evaluated"]) == (1, 375)
        assert one["fired"] == sum(one[name] for name in (*REFUSALS, "cooling_or_open", "signals"))
    assert told[1]["iv_rank_premium_sell"]["no_history"] == 0, "a year comes with the package"


def test_one_strategy_can_be_asked_for_and_a_day_without_sessions_is_refused() -> None:
    alone = trading_assets(*ARGUMENTS, "--strategy", "pcr_analysis")
    assert [line.split()[0] for line in alone.out.splitlines()] == ["strategy", "pcr_analysis", "total"]
    nothing = trading_assets("regression", "funnel", "--start", "2019-01-01", "--end", "2019-01-31")
    assert nothing.code == 3
    assert date.fromisoformat("2019-01-01").isoformat() in nothing.err
