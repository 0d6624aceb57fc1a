"""One model from its examples to a replayed score, through the registry's files, and what a crash may leave behind."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.features import feature_frame
from trading_assets.models.scoring import replay, score
from trading_assets.tracking.ledger import RegistryEntry, append_entry
from trading_assets.tracking.registry import ModelRegistry
from trading_assets_tests.models.chains import chain, signals_at
from trading_assets_tests.models.labelled import CUTOFF, trained_model, variant
from trading_assets_tests.tracking.test_registry import REGISTER

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
MODEL = trained_model()
CHAIN = chain()
SIGNALS = signals_at(CHAIN.available_at)
FEATURES = feature_frame({"NIFTY": CHAIN}, SIGNALS)
LATER = SIGNALS.assign(date=np.datetime64("2024-03-04", "s"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one model."""
    folder = tmp_path_factory.mktemp("life")
    ModelRegistry(folder).register(MODEL, {}, NOW)
    return folder


def test_a_session_is_scored_by_the_model_of_its_time_and_replayed_to_the_bit(home: Path) -> None:
    registry = ModelRegistry(home)
    entry = registry.resolve(date(2024, 3, 4))
    assert entry is not None
    scored = score(LATER, FEATURES, registry.load(entry), 0.4)
    assert set(scored["model_version"]) == {entry.version}
    assert set(scored["model_hash"]) == {entry.sha256}
    again = registry.load(registry.entry(scored["model_version"].iloc[0]))
    assert replay(scored, again).empty
    assert score(LATER, FEATURES, again, 0.4).equals(scored)


def test_a_session_before_every_model_has_no_score(home: Path) -> None:
    entry = ModelRegistry(home).resolve(date(2024, 1, 15))
    assert entry is None
    assert score(SIGNALS, FEATURES, None, 0.4)["ml_score"].isna().all()


def test_forcing_a_later_model_on_an_earlier_session_is_look_ahead(home: Path) -> None:
    registry = ModelRegistry(home)
    with pytest.raises(ModelError, match="look-ahead"):
        score(SIGNALS, FEATURES, registry.load(registry.entry("v1.0.0")), 0.4)


def test_a_home_may_be_given_relative_to_the_folder(home: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(home / "models", tmp_path / "here" / "models")).parent
    assert moved.is_absolute()
    registry = ModelRegistry(Path("here"))  # tests run in tmp_path
    assert registry.load(registry.entries()[0]).sha256 == MODEL.sha256


def test_mlflow_keeps_its_files_in_the_home_wherever_the_command_runs(tmp_path: Path) -> None:
    ModelRegistry(Path("relative")).register(MODEL, {}, NOW)
    assert len(list((tmp_path / "relative" / "mlflow" / "artifacts").rglob("model.skops"))) == 2
    assert not (tmp_path / "mlruns").exists()
    assert not (tmp_path / "artifacts").exists()


def test_a_home_that_was_moved_keeps_its_own_files(home: Path, tmp_path: Path) -> None:
    moved = ModelRegistry(Path(shutil.copytree(home, tmp_path / "moved")))
    left = sorted(home.rglob("*"))
    for number in (1, 2):
        entry = moved.register(variant(MODEL, number, cutoff=date(2024, 5, number)), {}, NOW)
        assert moved.verify(entry).version == f"v1.{number}.0"
    assert sorted(home.rglob("*")) == left
    assert len(list((moved.mlflow.folder / "artifacts").rglob("model.skops"))) == 6


def test_readers_never_see_half_an_entry(tmp_path: Path, home: Path) -> None:
    registry = ModelRegistry(Path(shutil.copytree(home, tmp_path / "home")))
    first = registry.entries()[0]
    faults: list[ModelError] = []
    seen: list[int] = []

    def read() -> None:
        for _ in range(200):
            try:
                seen.append(len(registry.entries()))
            except ModelError as error:
                faults.append(error)

    reader = Thread(target=read)
    reader.start()
    for number in range(40):
        append_entry(registry.ledger, replace(first, reason=f"decision {number}"))
    reader.join()
    assert faults == []
    assert seen == sorted(seen)
    assert len(registry.entries()) == 41


@pytest.mark.parametrize("moment", ["bundle", "mlflow"])
def test_a_process_killed_while_it_registers_leaves_a_whole_registry(tmp_path: Path, home: Path, moment: str) -> None:
    copied = Path(shutil.copytree(home, tmp_path / "home"))
    before = ModelRegistry(copied).entries()
    fresh = [variant(MODEL, number, cutoff=date(2024, 4, number)) for number in range(1, 5)]
    models = tmp_path / "models"
    models.write_bytes(pickle.dumps(fresh))
    command = [sys.executable, "-c", REGISTER, str(copied), str(models)]
    process = subprocess.Popen(command, cwd=ROOT)
    known = count(copied, moment)
    while process.poll() is None and count(copied, moment) == known:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
    process.kill()
    process.wait()
    registry = ModelRegistry(copied)
    assert registry.entries()[:1] == before
    for trained in fresh:
        registry.register(trained, {}, NOW)
    entries = registry.entries()
    assert {e.sha256 for e in entries} == {MODEL.sha256, *(trained.sha256 for trained in fresh)}
    assert len({e.version for e in entries}) == len(entries) == 5
    assert_all_load(registry, entries)


def assert_all_load(registry: ModelRegistry, entries: tuple[RegistryEntry, ...]) -> None:
    for entry in entries:
        assert registry.verify(entry).version == entry.version
    assert registry.resolve(CUTOFF) == entries[0]


def count(home: Path, moment: str) -> int:
    """Model files that show how far registering has come: in bundles, or among MLflow's artifacts."""
    folder = home / "models" if moment == "bundle" else home / "mlflow" / "artifacts"
    return len(list(folder.rglob("model.skops")))
