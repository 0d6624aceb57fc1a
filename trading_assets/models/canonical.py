"""The canonical form of a skops file: the same object gives the same bytes, and only listed types are in it.

Stock skops names members after memory addresses and stamps them with the clock. Here members are named by their
content, the ids are dropped and the archive's own facts are fixed. Reading checks every node before skops sees it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCHEMA = "schema.json"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAME_HEX = 32

#: Every (loader, module, class) a model file of ours may hold; written by hand, never collected from a file.
ALLOWED: frozenset[tuple[str, str, str]] = frozenset(
    {
        ("DictNode", "builtins", "dict"),
        ("JsonNode", "builtins", "str"),
        ("ListNode", "builtins", "list"),
        ("TupleNode", "builtins", "tuple"),
        ("TypeNode", "builtins", "str"),
        ("DTypeNode", "numpy", "dtype"),
        ("NdArrayNode", "numpy", "ndarray"),
        ("NdArrayNode", "numpy", "float64"),
        ("NdArrayNode", "numpy", "uint64"),
        ("LossNode", "sklearn._loss._loss", "CyHalfBinomialLoss"),
        ("ObjectNode", "sklearn._loss.link", "Interval"),
        ("ObjectNode", "sklearn._loss.link", "LogitLink"),
        ("ObjectNode", "sklearn._loss.loss", "HalfBinomialLoss"),
        ("ObjectNode", "sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
        (
            "ObjectNode",
            "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
            "HistGradientBoostingClassifier",
        ),
        ("ObjectNode", "sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
        ("ObjectNode", "sklearn.impute._base", "SimpleImputer"),
        ("ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression"),
        ("ObjectNode", "sklearn.pipeline", "Pipeline"),
        ("ObjectNode", "sklearn.preprocessing._data", "StandardScaler"),
        ("ObjectNode", "sklearn.preprocessing._label", "LabelEncoder"),
    }
)


def dump(content: Mapping[str, object]) -> bytes:
    """Serialise a dictionary of plain values and estimators to canonical skops bytes.

    Raises:
        ModelError: It holds a type that `load` would refuse.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(dict(content)))) as archive:
        schema = orjson.loads(archive.read(_SCHEMA))
        renamed = {
            name: (f"{hashlib.sha256(data).hexdigest()[:_NAME_HEX]}.npy", data)
            for name, data in ((name, archive.read(name)) for name in archive.namelist() if name != _SCHEMA)
        }
    schema.pop("_skops_version", None)
    _rename(schema, {name: new for name, (new, _) in renamed.items()})
    _refuse_foreign(schema)
    members = dict(sorted(renamed.values())) | {_SCHEMA: orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)}
    return _zip(members)


def load(raw: bytes) -> dict[str, object]:
    """Read a model file whose hash has been checked already.

    Raises:
        ModelError: Not a skops file, damaged, or it holds a type that is not in `ALLOWED`.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            schema = orjson.loads(archive.read(_SCHEMA))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        msg = f"the model file is not a skops archive ({error}); pickled and other files are never loaded."
        raise ModelError(msg) from error
    _refuse_foreign(schema)
    trusted = sorted({f"{module}.{name}" for _, module, name in ALLOWED})
    try:
        content = skops.io.loads(raw, trusted=trusted)
    except (UntrustedTypesFoundException, KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"the model file cannot be rebuilt: {error}. Train the model again."
        raise ModelError(msg) from error
    if not isinstance(content, dict):
        msg = f"the model file holds a {type(content).__name__}, expected the dictionary that training writes."
        raise ModelError(msg)
    return content


def _refuse_foreign(schema: object) -> None:
    foreign = sorted(
        {
            f"{node.get('__module__')}.{node.get('__class__')} (as {node['__loader__']})"
            for node in _nodes(schema)
            if (node["__loader__"], node.get("__module__"), node.get("__class__")) not in ALLOWED
        }
    )
    if foreign:
        msg = f"the model file holds types that are not allowed: {', '.join(foreign)}; it was refused before loading."
        raise ModelError(msg)


def _nodes(value: object) -> Iterator[dict[str, object]]:
    """Yield every dictionary that skops would turn into an object."""
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


def _rename(schema: object, names: Mapping[str, str]) -> None:
    for node in _nodes(schema):
        node.pop("__id__", None)
        file = node.get("file")
        if isinstance(file, str):
            node["file"] = names[file]


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, date_time=_ZIP_EPOCH)
            entry.create_system = 3  # the same on every platform
            archive.writestr(entry, data)
    return buffer.getvalue()
