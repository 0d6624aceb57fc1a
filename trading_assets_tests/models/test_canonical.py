"""The canonical file: the same bytes every time, and nothing in it that is not on the list."""

from __future__ import annotations

import io
import pickle
import zipfile
from datetime import date

import numpy as np
import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier

from trading_assets.errors import ModelError
from trading_assets.models.canonical import ALLOWED, dump, load
from trading_assets.models.estimators import KINDS, Kind, fit, probabilities

random = np.random.default_rng(5)
MATRIX = np.round(random.normal(size=(200, 10)), 6)
LABELS = (MATRIX[:, 0] + random.normal(size=200) > 0.0).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_estimator_gives_the_same_bytes_and_stock_skops_does_not(kind: Kind) -> None:
    first, second = (fit(kind, MATRIX, LABELS, 1) for _ in range(2))
    assert dump({"estimator": first}) == dump({"estimator": second})
    assert skops.io.dumps({"estimator": first}) != skops.io.dumps({"estimator": second})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_loaded_scores_like_what_was_saved(kind: Kind) -> None:
    estimator = fit(kind, MATRIX, LABELS, 1)
    loaded = load(dump({"estimator": estimator, "names": ["a"], "nothing": None, "number": 1.5}))
    assert np.array_equal(probabilities(loaded["estimator"], MATRIX), probabilities(estimator, MATRIX))  # type: ignore[arg-type]
    assert (loaded["names"], loaded["nothing"], loaded["number"]) == (["a"], None, 1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_saving_what_was_loaded_gives_the_same_bytes(kind: Kind) -> None:
    raw = dump({"estimator": fit(kind, MATRIX, LABELS, 1)})
    assert dump(load(raw)) == raw


def test_the_archive_holds_no_clock_no_address_and_no_version() -> None:
    with zipfile.ZipFile(io.BytesIO(dump({"array": np.arange(3.0), "again": np.arange(3.0)}))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
        text = archive.read("schema.json").decode()
    assert len(names) == 2  # equal arrays are stored once
    assert "__id__" not in text
    assert "_skops_version" not in text


@pytest.mark.parametrize(
    "foreign",
    [DecisionTreeClassifier(), date(2024, 1, 1), np.random.default_rng(1), {1, 2}, print, b"bytes"],
    ids=["estimator", "date", "generator", "set", "function", "bytes"],
)
def test_a_foreign_type_is_neither_written_nor_read(foreign: object) -> None:
    with pytest.raises(ModelError, match="types that are not allowed"):
        dump({"thing": foreign})
    with pytest.raises(ModelError, match="refused before loading"):
        load(skops.io.dumps({"thing": foreign}))


def test_a_type_that_skops_trusts_is_still_refused() -> None:
    raw = skops.io.dumps({"estimator": DecisionTreeClassifier()})
    assert skops.io.get_untrusted_types(data=raw) == []
    with pytest.raises(ModelError, match="DecisionTreeClassifier"):
        load(raw)


def test_an_allowed_class_under_another_loader_is_refused() -> None:
    raw = dump({"estimator": fit("logistic_regression", MATRIX, LABELS, 1)})
    forged = forge(raw, b'"__loader__":"ObjectNode"', b'"__loader__":"FunctionNode"')
    with pytest.raises(ModelError, match="as FunctionNode"):
        load(forged)


def test_a_pickle_is_not_an_archive() -> None:
    with pytest.raises(ModelError, match=r"not a skops archive .* pickled"):
        load(pickle.dumps({"estimator": 1}))


def test_an_archive_without_schema_or_with_a_broken_one_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.pkl", b"x")
    with pytest.raises(ModelError, match="not a skops archive"):
        load(buffer.getvalue())
    with pytest.raises(ModelError, match="not a skops archive"):
        load(forge(dump({"number": 1.0}), b"{", b"[", count=1))


def test_a_missing_member_is_refused() -> None:
    raw = dump({"array": np.arange(3.0)})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        schema = archive.read("schema.json")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", schema)
    with pytest.raises(ModelError, match="cannot be rebuilt"):
        load(buffer.getvalue())


def test_something_else_than_a_dictionary_is_refused() -> None:
    with pytest.raises(ModelError, match="holds a list"):
        load(skops.io.dumps([1.0, 2.0]))


def test_the_list_names_no_generic_loader_of_code() -> None:
    loaders = {loader for loader, _, _ in ALLOWED}
    assert loaders.isdisjoint({"FunctionNode", "MethodNode", "PartialNode", "OperatorFuncNode", "RandomGeneratorNode"})
    assert not any(module.split(".")[0] not in {"builtins", "numpy", "sklearn"} for _, module, _ in ALLOWED)


def forge(raw: bytes, old: bytes, new: bytes, count: int = -1) -> bytes:
    """Rewrite the schema of a model file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new, count) if name == "schema.json" else data)
    return buffer.getvalue()
