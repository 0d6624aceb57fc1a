"""Chains that steps share: those of what is stored now, built once, without what one reader computed or knew."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from trading_assets.defs import session_chains
from trading_assets.defs.session_chains import SessionChains
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.market.history import NO_HISTORY, SessionHistory
from trading_assets.market.option_chain import OptionChain, chains
from trading_assets.settings import Settings
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.quality.clean_sessions import DAY, clean_snapshots


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    """A home with the clean snapshots of a session."""
    workspace = open_workspace(Settings(home=tmp_path))
    workspace.store.write(CONTRACT, clean_snapshots(), DAY)
    return workspace


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The days of which chains have been built."""
    days: list[str] = []

    def watched(*given: object) -> dict[str, OptionChain]:
        days.append(str(getattr(given[1], "day", "")))
        return chains(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(session_chains, "chains", watched)
    return days


def chain_of(home: Workspace, known: SessionHistory = NO_HISTORY) -> OptionChain:
    return home.chains.of(home.store, home.market.calendar.session(DAY), {"NIFTY": known})["NIFTY"]


def test_what_is_stored_is_built_once_and_again_when_it_is_another(home: Workspace, built: list[str]) -> None:
    assert chain_of(home).bid is chain_of(home).bid
    assert built == [str(DAY)]
    changed = clean_snapshots()
    changed["bid"] -= 0.05
    home.store.write(CONTRACT, changed, DAY)
    expected = chains(home.store.read(CONTRACT, [DAY]), home.market.calendar.session(DAY))["NIFTY"]
    np.testing.assert_array_equal(chain_of(home).bid, expected.bid)
    assert built == [str(DAY)] * 2
    home.store.delete(CONTRACT, DAY)
    assert home.chains.of(home.store, home.market.calendar.session(DAY)) == {}


def test_chains_that_are_handed_over_are_of_what_was_stored_and_of_nothing_else(
    home: Workspace, built: list[str]
) -> None:
    session = home.market.calendar.session(DAY)
    own = chains(clean_snapshots(), session)
    home.chains.keep(str(home.store.content_sha256(CONTRACT, DAY)), session, own)
    assert chain_of(home).bid is own["NIFTY"].bid
    assert built == []
    home.store.write(CONTRACT, clean_snapshots().iloc[200:], DAY)
    assert len(chain_of(home).observed_at) < len(own["NIFTY"].observed_at)
    assert built == [str(DAY)]


def test_a_reader_has_its_own_history_and_leaves_nothing_it_computed(home: Workspace) -> None:
    known = SessionHistory.empty()
    first = chain_of(home, known)
    first.remembered["computed"] = 1.0
    assert first.history is known
    assert chain_of(home).history is NO_HISTORY
    assert chain_of(home).remembered == {}


def test_the_sessions_asked_for_last_are_kept(
    home: Workspace, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_chains, "KEPT", 2)
    days = [DAY + timedelta(days=number) for number in range(3)]
    for day in days[1:]:
        home.store.write(CONTRACT, clean_snapshots().assign(date=np.datetime64(day, "s")), day)
    shared = SessionChains()
    for day in (days[0], days[1], days[0], days[2], days[0], days[1]):
        shared.of(home.store, home.market.calendar.session(day))
    assert built == [str(day) for day in (days[0], days[1], days[2], days[1])]
