"""A model of recorded sessions: trained on October it scores November; every question of traceability is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pandas as pd
import pytest

from trading_assets.defs.challenger import promotion_evidence
from trading_assets.defs.intake import land_recordings
from trading_assets.defs.model_steps import labelled_signals, model_step
from trading_assets.defs.signal_steps import scoring_step, signals_step
from trading_assets.defs.steps import daily_step, market_step, strategy_step, trades_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import ModelError
from trading_assets.feeds.discovery import feed_named
from trading_assets.models.scoring import replay, score
from trading_assets.models.telemetry import telemetry
from trading_assets.models.training import TrainedModel, train
from trading_assets.setting_sections import ScoringSettings
from trading_assets.settings import Settings
from trading_assets.storage.sql import query
from trading_assets.tables import daily_performance, scored_signals, strategy_performance, trades
from trading_assets.tracking.decisions import Promotion
from trading_assets_tests.models import on_postgres
from trading_assets_tests.models.labelled import variant
from trading_assets_tests.tracking.stores import new_database

if TYPE_CHECKING:
    from trading_assets.tracking.ledger import RegistryEntry

pytestmark = pytest.mark.recordings
LEARNT = (date(2025, 10, 15), date(2025, 10, 16), date(2025, 10, 17))
SCORED = (date(2025, 11, 3), date(2025, 11, 4))
CUTOFF = date(2025, 11, 1)
NOW = datetime(2025, 11, 1, 6, tzinfo=UTC)
QUESTIONS = (Path(__file__).parents[1] / "storage" / "traceability.sql").read_text(encoding="utf-8")
TABLES = (trades.CONTRACT, daily_performance.CONTRACT, strategy_performance.CONTRACT)


@pytest.fixture(scope="module")
def desk(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three recorded sessions learnt from, two scored and traded, each by a version of its own."""
    scoring = ScoringSettings(min_training_rows=10, decision_threshold=0.0)
    workspace = open_workspace(Settings(home=tmp_path_factory.mktemp("recorded") / "home", scoring=scoring))
    paths = [recordings / "nse_json_2025" / f"nse_json_{day}.tar.xz" for day in (*LEARNT, *SCORED)]
    land_recordings(workspace, feed_named("nse-json"), paths, None)
    for day in (*LEARNT, *SCORED):
        market_step(workspace, day)
        signals_step(workspace, day)
        if day == SCORED[0]:
            two_versions(workspace)
        for step in (scoring_step, trades_step, daily_step, strategy_step):
            step(workspace, day)
    return workspace


def two_versions(workspace: Workspace) -> None:
    """Train v1.0.0 on October and let v1.1.0, the same but for a date, serve from the second session on."""
    assert model_step(workspace, CUTOFF, NOW, "run-1").entry is not None
    trained = train(labelled_signals(workspace, CUTOFF), workspace.settings.scoring, CUTOFF)
    assert isinstance(trained, TrainedModel)
    workspace.registry.register(variant(trained, 1), {}, NOW)
    act = Promotion("a test", "two versions are wanted", NOW, SCORED[1], forced=True)
    workspace.registry.promote("v1.1.0", act, promotion_evidence(workspace, "v1.1.0", SCORED[1]))


def versions(desk: Workspace) -> dict[str, RegistryEntry]:
    return {entry.version: entry for entry in desk.registry.entries()}


def test_what_was_learnt_is_recorded_october_and_nothing_later(desk: Workspace) -> None:
    first = versions(desk)["v1.0.0"]
    assert first.rows >= 10
    assert LEARNT[0] <= first.trained_from <= first.trained_until <= LEARNT[-1]
    run = desk.registry.mlflow.client().get_run(first.mlflow_run_id)
    assert run.data.tags["sessions"].startswith(f"{len(LEARNT)} from {first.trained_from} to ")
    assert run.data.tags["code_version"].count("+") == 1
    assert run.data.tags["dagster_run_id"] == "run-1"


