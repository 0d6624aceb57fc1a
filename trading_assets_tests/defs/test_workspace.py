"""Opening a home: the user's overlay and strategies are in force, and nothing is written before it must be."""

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest

from trading_assets.defs.partitions import session_partitions
from trading_assets.defs.schedules import eod_request
from trading_assets.defs.signal_steps import signals_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import ReferenceDataError, SettingsError, StrategyError, TradingAssetsError
from trading_assets.settings import Settings, TradingSettings
from trading_assets.strategies.discovery import load_strategies
from trading_assets.tables import signals
from trading_assets_tests.defs.conftest import CLEAN

HEADER = "date,exchange,description,note,source\n"
LATE = date(2026, 1, 28)
ALWAYS = """
from dataclasses import dataclass
import numpy as np
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, parameter

@dataclass(frozen=True)
class Levels(Parameters):
    level: float = parameter(1.0, "index points", "Spot above it fires.")

def evaluate(chain, params):
    above = chain.spot > params.level
    return Surface(above, ~above, np.full(len(above), 0.6))

STRATEGY = Strategy("always", "0.1.0", "own", "Spot against a level.", Levels(),
                    ExitPlan(None, None, None), ("09:30", "15:00"), evaluate)
"""


def with_overlay(tmp_path: Path, rows: str, name: str = "holidays.csv", header: str = HEADER) -> Workspace:
    folder = tmp_path / "overlay"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(header + rows, encoding="utf-8")
    return open_workspace(Settings(home=tmp_path / "home", overlay=folder))


def keys(workspace: Workspace) -> set[str]:
    found = session_partitions(workspace.market.calendar, date(2026, 1, 1))
    return set(found.get_partition_keys(current_time=datetime(2026, 2, 10, 12, tzinfo=UTC)))


def test_a_late_holiday_is_no_session_and_no_partition(tmp_path: Path) -> None:
    plain = open_workspace(Settings(home=tmp_path / "home"))
    told = with_overlay(tmp_path, f"{LATE},NSE,Mourning,,circular\n")
    assert plain.market.calendar.is_session(LATE)
    assert not told.market.calendar.is_session(LATE)
    assert told.market.calendar.closed_reason(LATE) == "Mourning"
    assert keys(plain) - keys(told) == {str(LATE)}
    assert keys(told) - keys(plain) == set()
    tick = datetime(2026, 1, 28, 12, 30, tzinfo=UTC)
    assert "Mourning" in str(eod_request(told.market.calendar, tick))
    assert told.market.calendar.next_session(date(2026, 1, 27)) == date(2026, 1, 29)


def test_a_special_session_of_the_overlay_is_a_partition(tmp_path: Path) -> None:
    saturday = date(2026, 2, 7)
    header = "date,exchange,kind,open,close,note,source,confidence\n"
    told = with_overlay(
        tmp_path, f"{saturday},NSE,dr_switch,09:15,12:30,,circular,sourced\n", "special_sessions.csv", header
    )
    assert told.market.calendar.is_session(saturday)
    assert str(saturday) in keys(told)
    assert f"{told.market.calendar.session(saturday).close:%H:%M}" == "12:30"


def test_another_overlay_is_another_calendar_version(tmp_path: Path) -> None:
    plain = open_workspace(Settings(home=tmp_path / "home")).market.calendar.version
    told = with_overlay(tmp_path, f"{LATE},NSE,Mourning,,circular\n").market.calendar.version
    assert plain != told
    assert open_workspace(Settings(home=tmp_path / "other")).market.calendar.version == plain


@pytest.mark.parametrize(
    ("rows", "found"), [("28 January,NSE,Mourning,,\n", "holidays.csv"), (f"{LATE},LSE,Mourning,,\n", "NSE")]
)
def test_a_wrong_row_of_the_overlay_is_named(tmp_path: Path, rows: str, found: str) -> None:
    with pytest.raises(ReferenceDataError, match=found):
        with_overlay(tmp_path, rows)


def test_an_overlay_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"overlay folder .* does not exist"):
        open_workspace(Settings(home=tmp_path / "home", overlay=tmp_path / "nowhere"))


def test_opening_writes_nothing(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path / "home"))
    assert workspace.landing.days() == []
    assert workspace.store.sessions(signals.CONTRACT) == []
    assert workspace.registry.entries() == ()
    assert list(tmp_path.iterdir()) == []


def test_the_home_is_absolute_and_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", "desk")
    workspace = open_workspace()
    assert workspace.home == tmp_path.resolve() / "desk"
    (tmp_path / "elsewhere").mkdir()
    opened = workspace.store.path(signals.CONTRACT, CLEAN)
    assert opened.is_absolute()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert workspace.store.path(signals.CONTRACT, CLEAN) == opened


def test_a_users_strategies_are_read_from_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "always.py").write_text(ALWAYS, encoding="utf-8")
    (folder / "notes.md").write_text("not a strategy", encoding="utf-8")
    (folder / "old").mkdir()
    (folder / "old" / "other.py").write_text("x = 1", encoding="utf-8")
    workspace = open_workspace(Settings(home=tmp_path / "home", strategy_folder=folder))
    assert workspace.strategy_sources() == {"always.py": ALWAYS}
    assert set(load_strategies(workspace.strategy_sources())) - set(load_strategies()) == {"always"}
    (folder / "always.py").write_text("STRATEGY = 3", encoding="utf-8")
    with pytest.raises(StrategyError, match=r"always\.py defines no STRATEGY"):
        load_strategies(workspace.strategy_sources())


def test_a_users_strategy_fires_beside_the_packaged_ones(tmp_path: Path, processed: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "always.py").write_text(ALWAYS, encoding="utf-8")
    alone = open_workspace(Settings(home=processed))
    before = alone.store.read(signals.CONTRACT, [CLEAN])
    copytree(processed, tmp_path / "home")
    desk = open_workspace(Settings(home=tmp_path / "home", strategy_folder=folder))
    signals_step(desk, CLEAN)
    after = desk.store.read(signals.CONTRACT, [CLEAN])
    assert (after["strategy_id"] == "always").any()
    rest = after[after["strategy_id"] != "always"].reset_index(drop=True)
    assert rest["signal_id"].tolist() == before["signal_id"].tolist(), "the others fire as without it"


def test_a_strategy_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path / "home", strategy_folder=tmp_path / "nowhere"))
    with pytest.raises(TradingAssetsError, match="nowhere is not a folder; correct the setting or create it"):
        workspace.strategy_sources()
    assert open_workspace(Settings(home=tmp_path / "home")).strategy_sources() == {}


def test_trading_rules_are_those_in_force_unless_others_are_handed_in(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path / "home", trading=TradingSettings(lots=3)))
    assert workspace.trading_rules().settings.lots == 3
    other = workspace.trading_rules(TradingSettings(lots=5))
    assert other.settings.lots == 5
    assert other.charges is workspace.charges
    assert workspace.settings.trading.lots == 3


def test_a_watched_workspace_is_the_same_but_for_its_watcher(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path / "home"))
    told: list[str] = []
    watched = workspace.watched(told.append)
    watched.watch("2026-01-28")
    workspace.watch("nobody hears this")
    assert told == ["2026-01-28"]
    assert watched.store is workspace.store
    with pytest.raises(FrozenInstanceError):
        workspace.watch = told.append  # type: ignore[misc]
