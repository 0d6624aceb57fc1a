"""Fixtures every test may use: settings on an empty home, and the folder of real recordings."""

import os
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
