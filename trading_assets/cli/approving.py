"""What `regression approve` does: today's signals become the baselines, with the reason on record."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from trading_assets.defs.baseline_check import baseline_texts
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import UsageError
from trading_assets.regression.approvals import Approval, changed, changelog_line
from trading_assets.regression.runs import Run
from trading_assets.regression.suite import make_baselines
from trading_assets.storage.atomic import replace_file

CHANGELOG = "CHANGELOG.jsonl"
_NO = {"", "0", "false"}
_SHOWN = 5


def approval(folder: Path, reason: str) -> Approval:
    """Return who may approve and why: a person at a clean tree, with a reason.

    Args:
        folder: Folder of the baselines; the tree it lies in must be clean, so that code and baselines can be told
            together. A folder outside any git tree has none to be dirty.
        reason: Why the new signals are right.

    Raises:
        UsageError: No reason, a CI job, or a tree with changes.
    """
    if not reason.strip():
        msg = "an approval needs a reason: --reason 'why the new signals are right'."
        raise UsageError(msg)
    if os.environ.get("CI", "").lower() not in _NO:
        msg = "approve is for people: the variable CI is set. Run it at your desk and commit the baselines."
        raise UsageError(msg)
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if top is None:
        return Approval(reason.strip(), datetime.now(UTC), "")
    dirty = _git(top, "status", "--porcelain", "--untracked-files=all").splitlines()
    if dirty:
        listed = ", ".join(line[3:] for line in dirty[:_SHOWN])
        msg = f"the tree {top} is not clean: {len(dirty)} files changed ({listed}). Commit or drop them, then approve."
        raise UsageError(msg)
    return Approval(reason.strip(), datetime.now(UTC), _git(top, "rev-parse", "--verify", "--quiet", "HEAD").strip())


def approve(workspace: Workspace, run: Run, told: Approval) -> list[Path]:
    """Write the baselines of a run that changed, and a line per baseline into the change log; nothing for no change."""
    folder = workspace.settings.baselines
    old = dict(baseline_texts(folder))
    new = changed(old, make_baselines(run))
    if not new:
        return []
    lines = [changelog_line(name, (old.get(name), text), told) for name, text in new.items()]
    log = folder / CHANGELOG
    before = log.read_bytes() if log.exists() else b""
    for name, text in new.items():
        replace_file(folder / name, text.encode())
    replace_file(log, before + "".join(lines).encode())
    return [folder / name for name in new]


def _git(folder: Path, *arguments: str) -> str:
    """Standard output of git in a folder, nothing where it has no answer.

    Raises:
        UsageError: There is no git, or it cannot read the tree.
    """
    program = shutil.which("git")
    if program is None:
        msg = f"{folder} is a git tree and there is no git to ask whether it is clean; install git."
        raise UsageError(msg)
    done = subprocess.run(  # noqa: S603 - a fixed program and our own arguments
        [program, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode and done.stderr:
        msg = f"git cannot read the tree {folder}: {' '.join(done.stderr.split())}"
        raise UsageError(msg)
    return done.stdout
