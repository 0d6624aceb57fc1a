"""The check that a session's feed ends where the exchange says: on a home where reports and other feeds landed."""

from datetime import date

import pandas as pd
import pytest

from trading_assets.defs.audits import audit_session
from trading_assets.defs.checks import names_of
from trading_assets.defs.intake import land_recordings
from trading_assets.defs.session_captures import chosen_feeds
from trading_assets.defs.source_checks import SOURCES_AGREE, read_sources, sources_outcome
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import Workspace
from trading_assets.feeds.bhavcopy_udiff import LAYOUT
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.snapshot_json import snapshot_file_name, to_snapshot_json
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.tables import market_snapshots
from trading_assets_tests.defs.conftest import CLEAN, Landed
from trading_assets_tests.feeds.eod_files import lines


def last_legs(workspace: Workspace) -> pd.DataFrame:
    market_step(workspace, CLEAN)
    rows = workspace.store.read(market_snapshots.CONTRACT, [CLEAN])
    return rows[rows["observed_at"] == rows["observed_at"].max()].reset_index(drop=True)


def bhavcopy(legs: pd.DataFrame) -> bytes:
    """What the exchange would publish of these legs."""
    return lines(
        LAYOUT.header,
        [
            {
                "TradDt": CLEAN.isoformat(),
                "FinInstrmTp": "IDO",
                "TckrSymb": leg.underlying,
                "XpryDt": f"{leg.expiry:%Y-%m-%d}",
                "StrkPric": leg.strike,
                "OptnTp": leg.option_type,
                "ClsPric": leg.last_price,
                "UndrlygPric": leg.spot,
                "OpnIntrst": leg.open_interest_units,
                "TtlTradgVol": leg.volume_units / leg.lot_size,
            }
            for leg in legs.itertuples(index=False)
        ],
    )


def land(workspace: Workspace, feed: str, name: str, content: bytes) -> None:
    folder = workspace.home.parent / "more"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    found = land_recordings(workspace, feed_named(feed), [folder / name], None).summary
    assert (found.captures_new, found.refused) == (1, ())


def checked(workspace: Workspace) -> CheckOutcome:
    (found,) = (
        item for item in audit_session(workspace, market_snapshots.CONTRACT, CLEAN) if item.name == SOURCES_AGREE
    )
    return found


@pytest.fixture
def desk(landed: Landed) -> Workspace:
    return landed(CLEAN, sources={"closing_window": "PT30M"})


def test_the_check_stands_among_those_of_the_snapshots() -> None:
    assert names_of(market_snapshots.CONTRACT)[-1] == SOURCES_AGREE


def test_without_a_second_source_the_check_passes_and_says_so(desk: Workspace) -> None:
    last_legs(desk)
    found = checked(desk)
    assert (found.passed, found.blocking) == (True, False)
    assert found.sentence == "No second source of the session has landed."
    assert found.numbers["sources"] == 0.0


def test_a_feed_that_ends_as_published_passes(desk: Workspace) -> None:
    legs = last_legs(desk)
    land(desk, "bhavcopy-udiff", "day.csv", bhavcopy(legs))
    found = checked(desk)
    assert found.passed, found.sentence
    assert (found.numbers["compared"], found.numbers["volume_agrees"]) == (len(legs), len(legs))
    assert found.worst.empty
    assert chosen_feeds(desk, CLEAN) == {"NIFTY": "simulated"}, "a report fills no session that a feed recorded"


def test_volume_beyond_tolerance_fails_by_name_and_holds_nothing_back(desk: Workspace) -> None:
    legs = last_legs(desk)
    wrong = legs.index < 0.05 * len(legs)
    land(desk, "bhavcopy-udiff", "day.csv", bhavcopy(legs.assign(volume_units=legs["volume_units"] + 65.0 * wrong)))
    found = checked(desk)
    assert (found.passed, found.severity, found.blocking) == (False, "WARN", False)
    assert found.sentence.startswith("NIFTY: volume agrees on 9")
    assert len(found.worst) == min(wrong.sum(), 10)


def test_tolerances_are_settings(landed: Landed) -> None:
    lenient = landed(CLEAN, sources={"closing_window": "PT30M", "open_interest_share": 0.0})
    legs = last_legs(lenient)
    land(lenient, "bhavcopy-udiff", "day.csv", bhavcopy(legs.assign(open_interest_units=7.0)))
    assert checked(lenient).passed
    strict = lenient.settings.model_copy(
        update={"sources": lenient.settings.sources.model_copy(update={"open_interest_share": 0.5})}
    )
    found = sources_outcome(type(lenient)(**{**vars(lenient), "settings": strict}), CLEAN)
    assert not found.passed
    assert "open interest agrees on" in found.sentence


