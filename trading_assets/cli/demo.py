"""The command `demo`: the whole pipeline on five simulated sessions, with no keys, network or server."""

from datetime import date

import typer

from trading_assets.cli.console import say

CUTOFF = date(2026, 2, 1)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(demo)


def demo() -> None:
    """Run everything on five sessions of a simulated NIFTY market and write the report."""
    from trading_assets.cli.demonstration import run_demo
    from trading_assets.defs.workspace import open_workspace

    run_demo(open_workspace(), CUTOFF, say)
