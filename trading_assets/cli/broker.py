"""Commands about a broker's trades: `import-trades`, `reconcile`."""

from pathlib import Path
from typing import Annotated

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import From, Json, To, parse_range
from trading_assets.errors import CheckFailedError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("import-trades")(import_trades)
    app.command()(reconcile)


def import_trades(
    paths: Annotated[list[Path], typer.Argument(help="Trade books as the broker exports them.")],
    broker: Annotated[str, typer.Option("--broker", help="Format: zerodha, upstox or template.")],
    account: Annotated[str, typer.Option(help="Account they are of.")] = "default",
    as_json: Json = False,
) -> None:
    """Import executions, idempotent, and rebuild trades, rollups and equity of the sessions they touch."""
    from trading_assets.defs import broker_intake
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.trades.imports.discovery import import_named

    workspace = open_workspace()
    summary = broker_intake.import_trades(workspace, import_named(broker), paths, account)
    outcomes = broker_intake.rebuild(workspace, summary)
    if as_json:
        say_json(summary.as_dict())
    else:
        say(summary.text())
    failures = [sentence for outcome in outcomes for sentence in outcome.failures]
    if failures:
        msg = "executions are stored, but the rollups were not rebuilt: " + "; ".join(failures)
        raise CheckFailedError(msg)


def reconcile(start: From, end: To, as_json: Json = False) -> None:
    """Compare simulated trades with imported ones, per session; exit 1 beyond tolerance."""
    from trading_assets.defs.reconciling import reconciliation_step
    from trading_assets.defs.workspace import open_workspace

    workspace = open_workspace()
    days = workspace.market.calendar.sessions(*parse_range(start, end))
    found = {day.isoformat(): reconciliation_step(workspace, day) for day in days}
    if as_json:
        say_json({day: {"trades": len(step.frame), "beyond": step.beyond} for day, step in found.items()})
    else:
        say("\n".join(step.text(day) for day, step in found.items() if len(step.frame)) or "nothing was imported.")
    if any(step.beyond for step in found.values()):
        msg = "trades differ beyond tolerance; see above, and [trading] reconciliation_* in the settings."
        raise CheckFailedError(msg)
