"""A bundle is loaded only when ledger, manifest and file say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import orjson
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.identity import sha256_hex
from trading_assets.tracking.bundles import MANIFEST_FILE, MODEL_FILE, load_bundle, read_manifest, write_bundle
from trading_assets.tracking.ledger import RegistryEntry
from trading_assets_tests.models.labelled import trained_model, variant

if TYPE_CHECKING:
    from trading_assets.places.place import Place

TRAINED = trained_model()
#: Not what a bucket could change; its requests cost milliseconds.
in_a_folder = pytest.mark.parametrize("place", ["folder"], indirect=True)


@pytest.fixture
def pinned(place: Place) -> RegistryEntry:
    write_bundle(place, TRAINED, "v1.0.0", {"dagster_run_id": "abc"})
    return RegistryEntry(
        version="v1.0.0",
        sha256=TRAINED.sha256,
        valid_from=TRAINED.cutoff,
        trained_from=TRAINED.trained_from,
        trained_until=TRAINED.trained_until,
        role="champion",
        recorded_at=datetime(2024, 3, 1, tzinfo=UTC),
        reason="test",
        kind=TRAINED.kind,
        rows=TRAINED.rows,
        features_sha256=TRAINED.features_sha256,
        mlflow_run_id="",
    )


def test_it_loads_with_version_and_time(place: Place, pinned: RegistryEntry) -> None:
    at = datetime(2024, 3, 1, 9, tzinfo=UTC)
    model = load_bundle(place, pinned, at)
    assert (model.sha256, model.version, model.loaded_at) == (TRAINED.sha256, "v1.0.0", at)


@in_a_folder
def test_the_manifest_says_where_the_model_comes_from(place: Place, pinned: RegistryEntry) -> None:
    manifest = read_manifest(place, pinned.sha256)
    assert manifest["lineage"] == {"dagster_run_id": "abc"}
    assert manifest["data_sha256"] == TRAINED.data_sha256
    assert manifest["metrics"] == TRAINED.metrics
    assert manifest["bytes"] == len(TRAINED.content)
    assert [c["kind"] for c in manifest["candidates"]] == [c.kind for c in TRAINED.candidates]  # type: ignore[attr-defined]


def test_the_same_model_gives_the_same_files(place: Place, pinned: RegistryEntry) -> None:
    folder = place / pinned.sha256
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_bundle(place, TRAINED, "v1.0.0", {"dagster_run_id": "abc"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sha256_hex(before[MODEL_FILE]) == pinned.sha256


def test_one_flipped_byte_of_the_file_is_refused(place: Place, pinned: RegistryEntry) -> None:
    path = place / pinned.sha256 / MODEL_FILE
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelError, match="altered or swapped"):
        load_bundle(place, pinned)


@in_a_folder
def test_the_file_of_another_model_is_refused(place: Place, pinned: RegistryEntry) -> None:
    (place / pinned.sha256 / MODEL_FILE).write_bytes(variant(TRAINED, 1).content)
    with pytest.raises(ModelError, match="altered or swapped"):
        load_bundle(place, pinned)


@in_a_folder
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", "v7.0.0"),
        ("sha256", "0" * 64),
        ("trained_until", "2024-01-01"),
        ("features_sha256", "0" * 64),
        ("rows", 1),
        ("kind", "other"),
    ],
)
def test_a_changed_manifest_is_refused(place: Place, pinned: RegistryEntry, name: str, value: object) -> None:
    path = place / pinned.sha256 / MANIFEST_FILE
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {name: value}))
    with pytest.raises(ModelError, match=f"says {name} {value}, the ledger says"):
        load_bundle(place, pinned)


@in_a_folder
def test_a_ledger_that_claims_an_earlier_end_of_training_is_refused(place: Place, pinned: RegistryEntry) -> None:
    from dataclasses import replace

    forged = replace(pinned, trained_until=date(2024, 1, 1))
    path = place / pinned.sha256 / MANIFEST_FILE
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"trained_until": "2024-01-01"}))
    with pytest.raises(ModelError, match=rf"{MODEL_FILE} .* says trained_until 2024-02-29, the ledger says 2024-01-01"):
        load_bundle(place, forged)


@pytest.mark.parametrize("name", [MODEL_FILE, MANIFEST_FILE])
def test_a_missing_file_is_named(place: Place, pinned: RegistryEntry, name: str) -> None:
    (place / pinned.sha256 / name).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_bundle(place, pinned)


@in_a_folder
@pytest.mark.parametrize("content", [b"", b"[]", b"{"])
def test_a_manifest_that_is_no_object_is_refused(place: Place, pinned: RegistryEntry, content: bytes) -> None:
    (place / pinned.sha256 / MANIFEST_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="manifest"):
        load_bundle(place, pinned)
