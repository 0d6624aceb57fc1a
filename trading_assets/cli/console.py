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
#: Of glibc's malloc.h. By default it hands the arrays of a session back to the system and asks for them again, a page
#: at a time: 25 to 75 ms of an evening's 340.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT, _MOST_KEPT = 32 * 2**20, 256 * 2**20


def seldom_search_for_cycles() -> None:
    """Have Python look for unused cycles of objects less often, in a process of ours."""
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next arrays, in a process of ours; other C libraries go on as they are."""
    import ctypes

    setting = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if setting is not None:
        setting(_MMAP_THRESHOLD, _LARGEST_KEPT)
        setting(_TRIM_THRESHOLD, _MOST_KEPT)


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
