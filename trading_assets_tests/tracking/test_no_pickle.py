"""Nothing in the package can run code from a file: no pickle in any form, and no model loaded by MLflow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import trading_assets

PACKAGE = Path(trading_assets.__file__).parent
FORBIDDEN = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "copyreg"}
#: Methods and functions that read objects back by code a file names.
LOADERS = {"read_pickle", "to_pickle", "load_model", "download_artifacts"}


def imported(tree: ast.AST) -> set[str]:
    """First names of all modules that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def loads(tree: ast.AST) -> set[str]:
    """Names of loaders that a source calls as an attribute of something, or numpy's switch for pickled arrays."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    switches = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    return attributes & LOADERS | switches & {"allow_pickle"}


def test_no_source_imports_or_calls_what_unpickles() -> None:
    sources = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    assert len(sources) > 200
    assert not {str(path) for path, tree in sources.items() if imported(tree) & FORBIDDEN or loads(tree)}


@pytest.mark.parametrize(
    "source",
    ["import pickle", "def f():\n    from joblib import load", "import cloudpickle.core", "pandas.read_pickle(p)"],
)
def test_what_is_forbidden_is_found(source: str) -> None:
    tree = ast.parse(source)
    assert imported(tree) & FORBIDDEN or loads(tree)
