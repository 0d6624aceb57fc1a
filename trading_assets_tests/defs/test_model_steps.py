"""The steps of a model: what it may learn from, what its labels do not depend on, and when there is none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import numpy as np
import orjson
import pandas as pd
import pytest

from trading_assets.defs.assets.models import model_metadata
from trading_assets.defs.audits import audit_session
from trading_assets.defs.model_steps import ModelStep, labelled_signals, model_step
from trading_assets.defs.signal_steps import scoring_step
from trading_assets.defs.steps import trades_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.models.examples import COLUMNS
from trading_assets.setting_sections import ScoringSettings
from trading_assets.settings import Settings, TradingSettings
from trading_assets.tables import scored_signals, trades
from trading_assets.tracking.bundles import read_manifest
from trading_assets.tracking.code_version import code_version
from trading_assets_tests.defs.conftest import CLEAN, DIRTY
from trading_assets_tests.models.labelled import trained_model, variant

AFTER = date(2026, 2, 1)
NOW = datetime(2026, 2, 1, 3, 30, tzinfo=UTC)
#: Limits under which almost nothing would trade.
TIGHT = TradingSettings(max_open_positions=1, max_loss_per_day=Decimal("0.01"))
Desk = Callable[..., Workspace]


@pytest.fixture
def read_only(processed: Path) -> Desk:
    """Opens the shared home under other settings; not to be written to."""
    return lambda **settings: open_workspace(Settings.model_validate({"home": processed, **settings}))


@pytest.fixture(scope="module")
def learnt(processed: Path) -> pd.DataFrame:
    """Both sessions' labelled signals under the defaults; not to be changed."""
    return labelled_signals(open_workspace(Settings(home=processed)), AFTER)


@pytest.fixture
def own(processed: Path, tmp_path: Path) -> Desk:
    """Opens a copy of the home, to be changed at will."""
    home = tmp_path / "own"
    copytree(processed, home)
    return lambda **settings: open_workspace(Settings.model_validate({"home": home, **settings}))


def test_a_model_learns_from_sessions_before_its_cutoff_only(read_only: Desk) -> None:
    desk = read_only()
    assert set(labelled_signals(desk, AFTER)["date"].dt.date) == {CLEAN, DIRTY}
    assert set(labelled_signals(desk, DIRTY)["date"].dt.date) == {CLEAN}
    assert len(labelled_signals(desk, CLEAN)) == 0
    cutoff = pd.Timestamp(DIRTY, tz="Asia/Kolkata")
    assert (labelled_signals(desk, DIRTY)["label_time"] < cutoff).all(), "its outcome was known, too"


@pytest.mark.parametrize(
    ("cutoff", "months", "sessions"),
    [
        (date(2026, 2, 1), 1, {CLEAN, DIRTY}),
        (date(2026, 3, 1), 1, set()),
        (date(2026, 3, 1), 2, {CLEAN, DIRTY}),
        (date(2026, 4, 1), 3, {CLEAN, DIRTY}),
        (date(2026, 5, 1), 3, set()),
        (date(2027, 1, 1), 12, {CLEAN, DIRTY}),
        (date(2027, 2, 1), 12, set()),
    ],
)
def test_the_window_is_whole_months_before_the_cutoff(
    read_only: Desk, cutoff: date, months: int, sessions: set[date]
) -> None:
    desk = read_only(scoring=ScoringSettings(training_months=months))
    assert set(labelled_signals(desk, cutoff)["date"].dt.date) == sessions


def test_nothing_to_learn_from_still_has_its_columns(read_only: Desk, tmp_path: Path) -> None:
    for desk in (read_only(), open_workspace(Settings(home=tmp_path / "empty"))):
        nothing = labelled_signals(desk, date(2024, 1, 1))
        assert tuple(nothing.columns) == COLUMNS
        assert len(nothing) == 0


def test_a_label_is_whether_the_signal_alone_would_have_won(learnt: pd.DataFrame, read_only: Desk) -> None:
    assert learnt["signal_id"].is_unique
    assert (learnt["label"] == (learnt["net_pnl"] > 0)).all()
    assert (learnt["label_time"] > learnt["available_at"]).all()
    assert set(learnt["label"]) == {0.0, 1.0}
    scored = read_only().store.read(scored_signals.CONTRACT)
    assert set(learnt["signal_id"]) <= set(scored["signal_id"])


def test_labels_do_not_depend_on_position_limits(learnt: pd.DataFrame, own: Desk) -> None:
    pd.testing.assert_frame_equal(labelled_signals(own(trading=TIGHT), AFTER), learnt)
    limited = own(trading=TIGHT)
    trades_step(limited, CLEAN)
    traded = limited.store.read(trades.CONTRACT, [CLEAN])
    assert len(traded) < (learnt["date"].dt.date == CLEAN).sum(), "the limits do bite where trades are made"


def test_labels_do_depend_on_what_a_trade_costs(learnt: pd.DataFrame, read_only: Desk) -> None:
    dear = labelled_signals(read_only(trading=TradingSettings(slippage_ticks=200)), AFTER)
    both = learnt.merge(dear, on="signal_id", suffixes=("", "_dear"))
    assert both["net_pnl_dear"].sum() < both["net_pnl"].sum()


