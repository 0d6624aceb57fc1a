"""What runs together: no asset is forgotten, checks go with their tables, and one tick is one partition."""

import dagster as dg
import pytest

from trading_assets.defs.build import build_definitions
from trading_assets.defs.jobs import DAILY, INTRADAY, ROLLUPS, TRADES
from trading_assets.defs.workspace import open_workspace
from trading_assets.settings import Settings
from trading_assets.tables.catalog import CONTRACTS, contract


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> dg.RepositoryDefinition:
    return build_definitions(open_workspace(Settings(home=tmp_path_factory.mktemp("jobs")))).get_repository_def()


def assets(repository: dg.RepositoryDefinition, job: str) -> set[str]:
    return {key.to_user_string() for key in repository.get_job(job).asset_layer.selected_asset_keys}


def by_session(repository: dg.RepositoryDefinition) -> set[str]:
    graph = repository.asset_graph
    return {
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if isinstance(graph.get(key).partitions_def, dg.TimeWindowPartitionsDefinition)
        and not isinstance(graph.get(key).partitions_def, dg.MonthlyPartitionsDefinition)
    }


def test_every_asset_is_made_by_a_job_and_every_session_by_the_one_of_the_evening(
    repository: dg.RepositoryDefinition,
) -> None:
    jobs = ("intraday_job", "eod_job", "weekly_review_job", "monthly_review_job")
    made = set().union(*(assets(repository, job) for job in jobs))
    assert made == {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert by_session(repository) <= assets(repository, "eod_job"), "a session would be left half done"


def test_a_job_takes_the_steps_it_is_named_for(repository: dg.RepositoryDefinition) -> None:
    assert assets(repository, "intraday_job") == {*INTRADAY, *TRADES}
    assert not assets(repository, "intraday_job") & {*ROLLUPS, "equity_curve"}, "a day is rolled up when it is over"
    assert assets(repository, "eod_job") >= {*DAILY, "equity_curve", "tear_sheet"}
    assert assets(repository, "monthly_review_job") >= {"signal_model"}
    assert not assets(repository, "weekly_review_job") & by_session(repository)


@pytest.mark.parametrize("job", ["intraday_job", "eod_job", "weekly_review_job"])
def test_every_check_of_a_table_runs_where_the_table_is_made(job: str, repository: dg.RepositoryDefinition) -> None:
    tables, layer = assets(repository, job), repository.get_job(job).asset_layer
    planned = {key for data in layer.data for key in data.assets_def.check_keys}
    assert planned
    assert planned == {
        key for key in repository.asset_graph.asset_check_keys if key.asset_key.to_user_string() in tables
    }


def test_the_tables_of_a_session_are_counted_by_status_and_stored_by_session() -> None:
    assert len(set(DAILY)) == len(DAILY)
    assert set(DAILY) <= {table.name for table in CONTRACTS}
    assert all(contract(name).partitioned for name in DAILY)


def test_what_a_table_is_made_of_comes_before_it(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    for position, name in enumerate(DAILY):
        parents = {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}
        assert not parents & set(DAILY[position:]), f"{name} would read what is not there yet"


def test_a_run_is_one_process_and_a_range_one_run(repository: dg.RepositoryDefinition) -> None:
    for name in ("intraday_job", "eod_job"):
        assert repository.get_job(name).executor_def is dg.in_process_executor
    for name in by_session(repository):
        policy = repository.asset_graph.get(dg.AssetKey(name)).backfill_policy
        assert policy == dg.BackfillPolicy.single_run(), name


def test_scores_know_every_model_and_models_only_earlier_months(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    signal_model, scored = dg.AssetKey("signal_model"), dg.AssetKey("scored_signals")
    assert isinstance(graph.get_partition_mapping(scored, signal_model), dg.AllPartitionMapping)
    cutoffs, sessions = graph.get(signal_model).partitions_def, graph.get(dg.AssetKey("signals")).partitions_def
    mapping = graph.get_partition_mapping(signal_model, dg.AssetKey("signals"))
    assert cutoffs is not None
    assert sessions is not None
    subset = cutoffs.empty_subset().with_partition_keys(["2026-02-01"])
    learnt = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, cutoffs, sessions)
    keys = sorted(learnt.partitions_subset.get_partition_keys())
    assert keys[-1] == "2026-01-30", "nothing of the month it serves"
    # the window of a session reaches to the next one, so that of 31 October touches November
    assert {key[:7] for key in keys[1:]} == {"2025-11", "2025-12", "2026-01"}
    assert keys[0] == "2025-10-31"
