"""Promoting by command: on evidence, on the record, against it only by force; and scoring again by another version."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import numpy as np
import orjson
import pytest

from trading_assets.cli.promoting import login_name
from trading_assets.defs.challenger import newest_pair, on_the_same_signals, promotion_evidence
from trading_assets.defs.model_steps import labelled_sessions
from trading_assets.defs.monitoring_checks import challenge_result
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import UsageError
from trading_assets.models.paired import shadow_scores
from trading_assets.models.training import TrainedModel, train
from trading_assets.tables import scored_signals
from trading_assets.tracking.registry import ModelRegistry
from trading_assets_tests.commands import Answer, trading_assets
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals, variant

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CHAMPION, CHALLENGER, WORSE = "v1.1.0", "v1.2.0", "v1.3.0"
RANGE = ("--from", "2026-01-28", "--to", "2026-02-03")


def trained(**changes: object) -> TrainedModel:
    """A model of signals whose labels have nothing to do with their features, unless the changes say otherwise."""
    found = train(labelled_signals(160, edge=0.0).assign(**changes), SETTINGS, CUTOFF)
    assert isinstance(found, TrainedModel)
    return found


@pytest.fixture(scope="module")
def prepared(demo: tuple[Path, Answer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's five sessions, and three models of 2024 that may score all of them: one serves, two wait."""
    home = tmp_path_factory.mktemp("promote") / "home"
    copytree(demo[0], home)
    registry = ModelRegistry(home)
    unsure = trained()  # says about one half of every signal, which is never far off
    # sure of every signal, for a reason that has nothing to do with what becomes of it
    oversure = trained(label=lambda rows: (rows["rsi"] > 50.0).astype(float))
    for model in (unsure, variant(unsure, 3), oversure):
        registry.register(model, {}, NOW)
    return home


