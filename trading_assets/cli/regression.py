"""The commands `regression …`: baselines of signals, and today's signals against them."""

from typing import Annotated

import typer

from trading_assets.cli.console import say
from trading_assets.cli.options import parse_range
from trading_assets.errors import CheckFailedError, UsageError

app = typer.Typer(help="Compare today's signals with their baselines; --mode baseline|test.")
Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="First day, YYYY-MM-DD.")]
End = Annotated[str | None, typer.Option("--end", metavar="DATE", help="Last day, YYYY-MM-DD.")]
OneStrategy = Annotated[str | None, typer.Option("--strategy", help="Only this strategy.")]


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
    tolerance: Annotated[float, typer.Option("--tolerance", min=0.0, help="Drift of confidence that passes.")] = 0.05,
    output: Annotated[str, typer.Option("--format", help="text, markdown, html, junit or json.")] = "text",
) -> None:
    """Write baselines, or compare with them; exit 1 when a strategy fails."""
    if context.invoked_subcommand is not None:
        return
    from trading_assets.cli.regressing import FORMATS, regression_test, write_baselines
    from trading_assets.defs.workspace import open_workspace

    if mode not in {"baseline", "test"}:
        msg = f"--mode {mode!r} is unknown; use baseline or test."
        raise UsageError(msg)
    if output not in FORMATS:
        msg = f"--format {output!r} is unknown; use one of {', '.join(FORMATS)}."
        raise UsageError(msg)
    first, last = parse_range(*_range(start, end))
    workspace = open_workspace()
    if mode == "baseline":
        for path in write_baselines(workspace, first, last, strategy):
            say(str(path))
        return
    result = regression_test(workspace, first, last, strategy, tolerance)
    say(FORMATS[output](result))
    if not result.passed:
        raise typer.Exit(CheckFailedError.exit_code)


@app.command("list")
def list_baselines() -> None:
    """List the baselines: strategy, range, signals."""
    from trading_assets.cli.regressing import baseline_folder
    from trading_assets.defs.workspace import open_workspace
    from trading_assets.regression.baseline import loads

    folder = baseline_folder(open_workspace())
    for path in sorted(folder.glob("*.json")):
        baseline = loads(path.read_text(encoding="utf-8"), path.name)
        made_of = baseline.provenance
        say(f"{baseline.strategy_id:<24}{made_of.start} to {made_of.end}  {len(baseline.signals):>5} signals")


@app.command("verify")
def verify_strategies(
    start: Start = None,
    end: End = None,
    strategy: OneStrategy = None,
    cuts: Annotated[
        int, typer.Option("--cuts", min=1, help="Moments per session at which the future is cut off.")
    ] = 10,
) -> None:
    """Prove that strategies see no future: truncated and poisoned futures, every prefix, shuffled rows."""
    from trading_assets.cli.regressing import verify_range
    from trading_assets.defs.workspace import open_workspace

    first, last = parse_range(*_range(start, end))
    leaks = verify_range(open_workspace(), first, last, strategy, cuts)
    for leak in leaks:
        say(leak)
    say(f"{len(leaks)} leaks from {first} to {last}")
    if leaks:
        raise typer.Exit(CheckFailedError.exit_code)
