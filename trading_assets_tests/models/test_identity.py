"""A model is read only after its bytes have the pinned hash; versions follow what changed."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ModelError
from trading_assets.models.calibration import Calibration
from trading_assets.models.canonical import dump
from trading_assets.models.estimators import fit
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import (
    ModelContent,
    load_model,
    model_bytes,
    next_version,
    sha256_hex,
    version_numbers,
)

MATRIX = np.round(np.random.default_rng(5).normal(size=(120, 10)), 6)
CONTENT = ModelContent(
    kind="logistic_regression",
    feature_names=FEATURE_NAMES,
    trained_from=date(2024, 1, 1),
    trained_until=date(2024, 1, 31),
    calibration=None,
    estimator=fit("logistic_regression", MATRIX, (MATRIX[:, 0] > 0.0).astype(float), 1),
)
RAW = model_bytes(CONTENT)
SHA = sha256_hex(RAW)


class Exploit:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.path, "executed")


def test_what_is_loaded_is_what_was_saved() -> None:
    at = datetime(2024, 2, 1, 9, tzinfo=UTC)
    model = load_model(RAW, SHA, "v1.0.0", at)
    assert (model.sha256, model.version, model.loaded_at) == (SHA, "v1.0.0", at)
    assert (model.feature_names, model.trained_until) == (FEATURE_NAMES, date(2024, 1, 31))
    assert model_bytes(model.content) == RAW
    assert hashlib.sha256(RAW).hexdigest() == SHA


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_one_flipped_byte_is_refused_before_parsing(position: int, change: int) -> None:
    damaged = bytearray(RAW)
    damaged[position] ^= change
    with pytest.raises(ModelError, match="altered or swapped and nothing of it was read"):
        load_model(bytes(damaged), SHA)


def test_another_model_of_ours_is_refused_under_this_hash() -> None:
    other = model_bytes(replace(CONTENT, trained_until=date(2024, 1, 30)))
    with pytest.raises(ModelError, match="altered or swapped"):
        load_model(other, SHA)


@pytest.mark.parametrize("pinned", ["", "abc", SHA.upper(), SHA[:63], SHA + "0", "g" * 64])
def test_an_unpinned_model_is_refused(pinned: str) -> None:
    with pytest.raises(ModelError, match="not pinned"):
        load_model(RAW, pinned)


def test_a_pickle_is_never_executed_even_when_its_hash_is_pinned(tmp_path: Path) -> None:
    target = tmp_path / "executed"
    raw = pickle.dumps(Exploit(target))
    with pytest.raises(ModelError, match="altered or swapped"):
        load_model(raw, SHA)
    with pytest.raises(ModelError, match="pickled and other files are never loaded"):
        load_model(raw, sha256_hex(raw))
    assert not target.exists()


def test_a_foreign_type_is_refused_even_when_its_hash_is_pinned() -> None:
    raw = skops.io.dumps({"estimator": date(2024, 1, 1)})
    with pytest.raises(ModelError, match=r"datetime\.date"):
        load_model(raw, sha256_hex(raw))


@pytest.mark.parametrize(
    ("content", "found"), [({"format": 1}, "lacks kind"), ({"kind": "x"}, "lacks format"), ({}, "lacks format")]
)
def test_a_file_that_is_not_a_model_of_ours_is_refused(content: dict[str, object], found: str) -> None:
    raw = dump(content)
    with pytest.raises(ModelError, match=found):
        load_model(raw, sha256_hex(raw))


def test_a_file_of_a_later_format_is_refused() -> None:
    fields = ("kind", "feature_names", "trained_from", "trained_until", "calibration", "estimator")
    raw = dump({"format": 2} | dict.fromkeys(fields, "x"))
    with pytest.raises(ModelError, match="has format 2; expected format 1"):
        load_model(raw, sha256_hex(raw))


def test_the_calibration_is_stored_and_applied() -> None:
    plain = load_model(RAW, SHA)
    raw = model_bytes(replace(CONTENT, calibration=Calibration(0.5, 0.25)))
    corrected = load_model(raw, sha256_hex(raw))
    assert corrected.content.calibration == Calibration(0.5, 0.25)
    expected = Calibration(0.5, 0.25).apply(plain.predict(MATRIX))
    assert np.array_equal(corrected.predict(MATRIX), expected)


@pytest.mark.parametrize("shape", [(3, 9), (3, 11), (10,)])
def test_another_number_of_features_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="takes 10 features"):
        load_model(RAW, SHA).predict(np.zeros(shape))


@pytest.mark.parametrize(
    ("previous", "change", "expected"),
    [
        (None, "retrain", "v1.0.0"),
        (None, "features", "v1.0.0"),
        ("v1.0.0", "retrain", "v1.1.0"),
        ("v1.9.0", "retrain", "v1.10.0"),
        ("v1.10.3", "features", "v2.0.0"),
    ],
)
def test_versions_follow_what_changed(previous: str | None, change: str, expected: str) -> None:
    assert next_version(previous, change) == expected  # type: ignore[arg-type]


@given(st.integers(0, 99), st.integers(0, 99))
def test_a_version_always_rises(major: int, minor: int) -> None:
    before = f"v{major}.{minor}.0"
    for change in ("retrain", "features"):
        assert version_numbers(next_version(before, change)) > version_numbers(before)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["1.0.0", "v1.0", "v1.0.0-rc1", "", "latest"])
def test_what_is_not_a_version_is_refused(version: str) -> None:
    with pytest.raises(ModelError, match=r"expected the form v1\.2\.0"):
        next_version(version)
