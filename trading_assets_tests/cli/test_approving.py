"""`regression approve`: a person at a clean tree, with a reason; what is approved is on record."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from trading_assets.cli.approving import CHANGELOG, approval
from trading_assets.errors import UsageError
from trading_assets_tests.cli import small_home
from trading_assets_tests.cli.small_home import DAYS, ONE_DAY
from trading_assets_tests.commands import trading_assets

ONE = (*ONE_DAY, "--strategy", "pcr_analysis")
FILE = f"pcr_analysis_{DAYS[0]}_to_{DAYS[0]}.json"
CHANGED = '{"pcr_analysis": {"enter": 0.45}}'


@pytest.fixture(autouse=True)
def at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of a CI that may run these tests."""
    monkeypatch.delenv("CI", raising=False)


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Desk", "-c", "user.email=desk@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Commit all of a folder's tree; returns the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("approving") / "home"
    small_home.make(folder)
    return folder


@pytest.fixture
def tree(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed git tree with a folder of baselines, the home elsewhere."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    tree = tmp_path / "project"
    (tree / "baselines").mkdir(parents=True)
    (tree / "rule.txt").write_text("a rule\n", encoding="utf-8")
    monkeypatch.setenv("TRADING_ASSETS_BASELINES", str(tree / "baselines"))
    git(tree, "init", "--quiet")
    assert trading_assets("regression", "--mode", "baseline", *ONE).code == 0
    committed(tree)
    return tree


def lines(tree: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (tree / "baselines" / CHANGELOG).read_text("utf-8").splitlines()]


def test_changed_signals_become_the_baseline_with_reason_commit_and_counts(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(tree, "rev-parse", "HEAD")
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", CHANGED)
    assert trading_assets("regression", "--mode", "test", *ONE).code == 1
    answer = trading_assets("regression", "approve", *ONE, "--reason", "  a stricter entry ")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [str(tree / "baselines" / FILE), "1 baselines approved: a stricter entry"]
    assert trading_assets("regression", "--mode", "test", *ONE).code == 0
    [line] = lines(tree)
    assert (line["reason"], line["commit"], line["baseline"]) == ("a stricter entry", commit, FILE)
    assert sum(line["changes"].values()) > 0
    assert set(line["changes"]) - {"identical"}
    assert str(line["approved_at"]).endswith("Z")


def test_a_second_approval_is_a_second_line(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", CHANGED)
    assert trading_assets("regression", "approve", *ONE, "--reason", "stricter").code == 0
    first = (tree / "baselines" / CHANGELOG).read_bytes()
    committed(tree)
    monkeypatch.delenv("TRADING_ASSETS_STRATEGIES")
    assert trading_assets("regression", "approve", *ONE, "--reason", "back again").code == 0
    assert (tree / "baselines" / CHANGELOG).read_bytes().startswith(first), "appended, never rewritten"
    there, back = lines(tree)
    assert (there["sha256_before"], there["sha256_after"]) == (back["sha256_after"], back["sha256_before"])
    assert [one["reason"] for one in (there, back)] == ["stricter", "back again"]


def test_a_new_baseline_can_be_approved_too(tree: Path) -> None:
    (tree / "baselines" / FILE).unlink()
    committed(tree)
    assert trading_assets("regression", "approve", *ONE, "--reason", "first one").code == 0
    assert lines(tree)[0]["sha256_before"] is None


def test_nothing_changed_is_nothing_approved(tree: Path) -> None:
    answer = trading_assets("regression", "approve", *ONE, "--reason", "just so")
    assert (answer.code, answer.out.strip()) == (0, "nothing to approve: no signal changed.")
    assert not (tree / "baselines" / CHANGELOG).exists()
    assert git(tree, "status", "--porcelain") == ""


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes"])
def test_it_is_refused_in_ci(tree: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    monkeypatch.setenv("TRADING_ASSETS_STRATEGIES", CHANGED)
    before = (tree / "baselines" / FILE).read_bytes()
    answer = trading_assets("regression", "approve", *ONE, "--reason", "because")
    assert answer.code == 2
    assert "the variable CI is set" in answer.err
    assert (tree / "baselines" / FILE).read_bytes() == before
    assert not (tree / "baselines" / CHANGELOG).exists()


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
def test_a_variable_that_says_no_is_no_ci(tree: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    assert approval(tree / "baselines", "because").reason == "because"


@pytest.mark.parametrize(
    ("path", "content"),
    [("rule.txt", "another rule\n"), ("new.txt", "untracked\n"), (f"baselines/{FILE}", "{}"), ("baselines/x.json", "")],
)
def test_it_is_refused_on_a_changed_tree(tree: Path, path: str, content: str) -> None:
    (tree / path).write_text(content, encoding="utf-8")
    answer = trading_assets("regression", "approve", *ONE, "--reason", "because")
    assert answer.code == 2
    assert f"is not clean: 1 files changed ({path})" in answer.err
    assert (tree / path).read_text(encoding="utf-8") == content


def test_staged_and_deleted_files_make_a_tree_dirty_and_many_are_counted(tree: Path) -> None:
    (tree / "rule.txt").unlink()
    with pytest.raises(UsageError, match=r"1 files changed \(rule\.txt\)"):
        approval(tree / "baselines", "because")
    for number in range(7):
        (tree / f"{number}.txt").write_text("", encoding="utf-8")
    git(tree, "add", "--all")
    with pytest.raises(UsageError, match=r"8 files changed \((?:[^,]+, ){4}[^,]+\)\. Commit or drop them"):
        approval(tree / "baselines", "because")


def test_ignored_files_do_not_make_a_tree_dirty(tree: Path) -> None:
    (tree / ".gitignore").write_text("scratch\n", encoding="utf-8")
    commit = committed(tree)
    (tree / "scratch").write_text("", encoding="utf-8")
    assert approval(tree / "baselines", "because").commit == commit


def test_a_tree_without_a_commit_has_none_to_name(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert approval(tmp_path, "because").commit == ""


def test_outside_a_tree_there_is_none_to_be_dirty(tmp_path: Path) -> None:
    (tmp_path / "loose.txt").write_text("", encoding="utf-8")
    found = approval(tmp_path / "baselines", " because ")
    assert (found.reason, found.commit) == ("because", "")
    assert found.at.tzinfo is not None


@pytest.mark.parametrize("reason", ["", " ", "\n\t"])
def test_a_reason_is_needed(tmp_path: Path, reason: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        approval(tmp_path, reason)


def test_a_broken_tree_is_told_in_git_s_words(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"git cannot read the tree .*: fatal"):
        approval(tmp_path, "because")


def test_without_git_a_tree_cannot_be_judged(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree / "nothing"))
    with pytest.raises(UsageError, match="there is no git to ask"):
        approval(tree / "baselines", "because")
