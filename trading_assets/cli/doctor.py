"""The command `doctor`: is this installation able to work, and what is in force."""

import socket
import sys
from importlib.metadata import PackageNotFoundError, version

import typer

from trading_assets.cli.console import say, say_json
from trading_assets.cli.options import Json
from trading_assets.errors import TradingAssetsError

PORTS = {"the Dagster pages": 3_000, "serve": 8_000}
PACKAGES = ("trading-assets", "dagster", "dagster-webserver", "mlflow", "pandas", "pandera", "pyarrow", "duckdb")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(doctor)


def doctor(as_json: Json = False) -> None:
    """Show versions, paths, calendar and settings in force (secrets masked); exit 1 with the next step when wrong."""
    found, problems = examine()
    if as_json:
        say_json({**found, "problems": problems})
    else:
        for heading, values in found.items():
            say(f"{heading}:")
            for name, value in values.items():
                say(f"  {name:<22}{value}")
        for problem in problems:
            say(f"problem: {problem}")
        say("everything looks right." if not problems else f"{len(problems)} problem(s).")
    if problems:
        raise typer.Exit(1)


def examine() -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return what is in force by heading, and a sentence with the next step for each thing that is wrong."""
    problems: list[str] = []
    found = {"versions": _versions(problems)}
    try:
        from trading_assets.cli.mirroring import shared_state
        from trading_assets.defs.workspace import open_workspace
        from trading_assets.strategies.discovery import load_strategies

        workspace = open_workspace()
        strategies = load_strategies(workspace.strategy_sources())
    except TradingAssetsError as error:
        return found, [*problems, str(error)]
    calendar = workspace.market.calendar
    found["paths"] = {"home": str(workspace.home), "exists": str(workspace.home.is_dir())}
    found["calendar"] = {
        "range": f"{calendar.first_day} to {calendar.last_day}",
        "first partition": str(workspace.settings.first_session),
        "version": calendar.version,
    }
    found["strategies"] = {name: one.version for name, one in sorted(strategies.items())}
    found["ports"] = {f"{port} for {reader}": _port(port) for reader, port in PORTS.items()}
    found["settings"] = {name: str(value) for name, value in workspace.settings.model_dump().items()}
    found["storage"], wrong = shared_state(workspace)
    problems += [*wrong, *_instance_problems(found)]
    return found, problems


def _versions(problems: list[str]) -> dict[str, str]:
    versions = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            problems.append(f"{package} is not installed; run `make demo` or install requirements.lock.")
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        problems.append(f"Python {versions['python']} is not supported; use 3.11, 3.12 or 3.13.")
    return versions


def _instance_problems(found: dict[str, dict[str, str]]) -> list[str]:
    from trading_assets.defs.runner import open_instance

    try:
        with open_instance() as instance:
            found["dagster"] = {"storage": type(instance.run_storage).__name__, "runs": str(instance.get_runs_count())}
    except (TradingAssetsError, OSError) as error:
        return [str(error)]
    return []


def _port(port: int) -> str:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return "in use" if probe.connect_ex(("127.0.0.1", port)) == 0 else "free"
