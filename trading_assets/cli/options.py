"""Options that several commands share: dates and ranges."""

from datetime import date
from typing import Annotated

import typer

from trading_assets.errors import UsageError


def parse_day(text: str) -> date:
    """Read an ISO date.

    Raises:
        UsageError: The text is not YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"{text!r} is not a date; write YYYY-MM-DD."
        raise UsageError(msg) from error


def parse_range(start: str, end: str) -> tuple[date, date]:
    """Read a range of ISO dates, both ends included.

    Raises:
        UsageError: A date cannot be read or the end lies before the start.
    """
    first, last = parse_day(start), parse_day(end)
    if last < first:
        msg = f"the range ends ({last}) before it starts ({first})."
        raise UsageError(msg)
    return first, last


def parse_open_range(start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """Read a range of which either end may be open.

    Raises:
        UsageError: A date cannot be read or the end lies before the start.
    """
    if start is not None and end is not None:
        return parse_range(start, end)
    return (parse_day(start) if start else None), (parse_day(end) if end else None)


From = Annotated[str, typer.Option("--from", metavar="DATE", help="First session, YYYY-MM-DD.")]
To = Annotated[str, typer.Option("--to", metavar="DATE", help="Last session, YYYY-MM-DD.")]
OptionalFrom = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First session, YYYY-MM-DD.")]
OptionalTo = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last session, YYYY-MM-DD.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
