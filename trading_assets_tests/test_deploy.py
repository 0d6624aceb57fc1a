"""What a team copies from `deploy/`: every file holds together with the others, and what can run here runs."""

import re
import sys
from pathlib import Path
from shutil import copy

import dagster as dg
import pytest
import yaml
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_postgres.event_log import PostgresEventLogStorage

from trading_assets.defs.celery_launcher import WatchedCeleryLauncher
from trading_assets.defs.runner import open_instance
from trading_assets.settings import Settings
from trading_assets_tests.test_settings import LEAVES, PREFIX

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
INSTANCE = yaml.safe_load((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
#: Keys of a service that the compose specification knows, of those used here.
SERVICE_KEYS = {
    *("build", "command", "depends_on", "deploy", "entrypoint", "environment", "healthcheck", "image", "ports"),
    *("restart", "stop_grace_period", "volumes"),
}
OURS = ("code", "daemon", "webserver", "worker")
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def template() -> dict[str, str]:
    """Variables of the environment template with their values."""
    lines = (DEPLOY / "environment.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_compose_names_only_what_it_declares() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    assert {*OURS, "postgres", "redis", "objects", "bucket"} == set(services)
    used = set()
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert re.fullmatch(r"[a-z/-]+:\S+", service["image"]), "an image without a version is another one tomorrow"
        waits = service.get("depends_on", {})
        assert set(waits) <= set(services), name
        if isinstance(waits, dict):
            assert {one["condition"] for one in waits.values()} <= CONDITIONS
            healthy = {other for other, one in waits.items() if one["condition"] == "service_healthy"}
            assert all("healthcheck" in services[other] for other in healthy)
        used |= {
            source for volume in service.get("volumes", ()) if not (source := volume.split(":")[0]).startswith(".")
        }
        files = [volume.split(":")[0] for volume in service.get("volumes", ()) if volume.startswith(".")]
        assert all((DEPLOY / file).is_file() for file in files), name
    assert used == set(volumes)
    assert (DEPLOY / COMPOSE["x-ours"]["build"]["context"] / COMPOSE["x-ours"]["build"]["dockerfile"]).is_file()


def test_every_variable_is_in_the_template_and_every_one_there_is_used() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert asked == set(template())
    required = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert required == {name for name in template() if name.endswith("_PASSWORD")}
    assert all(template()[name] == "" for name in template() if re.search("PASSWORD|TOKEN|URLS", name)), "a secret"


def test_what_ours_are_told_are_settings() -> None:
    told = set(COMPOSE["x-ours"]["environment"])
    assert {name for name in told if name.startswith(PREFIX)} <= {f"{PREFIX}{leaf}" for leaf in LEAVES}
    for name in OURS:
        assert COMPOSE["services"][name]["environment"] == COMPOSE["x-ours"]["environment"]
    assert Settings.model_fields["broker_url"].annotation is not None


def test_only_the_pages_are_reached_from_outside_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert ports == {"webserver": ["127.0.0.1:3000:3000"]}


def test_there_are_as_many_runs_at_once_as_workers_have_slots() -> None:
    worker = COMPOSE["services"]["worker"]
    slots = worker["deploy"]["replicas"] * int(worker["command"][worker["command"].index("--slots") + 1])
    assert INSTANCE["concurrency"]["runs"]["max_concurrent_runs"] == slots
    queue = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    assert queue["maxConcurrentRuns"] == slots
    assert queue["tagConcurrencyLimits"] == INSTANCE["concurrency"]["runs"]["tag_concurrency_limits"]
    monitoring = VALUES["dagsterDaemon"]["runMonitoring"]
    told = {re.sub("([A-Z])", r"_\1", name).lower(): value for name, value in monitoring.items()}
    # a pod may wait for a machine and its image, a worker is there
    assert told.pop("start_timeout_seconds") > INSTANCE["run_monitoring"]["start_timeout_seconds"]
    assert told == {key: of for key, of in INSTANCE["run_monitoring"].items() if key != "start_timeout_seconds"}
    assert VALUES["dagsterDaemon"]["runRetries"]["maxRetries"] == INSTANCE["run_retries"]["max_retries"]


def test_the_instance_of_a_team_differs_from_ones_own_in_its_limits_only() -> None:
    own = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    differing = {key for key in {*own, *INSTANCE} if own.get(key) != INSTANCE.get(key)}
    assert differing == {"run_coordinator", "concurrency", "run_monitoring", "run_retries"}
    assert (
        own["run_coordinator"]["config"]["tag_concurrency_limits"]
        == (INSTANCE["concurrency"]["runs"]["tag_concurrency_limits"])
    )


def test_the_instance_of_a_team_loads_on_postgresql(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(DEPLOY / "dagster.yaml", tmp_path)
    for name, value in {"POSTGRES_URL": postgres_url, "BROKER_URL": "redis://127.0.0.1:1/0", "HOME": "home"}.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    with open_instance() as instance:
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        assert isinstance(instance.run_launcher, WatchedCeleryLauncher)
        assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
        limits = instance.get_concurrency_config()
        assert (limits.run_queue_config.max_concurrent_runs, limits.pool_config.default_pool_limit) == (4, 1)
        assert (instance.run_retries_max_retries, instance.run_monitoring_poll_interval_seconds) == (5, 5)
        instance.event_log_storage.initialize_concurrency_limit_to_default("whole_tables")
        claims = [instance.event_log_storage.claim_concurrency_slot("whole_tables", run, "step") for run in "ab"]
        assert [claim.is_claimed for claim in claims] == [True, False]
        instance.event_log_storage.free_concurrency_slots_for_run("a")
        instance.event_log_storage.free_concurrency_slots_for_run("b")


def test_the_workspace_names_the_code_server_of_compose() -> None:
    [origin] = WorkspaceFileTarget([str(DEPLOY / "workspace.yaml")]).create_origins()
    assert (origin.host, origin.port, origin.location_name) == ("code", 4000, "trading_assets")  # type: ignore[attr-defined]
    command = COMPOSE["services"][origin.host]["command"]  # type: ignore[attr-defined]
    assert command[command.index("--port") + 1] == str(origin.port)  # type: ignore[attr-defined]
    own = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    assert own["load_from"][0]["python_module"]["module_name"] in command


def test_commands_are_ones_that_are_installed() -> None:
    folder = Path(sys.executable).parent
    programs = {COMPOSE["services"][name]["command"][0] for name in OURS}
    assert programs == {"dagster", "dagster-daemon", "dagster-webserver", "trading-assets"}
    assert all((folder / program).is_file() for program in programs)


def test_the_image_is_made_of_what_is_here_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert any("--require-hashes" in line for line in lines)
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER desk"]
    assert lines.index("USER desk") > max(n for n, line in enumerate(lines) if line.startswith("RUN"))


def test_kubernetes_starts_a_pod_a_run_of_the_same_code() -> None:
    assert VALUES["runLauncher"]["type"] == "K8sRunLauncher"
    [deployment] = VALUES["dagster-user-deployments"]["deployments"]
    assert deployment["dagsterApiGrpcArgs"] == ["--python-module", "trading_assets.definitions"]
    secrets = {one["name"] for one in (*VALUES["runLauncher"]["config"]["k8sRunLauncher"]["envSecrets"],)}
    assert secrets == {one["name"] for one in deployment["envSecrets"]} == {"trading-assets"}
    images = {VALUES[name]["image"]["tag"] for name in ("dagsterWebserver", "dagsterDaemon")}
    assert images == {deployment["image"]["tag"]}
    assert VALUES["postgresql"]["postgresqlScheme"] == "postgresql+psycopg2"
    version = re.search(r"--version ([\d.]+)", (DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    assert version is not None
    assert version[1] == dg.__version__


def test_no_file_holds_a_secret() -> None:
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"://[^/\s:]*:(?!\$\{)[^@\s/{}]+@", text), path
            assert not re.search(r"(?im)(password|token|secret_access_key)[:=][ \t]*\"?[A-Za-z0-9]", text), path