def test_labels_do_not_depend_on_an_earlier_model(learnt: pd.DataFrame, own: Desk) -> None:
    desk = own()
    for day in (CLEAN, DIRTY):
        scored = desk.store.read(scored_signals.CONTRACT, [day])
        rejected = scored.assign(ml_score=0.0, model_version="v9.9.9", model_hash="a" * 64, ml_score_reason=None)
        desk.store.write(scored_signals.CONTRACT, scored_signals.CONTRACT.frame(rejected[list(scored.columns)]), day)
        trades_step(desk, day)
    assert len(desk.store.read(trades.CONTRACT)) == 0, "that model lets nothing trade"
    pd.testing.assert_frame_equal(labelled_signals(desk, AFTER), learnt)


def test_labels_do_not_depend_on_what_comes_after_the_cutoff(read_only: Desk, own: Desk) -> None:
    shorter = own()
    shorter.store.delete(scored_signals.CONTRACT, DIRTY)
    pd.testing.assert_frame_equal(labelled_signals(read_only(), DIRTY), labelled_signals(shorter, AFTER))


def test_the_features_are_those_the_signal_was_stored_with(learnt: pd.DataFrame, read_only: Desk) -> None:
    scored = read_only().store.read(scored_signals.CONTRACT).set_index("signal_id")
    features = [name for name in COLUMNS if name not in {"signal_id", "date", "label", "net_pnl"} and "_at" not in name]
    features.remove("label_time")
    for row in learnt.to_dict(orient="records"):
        stored = orjson.loads(scored.loc[row["signal_id"], "features_snapshot"])
        assert set(features) <= set(stored)
        seen = [np.nan if stored[name] is None else stored[name] for name in features]
        np.testing.assert_array_equal([row[name] for name in features], seen)


def test_too_little_to_learn_from_trains_no_model_and_says_so(learnt: pd.DataFrame, own: Desk) -> None:
    desk = own(scoring=ScoringSettings(min_training_rows=1_000_000))
    step = model_step(desk, AFTER, NOW, "run-1")
    assert step.entry is None
    assert step.metrics == {}
    assert step.rows == len(learnt)
    assert step.refused is not None
    assert "1000000" in step.refused.replace(",", "").replace("_", "")
    assert desk.registry.entries() == ()
    assert desk.registry.resolve(AFTER) is None
    assert model_metadata(step) == {"labelled_signals": step.rows, "not_trained": step.refused}


def test_no_session_at_all_is_refused_too(tmp_path: Path) -> None:
    desk = open_workspace(Settings(home=tmp_path / "empty"))
    step = model_step(desk, AFTER, NOW, "run-1")
    assert (step.rows, step.entry) == (0, None)
    assert step.refused
    assert desk.registry.entries() == ()


def test_a_refusal_without_words_is_an_empty_text() -> None:
    refused = model_metadata(ModelStep(3, None, None, {"auc": None}))
    assert refused == {"labelled_signals": 3, "not_trained": ""}


@pytest.mark.parametrize(("successor", "role"), [("serves", "champion"), ("waits", "candidate")])
def test_a_successor_serves_or_waits_as_the_settings_say_and_its_origin_is_kept(
    own: Desk, successor: str, role: str
) -> None:
    desk = own(scoring=ScoringSettings(min_training_rows=10, successor=successor))  # type: ignore[arg-type]
    desk.registry.register(trained_model(), {}, NOW)
    step = model_step(desk, AFTER, NOW, "run-9")
    assert step.entry is not None, step.refused
    assert (step.entry.version, step.entry.role) == ("v1.1.0", role)
    served = desk.registry.resolve(AFTER)
    assert served is not None
    assert served.version == ("v1.1.0" if role == "champion" else "v1.0.0")
    lineage = read_manifest(desk.registry.bundles, step.entry.sha256)["lineage"]
    assert lineage == {
        "dagster_run_id": "run-9",
        "code_version": code_version(),
        "tables": "scored_signals, market_snapshots",
        "sessions": f"2 from {CLEAN} to {DIRTY}",
    }


def test_a_session_is_scored_by_the_model_that_was_live_and_its_loading_is_recorded(own: Desk) -> None:
    desk, model = own(), trained_model()
    live = desk.registry.register(model, {}, NOW - timedelta(days=30))
    later = desk.registry.register(variant(model, 1, cutoff=CLEAN), {}, NOW)
    assert desk.registry.resolve(CLEAN) == later, "known only days after the session"
    began = datetime.now(UTC)
    told = scoring_step(desk, CLEAN).tables["scored_signals"]
    scored = desk.store.read(scored_signals.CONTRACT, [CLEAN])
    for name in ("model_version", "model_hash"):
        assert scored[name].unique().tolist() == [told[name]]
    assert (told["model_version"], told["model_hash"]) == (live.version, live.sha256)
    loaded_at = datetime.fromisoformat(str(told["model_loaded_at"]))
    assert began - timedelta(milliseconds=1) <= loaded_at <= datetime.now(UTC)
    assert told["scored"] == len(scored)


def test_a_session_without_a_model_is_warned_of_and_holds_nothing_back(read_only: Desk) -> None:
    outcomes = {found.name: found for found in audit_session(read_only(), scored_signals.CONTRACT, CLEAN)}
    found = outcomes.pop("missing_data")
    assert (found.passed, found.severity, found.blocking) == (False, "WARN", False)
    assert found.numbers["score_missing.rows"] == len(read_only().store.read(scored_signals.CONTRACT, [CLEAN]))
    assert "score_missing: there is no ml_score; ml_score_reason says why" in found.sentence
    assert all(other.passed for other in outcomes.values())
