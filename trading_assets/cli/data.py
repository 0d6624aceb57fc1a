"""Commands that take data in: `feeds`, `ingest`."""

from pathlib import Path
from typing import Annotated

import typer

from trading_assets.cli.console import counted, progress, say, say_json
from trading_assets.cli.options import Json
from trading_assets.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(feeds)
    app.command()(ingest)


def feeds(as_json: Json = False) -> None:
    """List the feeds: name, cadence, units, whether live."""
    from trading_assets.feeds.discovery import load_feeds, load_side_feeds

    rows: list[dict[str, object]] = [
        {
            "name": feed.name,
            "kind": "option chains",
            "cadence_seconds": feed.cadence.total_seconds(),
            "open_interest": feed.open_interest_unit,
            "volume": feed.volume_unit,
            "live": feed.live,
            "description": feed.description,
        }
        for _, feed in sorted(load_feeds().items())
    ]
    rows += [
        {
            "name": side.name,
            "kind": "index levels",
            "cadence_seconds": side.cadence.total_seconds(),
            "stale_after_seconds": side.stale_after.total_seconds(),
            "live": False,
            "description": side.description,
        }
        for side in load_side_feeds().values()
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        live = "live" if row["live"] else "recorded"
        units = "levels of indices for chains that lack them"
        if row["kind"] == "option chains":
            units = f"open interest in {row['open_interest']}, volume in {row['volume']}"
        say(f"{row['name']:<16} {live:<9} every {row['cadence_seconds']:.0f} s  {units}\n    {row['description']}")


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
    from trading_assets.feeds.discovery import recording_feed

    recorder = recording_feed(feed)
    files = list_files(paths)
    with progress("ingest", len(files)) as advance:
        summary = land_recordings(open_workspace(), recorder, counted(files, advance), underlying)
    if as_json:
        say_json(summary.as_dict())
    else:
        say(summary.text())
    if not summary.summary.captures_new + summary.summary.captures_known:
        msg = f"no recording of feed {feed} was found in {len(files)} files; see `feeds` for what each feed reads."
        raise InputError(msg)
