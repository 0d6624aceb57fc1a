"""What `regression` does: today's signals over stored sessions, against the baselines in the folder."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

from trading_assets.cli.reruns import rerun
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import BaselineError
from trading_assets.regression import summary
from trading_assets.regression.differences import Tolerance
from trading_assets.regression.runs import Run
from trading_assets.regression.suite import SuiteResult, make_baselines, run_suite
from trading_assets.storage.atomic import replace_file

FORMATS = {
    "text": summary.as_text,
    "markdown": summary.as_markdown,
    "html": summary.as_html,
    "junit": summary.as_junit,
    "json": summary.as_json,
}
#: Baselines are named `<strategy>_<start>_to_<end>.json`.
BASELINE_FILES = "*_????-??-??_to_????-??-??.json"


def write_baselines(workspace: Workspace, run: Run) -> list[Path]:
    """Write a baseline per strategy of a run; the same signals give the same bytes."""
    folder = workspace.settings.baselines
    paths = []
    for name, text in make_baselines(run).items():
        replace_file(folder / name, text.encode())
        paths.append(folder / name)
    return paths


def regression_test(
    workspace: Workspace, first: date, last: date, strategy: str | None, tolerance: float
) -> SuiteResult:
    """Compare today's signals of a range with their baselines; a missing baseline never passes."""
    return judged(workspace, rerun(workspace, first, last, strategy), tolerance)


def judged(workspace: Workspace, run: Run, tolerance: float) -> SuiteResult:
    """Compare a run with the baselines of the folder."""
    return run_suite(baseline_texts(baseline_folder(workspace)), run, Tolerance(drift=tolerance))


def baseline_texts(folder: Path) -> Mapping[str, str]:
    """Return the baselines of a folder as text, by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob(BASELINE_FILES))}


def baseline_folder(workspace: Workspace) -> Path:
    """Return the folder of the settings, or the packaged baselines of the demo where that does not exist.

    Raises:
        BaselineError: There is neither.
    """
    folder = workspace.settings.baselines
    if folder.is_dir():
        return folder
    package = Path(str(files("trading_assets.defs")))
    for candidate in (package / "baselines", package.parents[1] / "baselines"):
        if candidate.is_dir():
            return candidate
    msg = f"there is no folder of baselines at {folder}; make some with `regression --mode baseline`."
    raise BaselineError(msg)
