"""A corrected trade through Dagster: what becomes stale, what is asked for, and that running it changes only that."""

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from trading_assets.defs import automation
from trading_assets.defs.build import build_definitions
from trading_assets.defs.jobs import ROLLUPS, TRADES
from trading_assets.defs.runner import open_instance, run_sessions_range
from trading_assets.defs.sessions import data_version
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import daily_performance, equity_curve, strategy_performance, trades
from trading_assets_tests.defs.test_broker_intake import (  # noqa: F401 - fixtures
    WEEK,
    changed,
    hashes,
    imported,
    row,
    week,
    week_home,
)

BEFORE, DAY = WEEK[1:3]
EQUITY = "equity_curve"


class Daemon:
    """Evaluates the conditions as the daemon does, each look knowing what the one before saw."""

    def __init__(self, workspace: Workspace) -> None:
        self.definitions = build_definitions(workspace)
        self.cursor: object = None

    def asks_for(self) -> dict[str, list[str]]:
        """Assets it would run now, and which partitions of them; "" for one without."""
        with open_instance() as instance:
            found = dg.evaluate_automation_conditions(
                self.definitions,
                instance,
                asset_selection=dg.AssetSelection.assets(*automation.FOLLOWING),
                cursor=self.cursor,  # type: ignore[arg-type]
            )
        self.cursor = found.cursor
        subsets = {result.key.to_user_string(): result.true_subset for result in found.results}
        return {
            name: sorted(key.partition_key or "" for key in subset.expensively_compute_asset_partitions())
            for name, subset in subsets.items()
            if not subset.is_empty
        }

    def shows_stale(self) -> set[tuple[str, str]]:
        """Rollups and sessions that the pages show as stale."""
        with open_instance() as instance:
            graph = self.definitions.resolve_asset_graph()
            resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
            return {
                (name, str(day))
                for name in ROLLUPS
                for day in (BEFORE, DAY)
                if resolver.get_status(dg.AssetKey(name), str(day)) is StaleStatus.STALE
            }


def test_a_corrected_trade_makes_its_rollups_stale_and_they_are_made_again_and_nothing_else(
    week: Workspace,  # noqa: F811
    tmp_path: object,
) -> None:
    daemon = Daemon(week)
    assert run_sessions_range(week, [BEFORE, DAY], [*TRADES, *ROLLUPS, EQUITY]).success
    assert daemon.asks_for() == {}
    assert daemon.shows_stale() == set()
    tables = (trades, daily_performance, strategy_performance, equity_curve)
    before = {module.CONTRACT: hashes(week, module.CONTRACT) for module in tables}

    imported(week, tmp_path, [row(DAY, "10:30 SELL 118", f"{DAY}s0")])  # type: ignore[arg-type]
    assert run_sessions_range(week, [DAY], TRADES).success
    assert daemon.shows_stale() == {(name, str(DAY)) for name in ROLLUPS}
    # its reconciliation follows from trades too, but was never made: that is the EOD run's
    assert daemon.asks_for() == {name: [str(DAY)] for name in ROLLUPS}
    assert daemon.asks_for() == {}, "what was asked for once is not asked for again"

    assert run_sessions_range(week, [DAY], ROLLUPS).success
    assert daemon.shows_stale() == set()
    assert daemon.asks_for() == {EQUITY: [""]}
    assert run_sessions_range(week, [DAY], [EQUITY]).success
    assert daemon.asks_for() == {}

    moved = {contract.name: changed(before[contract], hashes(week, contract)) for contract in before}
    assert len(moved["trades"]) == 1
    assert {key[-1] for key in moved["daily_performance"]} == {str(DAY)}
    assert {key[1:] for key in moved["strategy_performance"]} == {("alpha", str(DAY))}
    assert {key[:2] for key in moved[EQUITY]} == {
        (scope, str(day)) for scope in ("all", "alpha") for day in WEEK if day >= DAY
    }

    assert run_sessions_range(week, [DAY], TRADES).success
    assert daemon.shows_stale() == set()
    assert daemon.asks_for() == {}, "the same bytes again ask for nothing"


def test_the_version_of_a_session_is_its_content_and_a_range_has_one_of_all_of_them() -> None:
    assert data_version(["a"]).value == "a"
    ranges = {data_version(hashes).value for hashes in (["a", "b"], ["a", "c"], ["b", "a"], ["a", "b", "c"])}
    assert len(ranges) == 4
    assert all(len(value) == 64 for value in ranges)
