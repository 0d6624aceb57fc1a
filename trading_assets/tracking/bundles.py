"""The model files, each in a folder named by its hash, beside a manifest that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import ModelError
from trading_assets.models.identity import LoadedModel, load_model
from trading_assets.tracking.files import replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trading_assets.models.training import TrainedModel
    from trading_assets.places.place import Place
    from trading_assets.tracking.ledger import RegistryEntry

MODEL_FILE = "model.skops"
MANIFEST_FILE = "manifest.json"


def write_bundle(root: Place, trained: TrainedModel, version: str, lineage: Mapping[str, str]) -> Place:
    """Store a model file and its manifest.

    Args:
        root: Folder of all bundles.
        trained: The model.
        version: Semantic version it gets.
        lineage: Where its data came from, as text by name.

    Returns:
        The bundle's folder, `root/<sha256>`.
    """
    folder = root / trained.sha256
    replace(folder / MODEL_FILE, trained.content)
    manifest = orjson.dumps(_manifest(trained, version, lineage), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    replace(folder / MANIFEST_FILE, manifest + b"\n")
    return folder


def read_manifest(root: Place, sha256: str) -> dict[str, object]:
    """Read what a bundle's manifest says.

    Raises:
        ModelError: Missing, or not a JSON object.
    """
    path = root / sha256 / MANIFEST_FILE
    try:
        manifest = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"the manifest {path} cannot be read: {error}. Restore the bundle or train the model again."
        raise ModelError(msg) from error
    if not isinstance(manifest, dict):
        msg = f"the manifest {path} holds a {type(manifest).__name__}, expected an object."
        raise ModelError(msg)
    return manifest


def load_bundle(root: Place, entry: RegistryEntry, loaded_at: datetime | None = None) -> LoadedModel:
    """Load a model once its manifest and the hash of its file agree with the ledger.

    Args:
        root: Folder of all bundles.
        entry: What the ledger pins.
        loaded_at: When this happens, for the record.

    Raises:
        ModelError: The manifest or the file is missing or says something else than the ledger.
    """
    manifest = read_manifest(root, entry.sha256)
    _agree(entry, {name: str(manifest.get(name)) for name in _PINNED}, MANIFEST_FILE)
    path = root / entry.sha256 / MODEL_FILE
    try:
        raw = path.read_bytes()
    except OSError as error:
        msg = f"the model file {path} of {entry.version} cannot be read: {error}. Restore it or train it again."
        raise ModelError(msg) from error
    model = load_model(raw, entry.sha256, entry.version, loaded_at)
    inside = {
        "trained_from": str(model.content.trained_from),
        "trained_until": str(model.trained_until),
        "kind": model.content.kind,
    }
    _agree(entry, inside, MODEL_FILE)
    return model


_PINNED = ("version", "sha256", "trained_from", "trained_until", "kind", "rows", "features_sha256")


def _agree(entry: RegistryEntry, found: Mapping[str, str], where: str) -> None:
    for name, value in found.items():
        pinned = str(getattr(entry, name))
        if value != pinned:
            msg = (
                f"{where} of {entry.sha256[:12]} says {name} {value}, the ledger says {pinned}; one of them was "
                "swapped and nothing was loaded. Restore the registry from a backup."
            )
            raise ModelError(msg)


def _manifest(trained: TrainedModel, version: str, lineage: Mapping[str, str]) -> dict[str, object]:
    return {
        "version": version,
        "sha256": trained.sha256,
        "bytes": len(trained.content),
        "kind": trained.kind,
        "feature_names": list(trained.feature_names),
        "features_sha256": trained.features_sha256,
        "trained_from": trained.trained_from.isoformat(),
        "trained_until": trained.trained_until.isoformat(),
        "cutoff": trained.cutoff.isoformat(),
        "rows": trained.rows,
        "data_sha256": trained.data_sha256,
        "metrics": trained.metrics,
        "parameters": dict(trained.parameters),
        "candidates": [
            {"kind": c.kind, "overall": c.overall, "folds": c.folds, "first_tests": c.first_tests}
            | {"importance": dict(c.importance)}
            for c in trained.candidates
        ],
        "sessions": [day.isoformat() for day in trained.sessions],
        "lineage": dict(lineage),
    }
