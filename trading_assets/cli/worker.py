"""The command `worker`: a process that makes runs for a team."""

from typing import Annotated

import typer

Slots = Annotated[int, typer.Option("--slots", min=1, help="Runs at once, each in a process of its own.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(worker)


def worker(slots: Slots = 1) -> None:
    """Make the runs that the team's queue hands out; told to stop, it ends what it is doing first."""
    import trading_assets.definitions  # noqa: F401  imported once here, so that each forked run has it
    from trading_assets.defs.working import work

    work(slots)
