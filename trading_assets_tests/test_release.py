"""What leaves the repository: the wheel runs without it, and the workflows name what they run by content."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the unpacked wheel in a folder outside the repository."""
    code = (
        "import sys; from pathlib import Path; import trading_assets; "
        f"assert Path(trading_assets.__file__).is_relative_to({str(site)!r}), trading_assets.__file__; "
        "from trading_assets.cli.main import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site), "TRADING_ASSETS_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_package_and_nothing_else(site: Path) -> None:
    tops = {path.name for path in site.iterdir()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"trading_assets"}
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "trading_assets").rglob("*.py")}
    assert {str(path.relative_to(site)) for path in site.rglob("*.py")} == there
    packed = {path.name for path in (site / "trading_assets" / "defs" / "baselines").glob("*.json")}
    assert packed == {path.name for path in (ROOT / "baselines").glob("*.json")} != set()


def test_the_wheel_finds_its_configuration_and_baselines_without_the_repository(site: Path, tmp_path: Path) -> None:
    answer = run(site, tmp_path, "doctor", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert json.loads(answer.stdout)
    listed = run(site, tmp_path, "regression", "list")
    assert listed.returncode == 0, listed.stderr
    assert "pcr_analysis" in listed.stdout


def test_the_wheel_carries_its_licence_and_readme(site: Path) -> None:
    [told] = site.glob("*.dist-info/METADATA")
    text = told.read_text(encoding="utf-8")
    assert "License-Expression: Apache-2.0" in text
    assert "# trading_assets" in text
    assert list(site.glob("*.dist-info/licenses/LICENSE"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_it_names_and_may_write_nothing(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    assert loaded["permissions"] == {"contents": "read"}
    steps = [step for job in loaded["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name)] == []
    assert all("timeout-minutes" in job for job in loaded["jobs"].values())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make (\w+)", " ".join(step.get("run", "") for step in steps))) <= targets


def test_every_supported_python_is_tried() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["ci"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.name)
def test_a_form_asks_for_what_it_needs(form: Path) -> None:
    loaded = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert loaded["name"]
    assert loaded["description"]
    fields = [part for part in loaded["body"] if part["type"] == "textarea"]
    assert len({part["id"] for part in fields}) == len(fields) > 0
    assert any(part.get("validations", {}).get("required") for part in fields)
