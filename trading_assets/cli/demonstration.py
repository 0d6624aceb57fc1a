"""What `demo` does, step by step, each with one line of what it showed."""

from collections.abc import Callable
from datetime import date
from importlib.resources import as_file, files

from trading_assets.cli.materializing import materialize_range
from trading_assets.cli.regressing import regression_test
from trading_assets.defs.intake import land_recordings
from trading_assets.defs.monitoring_steps import write_tear_sheet
from trading_assets.defs.runner import run_cutoff
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CheckFailedError
from trading_assets.feeds.archives import list_files
from trading_assets.feeds.discovery import feed_named
from trading_assets.regression.suite import SuiteResult
from trading_assets.regression.summary import as_text
from trading_assets.report.status import RegressionStatus
from trading_assets.tables import quality_issues, trades

Say = Callable[[str], None]
FEED = "simulated"


def run_demo(workspace: Workspace, cutoff: date, say: Say) -> None:
    """Land, materialize, train, materialize, compare, report; say what each step showed.

    Args:
        workspace: Where it goes; what is there already stays.
        cutoff: First session that is scored by the model trained on those before it.
        say: Prints a line.

    Raises:
        CheckFailedError: A run did not complete.
    """
    say("1. landing five recorded sessions of a simulated NIFTY option market")
    with as_file(files("trading_assets.feeds") / "data" / FEED) as folder:
        landed = land_recordings(workspace, feed_named(FEED), list_files([folder]), None)
    days = landed.summary.sessions
    say(f"   {len(days)} sessions, {landed.summary.snapshots} snapshots, {days[0]} to {days[-1]}")
    say("2. all assets of the sessions before the model's cut-off, in one Dagster run")
    _materialize(workspace, [day for day in days if day < cutoff], say)
    say(f"3. training the model that may serve from {cutoff}")
    outcome = run_cutoff(workspace, cutoff)
    if not outcome.success:
        raise CheckFailedError("; ".join(outcome.failures))
    entry = workspace.registry.resolve(cutoff)
    trained = "no model: too few labelled signals" if entry is None else f"{entry.version}, sha256 {entry.sha256[:12]}…"
    say(f"   {trained}")
    say("4. all assets of the sessions it scores")
    _materialize(workspace, [day for day in days if day >= cutoff], say)
    say("5. the planted defect, caught and explained")
    _show_defect(workspace, list(days), say)
    say("6. the signal regression suite")
    result = regression_test(workspace, days[0], days[-1], None, 0.05)
    say("\n".join(f"   {line}" for line in as_text(result).splitlines()))
    if not result.passed:
        msg = "the regression suite failed on the demo's own fixture; a strategy was changed without its baseline."
        raise CheckFailedError(msg)
    path = write_tear_sheet(workspace, regression=regression_statuses(result))
    say(f"7. report: {path}")
    _next_steps(workspace, list(days), say)


def regression_statuses(result: SuiteResult) -> tuple[RegressionStatus, ...]:
    """Return what the suite said by strategy, as the tear sheet shows it."""
    return tuple(
        RegressionStatus(
            one.strategy_id,
            passed=one.passed,
            matched=one.numbers()["matched"],
            missing=one.numbers()["missing"],
            extra=one.numbers()["extra"],
            note=one.reason,
        )
        for one in result.strategies
    )


def _materialize(workspace: Workspace, days: list[date], say: Say) -> None:
    summary = materialize_range(workspace, days[0], days[-1], [])
    say("\n".join(f"   {line}" for line in summary.text().splitlines()))
    if not summary.outcome.success:
        raise CheckFailedError("; ".join(summary.outcome.failures))


def _show_defect(workspace: Workspace, days: list[date], say: Say) -> None:
    issues = workspace.store.read(quality_issues.CONTRACT, days)
    critical = issues[issues["severity"] == "critical"].sort_values("timestamp")
    for issue in critical.itertuples():
        say(f"   {issue.date:%Y-%m-%d} {issue.message}")


def _next_steps(workspace: Workspace, days: list[date], say: Say) -> None:
    traded = workspace.store.read(trades.CONTRACT, days).sort_values("date", kind="stable")
    say("next:")
    say("   make dev                                     the Dagster pages, http://127.0.0.1:3000")
    say("   .venv/bin/trading-assets report --open       the report in the browser")
    if len(traded):
        say(f"   .venv/bin/trading-assets explain {traded['trade_id'].iloc[-1]}")
    say('   .venv/bin/trading-assets sql "SELECT date, total_trades, net_pnl FROM daily_performance"')
    say("   .venv/bin/trading-assets ingest --feed nse-json PATH   your own recordings")