@pytest.fixture
def desk(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of that home in force."""
    home = tmp_path / "home"
    copytree(prepared, home)
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    return open_workspace()


def promote(version: str, *options: str) -> tuple[int, str, str]:
    answer = trading_assets("model", "promote", version, "--from", "2024-03-04", *options)
    return answer.code, answer.out, answer.err


@pytest.mark.usefixtures("desk")
def test_too_few_signals_refuse_with_figures_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_SCORING__PROMOTION_SIGNALS", "100000")
    before = open_workspace().registry.entries()
    code, _, err = promote(CHALLENGER, "--reason", "newer")
    assert code == 1
    assert f"{CHALLENGER} is not promoted: " in err
    assert "signals of 5 sessions were scored by both, 100000 signals of 5 sessions are needed" in err
    assert open_workspace().registry.entries() == before


def test_a_version_as_good_is_promoted_on_the_record(desk: Workspace) -> None:
    code, out, err = promote(CHALLENGER, "--reason", "learnt from more sessions", "--by", "Asha")
    assert code == 0, err
    entry = desk.registry.entries()[-1]
    assert (entry.version, entry.role, entry.valid_from) == (CHALLENGER, "champion", date(2024, 3, 4))
    assert (entry.decided_by, entry.reason, entry.forced) == ("Asha", "learnt from more sessions", False)
    assert entry.evidence.startswith(f"{CHALLENGER} against {CHAMPION} on ")
    assert out.splitlines()[-1] == f"{CHALLENGER} serves from 2024-03-04, decided by Asha"
    assert ".." not in out
    listed = trading_assets("model", "list").out.splitlines()
    assert [line.split()[:3] for line in listed[1:4]] == [
        [CHAMPION, "champion", "serves"],
        [CHALLENGER, "candidate", "waits,"],
        [WORSE, "candidate", "waits,"],
    ]
    assert listed[-1].strip() == "decided by Asha: learnt from more sessions"


def test_worse_probabilities_are_refused_unless_forced_with_a_reason(desk: Workspace) -> None:
    code, _, err = promote(WORSE, "--reason", "a feeling")
    assert code == 1
    assert "its probabilities are further from what happened: Brier 0." in err
    assert promote(WORSE, "--reason", " ", "--force")[0] == 3
    assert len(desk.registry.entries()) == 4
    code, out, _ = promote(WORSE, "--reason", "a drill", "--force", "--by", "Asha")
    assert code == 0
    assert out.splitlines()[-1].endswith("decided by Asha (forced)")
    assert desk.registry.entries()[-1].forced


def test_who_decides_is_who_is_logged_in(desk: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ravi")
    assert promote(CHALLENGER, "--reason", "newer")[0] == 0
    assert desk.registry.entries()[-1].decided_by == "ravi"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)  # an account without a name, as in some containers
    with pytest.raises(UsageError, match="Say it with --by NAME"):
        login_name()


def test_a_version_that_replaces_none_needs_no_evidence(desk: Workspace) -> None:
    assert promotion_evidence(desk, CHAMPION).rival is None
    code, out, _ = promote(CHAMPION, "--reason", "serve from later on")
    assert code == 0
    assert out.startswith(f"{CHAMPION} replaces no other version.")


def test_shadow_scores_are_those_it_would_have_stored(desk: Workspace) -> None:
    """The model that was in charge, asked again as a shadow, says to the bit what is stored."""
    [entry] = [entry for entry in desk.registry.entries() if entry.version == "v1.0.0"]
    stored = desk.store.read(scored_signals.CONTRACT)
    own = stored[stored["model_hash"] == entry.sha256].set_index("signal_id")["ml_score"]
    assert len(own)
    days = [day for day in desk.store.sessions(scored_signals.CONTRACT) if day > entry.trained_until]
    examples = labelled_sessions(desk, days)
    shadow = shadow_scores(examples, desk.registry.load(entry))
    assert np.array_equal(shadow, own.loc[examples["signal_id"]].to_numpy())


def test_compare_tells_both_trades_and_the_same_signals(desk: Workspace) -> None:
    answer = trading_assets("model", "compare", CHAMPION, WORSE)
    assert answer.code == 0, answer.err
    assert "95 % by resampled sessions, paired: " in answer.out
    assert f"{WORSE}    would take " in answer.out
    assert answer.out.splitlines()[-1].startswith("on the same ")
    found = json.loads(trading_assets("model", "compare", CHAMPION, WORSE, "--json").out)
    a, b = (desk.registry.entry(version) for version in (CHAMPION, WORSE))
    there = on_the_same_signals(desk, a, b)
    assert (found["paired"]["signals"], found["paired"]["difference"]) == (there.signals, there.difference)
    assert found["paired"]["a"]["brier"] < found["paired"]["b"]["brier"]
    assert found["paired_reason"] is None


def test_the_newest_version_is_challenged_by_the_one_before_it(desk: Workspace) -> None:
    pair = newest_pair(desk)
    assert pair is not None
    assert [entry.version for entry in pair] == [CHAMPION, WORSE]
    found = challenge_result(desk)
    assert found.description is not None
    assert found.metadata["version"].value == WORSE
    assert found.metadata["brier"].value > found.metadata["brier_of_predecessor"].value  # type: ignore[operator]
    paired = on_the_same_signals(desk, *pair)
    assert paired.bootstrap is not None
    assert found.passed == (paired.bootstrap[1] >= 0.0)


def test_scoring_again_by_another_version_stores_nothing_and_names_what_would_change(desk: Workspace) -> None:
    before = desk.store.content_sha256(scored_signals.CONTRACT, date(2026, 2, 3))
    stored = desk.store.read(scored_signals.CONTRACT)
    answer = trading_assets("model", "replay", *RANGE, "--model", CHALLENGER)
    assert answer.code == 0, answer.err
    first = answer.out.splitlines()[0]
    assert first.startswith(f"{len(stored)} signals of 5 sessions scored by {CHALLENGER}, nothing stored: ")
    assert desk.store.content_sha256(scored_signals.CONTRACT, date(2026, 2, 3)) == before
    model = desk.registry.load(desk.registry.entry(CHALLENGER))
    rows = [list(orjson.loads(text).values()) for text in stored["features_snapshot"]]
    takes = model.predict(np.array(rows, dtype=float)) >= 0.40
    held_back = (stored["ml_score"] < stored["decision_threshold"]).to_numpy()
    assert first.endswith(f": {(takes & held_back).sum()} more trades, {(~takes & ~held_back).sum()} fewer")
    changed = stored.loc[takes == held_back, "signal_id"]
    assert len(changed)
    assert answer.out.splitlines()[2].split()[1] == changed.iloc[0]


@pytest.mark.usefixtures("desk")
def test_scoring_again_never_looks_ahead_and_says_when_there_is_nothing() -> None:
    answer = trading_assets("model", "replay", *RANGE, "--model", "v1.0.0")
    assert answer.code == 3
    assert "look-ahead: model v1.0.0" in answer.err
    answer = trading_assets("model", "replay", "--from", "2024-04-01", "--to", "2024-04-30", "--model", CHAMPION)
    assert answer.out.startswith("no stored signal between 2024-04-01 and 2024-04-30 has features")