def test_every_scored_signal_and_trade_carries_its_telemetry(desk: Workspace) -> None:
    traded, scored = desk.store.read(trades.CONTRACT, SCORED), desk.store.read(scored_signals.CONTRACT, SCORED)
    pinned = {version: entry.sha256 for version, entry in versions(desk).items()}
    found = telemetry(traded, pinned)
    assert found.scored == len(traded) > 0
    assert found.coverage == 1.0
    assert telemetry(scored.assign(trade_id=scored["signal_id"]), pinned).coverage == 1.0
    by_day = traded.groupby(traded["date"].dt.date)["model_version"].unique().map(list).to_dict()
    assert by_day == {SCORED[0]: ["v1.0.0"], SCORED[1]: ["v1.1.0"]}


def test_sessions_before_the_model_have_no_score_and_say_why(desk: Workspace) -> None:
    before = desk.store.read(scored_signals.CONTRACT, LEARNT)
    assert before["ml_score"].isna().all()
    assert set(before["ml_score_reason"]) == {"no_model_for_session"}


def test_recorded_scores_are_replayed_to_the_bit_and_never_made_ahead(desk: Workspace) -> None:
    for version, day in zip(("v1.0.0", "v1.1.0"), SCORED, strict=True):
        model = desk.registry.load(desk.registry.entry(version))
        assert replay(desk.store.read(scored_signals.CONTRACT, [day]), model).empty
    learnt = desk.store.read(scored_signals.CONTRACT, LEARNT[-1:])
    columns = [name for name in learnt.columns if not name.startswith(("ml_", "model_", "features_", "decision_"))]
    rows = [orjson.loads(text) for text in learnt["features_snapshot"]]
    features = pd.DataFrame(rows).astype("float64")
    features.insert(0, "signal_id", learnt["signal_id"])
    with pytest.raises(ModelError, match="look-ahead"):
        score(learnt[columns], features, model, 0.0)
    earlier = replace(model, content=replace(model.content, trained_until=LEARNT[0]))
    assert score(learnt[columns], features, earlier, 0.0)["ml_score"].notna().all()


def statements(desk: Workspace) -> list[str]:
    """The user's questions, asked on the evening of the last recorded session, about a trade that was recorded."""
    traded = desk.store.read(trades.CONTRACT, SCORED)
    evening = traded["exit_time"].max() + timedelta(hours=1)
    text = QUESTIONS.replace("TRADE_12345", str(traded["trade_id"].iloc[0]))
    text = text.replace("NOW()", f"TIMESTAMPTZ '{evening.isoformat()}'")
    text = text.replace("CURRENT_DATE", f"DATE '{SCORED[-1]}'")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [found.strip() for found in "\n".join(lines).split(";") if found.strip()]


def plain(value: object) -> object:
    """A value as either engine may hand it over: one has decimals where the other has floats, and JSON as text."""
    if isinstance(value, str) and value.startswith("{"):
        return orjson.loads(value)
    return round(float(value), 6) if isinstance(value, float | Decimal) else value


def test_every_question_answers_from_recorded_rows_and_alike_on_both_engines(
    desk: Workspace, postgres_url: str
) -> None:
    url = new_database(postgres_url, "recorded")
    on_postgres.load(url, desk.store, TABLES)
    asked = statements(desk)
    assert len(asked) == 11
    for statement in asked:
        here, there = query(desk.store, statement), on_postgres.ask(url, statement)
        assert here.rows, statement
        if len(here.columns) == len(there.columns):  # a COUNT(*) without a name is called otherwise by either
            there = replace(there, columns=here.columns)
        # the embedded engine widens the rollups by their history
        both = list(there.columns)
        assert set(both) <= set(here.columns), statement
        first, second = (on_postgres.as_frame(answer)[both].map(plain) for answer in (here, there))
        # rows that tie come in either engine's own order
        answers = [sorted(map(str, frame.to_dict(orient="records"))) for frame in (first, second)]
        assert answers[0] == answers[1], statement
