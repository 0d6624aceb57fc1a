"""What people see, in a real browser: the Dagster pages over the demo's home, and its report.

Needs Chromium (`make browser` installs it where apt is there); skips, saying so, without.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from trading_assets_tests.commands import Answer

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: As root in a container; and without the connections that a browser makes on its own.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SLOW = 60_000
BACKFILLS = "{partitionBackfillsOrError(limit: 1) {... on PartitionBackfills {results {status}}}}"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; `make browser` installs it"),
    pytest.mark.timeout(420),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may not complain on its console."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    opened = browser.new_page(viewport={"width": 1600, "height": 900})
    opened.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    opened.on("console", listen)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; fails with what it said when it ends before."""
    for _ in range(480):
        assert process.poll() is None, "the pages did not start"
        try:
            urllib.request.urlopen(f"{address}/server_info", timeout=5).close()  # noqa: S310  # our own server
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail("the pages did not answer in two minutes")


@pytest.fixture(scope="module")
def pages(demo: tuple[Path, Answer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the Dagster pages, daemon included, over a copy of the demo's home: what `make dev` starts."""
    home = tmp_path_factory.mktemp("pages") / "home"
    copytree(demo[0], home)
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [str(Path(sys.executable).with_name("dg")), "dev", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(ROOT), "TRADING_ASSETS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def asked(address: str, query: str) -> dict[str, object]:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(  # noqa: S310  # our own server
        f"{address}/graphql", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, object] = json.load(answer)
        return found


def test_the_graph_shows_every_group(pages: str, page: Page) -> None:
    page.goto(f"{pages}/asset-groups")
    for group in ("market", "signals", "models", "trades", "performance", "monitoring"):
        expect(page.get_by_text(group, exact=True).first).to_be_attached()


def test_a_partition_shows_its_numbers(pages: str, page: Page) -> None:
    page.goto(f"{pages}/assets/daily_performance?view=partitions&partition=2026-01-29")
    expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
    for name in ("net_pnl", "total_trades", "win_rate", "charges"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()


def test_an_asset_says_what_it_is_and_draws_its_numbers(pages: str, page: Page) -> None:
    page.goto(f"{pages}/assets/daily_performance?view=overview")
    expect(page.get_by_text("One row:")).to_be_visible()
    expect(page.get_by_text("[₹]").first).to_be_visible()
    page.get_by_role("button", name="Plots").click()
    page.get_by_role("button", name="Events").last.click()  # by partition it shows the last hundred only
    expect(page.locator("canvas").first).to_be_attached()


def test_the_equity_curve_is_drawn_without_a_click(pages: str, page: Page) -> None:
    page.goto(f"{pages}/assets/equity_curve")
    expect(page.locator("img[src^='data:image/svg'], svg[role=img]").first).to_be_visible()


def test_five_sessions_are_made_from_the_page_and_the_planted_defect_shows(pages: str, page: Page) -> None:
    page.goto(f"{pages}/locations/trading_assets/jobs/eod_job")
    page.locator("button:has-text('Materialize')").first.click()
    page.get_by_text("Show all partitions").click()
    sessions = page.locator("[role=dialog] input[type=text]").first
    sessions.fill("[2026-01-28...2026-02-02]")
    sessions.press("Enter")
    page.locator("button:has-text('Launch backfill')").click()
    for _ in range(150):
        status = str(asked(pages, BACKFILLS))
        if "COMPLETED" in status or "FAILED" in status:
            break
        page.wait_for_timeout(2_000)
    assert "COMPLETED_SUCCESS" in status
    page.goto(f"{pages}/assets/market_snapshots?view=checks&checkDetail=stale_data")
    expect(page.get_by_text("4 of 5 sessions pass. 2026-01-30", exact=False).first).to_be_visible()
    page.goto(f"{pages}/assets/market_snapshots?view=checks&checkDetail=contract")
    expect(page.get_by_text("Succeeded", exact=True).first).to_be_visible()
    page.goto(f"{pages}/assets/quality_report?view=overview")
    expect(page.get_by_text(re.compile(r"^\d+ issues$")).first).to_be_visible()
    for name in ("issues_by_rule", "newest_issues", "feed_health", "critical_issues_last_hour"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("frozen_feed", exact=True).first).to_be_visible()


def named_report(answer: Answer) -> Path:
    """The report that the demo named: other tests may have written more of them into its home."""
    found = re.search(r"report: (\S+\.html)", answer.out)
    assert found is not None, answer.out
    return Path(found[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_readable_by_everyone(scheme: str, demo: tuple[Path, Answer], page: Page) -> None:
    report = named_report(demo[1])
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(report.as_uri())
    expect(page.locator("h1")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_report_fits_a_phone(demo: tuple[Path, Answer], page: Page) -> None:
    report = named_report(demo[1])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(report.as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page scrolls sideways"
