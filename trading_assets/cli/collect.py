"""The command `collect`: live collection in session hours."""

import re
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from trading_assets.cli.console import say
from trading_assets.errors import UsageError

if TYPE_CHECKING:
    from trading_assets.feeds.collector import Poll

_EVERY = re.compile(r"(\d{1,5})(s|m)?")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(collect)


def collect(
    underlying: Annotated[list[str], typer.Option("--underlying", help="Index; may be given several times.")],
    feed: Annotated[str, typer.Option("--feed", help="Live feed; see `feeds`.")] = "upstox",
    every: Annotated[str, typer.Option("--every", help="Cadence, such as 60s or 1m.")] = "60s",
    expiries: Annotated[int, typer.Option("--expiries", min=1, help="Nearest expiries of each index.")] = 2,
    forever: Annotated[bool, typer.Option("--forever", help="Wait for the next session after the close.")] = False,
) -> None:
    """Poll a live feed in session hours, gate each snapshot, land it and journal every call; go on after a restart."""
    from trading_assets.defs.collecting import Collection, CollectPlan, SystemClock, session_today
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.feeds.call_pacing import StopRequested

    plan = CollectPlan(feed, tuple(underlying), parse_every(every), expiries)
    plan.check()
    workspace, clock = open_workspace(), SystemClock()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: clock.stop())
    collection = Collection(workspace, plan, clock, lambda poll: say(line(poll)))
    try:
        if forever:
            collection.run_forever()
        collection.run_day(session_today(workspace, plan, clock.now()).day)
    except StopRequested:
        say("stopped as asked; run the same command to go on.")
    account = collection.account
    say(
        f"{account.landed} snapshots landed ({account.refused} of them refused by the gate), "
        f"{account.failed} polls failed, {account.missed} slots missed"
    )


def parse_every(text: str) -> timedelta:
    """Read a cadence such as 60s, 1m or 60.

    Raises:
        UsageError: It is none.
    """
    found = _EVERY.fullmatch(text)
    if found is None or int(found[1]) == 0:
        msg = f"--every {text} is no cadence; write 60s or 1m."
        raise UsageError(msg)
    return timedelta(**{"minutes" if found[2] == "m" else "seconds": int(found[1])})


def line(poll: "Poll") -> str:
    """Say what came of a poll."""
    head = f"{poll.slot:%H:%M:%S} {poll.underlying}"
    if poll.judgement is None:
        return f"{head} failed: {'; '.join(poll.failures)}"
    told = f"{head} landed {poll.judgement.kept} of {poll.judgement.legs} legs"
    if not poll.judgement.accepted:
        told = f"{head} landed, refused by the gate: {'; '.join(poll.judgement.reasons) or 'no leg is usable'}"
    lost = f", {poll.missed} slots missed" if poll.missed else ""
    return f"{told}{lost}" + "".join(f"; without {failure}" for failure in poll.failures)
