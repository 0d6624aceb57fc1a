"""Model commands: two versions compared in words and JSON, unknown ones refused, and why nothing was trained."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.defs.training_outcome import refusal
from trading_assets.defs.workspace import open_workspace
from trading_assets.settings import Settings
from trading_assets.tables import trades
from trading_assets.tracking.ledger import RegistryEntry, append_entry
from trading_assets.tracking.registry import ModelRegistry
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.tables.valid_frames import valid_frame


def registered(version: str, sha256: str) -> RegistryEntry:
    return RegistryEntry(
        version=version,
        sha256=sha256,
        valid_from=date(2024, 3, 1),
        trained_from=date(2024, 1, 1),
        trained_until=date(2024, 2, 29),
        role="candidate",
        recorded_at=datetime(2024, 3, 1, 12, 30, tzinfo=UTC),
        reason="for a test",
        kind="hist_gradient_boosting",
        rows=100,
        features_sha256="f" * 64,
        mlflow_run_id="",
    )


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three versions; the second earned ₹500 more per trade, in seven sessions each, the third nothing."""
    home = tmp_path_factory.mktemp("two") / "home"
    versions = ("v1.0.0", "v1.1.0", "v1.2.0")
    for number, version in enumerate(versions):
        append_entry(ModelRegistry(home).ledger, registered(version, f"{number:064x}"))
    store, random = open_workspace(Settings(home=home)).store, np.random.default_rng(5)
    for number, day in enumerate(pd.bdate_range("2024-03-04", periods=14)):
        earned = 500.0 * (number % 2) + np.round(50.0 * random.normal(size=3), 2)
        rows = valid_frame(trades.CONTRACT, 3).assign(date=day, model_version=versions[number % 2], net_pnl=earned)
        store.write(trades.CONTRACT, trades.CONTRACT.frame(rows), day.date())
    return home


@pytest.fixture
def home(two_versions: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That home in force; to be read, not changed."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(two_versions))
    return two_versions


@pytest.mark.usefixtures("home")
def test_two_versions_are_compared_in_words() -> None:
    answer = trading_assets("model", "compare", "v1.0.0", "v1.1.0")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].startswith("v1.0.0    21 trades in 7 sessions, ₹")
    assert lines[1].startswith("v1.1.0    21 trades in 7 sessions, ₹")
    assert "95 % by Welch's t" in answer.out
    assert lines[-2].startswith("v1.1.0 earned ₹")
    assert lines[-2].endswith("chance alone rarely does that.")
    assert lines[-1].startswith("not compared on the same signals: the manifest ")
    assert "cannot be read" in lines[-1]


@pytest.mark.usefixtures("home")
def test_two_versions_are_compared_for_machines() -> None:
    found = json.loads(trading_assets("model", "compare", "v1.0.0", "v1.1.0", "--json").out)
    assert (found["a"]["trades"], found["b"]["trades"]) == (21, 21)
    for low, high in (found["bootstrap"], found["welch"]):
        assert 0.0 < low < found["difference"] < high
    assert found["paired"] is None
    assert "cannot be read" in found["paired_reason"]
    turned = json.loads(trading_assets("model", "compare", "v1.1.0", "v1.0.0", "--json").out)
    assert turned["difference"] == pytest.approx(-found["difference"])


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("pair", [("v1.0.0", "v9.9.9"), ("v9.9.9", "v1.0.0")])
def test_an_unknown_version_is_refused_with_the_known_ones(pair: tuple[str, str]) -> None:
    answer = trading_assets("model", "compare", *pair)
    assert answer.code == 3
    assert "v9.9.9" in answer.err
    assert "registered are: v1.0.0, v1.1.0, v1.2.0" in answer.err


@pytest.mark.usefixtures("home")
def test_versions_without_trades_are_too_few_to_compare() -> None:
    answer = trading_assets("model", "compare", "v1.0.0", "v1.2.0")
    assert answer.code == 0
    assert "95 %" not in answer.out
    assert "v1.2.0 traded in 0 sessions; 5 of each are needed" in answer.out


def test_a_refused_training_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    answer = trading_assets("model", "train", "--cutoff", "2026-03-01")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("no model was trained for 2026-03-01: 0 labelled signals before 2026-03-01, 30 are")
    assert refusal("00000000-0000-0000-0000-000000000000") is None
