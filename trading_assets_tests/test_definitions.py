"""The code location: it loads without a warning, and what it holds is written down here, so that a change is seen."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from trading_assets.defs.build import build_definitions
from trading_assets.defs.workspace import open_workspace
from trading_assets.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).with_name("definitions.txt")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """The definitions over an empty home."""
    return build_definitions(open_workspace(Settings(home=tmp_path_factory.mktemp("home"))))


def described(definitions: dg.Definitions) -> str:
    """Every asset with its dependencies, checks, jobs, schedules and sensors, as text."""
    graph = definitions.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        parts = "by " + type(node.partitions_def).__name__ if node.partitions_def else "unpartitioned"
        parents = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys)) or "nothing"
        lines.append(f"asset {node.group_name}/{key.to_user_string()} {parts} from {parents}")
    lines += [f"check {key.to_user_string()}" for key in sorted(graph.asset_check_keys)]
    repository = definitions.get_repository_def()
    lines += [f"job {job.name}" for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)]
    lines += [
        f"schedule {found.name} {found.cron_schedule} {found.execution_timezone} {found.default_status.value}"
        for found in sorted(repository.schedule_defs, key=lambda found: found.name)
    ]
    lines += [
        f"sensor {found.name} {found.default_status.value}"
        for found in sorted(repository.sensor_defs, key=lambda found: found.name)
    ]
    return "\n".join(lines) + "\n"


def test_what_dagster_shows_is_what_is_written_down(definitions: dg.Definitions) -> None:
    found = described(definitions)
    assert found == GOLDEN.read_text(encoding="utf-8"), f"look at it, then write it to {GOLDEN.name}:\n{found}"


def test_definitions_are_valid(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_asset_says_what_it_is_and_whose(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.group_name != "default", key


def test_tables_carry_their_columns_with_units(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    schema = graph.get(dg.AssetKey("trades")).metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert "[₹]" in columns["net_pnl"].description
    assert columns["trade_id"].constraints.unique
    assert columns["ml_score"].constraints.nullable


def test_a_range_is_one_run(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        if isinstance(node.partitions_def, dg.TimeWindowPartitionsDefinition) and node.partitions_def.exclusions:
            assert node.backfill_policy == dg.BackfillPolicy.single_run(), key


def test_a_job_holds_assets_of_one_partitioning(definitions: dg.Definitions) -> None:
    for job in definitions.get_repository_def().get_all_jobs():
        if not job.name.startswith("__"):
            layer = job.asset_layer
            found = {layer.get(key).partitions_def for key in layer.selected_asset_keys}
            assert len(found - {None}) <= 1, job.name


def test_root_files_name_the_same_location() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    [location] = workspace["load_from"]
    assert location["python_module"] == {
        "module_name": "trading_assets.definitions",
        "location_name": "trading_assets",
    }
    instance = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert instance["telemetry"] == {"enabled": False}
    assert instance["nux"] == {"enabled": False}
    assert instance["retention"]
