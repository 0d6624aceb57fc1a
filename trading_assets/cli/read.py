"""Commands that read what is stored: `sql`, `explain`, `report`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import Json, OptionalFrom, OptionalTo, parse_open_range
from trading_assets.errors import InputError, UsageError

Form = Literal["table", "csv", "json"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(sql)
    app.command()(explain)
    app.command()(report)


def sql(
    statement: Annotated[str | None, typer.Argument(help="One or more SELECT statements.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the statements from a file.")] = None,
    output: Annotated[Form, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """Ask read-only SQL over all tables."""
    from trading_assets.defs.issue_history import journalled
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.storage.sql import query_each
    from trading_assets.storage.sql_format import format_rows

    if (statement is None) == (file is None):
        msg = "give either a statement or --file, not both and not neither."
        raise UsageError(msg)
    text = statement or "" if file is None else _statements(file)
    workspace = open_workspace()
    results = query_each(workspace.store, text, journalled(workspace))
    say("\n\n".join(format_rows(result, output) for result in results))


def _statements(file: Path) -> str:
    if not file.is_file():
        msg = f"there is no file {file}."
        raise UsageError(msg)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{file} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8."
        raise InputError(msg) from error


def explain(trade_id: Annotated[str, typer.Argument(help="TRADE_ and 16 hex.")], as_json: Json = False) -> None:
    """Show the whole chain of one trade: snapshot, features, signal, model, fills, charges, P&L."""
    from trading_assets.cli.explaining import trade_record
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.report.explanation import explain as in_words
    from trading_assets.report.explanation import explanation

    record = trade_record(open_workspace(), trade_id)
    if as_json:
        say_json(explanation(record))
    else:
        say(in_words(record))


def report(
    start: OptionalFrom = None,
    end: OptionalTo = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the static HTML tear sheet and print its path."""
    from trading_assets.defs.monitoring_steps import write_tear_sheet
    from trading_assets.defs.workspace import open_workspace

    path = write_tear_sheet(open_workspace(), *parse_open_range(start, end))
    say(str(path))
    if show:
        typer.launch(path.as_uri())
