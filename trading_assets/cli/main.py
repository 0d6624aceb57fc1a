"""The command `trading-assets`. Commands live beside this file by group; each imports what it needs when it runs."""

import sys
from typing import Annotated

import typer

from trading_assets.cli import (
    broker,
    collect,
    data,
    demo,
    doctor,
    model,
    pipeline,
    quality,
    read,
    regression,
    serve,
    worker,
)
from trading_assets.cli.console import complain, keep_freed_memory, seldom_search_for_cycles
from trading_assets.errors import InputError, TradingAssetsError

#: exit code of a command that Ctrl-C ended
INTERRUPTED = 130

app = typer.Typer(
    name="trading-assets",
    help="From option-chain recordings to checked snapshots, scored signals, trades and performance.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (demo, data, broker, collect, pipeline, worker, read, serve, doctor):
    group.register(app)
app.add_typer(regression.app, name="regression")
app.add_typer(quality.app, name="quality")
app.add_typer(model.app, name="model")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options of every command; `main` reads --debug itself, where errors end."""
    del debug


def main() -> None:
    """Run the command line; errors are one paragraph, and the exit code says which kind."""
    debug = "--debug" in sys.argv
    seldom_search_for_cycles()
    keep_freed_memory()
    try:
        app(standalone_mode=True, prog_name="trading-assets")
    except (TradingAssetsError, OSError) as error:
        if debug:
            raise
        sys.exit(complain(error if isinstance(error, TradingAssetsError) else InputError(f"{error}.")))
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            typer.echo("stopped; what was stored is whole, run the same command again to go on.", err=True)
        raise
