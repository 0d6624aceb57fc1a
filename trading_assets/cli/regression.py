"""The commands `regression …`: baselines of signals, today's signals against them, and proof that they are honest."""

from pathlib import Path
from typing import Annotated

import typer

from trading_assets.cli.console import say
from trading_assets.cli.options import parse_range
from trading_assets.errors import CheckFailedError, UsageError

app = typer.Typer(help="Compare today's signals with their baselines; --mode baseline|test.")
Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="First day, YYYY-MM-DD.")]
End = Annotated[str | None, typer.Option("--end", metavar="DATE", help="Last day, YYYY-MM-DD.")]
OneStrategy = Annotated[str | None, typer.Option("--strategy", help="Only this strategy.")]
Tolerance = Annotated[float, typer.Option("--tolerance", min=0.0, help="Drift of confidence that passes, a fraction.")]
Snapshots = Annotated[
    Path | None,
    typer.Option(
        "--snapshots",
        metavar="FOLDER",
        help="Read market_state_<date>.json files instead of the tables; `committed` is the package's own sessions, "
        "whose baselines are all written where no dates are given.",
    ),
]


def _range(start: str | None, end: str | None) -> tuple[str, str]:
    if start is None or end is None:
        msg = "give --start and --end, YYYY-MM-DD."
        raise UsageError(msg)
    return start, end


@app.callback(invoke_without_command=True)
def regression(  # noqa: PLR0913, PLR0917  a command's options are its parameters
    context: typer.Context,
    mode: Annotated[str | None, typer.Option("--mode", help="baseline writes them, test compares.")] = None,
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    tolerance: Tolerance = 0.05,
    output: Annotated[str, typer.Option("--format", help="text, markdown, html, junit or json.")] = "text",
    snapshots: Snapshots = None,
) -> None:
    """Write baselines, or compare with them; exit 1 when signals differ, 3 when only baselines are missing or unfit."""
    if context.invoked_subcommand is not None:
        return
    from trading_assets.cli.regressing import FORMATS, judged, write_baselines, write_committed_baselines
    from trading_assets.cli.reruns import COMMITTED, rerun
    from trading_assets.defs.workspace import open_workspace

    if mode not in {"baseline", "test"}:
        msg = f"--mode {mode!r} is unknown; use baseline or test."
        raise UsageError(msg)
    if output not in FORMATS:
        msg = f"--format {output!r} is unknown; use one of {', '.join(FORMATS)}."
        raise UsageError(msg)
    workspace = open_workspace()
    if mode == "baseline" and snapshots == COMMITTED and start is None and end is None:
        say("\n".join(map(str, write_committed_baselines(workspace, strategy))))
        return
    first, last = parse_range(*_range(start, end))
    run = rerun(workspace, first, last, strategy, snapshots)
    if mode == "baseline":
        for path in write_baselines(workspace, run):
            say(str(path))
        return
    result = judged(workspace, run, tolerance)
    say(FORMATS[output](result).rstrip("\n"))
    if not result.passed:
        raise typer.Exit(result.exit_code)


@app.command("list")
def list_baselines() -> None:
    """List the baselines: strategy, range, signals."""
    from trading_assets.defs.baseline_check import baseline_folder, baseline_texts
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.regression.baseline_text import loads

    for name, text in baseline_texts(baseline_folder(open_workspace())).items():
        baseline = loads(text, name)
        made_of = baseline.provenance
        say(f"{baseline.strategy_id:<24}{made_of.start} to {made_of.end}  {len(baseline.signals):>5} signals")


@app.command("diff")
def diff(
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    tolerance: Tolerance = 0.05,
    snapshots: Snapshots = None,
) -> None:
    """Show every signal that is not what its baseline says, as removed and added lines; exit 1 when there is one."""
    from trading_assets.cli.regressing import judged
    from trading_assets.cli.reruns import rerun
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.regression.summary import as_diff

    first, last = parse_range(*_range(start, end))
    workspace = open_workspace()
    result = judged(workspace, rerun(workspace, first, last, strategy, snapshots), tolerance)
    say(as_diff(result).rstrip("\n"))
    if not result.passed:
        raise typer.Exit(result.exit_code)


@app.command("approve")
def approve_signals(
    reason: Annotated[str, typer.Option("--reason", help="Why the new signals are right; goes on record.")],
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    snapshots: Snapshots = None,
) -> None:
    """Make today's signals the baselines, with the reason in CHANGELOG.jsonl; refused in CI and on a changed tree."""
    from trading_assets.cli.approving import approval, approve
    from trading_assets.cli.reruns import rerun
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(*_range(start, end))
    workspace = open_workspace()
    told = approval(workspace.settings.baselines.resolve(), reason)
    approved = approve(workspace, rerun(workspace, first, last, strategy, snapshots), told)
    for path in approved:
        say(str(path))
    say(f"{len(approved)} baselines approved: {told.reason}" if approved else "nothing to approve: no signal changed.")


@app.command("snapshot")
def snapshot(
    start: Start = None,
    end: End = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FOLDER", help="Default: HOME/snapshots.")] = None,
) -> None:
    """Write the stored sessions as market_state_<date>.json, which --snapshots and `ingest` read back."""
    from trading_assets.cli.reruns import write_snapshots
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(*_range(start, end))
    workspace = open_workspace()
    for path in write_snapshots(workspace, first, last, output or workspace.home / "snapshots"):
        say(str(path))


@app.command("funnel")
def show_funnel(
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    snapshots: Snapshots = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object by strategy.")] = False,
) -> None:
    """Count per strategy the snapshots it judged, those it fired on, the refused by reason, and its signals."""
    from trading_assets.cli.funnelling import funnel_of, funnel_text
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(*_range(start, end))
    found = funnel_of(open_workspace(), first, last, strategy, snapshots)
    say(found.to_json(orient="index", indent=2) if as_json else funnel_text(found))


@app.command("verify")
def verify_strategies(  # noqa: PLR0913, PLR0917  a command's options are its parameters
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    snapshots: Snapshots = None,
    cuts: Annotated[int, typer.Option("--cuts", min=1, help="Moments a session at which the future is cut off.")] = 5,
    processes: Annotated[int, typer.Option("--processes", min=0, max=4, help="Other processes that must agree.")] = 4,
    mutation: Annotated[
        bool | None, typer.Option(help="Change parameters and comparisons too. Default: unless --strategy is given.")
    ] = None,
) -> None:
    """Prove that strategies see no future, need no more past than declared, repeat, and are held by their baselines."""
    from trading_assets.cli.verifying import VARIANTS, Asked, verify_range
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(*_range(start, end))
    mutate = strategy is None if mutation is None else mutation
    asked = Asked(first, last, strategy, snapshots, cuts, mutate, VARIANTS[:processes])
    failed = 0
    for proof in verify_range(open_workspace(), asked):
        say(proof.text())
        failed += bool(proof.findings)
    say(f"{failed} proofs failed from {first} to {last}")
    if failed:
        raise typer.Exit(CheckFailedError.exit_code)
