"""What `regression` does: today's signals over stored sessions, against the baselines in the folder."""

from datetime import date
from pathlib import Path

from trading_assets.cli.committed_sessions import committed_sessions
from trading_assets.cli.reruns import rerun, setup
from trading_assets.defs.baseline_check import baseline_folder, baseline_texts
from trading_assets.defs.workspace import Workspace
from trading_assets.regression import summary
from trading_assets.regression.differences import Tolerance
from trading_assets.regression.runs import Run, run_sessions
from trading_assets.regression.suite import SuiteResult, make_baselines, run_suite
from trading_assets.storage.atomic import replace_file

FORMATS = {
    "text": summary.as_text,
    "markdown": summary.as_markdown,
    "html": summary.as_html,
    "junit": summary.as_junit,
    "json": summary.as_json,
}


def write_baselines(workspace: Workspace, run: Run) -> list[Path]:
    """Write a baseline per strategy of a run; the same signals give the same bytes."""
    folder = workspace.settings.baselines
    paths = []
    for name, text in make_baselines(run).items():
        replace_file(folder / name, text.encode())
        paths.append(folder / name)
    return paths


def write_committed_baselines(workspace: Workspace, strategy: str | None) -> list[Path]:
    """Write every baseline that comes with the package: of all committed sessions, and of the demo's five alone.

    Raises:
        UsageError: No strategy has that name.
    """
    from trading_assets.feeds.simulated_files import COMMITTED_SESSIONS, FIXTURE_SESSIONS

    whole, paths = setup(workspace, strategy), []
    for days, alone in ((COMMITTED_SESSIONS, False), (FIXTURE_SESSIONS, True)):
        sessions = committed_sessions(workspace, days[0], days[-1], alone=alone)
        paths += write_baselines(workspace, run_sessions(days[0], days[-1], sessions, whole))
    return paths


def regression_test(
    workspace: Workspace, first: date, last: date, strategy: str | None, tolerance: float
) -> SuiteResult:
    """Compare today's signals of a range with their baselines; a missing baseline never passes."""
    return judged(workspace, rerun(workspace, first, last, strategy), tolerance)


def judged(workspace: Workspace, run: Run, tolerance: float) -> SuiteResult:
    """Compare a run with the baselines of the folder."""
    return run_suite(baseline_texts(baseline_folder(workspace)), run, Tolerance(drift=tolerance))
