"""The documentation: what it tells people to type works, links lead somewhere, the reference is what the code says."""

import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trading_assets_tests.commands import trading_assets

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
WRITTEN = [page for page in PAGES if page.parent.name != "reference"]
FENCE = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
#: Commands that documentation shows and these tests do not run as shown, and the test that runs them.
RUN_ELSEWHERE = {
    "trading-assets explain TRADE_": "cli/test_commands.py",
    "trading-assets import-trades --broker zerodha": "cli/test_import_trades.py",
    "trading-assets reconcile": "cli/test_import_trades.py",
    "trading-assets collect": "cli/test_collect.py",
    "trading-assets serve": "cli/test_serve_process.py",
    "trading-assets materialize --from 2026-01-28 --to 2026-03-31 --workers": "cli/test_demo.py",
    "trading-assets report --open": "cli/test_commands.py",
    "trading-assets doctor": "cli/test_team_mode.py",
    "trading-assets mirror": "cli/test_team_mode.py",
    "trading-assets worker": "team_servers.py",
}
#: A table that has no rows in the demo's home, where nobody collects.
NOTHING_COLLECTED = "feed_health"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def fences(page: Path) -> Iterator[re.Match[str]]:
    return FENCE.finditer(page.read_text(encoding="utf-8"))


def steps(page: Path) -> list[tuple[str, str]]:
    """What a reader does and sees on a page, in order: ("write", name and text), ("run", line) and ("see", line)."""
    found = []
    for fence in fences(page):
        if fence["file"]:
            found.append(("write", f"{fence['file']}\n{fence['body']}"))
        if fence["kind"] == "console":
            lines = fence["body"].splitlines()
            found += [("run", line[2:]) if line.startswith("$ ") else ("see", line) for line in lines]
    return found


FOLLOWED = [page for page in WRITTEN if any(kind == "run" for kind, _ in steps(page))]


@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_a_page_can_be_followed(
    page: Path, own_demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    assert own_demo_home.is_dir()
    if " recordings/" in page.read_text(encoding="utf-8"):
        (tmp_path / "recordings").mkdir()
        for day in ("2025-10-13", "2025-10-14"):
            name = f"nse_json_{day}.tar.xz"
            source = request.getfixturevalue("recordings") / "nse_json_2025" / name
            (tmp_path / "recordings" / name).symlink_to(source)
    said = ""
    for kind, text in steps(page):
        if kind == "write":
            name, _, body = text.partition("\n")
            target = tmp_path / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(body, encoding="utf-8")
            continue
        if kind == "see":
            assert text in said, "the page shows another answer"
            continue
        line, _, exits = text.partition("  # exits ")
        words = shlex.split(line)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            continue
        assert words[0] == "trading-assets", text
        answer = trading_assets(*words[1:])
        assert answer.code == int(exits or 0), f"{text}\n{answer.out}\n{answer.err}"
        said = answer.out
        assert said.strip(), text
        assert words[1] != "sql" or len(said.splitlines()) > 1, f"{text} finds nothing to show"
        assert "(0 rows)" not in said or NOTHING_COLLECTED in text, text


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_a_command_that_is_shown_is_run(page: Path) -> None:
    for fence in fences(page):
        if fence["kind"] == "console":
            continue
        for line in fence["body"].splitlines():
            if line.startswith("trading-assets "):
                home = next((test for start, test in RUN_ELSEWHERE.items() if line.startswith(start)), None)
                assert home, f"{name_of(page)}: show {line!r} in a console block, so that it is run"
                _, command, *_ = line.split()
                text = (ROOT / "trading_assets_tests" / home).read_text(encoding="utf-8")
                assert f'"{command}"' in text, f"{home} does not run {command}"


def slugs(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{name_of(page)} links to {target}"
        assert not anchor or anchor in slugs(found), f"{name_of(page)} links to {target}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = {line.strip() for line in index.splitlines() if (DOCS / f"{line.strip()}.md").is_file()}
    there = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")} - {"index"}
    assert listed == there


def test_every_picture_is_shown_somewhere() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [path.name for path in (DOCS / "pictures").iterdir() if path.name not in text] == []


def test_the_reference_is_what_the_code_says() -> None:
    pages = runpy.run_path(str(DOCS / "make_reference.py"))["PAGES"]
    assert {path.name for path in (DOCS / "reference").glob("*.md")} == set(pages)
    for name, make in pages.items():
        assert (DOCS / "reference" / name).read_text(encoding="utf-8") == make(), f"{name}: `make docs` writes it again"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    target = tmp_path / "pages"
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(target)]
    assert subprocess.run(build, capture_output=True, text=True, check=False).stderr == ""
    made = {str(path.relative_to(target).with_suffix(".md")) for path in target.rglob("*.html")}
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} <= made
    outside = {
        address
        for path in target.rglob("*.html")
        for address in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', path.read_text())
    }
    assert outside == set(), "a page must not need another server"
