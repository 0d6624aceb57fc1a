from datetime import UTC, date, datetime, timedelta

import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from trading_assets.defs.partitions import model_partitions, refuse_future, session_partitions
from trading_assets.errors import UsageError
from trading_assets.market.calendar import IST
from trading_assets.market.packaged import load_market

CALENDAR = load_market().calendar
FIRST = date(2024, 1, 1)
PARTITIONS = session_partitions(CALENDAR, FIRST)


def keys_at(moment: datetime) -> list[str]:
    with partition_loading_context(effective_dt=moment):
        return list(PARTITIONS.get_partition_keys())


def test_partitions_are_exactly_the_sessions() -> None:
    at = datetime(2026, 11, 20, 18, 0, tzinfo=IST)
    expected = [day.isoformat() for day in CALENDAR.sessions(FIRST, date(2026, 11, 20))]
    assert keys_at(at) == expected


@pytest.mark.parametrize(
    "special", ["2024-01-20", "2024-03-02", "2024-05-18", "2025-02-01", "2025-10-21", "2026-02-01"]
)
def test_special_sessions_are_partitions(special: str) -> None:
    assert PARTITIONS.has_partition_key(special)


@pytest.mark.parametrize("closed", ["2024-01-22", "2025-10-22", "2025-11-05", "2026-01-26", "2026-01-31"])
def test_closed_days_are_not(closed: str) -> None:
    assert not PARTITIONS.has_partition_key(closed)


def test_the_session_is_there_at_its_own_eod_and_in_the_morning() -> None:
    for clock in ((9, 30), (18, 0)):
        assert keys_at(datetime(2026, 2, 2, *clock, tzinfo=IST))[-1] == "2026-02-02"
        assert keys_at(datetime(2026, 2, 1, *clock, tzinfo=IST))[-1] == "2026-02-01"


def test_on_a_closed_day_only_the_next_session_is_ahead_and_it_is_refused() -> None:
    saturday = datetime(2026, 2, 7, 12, 0, tzinfo=IST)
    ahead = [key for key in keys_at(saturday) if date.fromisoformat(key) > saturday.date()]
    assert ahead == ["2026-02-09"]
    with pytest.raises(UsageError, match="2026-02-09 has not come yet"):
        refuse_future(ahead, saturday)


def test_today_is_the_indian_day() -> None:
    late_evening_utc = datetime(2026, 2, 1, 20, 0, tzinfo=UTC)
    assert refuse_future(["2026-02-02"], late_evening_utc) == [date(2026, 2, 2)]
    with pytest.raises(UsageError):
        refuse_future(["2026-02-02"], late_evening_utc - timedelta(hours=2))


def test_a_model_serves_from_the_first_of_a_month() -> None:
    with partition_loading_context(effective_dt=datetime(2026, 2, 2, 12, 0, tzinfo=IST)):
        keys = model_partitions(date(2025, 12, 17)).get_partition_keys()
    assert list(keys)[:3] == ["2025-12-01", "2026-01-01", "2026-02-01"]
