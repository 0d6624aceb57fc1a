"""The commands `quality …`: issues and feed health, rules and their limits, a file under them, limits replayed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import Json
from trading_assets.errors import CheckFailedError, UsageError

app = typer.Typer(help="Data quality: report, rules, check a file, replay limits.", no_args_is_help=True)


@app.command()
def report(as_json: Json = False) -> None:
    """Show recent issues, feed health and the totals of the last hour."""
    from trading_assets.defs.quality_reports import current_report, report_text
    from trading_assets.defs.workspace import open_workspace

    found = current_report(open_workspace(), datetime.now(UTC))
    if as_json:
        say_json(found)
    else:
        say(report_text(found))


@app.command()
def rules(as_json: Json = False) -> None:
    """List the rules with category, table and the limits in force."""
    from trading_assets.defs.quality_reports import rule_rows
    from trading_assets.settings import load_settings

    found = rule_rows(load_settings().quality)
    if as_json:
        say_json(found)
        return
    for row in found:
        say(
            f"{row['table']:<22}{row['name']:<26}{row['category']:<18}"
            f"warning > {row['warning']}  critical > {row['critical']}  {row['unit']}\n    {row['meaning']}"
        )


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A recording.")],
    feed: Annotated[str, typer.Option("--feed", help="Feed that recorded it; see `feeds`.")],
    underlying: Annotated[str | None, typer.Option(help="Index, where the recording does not say.")] = None,
    as_json: Json = False,
) -> None:
    """Judge a file without landing it; exit 1 when a row would be quarantined."""
    from trading_assets.defs.quality_reports import check_file
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.feeds.discovery import load_feeds

    known = load_feeds()
    if feed not in known:
        msg = f"there is no feed {feed!r}; the feeds are {', '.join(sorted(known))}."
        raise UsageError(msg)
    found = check_file(open_workspace(), known[feed], path, underlying)
    if as_json:
        say_json(found.as_dict())
    else:
        say(found.text())
    if found.quarantined:
        raise typer.Exit(CheckFailedError.exit_code)


@app.command()
def tune(
    rule: Annotated[str, typer.Argument(help="Rule, as `quality rules` names it.")],
    warning: Annotated[float | None, typer.Option(help="Warn above this.")] = None,
    critical: Annotated[float | None, typer.Option(help="Critical above this.")] = None,
    days: Annotated[int, typer.Option(help="Replay this many sessions at most.", min=1)] = 60,
    as_json: Json = False,
) -> None:
    """Replay limits on stored sessions: issues and quarantined rows, now and as proposed. Changes nothing."""
    from trading_assets.defs.tuning import tune as replay
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.settings import Limits

    given = {name: value for name, value in (("warning", warning), ("critical", critical)) if value is not None}
    if not given:
        msg = "give --warning, --critical or both."
        raise UsageError(msg)
    found = replay(open_workspace(), rule, Limits(**given), days)
    if as_json:
        say_json(found.as_dict())
    else:
        say(found.text())


@app.command()
def acknowledge(
    group: Annotated[str, typer.Argument(help="What the alert names, such as market_snapshots.frozen_feed.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day it may speak again, IST.")],
) -> None:
    """Keep alerts of a group silent up to a date; issues are found and kept as before."""
    from trading_assets.defs.acknowledging import acknowledge as keep_silent
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.market.calendar import IST

    today = datetime.now(IST).date()
    keep_silent(open_workspace(), group, until.date(), today)
    say(f"{group} is silent until {until:%Y-%m-%d}" if until.date() > today else f"{group} speaks again")
