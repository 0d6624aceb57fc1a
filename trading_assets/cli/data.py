"""Commands that take data in: `feeds`, `ingest`."""

from pathlib import Path
from typing import Annotated

import typer

from trading_assets.cli.console import counted, progress, say, say_json
from trading_assets.cli.options import Json
from trading_assets.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(feeds)
    app.command()(ingest)


def feeds(as_json: Json = False) -> None:
    """List the feeds: name, cadence, units, whether live."""
    from trading_assets.feeds.discovery import load_feeds

    rows = [
        {
            "name": feed.name,
            "cadence_seconds": feed.cadence.total_seconds(),
            "open_interest": feed.open_interest_unit,
            "volume": feed.volume_unit,
            "live": feed.live,
            "description": feed.description,
        }
        for _, feed in sorted(load_feeds().items())
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        live = "live" if row["live"] else "recorded"
        say(
            f"{row['name']:<16} {live:<9} every {row['cadence_seconds']:.0f} s  "
            f"open interest in {row['open_interest']}, volume in {row['volume']}\n    {row['description']}"
        )


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, .xz, .tar.xz, .zip.")],
    feed: Annotated[str, typer.Option("--feed", help="Feed that recorded them; see `feeds`.")],
    underlying: Annotated[str | None, typer.Option(help="Index, where the recording does not say.")] = None,
    as_json: Json = False,
) -> None:
    """Land recordings in the landing zone: idempotent by content, raw bytes kept."""
    from trading_assets.defs.intake import land_recordings
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.feeds.archives import list_files
    from trading_assets.feeds.discovery import load_feeds

    known = load_feeds()
    if feed not in known:
        msg = f"there is no feed {feed!r}; the feeds are {', '.join(sorted(known))}."
        raise UsageError(msg)
    files = list_files(paths)
    with progress("ingest", len(files)) as advance:
        summary = land_recordings(open_workspace(), known[feed], counted(files, advance), underlying)
    if as_json:
        say_json(summary.as_dict())
        return
    say(summary.text())
