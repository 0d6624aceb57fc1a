"""Rules of stored tables: the rulebook finds them by file, and their derived figures are right."""

import inspect

import numpy as np
import pandas as pd
import pytest

from trading_assets.quality.feed_calls import ROLLING_CALLS
from trading_assets.quality.rule import Rule
from trading_assets.quality.rulebook import evidence, rules, session_keys
from trading_assets.quality.table_findings import table_findings, table_issues
from trading_assets.quality.undefined_values import unexplained
from trading_assets.settings import QualitySettings
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.daily_performance import CONTRACT as DAILY
from trading_assets.tables.quality_issues import CATEGORIES
from trading_assets_tests.quality.clean_sessions import DAY, OPEN, clean_table, facts

GUARDED = [table.name for table in CONTRACTS if rules(table.name)]
EVERY_RULE = [rule for table in GUARDED for rule in rules(table)]


def named(rule: Rule) -> str:
    return f"{rule.table}.{rule.name}"


def test_every_table_that_trades_are_made_of_is_guarded() -> None:
    assert set(GUARDED) == {
        "market_snapshots",
        "signals",
        "scored_signals",
        "trades",
        "daily_performance",
        "strategy_performance",
        "feed_calls",
    }
    assert rules("no_such_table") == ()


@pytest.mark.parametrize("rule", EVERY_RULE, ids=named)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert rule.category in CATEGORIES
    assert rule.meaning.endswith((".", ":")) or len(rule.meaning) > 40
    assert rule.limits.model_fields_set, "a rule without limits says nothing"
    assert rule.message.format(value=1.0, limit=1.0)
    assert rule.columns


@pytest.mark.parametrize("table", GUARDED)
def test_names_are_unique_and_every_rule_of_a_file_is_listed(table: str) -> None:
    listed = rules(table)
    assert len({rule.name for rule in listed}) == len(listed)
    module = inspect.getmodule(listed[-1].measure)
    defined = {item.name for item in vars(module).values() if isinstance(item, Rule)}
    assert defined <= {rule.name for rule in listed}
    assert all(rule.table == table for rule in listed)


def test_names_are_unique_over_all_tables_but_for_what_scored_signals_inherit() -> None:
    owned = [rule.name for rule in EVERY_RULE if rule not in rules("scored_signals")[:4]]
    assert len(set(owned)) == len(owned)


@pytest.mark.parametrize("table", [table for table in GUARDED if table != "market_snapshots"])
def test_everything_a_rule_reads_is_there(table: str) -> None:
    given = evidence(table, clean_table(table), facts().session)
    assert {name for rule in rules(table) for name in rule.columns} <= set(given)


@pytest.mark.parametrize("table", [table for table in GUARDED if table != "market_snapshots"])
def test_without_a_session_hours_are_not_judged(table: str) -> None:
    for finding in table_findings(table, clean_table(table), None, QualitySettings()):
        if "opens" in finding.rule.columns:
            assert finding.unjudged.all()
        assert not finding.severity.any()


def test_failure_rates_are_per_feed_over_the_last_calls() -> None:
    base = clean_table("feed_calls", 1).iloc[0].to_dict()
    count = ROLLING_CALLS + 200
    busy = pd.DataFrame(
        {
            **base,
            "feed": "busy",
            "called_at": OPEN + pd.to_timedelta(range(count), unit="s"),
            "success": [False] * 200 + [True] * ROLLING_CALLS,
        }
    )
    broken = busy.head(10).assign(feed="a-broken", success=False)
    frame = contract("feed_calls").frame(pd.concat([busy, broken], ignore_index=True))
    (rate,) = (
        item
        for item in table_findings("feed_calls", frame, facts().session, QualitySettings())
        if item.rule.per == "session"
    )
    assert session_keys("feed_calls", frame) == ("a-broken", "busy")
    assert rate.measured.tolist() == [100.0, 0.0]
    issues = table_issues(contract("feed_calls"), frame, [rate], DAY)
    assert issues["message"].tolist() == [
        "failure_rate: 100.0 % of the last calls failed, above 30 % (1 row(s), first a-broken)"
    ]


def test_a_missing_number_is_explained_only_by_its_own_name() -> None:
    frame = clean_table("daily_performance", 4)
    frame["profit_factor"] = np.nan
    frame["undefined_reasons"] = ['{"profit_factor":"no losing trade"}', '{"win_rate":"no trades"}', "[]", "not json"]
    assert unexplained(frame, DAILY).tolist() == [0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("side", "exit_price", "broken"), [("BUY", 101.0, False), ("SELL", 101.0, True), ("SELL", 99.0, False)]
)
def test_gross_pnl_follows_the_side(side: str, exit_price: float, broken: bool) -> None:  # noqa: FBT001 a table's column
    frame = clean_table("trades").assign(side=side, exit_price=exit_price)
    found = {item.rule.name: item for item in table_findings("trades", frame, facts().session, QualitySettings())}
    assert found["trade_gross_pnl"].severity.any() == broken


def test_the_open_and_the_close_are_inside() -> None:
    frame = clean_table("signals", 2)
    frame["timestamp"] = [OPEN, OPEN + pd.Timedelta(hours=6.25)]
    frame["available_at"] = frame["timestamp"]
    found = table_findings("signals", frame, facts().session, QualitySettings())
    assert not any(item.severity.any() for item in found)
