"""How commands speak: lines in a pipe, a progress bar on a terminal, JSON on request, one paragraph for errors."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from trading_assets.errors import TradingAssetsError

Advance = Callable[[str], None]
#: Objects made before Python looks for unused cycles, 700 by default: importing makes half a million that stay, and
#: looking through them time and again took 0.3 of the 1.4 CPU-s of an evening's imports.
_OBJECTS_BETWEEN_SEARCHES = 10_000


def seldom_search_for_cycles() -> None:
    """Have Python look for unused cycles of objects less often, in a process of ours."""
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)


def say(text: str) -> None:
    """Print to standard output."""
    typer.echo(text)


def say_json(value: object) -> None:
    """Print a value as JSON, keys sorted, dates ISO."""
    import orjson

    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    typer.echo(orjson.dumps(value, default=str, option=options).decode())


def complain(error: TradingAssetsError) -> int:
    """Print an error as one paragraph to standard error and return its exit code."""
    typer.echo(f"error: {error}", err=True)
    return error.exit_code


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Show progress with rate and time left on a terminal, nothing in a pipe.

    Args:
        title: What is being done.
        total: Units of work.

    Yields:
        A function that counts one unit and names the next.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(name: str) -> None:
            bar.update(task, advance=1, description=f"{title} {name}")

        yield advance


def counted(paths: Iterable[Path], advance: Advance) -> Iterator[Path]:
    """Yield paths and count each one when the next is asked for."""
    for path in paths:
        yield path
        advance(path.name)
