"""The registry's life: register, serve, promote, tamper, and many processes at once."""

from __future__ import annotations

import json
import pickle
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from trading_assets.errors import CheckFailedError, ModelError
from trading_assets.models.promotion import Evidence
from trading_assets.tracking.bundles import MODEL_FILE
from trading_assets.tracking.decisions import Promotion
from trading_assets.tracking.ledger import append_entry
from trading_assets.tracking.registry import ModelRegistry
from trading_assets_tests.models.labelled import CUTOFF, trained_model, variant
from trading_assets_tests.tracking.stores import KINDS, mlflow_store

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
LINEAGE = {"dagster_run_id": "run-1", "sessions": "2024-02-20/2024-02-29"}
MODEL = trained_model()
OTHER = variant(MODEL, 1)
NEXT = variant(MODEL, 2, cutoff=date(2024, 4, 1))


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a champion from 1 March, a candidate for the same cut-off and a champion from 1 April."""
    home = tmp_path_factory.mktemp("registry") / "a home with spaces"
    registry = ModelRegistry(home)
    for hours, trained in enumerate((MODEL, OTHER, NEXT)):
        registry.register(trained, LINEAGE, NOW + timedelta(hours=hours))
    return home


@pytest.fixture
def registry(registered: Path, tmp_path: Path) -> ModelRegistry:
    """A copy of that home which a test may break."""
    return ModelRegistry(Path(shutil.copytree(registered, tmp_path / "home")))


def test_versions_and_roles_follow_the_rules(registry: ModelRegistry) -> None:
    assert [(e.version, e.role, e.valid_from) for e in registry.entries()] == [
        ("v1.0.0", "champion", CUTOFF),
        ("v1.1.0", "candidate", CUTOFF),
        ("v1.2.0", "champion", date(2024, 4, 1)),
    ]
    assert registry.entries()[1].reason == "trained again for a cut-off that v1.0.0 serves"


def test_the_model_that_was_valid_serves_and_none_before_the_first(registry: ModelRegistry) -> None:
    served = [registry.resolve(day) for day in (date(2024, 2, 29), CUTOFF, date(2024, 3, 31), date(2024, 4, 1))]
    assert [entry and entry.version for entry in served] == [None, "v1.0.0", "v1.0.0", "v1.2.0"]
    early = registry.resolve(date(2024, 4, 1), known_at=NOW + timedelta(minutes=5))
    assert early is not None
    assert early.version == "v1.0.0"


def test_the_same_file_is_registered_once(registry: ModelRegistry) -> None:
    before = registry.entries()
    assert registry.register(MODEL, LINEAGE, NOW + timedelta(days=9)) == before[0]
    assert registry.entries() == before


def test_an_empty_home_has_no_model(tmp_path: Path) -> None:
    empty = ModelRegistry(tmp_path / "nothing")
    assert (empty.entries(), empty.resolve(CUTOFF)) == ((), None)
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(ModelError, match=r"v1\.0\.0 is not in .* registered are: none"):
        empty.entry("v1.0.0")


def test_other_features_are_a_new_major_version(registry: ModelRegistry) -> None:
    changed = replace(variant(MODEL, 5, cutoff=date(2024, 5, 1)), feature_names=("only_this",))
    changed = replace(changed, example=MODEL.example[:, :1])
    assert registry.register(changed, {}, NOW).version == "v2.0.0"


def decided(reason: str = "better calibrated", hours: float = 72, **changes: object) -> Promotion:
    return replace(Promotion("a trader", reason, NOW + timedelta(hours=hours)), **changes)  # type: ignore[arg-type]


def against(rival: str | None, *refusals: str) -> Evidence:
    return Evidence(rival, f"as good as {rival} on 120 signals", refusals)


def test_a_candidate_serves_after_its_promotion_and_the_past_is_kept(registry: ModelRegistry) -> None:
    promoted = registry.promote("v1.1.0", decided(), against("v1.0.0"))
    assert registry.resolve(date(2024, 3, 15)) == promoted
    assert registry.load(promoted).version == "v1.1.0"
    before = registry.resolve(date(2024, 3, 15), known_at=promoted.recorded_at - timedelta(seconds=1))
    assert before is not None
    assert before.version == "v1.0.0"
    assert len(registry.entries()) == 4
    again = decided("worse after all", 96, valid_from=date(2024, 3, 20))
    back = registry.promote("v1.0.0", again, against("v1.1.0"))
    assert registry.resolve(date(2024, 3, 19)) == promoted
    assert registry.resolve(date(2024, 3, 20)) == back


def live(registry: ModelRegistry, day: date) -> str | None:
    """Version that scores a session which opens at 09:15 IST."""
    entry = registry.live(day, datetime.combine(day, time(3, 45), UTC))
    return entry and entry.version


def test_a_backfill_is_scored_by_what_was_live_whatever_was_decided_since(registry: ModelRegistry) -> None:
    promoted = registry.promote("v1.1.0", decided(), against("v1.0.0"))  # on 4 March, from the cut-off on
    days = [date(2024, 2, 29), CUTOFF, date(2024, 3, 4), date(2024, 3, 5), date(2024, 4, 1)]
    assert registry.resolve(date(2024, 3, 4)) == promoted
    # nothing was decided before the cut-off's open, so what is known today holds there
    assert [live(registry, day) for day in days] == [None, "v1.1.0", "v1.0.0", "v1.1.0", "v1.2.0"]
    late = variant(MODEL, 7, cutoff=date(2024, 5, 1))
    registry.register(late, LINEAGE, datetime(2024, 5, 9, tzinfo=UTC))
    assert [live(registry, date(2024, 5, day)) for day in (2, 8, 9)] == ["v1.2.0", "v1.2.0", "v1.3.0"]


def test_sessions_that_are_older_than_the_registry_follow_what_is_known_today(tmp_path: Path) -> None:
    fresh = ModelRegistry(tmp_path / "fresh")
    for trained in (MODEL, NEXT):
        fresh.register(trained, LINEAGE, datetime(2026, 1, 1, tzinfo=UTC))
    days = [date(2024, 2, 29), CUTOFF, date(2024, 3, 28), date(2024, 4, 1)]
    assert [live(fresh, day) for day in days] == [None, "v1.0.0", "v1.0.0", "v1.1.0"]


def aliases(registry: ModelRegistry) -> dict[str, str]:
    """Semantic version by MLflow alias."""
    client = registry.mlflow.client()
    found = client.get_registered_model("signal_model").aliases
    return {
        name: client.get_model_version("signal_model", number).tags["semantic_version"]
        for name, number in found.items()
    }


def test_aliases_say_what_serves_and_what_waits_now(registry: ModelRegistry) -> None:
    # v1.1.0 learnt from no fewer sessions than v1.2.0, which serves the newest
    assert aliases(registry) == {"champion": "v1.2.0", "challenger": "v1.1.0"}
    registry.promote("v1.1.0", decided(valid_from=date(2024, 4, 2)), against("v1.2.0"))
    assert aliases(registry) == {"champion": "v1.1.0"}
    longer = variant(MODEL, 8, cutoff=date(2024, 4, 1))
    registry.register(longer, LINEAGE, NOW + timedelta(days=40))
    assert aliases(registry) == {"champion": "v1.1.0", "challenger": "v1.3.0"}
    shorter = replace(variant(MODEL, 9, cutoff=date(2024, 4, 1)), trained_until=date(2024, 2, 28))
    registry.register(shorter, LINEAGE, NOW + timedelta(days=41))
    assert aliases(registry) == {"champion": "v1.1.0", "challenger": "v1.3.0"}


def test_a_promotion_is_on_the_record_with_who_why_when_and_on_what_evidence(registry: ModelRegistry) -> None:
    entry = registry.promote("v1.1.0", decided(" better calibrated "), against("v1.0.0"))
    kept = registry.entries()[-1]
    assert kept == entry
    assert (kept.decided_by, kept.reason) == ("a trader", "better calibrated")
    assert kept.recorded_at == NOW + timedelta(hours=72)
    assert (kept.evidence, kept.forced) == ("as good as v1.0.0 on 120 signals", False)
    line = json.loads(registry.ledger.read_text().splitlines()[-1])
    assert (line["decided_by"], line["forced"]) == ("a trader", False)
    assert all((e.decided_by, e.evidence, e.forced) == ("", "", False) for e in registry.entries()[:3])


def test_a_promotion_needs_a_reason_a_name_a_version_and_later_sessions(registry: ModelRegistry) -> None:
    before = registry.entries()
    faults = {
        "needs a reason": ("v1.1.0", decided(" ")),
        "needs the name of who decides it": ("v1.1.0", decided(decided_by="\t")),
        r"v3\.0\.0 is not in": ("v3.0.0", decided()),
    }
    for fault, (version, act) in faults.items():
        with pytest.raises(ModelError, match=fault):
            registry.promote(version, act, against("v1.0.0"))
    with pytest.raises(ModelError, match="expected later sessions only"):
        registry.promote("v1.1.0", decided(valid_from=date(2024, 2, 29)), against(None))
    assert registry.entries() == before


def test_a_promotion_against_the_evidence_is_refused_with_its_figures_unless_forced(registry: ModelRegistry) -> None:
    before = registry.entries()
    lacking = against("v1.0.0", "12 signals were scored by both", "Brier 0.3 against 0.2")
    with pytest.raises(
        CheckFailedError, match=r"v1\.1\.0 is not promoted: 12 signals .* both; Brier 0\.3 against 0\.2\. Wait"
    ):
        registry.promote("v1.1.0", decided(), lacking)
    with pytest.raises(ModelError, match="needs a reason"):
        registry.promote("v1.1.0", decided("", forced=True), lacking)
    assert registry.entries() == before
    forced = registry.promote("v1.1.0", decided("v1.0.0 saw a broken feed", forced=True), lacking)
    assert registry.resolve(CUTOFF) == forced
    assert registry.entries()[-1].forced


def test_force_is_recorded_only_where_it_was_needed(registry: ModelRegistry) -> None:
    assert not registry.promote("v1.1.0", decided(forced=True), against("v1.0.0")).forced


@pytest.mark.parametrize("rival", [None, "v1.2.0", "v1.1.0"])
def test_evidence_against_another_version_than_the_one_that_serves_is_none(
    registry: ModelRegistry, rival: str | None
) -> None:
    with pytest.raises(ModelError, match=rf"compared with {rival or 'no version'}, but v1\.0\.0 serves 2024-03-01"):
        registry.promote("v1.1.0", decided(forced=True), against(rival))


def test_a_rival_is_another_version_that_serves_the_session(registry: ModelRegistry) -> None:
    def rival(version: str, day: date) -> str | None:
        found = registry.rival(version, day)
        return found and found.version

    assert rival("v1.1.0", CUTOFF) == "v1.0.0"
    assert rival("v1.1.0", date(2024, 4, 1)) == "v1.2.0"
    assert rival("v1.0.0", CUTOFF) is None
    assert rival("v1.0.0", date(2024, 2, 29)) is None


def test_a_successor_that_waits_is_a_candidate_and_the_first_model_never_waits(tmp_path: Path) -> None:
    fresh = ModelRegistry(tmp_path / "fresh")
    assert fresh.register(MODEL, LINEAGE, NOW, waits=True).role == "champion"
    waiting = fresh.register(NEXT, LINEAGE, NOW, waits=True)
    assert (waiting.role, waiting.reason) == ("candidate", "waits for its promotion while v1.0.0 serves")
    served = fresh.resolve(date(2024, 4, 1))
    assert served is not None
    assert served.version == "v1.0.0"


def test_every_entry_verifies_against_file_manifest_and_mlflow(registry: ModelRegistry) -> None:
    for entry in registry.entries():
        assert registry.verify(entry).sha256 == entry.sha256


def test_a_swapped_file_is_refused(registry: ModelRegistry) -> None:
    first, second, _ = registry.entries()
    shutil.copy(registry.bundles / second.sha256 / MODEL_FILE, registry.bundles / first.sha256 / MODEL_FILE)
    with pytest.raises(ModelError, match="altered or swapped"):
        registry.load(first)
    with pytest.raises(ModelError, match="altered or swapped"):
        registry.promote("v1.0.0", decided("does not load"), against(None))


def test_a_swapped_ledger_row_is_refused(registry: ModelRegistry) -> None:
    lines = registry.ledger.read_text().splitlines()
    last, other = json.loads(lines[2]), json.loads(lines[1])
    lines[2] = json.dumps(last | {"sha256": other["sha256"]})
    registry.ledger.write_text("\n".join(lines) + "\n")
    with pytest.raises(ModelError, match="seal does not fit"):
        registry.resolve(CUTOFF)


def test_a_swapped_row_with_a_forged_seal_disagrees_with_its_manifest(registry: ModelRegistry) -> None:
    first, second, _ = registry.entries()
    append_entry(registry.ledger, replace(first, sha256=second.sha256))
    served = registry.resolve(CUTOFF)
    assert served is not None
    with pytest.raises(ModelError, match=r"says version v1\.1\.0, the ledger says v1\.0\.0"):
        registry.load(served)


def test_an_entry_that_is_not_in_the_ledger_is_refused(registry: ModelRegistry) -> None:
    forged = replace(registry.entries()[1], role="champion")
    with pytest.raises(ModelError, match="not pinned"):
        registry.load(forged)


def test_a_swapped_row_of_mlflows_registry_is_refused(registry: ModelRegistry) -> None:
    first = registry.entries()[0]
    with closing(sqlite3.connect(registry.mlflow.database)) as connection:
        connection.execute("UPDATE model_version_tags SET value='v9.0.0' WHERE key='semantic_version' AND version=1")
        connection.commit()
    assert registry.load(first).version == "v1.0.0"  # scoring never reads MLflow
    with pytest.raises(ModelError, match=r"as v9\.0\.0, the ledger as v1\.0\.0"):
        registry.verify(first)


def test_a_lost_mlflow_store_is_noticed_and_does_not_stop_scoring(registry: ModelRegistry) -> None:
    first = registry.entries()[0]
    shutil.rmtree(registry.mlflow.folder)
    assert registry.load(first).version == "v1.0.0"
    with pytest.raises(ModelError, match="as no version"):
        registry.verify(first)


def test_a_crash_before_the_ledger_is_healed_by_registering_again(registry: ModelRegistry) -> None:
    whole = registry.ledger.read_bytes()
    last = registry.entries()[-1]
    registry.ledger.write_bytes(b"".join(line + b"\n" for line in whole.splitlines()[:2]))
    assert registry.register(NEXT, LINEAGE, last.recorded_at) == last
    assert registry.ledger.read_bytes() == whole


def test_serving_does_not_import_mlflow(registered: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from trading_assets.tracking.registry import ModelRegistry\n"
        "registry = ModelRegistry(Path(sys.argv[1]))\n"
        "print(registry.load(registry.resolve(date(2024, 3, 5))).version, 'mlflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(registered)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["v1.0.0", "False"]


REGISTER = """
import pickle, sys
from datetime import UTC, datetime
from pathlib import Path
from trading_assets.tracking.registry import ModelRegistry
for trained in pickle.loads(Path(sys.argv[2]).read_bytes()):
    ModelRegistry(Path(sys.argv[1])).register(trained, {}, datetime(2024, 3, 1, tzinfo=UTC))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_eight_processes_that_register_at_once_in_an_empty_home_lose_nothing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    store = mlflow_store(kind, request, home)
    registry = ModelRegistry(home, store.postgres_url, store.artifacts, s3_endpoint=store.s3_endpoint)
    models, pickled = tmp_path / "models", tmp_path / "registry"
    models.write_bytes(pickle.dumps([[MODEL, variant(MODEL, 10 * number)][number % 2 :] for number in range(1, 9)]))
    pickled.write_bytes(pickle.dumps(registry))
    command = [sys.executable, "-W", "error", "-m", "trading_assets_tests.tracking.registering", models, pickled]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    assert "locked" not in done.stderr
    entries = registry.entries()
    assert sorted(e.version for e in entries) == [f"v1.{number}.0" for number in range(9)]
    assert len({e.sha256 for e in entries}) == len({e.mlflow_run_id for e in entries}) == 9
    assert [e.role for e in entries].count("champion") == 1
    for entry in entries:
        registry.verify(entry)
    versions = store.client().search_model_versions("name='signal_model'", max_results=100)
    assert sorted(int(version.version) for version in versions) == list(range(1, 10))
    assert {version.tags["semantic_version"] for version in versions} == {e.version for e in entries}


def test_sqlite_takes_readers_beside_its_writer(registry: ModelRegistry) -> None:
    with closing(sqlite3.connect(registry.mlflow.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