def test_a_feed_that_fell_silent_is_told_and_not_judged(landed: Landed) -> None:
    workspace = landed(CLEAN, sources={"closing_window": "PT0S"})
    legs = last_legs(workspace)
    land(workspace, "bhavcopy-udiff", "day.csv", bhavcopy(legs.assign(volume_units=1_300.0)))
    found = checked(workspace)
    assert found.passed
    assert "min before the close, so it is not judged." in found.sentence


def test_a_second_feed_is_kept_beside_the_chosen_and_compared(desk: Workspace) -> None:
    legs = last_legs(desk)
    land(desk, "snapshot-json", snapshot_file_name(CLEAN), to_snapshot_json(legs))
    found = checked(desk)
    assert found.passed
    assert f"NIFTY: 1 of 1 snapshots of snapshot-json pair with simulated; of {len(legs)} legs" in found.sentence
    assert found.numbers["sources"] == 1.0
    assert set(read_sources(desk, CLEAN).others) == {"snapshot-json"}


def test_the_settings_say_which_of_two_feeds_fills_the_session(landed: Landed) -> None:
    workspace = landed(CLEAN, feed_preference=["snapshot-json", "simulated"])
    legs = last_legs(workspace)
    land(workspace, "snapshot-json", snapshot_file_name(CLEAN), to_snapshot_json(legs))
    assert chosen_feeds(workspace, CLEAN) == {"NIFTY": "snapshot-json"}
    market_step(workspace, CLEAN)
    assert set(workspace.store.read(market_snapshots.CONTRACT, [CLEAN])["feed"]) == {"snapshot-json"}
    assert set(read_sources(workspace, CLEAN).others) == {"simulated"}


def test_of_feeds_nobody_prefers_the_report_of_the_day_comes_last_whatever_its_name(landed: Landed) -> None:
    workspace = landed(feed_preference=["upstox"])
    legs = last_legs(landed(CLEAN))
    land(workspace, "bhavcopy-udiff", "day.csv", bhavcopy(legs))
    land(workspace, "snapshot-json", snapshot_file_name(CLEAN), to_snapshot_json(legs))
    assert sorted(workspace.landing.feeds(CLEAN)) == ["bhavcopy-udiff", "simulated", "snapshot-json"]
    assert chosen_feeds(workspace, CLEAN) == {"NIFTY": "simulated"}


def test_an_index_that_only_the_report_has_is_filled_from_it_and_not_compared_with_itself(desk: Workspace) -> None:
    legs = last_legs(desk)
    bank = legs.assign(underlying="BANKNIFTY", expiry=pd.Timestamp("2026-02-24"), spot=58_000.0)
    land(desk, "bhavcopy-udiff", "bank.csv", bhavcopy(bank))
    assert chosen_feeds(desk, CLEAN) == {"NIFTY": "simulated", "BANKNIFTY": "bhavcopy-udiff"}
    assert checked(desk).sentence == "No second source of the session has landed."


def test_a_day_without_anything_has_no_sources(desk: Workspace) -> None:
    found = sources_outcome(desk, date(2026, 1, 27))
    assert (found.passed, found.numbers["sources"]) == (True, 0.0)


def test_figures_from_just_after_the_close_count_though_they_are_not_traded_on(landed: Landed) -> None:
    """The page is final only after the close; a snapshot of then is quarantined and still tells the day's volume."""
    workspace = landed(CLEAN)
    legs = last_legs(workspace)
    close = pd.Timestamp(workspace.market.calendar.session(CLEAN).close)
    after = legs.assign(
        observed_at=close, received_at=close + pd.Timedelta(minutes=30), volume_units=legs["volume_units"] + 650.0
    )
    land(workspace, "snapshot-json", snapshot_file_name(CLEAN), to_snapshot_json(after))
    land(workspace, "bhavcopy-udiff", "day.csv", bhavcopy(after))
    preferred = workspace.settings.model_copy(update={"feed_preference": ("snapshot-json",)})
    found = sources_outcome(type(workspace)(**{**vars(workspace), "settings": preferred}), CLEAN)
    assert (found.passed, found.numbers["volume_agrees"]) == (True, len(legs)), found.sentence
