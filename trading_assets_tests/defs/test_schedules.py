from datetime import date, datetime

import dagster as dg
import pytest

from trading_assets.defs.schedules import cutoff_request, eod_request, intraday_request
from trading_assets.market.calendar import IST
from trading_assets.market.packaged import load_market

CALENDAR = load_market().calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


@pytest.mark.parametrize("moment", ["2026-02-02T18:00", "2026-02-01T18:00", "2025-10-21T18:00", "2026-08-03T18:00"])
def test_a_session_is_rolled_up_at_six(moment: str) -> None:
    request = eod_request(CALENDAR, at(moment))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == moment[:10]


@pytest.mark.parametrize(
    ("moment", "name"),
    [("2025-10-22T18:00", "Balipratipada"), ("2026-01-26T18:00", "Republic"), ("2026-02-07T18:00", "Saturday")],
)
def test_a_closed_day_skips_with_its_name(moment: str, name: str) -> None:
    skipped = eod_request(CALENDAR, at(moment))
    assert isinstance(skipped, dg.SkipReason)
    assert name in (skipped.skip_message or "")


def test_an_evening_session_waits_for_the_late_tick() -> None:
    assert isinstance(eod_request(CALENDAR, at("2024-11-01T18:00")), dg.SkipReason)
    assert isinstance(eod_request(CALENDAR, at("2024-11-01T20:30")), dg.RunRequest)
    assert isinstance(eod_request(CALENDAR, at("2026-02-02T20:30")), dg.SkipReason)


def test_intraday_runs_only_while_the_session_is_open() -> None:
    assert isinstance(intraday_request(CALENDAR, at("2026-02-01T11:00")), dg.RunRequest)
    for moment in ("2026-02-01T09:00", "2026-02-01T16:00", "2025-10-21T11:00", "2026-01-31T11:00"):
        assert isinstance(intraday_request(CALENDAR, at(moment)), dg.SkipReason), moment
    assert isinstance(intraday_request(CALENDAR, at("2025-10-21T14:00")), dg.RunRequest)


def test_each_intraday_tick_is_its_own_run() -> None:
    requests = [intraday_request(CALENDAR, at(f"2026-02-02T11:{minute:02d}")) for minute in (0, 5)]
    assert len({request.run_key for request in requests if isinstance(request, dg.RunRequest)}) == 2


def test_the_month_is_trained_for_its_first_day() -> None:
    assert cutoff_request(date(2026, 2, 17)).partition_key == "2026-02-01"
