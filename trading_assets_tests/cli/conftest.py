"""One home folder on which the demo has run, shared by the tests that only read it."""

from pathlib import Path
from shutil import copytree

import pytest

from trading_assets_tests.commands import Answer, trading_assets

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """The demo's home folder, and what the command said; made once."""
    home = tmp_path_factory.mktemp("demo") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADING_ASSETS_HOME", str(home))
        patch.setenv("TRADING_ASSETS_BASELINES", str(ROOT / "baselines"))
        patch.chdir(tmp_path_factory.mktemp("anywhere"))
        answer = trading_assets("demo")
    return home, answer


@pytest.fixture
def demo_home(demo: tuple[Path, Answer], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's home in force; to be read, not changed."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(demo[0]))
    monkeypatch.setenv("TRADING_ASSETS_BASELINES", str(ROOT / "baselines"))
    return demo[0]


@pytest.fixture
def own_demo_home(demo: tuple[Path, Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo's home in force, to be changed at will."""
    home = tmp_path / "copy"
    copytree(demo[0], home)
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    monkeypatch.setenv("TRADING_ASSETS_BASELINES", str(tmp_path / "baselines"))
    copytree(ROOT / "baselines", tmp_path / "baselines")
    return home
