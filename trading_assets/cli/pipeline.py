"""Commands that run the pipeline: `materialize`, `status`, `mirror`."""

from typing import Annotated

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import From, Json, OptionalFrom, OptionalTo, To, parse_open_range, parse_range
from trading_assets.errors import CheckFailedError, UsageError

Select = Annotated[str, typer.Option("--select", metavar="ASSETS", help="Asset names, separated by commas.")]

Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes; each makes a run of a part of the range.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(materialize)
    app.command()(status)
    app.command()(mirror)


def materialize(start: From, end: To, select: Select = "", workers: Workers = 1, as_json: Json = False) -> None:
    """Run the assets for the sessions of a range, in one Dagster run on the same instance as the pages."""
    from trading_assets.cli.materializing import materialize_range
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(start, end)
    names = [name.strip() for name in select.split(",") if name.strip()]
    summary = materialize_range(open_workspace(), first, last, names, workers)
    if as_json:
        say_json(summary.as_dict())
    else:
        say(summary.text())
    if not summary.outcome.success:
        msg = "the run did not complete: " + "; ".join(summary.outcome.failures)
        raise CheckFailedError(msg)


def status(
    start: OptionalFrom = None,
    end: OptionalTo = None,
    backfill: Annotated[bool, typer.Option("--backfill", help="Materialize what is missing.")] = False,
    as_json: Json = False,
) -> None:
    """List which sessions lack which table, and count their issues; exit 1 when one is missing or not mirrored."""
    from trading_assets.cli.materializing import materialize_range
    from trading_assets.cli.mirroring import shared_state
    from trading_assets.defs import broker_intake
    from trading_assets.defs.completeness import completeness
    from trading_assets.defs.issue_history import severities
    from trading_assets.defs.workspace import open_workspace

    workspace = open_workspace()
    first, last = parse_open_range(start, end)
    found = completeness(workspace, first, last)
    if backfill and found.missing:
        for gap_first, gap_last in found.gaps():
            filled = materialize_range(workspace, gap_first, gap_last, [])
            typer.echo(filled.text(), err=as_json or not filled.outcome.success)
        if unbuilt := found.unbuilt():
            broker_intake.rebuild(workspace, broker_intake.ImportSummary(0, 0, 0, 0, unbuilt))
        found = completeness(workspace, first, last)
    issues = severities(workspace, found.sessions)
    shared, wrong = shared_state(workspace)
    if as_json:
        say_json({**found.as_dict(), "issues": issues, "mirror": shared["mirror"]})
    else:
        say(found.text())
        say("issues: " + ", ".join(f"{count:,} {severity}" for severity, count in issues.items()) + ".")
        for problem in wrong:
            say(problem)
    if found.missing or wrong:
        raise typer.Exit(1)


def mirror(as_json: Json = False) -> None:
    """Make PostgreSQL hold what the small tables hold, wherever it is behind, and list what was."""
    from trading_assets.cli.mirroring import named
    from trading_assets.defs.workspace import open_workspace

    store = open_workspace().store
    if store.mirror is None:
        msg = "there is no mirror; set TRADING_ASSETS_POSTGRES_URL to the database that shall hold it."
        raise UsageError(msg)
    late = store.mirror.catch_up(store)
    if as_json:
        say_json({"mirrored": [str(partition) for partition in late]})
    else:
        say(f"mirrored {named(late)}.")
