"""What a model is: its file, the SHA-256 of that file, its semantic version, and loading it safely.

A model is read only after its bytes have the pinned hash. Nothing here pickles; nothing here opens a file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, cast

from trading_assets.errors import ModelError
from trading_assets.models.calibration import Calibration
from trading_assets.models.canonical import dump, load
from trading_assets.models.estimators import Classifier, probabilities

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Change = Literal["retrain", "features"]

FORMAT = 1
FIRST_VERSION = "v1.0.0"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELDS = ("format", "kind", "feature_names", "trained_from", "trained_until", "calibration", "estimator")


@dataclass(frozen=True)
class ModelContent:
    """What a model file holds.

    Args:
        kind: Which estimator it is.
        feature_names: Its inputs, in order.
        trained_from: First session it learnt from.
        trained_until: Last session it learnt from; it may score later ones only.
        calibration: Correction of its probabilities, None for none.
        estimator: The fitted estimator.
    """

    kind: str
    feature_names: tuple[str, ...]
    trained_from: date
    trained_until: date
    calibration: Calibration | None
    estimator: Classifier = field(repr=False)


@dataclass(frozen=True)
class LoadedModel:
    """A model whose file had the pinned hash and held nothing but allowed types.

    Args:
        sha256: Hash of the file, 64 hex.
        content: What the file holds.
        version: Semantic version under which it is registered, None when it is not.
        loaded_at: When it was loaded, as handed in.
    """

    sha256: str
    content: ModelContent
    version: str | None = None
    loaded_at: datetime | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Its inputs, in order."""
        return self.content.feature_names

    @property
    def trained_until(self) -> date:
        """Last session it learnt from."""
        return self.content.trained_until

    def predict(self, matrix: Floats) -> Floats:
        """Probability of a winning trade per row, 0 to 1, rounded to 9 decimals.

        Args:
            matrix: Features in the order of `feature_names`, NaN missing, shape (n, k), n ≥ 0.

        Returns:
            Shape (n,); a row's score does not depend on the other rows.

        Raises:
            ModelError: The matrix has another number of columns.
        """
        if matrix.ndim != len(("rows", "features")) or matrix.shape[1] != len(self.feature_names):
            msg = f"the model takes {len(self.feature_names)} features and was handed an array shaped {matrix.shape}."
            raise ModelError(msg)
        raw = probabilities(self.content.estimator, matrix)
        return raw if self.content.calibration is None else self.content.calibration.apply(raw)


def sha256_hex(raw: bytes) -> str:
    """SHA-256 of a model file, 64 hex."""
    return hashlib.sha256(raw).hexdigest()


def model_bytes(content: ModelContent) -> bytes:
    """Write a model to its canonical file: the same content gives the same bytes."""
    calibration = content.calibration
    return dump(
        {
            "format": FORMAT,
            "kind": content.kind,
            "feature_names": list(content.feature_names),
            "trained_from": content.trained_from.isoformat(),
            "trained_until": content.trained_until.isoformat(),
            "calibration": None if calibration is None else [calibration.slope, calibration.offset],
            "estimator": content.estimator,
        }
    )


def load_model(
    raw: bytes, expected_sha256: str, version: str | None = None, loaded_at: datetime | None = None
) -> LoadedModel:
    """Load a model file, after comparing its hash with the pinned one and before parsing anything of it.

    Args:
        raw: The file.
        expected_sha256: The pinned hash, 64 lower-case hex.
        version: Semantic version it is registered under.
        loaded_at: When this happens, for the record.

    Raises:
        ModelError: Another hash, no skops file, a type that is not allowed, or not a model of ours.
    """
    if not _SHA256.fullmatch(expected_sha256):
        msg = f"the model is not pinned: {expected_sha256!r} is not a SHA-256 of 64 lower-case hex."
        raise ModelError(msg)
    found = sha256_hex(raw)
    if found != expected_sha256:
        msg = (
            f"the model file has SHA-256 {found}, the pinned one is {expected_sha256}; it was altered or swapped and "
            "nothing of it was read. Restore the file or train the model again."
        )
        raise ModelError(msg)
    return LoadedModel(found, _content(load(raw)), version, loaded_at)


def next_version(previous: str | None, change: Change = "retrain") -> str:
    """Return the semantic version that follows.

    Args:
        previous: Highest version so far, such as v1.2.0; None before the first.
        change: "retrain" raises the minor number, "features" (other inputs or another schema) the major one.

    Returns:
        v1.0.0 first.

    Raises:
        ModelError: `previous` is not of the form vN.N.N.
    """
    if previous is None:
        return FIRST_VERSION
    major, minor, _ = version_numbers(previous)
    return f"v{major + 1}.0.0" if change == "features" else f"v{major}.{minor + 1}.0"


def version_numbers(version: str) -> tuple[int, int, int]:
    """Split a version such as v1.2.0 into its numbers, to sort by.

    Raises:
        ModelError: Not of the form vN.N.N.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        msg = f"{version!r} is not a model version; expected the form v1.2.0."
        raise ModelError(msg)
    return int(match[1]), int(match[2]), int(match[3])


def _content(stored: dict[str, object]) -> ModelContent:
    absent = [name for name in _FIELDS if name not in stored]
    if absent or stored["format"] != FORMAT:
        found = f"lacks {', '.join(absent)}" if absent else f"has format {stored['format']}"
        msg = f"the model file {found}; expected format {FORMAT} of this project. Train the model again."
        raise ModelError(msg)
    calibration = cast("list[float] | None", stored["calibration"])
    return ModelContent(
        kind=str(stored["kind"]),
        feature_names=tuple(cast("list[str]", stored["feature_names"])),
        trained_from=date.fromisoformat(str(stored["trained_from"])),
        trained_until=date.fromisoformat(str(stored["trained_until"])),
        calibration=None if calibration is None else Calibration(*calibration),
        estimator=cast("Classifier", stored["estimator"]),
    )
