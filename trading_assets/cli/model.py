"""Commands of a model's life: `model train`, `list`, `compare`, `promote`, `verify`, `replay`, `ui`."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import From, Json, To, parse_day, parse_range
from trading_assets.errors import CheckFailedError, ModelError

app = typer.Typer(help="Train, list, compare, verify, promote and replay models.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="Semantic version, e.g. v1.0.0.")]


@app.command()
def train(
    cutoff: Annotated[str, typer.Option("--cutoff", help="First of a month: the first day the model may serve.")],
) -> None:
    """Train the model that may serve from a cut-off, on earlier sessions only, and register it."""
    from trading_assets.defs.runner import run_cutoff
    from trading_assets.defs.training_outcome import refusal
    from trading_assets.defs.workspace import open_workspace

    workspace = open_workspace()
    day = parse_day(cutoff)
    outcome = run_cutoff(workspace, day)
    if not outcome.success:
        msg = "the model was not trained: " + "; ".join(outcome.failures)
        raise CheckFailedError(msg)
    reason = refusal(outcome.run_id)
    entries = [entry for entry in workspace.registry.entries() if entry.valid_from == day]
    if reason is not None or not entries:
        say(f"no model was trained for {day}: {reason or 'the run gave no reason'}")
        return
    says = f"may serve from {day}" if entries[-1].role == "champion" else f"is a candidate, {entries[-1].reason}"
    say(f"{entries[-1].version} {says}: sha256 {entries[-1].sha256}")


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the registered models, oldest first."""
    from trading_assets.defs.workspace import open_workspace

    entries = open_workspace().registry.entries()
    if as_json:
        say_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        says = "serves from" if entry.role == "champion" else "waits, for"
        say(f"{entry.version:<10}{entry.role:<10} {says:<11} {entry.valid_from}  sha256 {entry.sha256}")
        if entry.decided_by:
            say(f"          decided by {entry.decided_by}{' (forced)' * entry.forced}: {entry.reason}")
    if not entries:
        say("no model yet; train one with: trading-assets model train --cutoff YYYY-MM-01")


@app.command("compare")
def compare_models(
    version_a: Annotated[str, typer.Argument(metavar="A", help="The version in use, e.g. v1.0.0.")],
    version_b: Annotated[str, typer.Argument(metavar="B", help="The version that might replace it.")],
    as_json: Json = False,
) -> None:
    """Compare two versions by what their trades earned and on the signals both score; exit 3 when one is unknown."""
    from trading_assets.cli.comparing import compare_versions
    from trading_assets.defs.workspace import open_workspace

    found = compare_versions(open_workspace(), version_a, version_b)
    if as_json:
        say_json(found.json_values)
    else:
        say(found.text)


@app.command()
def verify() -> None:
    """Hash every model file again and compare with what is pinned; exit 3 when one differs."""
    from trading_assets.defs.monitoring_steps import is_intact
    from trading_assets.defs.workspace import open_workspace

    workspace = open_workspace()
    broken = []
    for entry in {entry.version: entry for entry in workspace.registry.entries()}.values():
        intact = is_intact(workspace, entry)
        say(f"{entry.version:<10}{'intact' if intact else 'ALTERED':<10}{entry.sha256}")
        if not intact:
            broken.append(entry.version)
    if broken:
        msg = f"the file of {', '.join(broken)} does not have its pinned hash; restore it from a backup."
        raise ModelError(msg)


@app.command()
def promote(
    version: Version,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is logged.")],
    by: Annotated[str, typer.Option("--by", help="Who decides; the name you are logged in under.")] = "",
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First session it shall serve.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Promote it against the evidence; that is logged.")] = False,
) -> None:
    """Let a version serve; exit 1 with the figures when too few signals or a worse calibration stand against it."""
    from trading_assets.cli.promoting import login_name, promote_version
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.tracking.decisions import Promotion

    day = parse_day(start) if start else None
    promotion = Promotion(by or login_name(), reason, datetime.now(UTC), day, force)
    entry = promote_version(open_workspace(), version, promotion)
    say(f"{entry.evidence}.")
    say(f"{entry.version} serves from {entry.valid_from}, decided by {entry.decided_by}{' (forced)' * entry.forced}")


@app.command()
def replay(
    start: From,
    end: To,
    version: Annotated[str, typer.Option("--model", help="Score by this version instead, and store nothing.")] = "",
) -> None:
    """Recompute stored scores from stored snapshots and the stored model; exit 1 when one is not bit-equal."""
    from trading_assets.cli.replaying import replay_range, rescored_text
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(start, end)
    if version:
        say(rescored_text(open_workspace(), first, last, version))
        return
    replayed, mismatches = replay_range(open_workspace(), first, last)
    say(f"{replayed} scores replayed, {len(mismatches)} differ")
    if len(mismatches):
        say(mismatches.head(20).to_string(index=False))
        msg = f"{len(mismatches)} of {replayed} stored scores are not what the stored model says."
        raise CheckFailedError(msg)


@app.command()
def ui(port: Annotated[int, typer.Option("--port", help="Where it answers.", min=1, max=65535)] = 5000) -> None:
    """Open MLflow's pages on this machine; nothing else can reach them."""
    from trading_assets.cli.model_pages import LOOPBACK, serve_pages
    from trading_assets.defs.workspace import open_workspace

    store = open_workspace().registry.open_records()
    say(f"MLflow answers on http://{LOOPBACK}:{port} in a few seconds; Ctrl-C stops it")
    serve_pages(store, port)
