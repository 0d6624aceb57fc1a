"""The tree of errors: as it is drawn, as it exits, and that nothing in it is unused or raised outside it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path

import pytest

from trading_assets import errors
from trading_assets.cli.console import complain
from trading_assets.errors import CheckFailedError, InputError, TradingAssetsError, UsageError

PACKAGE = Path(str(errors.__file__)).parent
CLASSES = {name: kind for name, kind in getmembers(errors, isclass) if kind.__module__ == errors.__name__}
#: What an exit code means, as the commands promise it.
EXIT_CODES = {CheckFailedError: 1, UsageError: 2, InputError: 3}
#: Errors that a library asks for, or that a caller in the same room turns into one of ours.
FOREIGN = {
    "ArrowInvalid",
    "AssertionError",
    "BadParameter",
    "Exit",
    "FileNotFoundError",
    "HTTPException",
    "KeyboardInterrupt",
    "RetryRequested",
    "TypeError",
    "ValueError",
}


def drawn() -> dict[str, str]:
    """Parent by class, as the docstring draws it."""
    tree = (errors.__doc__ or "").partition("The tree::")[2].partition("A message is")[0]
    above: list[tuple[int, str]] = []
    parents = {}
    for line in tree.splitlines():
        found = re.match(r"^(\W*)(\w+Error)\b", line)
        if found is None:
            continue
        depth, name = len(found[1]), found[2]
        while above and above[-1][0] >= depth:
            above.pop()
        parents[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    return parents


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Every raise, class and import of the package, beside its place."""
    wanted = (ast.Raise, ast.ClassDef, ast.ImportFrom)
    return tuple(
        (f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}", node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, wanted)
    )


def raised() -> Iterator[tuple[str, str, int]]:
    """Class name, place and number of arguments of every raise of a class in the package."""
    for place, node in nodes():
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            arguments = len(node.exc.args) if isinstance(node.exc, ast.Call) else 0
            if isinstance(called, ast.Name | ast.Attribute):
                yield (called.id if isinstance(called, ast.Name) else called.attr), place, arguments


def test_the_drawn_tree_is_the_tree() -> None:
    assert drawn() == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}
    assert all(len(kind.__bases__) == 1 for kind in CLASSES.values())


def test_branches_are_drawn_in_order() -> None:
    children = [name for name, parent in drawn().items() if parent == "InputError"]
    assert children == sorted(children)


def test_the_drawing_names_the_exit_codes() -> None:
    told = dict(re.findall(r"(\w+Error)\s+exit (\d)", errors.__doc__ or ""))
    assert told == {name: str(CLASSES[name].exit_code) for name in told}
    assert set(told) == {"TradingAssetsError", "CheckFailedError", "UsageError", "InputError"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_exits_as_its_branch(name: str) -> None:
    kind = CLASSES[name]
    branch = next((code for base, code in EXIT_CODES.items() if issubclass(kind, base)), 1)
    assert kind.exit_code == branch
    assert complain(kind("what, where, expected, next step")) == branch


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_is_deliberate_and_says_what_it_is_for(name: str) -> None:
    kind = CLASSES[name]
    assert issubclass(kind, TradingAssetsError)
    assert name.endswith("Error")
    assert kind.__doc__
    assert kind.__doc__.strip().endswith(".")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_an_error_keeps_its_message(name: str) -> None:
    assert str(CLASSES[name]("spot 5.0 in row 3")) == "spot 5.0 in row 3"


def test_every_error_is_raised_or_stands_for_others() -> None:
    used = {name for name, _, _ in raised()}
    assert sorted(set(CLASSES) - used - set(drawn().values())) == []


def test_nothing_else_is_raised() -> None:
    own = {node.name for _, node in nodes() if isinstance(node, ast.ClassDef)}
    strangers = {name: place for name, place, _ in raised() if name[0].isupper() and name not in FOREIGN | own}
    assert strangers == {}


def test_every_error_is_imported_from_the_one_module() -> None:
    for place, node in nodes():
        if isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name for alias in node.names} & set(CLASSES)
            assert not names or node.module == errors.__name__, (place, names)


def test_no_error_is_raised_without_a_message() -> None:
    assert [place for name, place, arguments in raised() if name in CLASSES and not arguments] == []


def test_the_module_stands_alone() -> None:
    source = ast.parse((PACKAGE / "errors.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(source) if isinstance(node, ast.ImportFrom)}
    assert imported == {"typing"}
    assert import_module("trading_assets.errors") is errors


def test_a_complaint_is_one_paragraph_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain(InputError("no file at x.\nName one that exists.")) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no file at x." in shown.err
    assert "Traceback" not in shown.err
