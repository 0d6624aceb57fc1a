"""The house rules that can be measured: sizes, docstrings, annotations, names, tests at least as long as the code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "trading_assets"
FILES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "info", "misc"}
MAX_FILE, MAX_FUNCTION, MAX_MEDIAN, MAX_PARAMETERS, MAX_ASSET_BODY = 250, 50, 10, 5, 10

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def code_lines(function: Function) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def written_lines(path: Path) -> int:
    """Lines of a file as `wc -l` counts them."""
    return path.read_text(encoding="utf-8").count("\n")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE
    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_functions_are_short_annotated_and_documented(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for function in functions(path):
        where = f"{relative(path)}:{function.lineno} {function.name}"
        assert code_lines(function) < MAX_FUNCTION, where
        arguments = [a for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in {"self", "cls"}]
        # Dagster and Typer read a command's options from its parameters
        excused = "PLR0913" in lines[function.lineno - 1]  # a formula with six inputs says so where it is defined
        if not {"cli", "defs"} & set(path.parts) and not excused:
            assert len(arguments) <= MAX_PARAMETERS, where
        assert function.returns is not None, f"{where}: no return annotation"
        assert all(a.annotation is not None for a in arguments), f"{where}: an argument without annotation"


def test_functions_are_small_in_the_median() -> None:
    assert median(code_lines(function) for path in FILES for function in functions(path)) <= MAX_MEDIAN


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_nothing_is_caught_broadly_or_left_for_later(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"bare"}
            assert not names & {"bare", "Exception", "BaseException"}, f"{relative(path)}:{node.lineno}"
    assert not any(word in text for word in ("TODO", "FIXME", "raise NotImplementedError")), relative(path)


@pytest.mark.parametrize("path", sorted((PACKAGE / "defs").rglob("*.py")), ids=relative)
def test_dagster_can_read_annotations(path: Path) -> None:
    assert "from __future__ import annotations" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((PACKAGE / "defs" / "assets").glob("*.py")), ids=relative)
def test_asset_bodies_only_load_call_and_describe(path: Path) -> None:
    for function in functions(path):
        decorated = {ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list}
        if decorated & {"dg.asset", "dg.multi_asset"}:
            assert code_lines(function) <= MAX_ASSET_BODY, f"{relative(path)} {function.name}"


def test_tests_are_at_least_as_long_as_the_code() -> None:
    code = sum(written_lines(path) for path in FILES)
    tests = sum(written_lines(path) for path in (ROOT / "trading_assets_tests").rglob("*.py"))
    assert tests >= code, f"{tests} lines of tests for {code} lines of code"


def test_the_project_names_no_package_host() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted", "registry." + "npmjs")
    suffixes = {".py", ".toml", ".lock", ".md", ".yaml", ".yml", ".txt", ""}
    skipped = {".git", ".venv", ".trading_assets", "node_modules"}
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in suffixes and not skipped & set(path.relative_to(ROOT).parts):
            if "cache" in relative(path):
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not any(host in text for host in hosts), relative(path)
