"""The dashboard of `deploy/grafana`: each query answers from real rows, on PostgreSQL as on our own engine."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.settings import Settings
from trading_assets.storage.sql import query
from trading_assets.tables import daily_performance, quality_issues, strategy_performance, trades
from trading_assets_tests.defs.conftest import DIRTY, PROCESSED
from trading_assets_tests.models import on_postgres
from trading_assets_tests.test_backup import new_database

DASHBOARD = json.loads(
    (Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboard.json").read_text(encoding="utf-8")
)
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
TABLES = (daily_performance.CONTRACT, strategy_performance.CONTRACT, trades.CONTRACT, quality_issues.CONTRACT)


def statement(title: str, first: date, last: date) -> str:
    """The query of a panel for a range of days, as Grafana would send it."""
    [target] = PANELS[title]["targets"]
    return re.sub(
        r"\$__timeFilter\((\w+)\)",
        rf"\1 BETWEEN '{first}T00:00:00Z' AND '{last}T23:59:59Z'",
        target["rawSql"],
    )


@pytest.fixture(scope="module")
def desk(processed: Path) -> Workspace:
    """Two sessions with trades and issues."""
    return open_workspace(Settings(home=processed))


@pytest.fixture(scope="module")
def url(desk: Workspace, postgres_url: str) -> str:
    """The tables in a database of their own."""
    made = new_database(postgres_url)
    on_postgres.load(made, desk.store, TABLES)
    return made


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_answers_what_our_own_engine_answers(title: str, url: str, desk: Workspace) -> None:
    asked = statement(title, PROCESSED[0], PROCESSED[-1])
    there = on_postgres.as_frame(on_postgres.ask(url, asked))
    here = on_postgres.as_frame(query(desk.store, asked))
    assert len(there) > 0
    assert list(there.columns) == list(here.columns)
    for name in there.columns:
        assert [as_text(value) for value in there[name]] == [as_text(value) for value in here[name]], name


def as_text(value: object) -> str:
    """A value as both engines say it: money to the paisa, floats to nine digits, times in UTC."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    try:
        return f"{float(value):.9g}"  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)


def test_figures_are_those_of_the_tables(url: str, desk: Workspace) -> None:
    daily = desk.store.read(daily_performance.CONTRACT)
    first, last = PROCESSED[0], PROCESSED[-1]
    [[net]] = on_postgres.ask(url, statement("Net P&L of the range", first, last)).rows
    assert float(net) == pytest.approx(daily["net_pnl"].sum(), abs=0.005)
    summed = on_postgres.ask(url, statement("Net P&L by session, and summed", first, last)).rows
    assert [row[0] for row in summed] == list(PROCESSED)
    assert summed[-1][2] == net
    issues = on_postgres.ask(url, statement("Quality issues by session", DIRTY, DIRTY)).rows
    assert [row[0] for row in issues] == [DIRTY]
    assert sum(issues[0][1:]) == len(desk.store.read(quality_issues.CONTRACT, [DIRTY]))


def test_only_the_chosen_days_are_counted_and_the_newest_session_of_all(url: str) -> None:
    never = date(2020, 1, 1)
    [[net]] = on_postgres.ask(url, statement("Net P&L of the range", never, never)).rows
    assert net is None
    assert on_postgres.ask(url, statement("Newest session", never, never)).rows == [(str(PROCESSED[-1]),)]
    for title, panel in PANELS.items():
        assert title == "Newest session" or "$__timeFilter" in panel["targets"][0]["rawSql"], title


def test_the_dashboard_is_whole_and_names_no_database_of_ours() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(PANELS)
    [variable] = DASHBOARD["templating"]["list"]
    assert {panel["datasource"]["uid"] for panel in PANELS.values()} == {f"${{{variable['name']}}}"}
    boxes = [panel["gridPos"] for panel in PANELS.values()]
    cells = [
        (x, y)
        for box in boxes
        for x in range(box["x"], box["x"] + box["w"])
        for y in range(box["y"], box["y"] + box["h"])
    ]
    assert len(set(cells)) == len(cells), "panels lie over each other"
    assert max(x for x, _ in cells) < 24
