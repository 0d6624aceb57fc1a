from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.capture_times import capture_time

MODIFIED = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NIFTY_raw__captured_2025-10-28T04-00-54Z__c0dd.json", datetime(2025, 10, 28, 4, 0, 54, tzinfo=UTC)),
        ("NIFTY_OptionChain_2025-10-13_09-38-51_UTC.csv", datetime(2025, 10, 13, 9, 38, 51, tzinfo=UTC)),
        ("x_2025-10-28T04:00:54Z.json", datetime(2025, 10, 28, 4, 0, 54, tzinfo=UTC)),
        ("x_2025-13-28T04-00-54Z_2025-12-28T04-00-54Z", datetime(2025, 12, 28, 4, 0, 54, tzinfo=UTC)),
        ("x_2025-13-28T04-00-54Z.json", MODIFIED),
        ("x_2025-10-28T04-00-54.json", MODIFIED),
        ("chain.json", MODIFIED),
    ],
)
def test_a_utc_time_in_the_name_wins(name: str, expected: datetime) -> None:
    assert capture_time(RawFile(name, MODIFIED, b"")) == expected


def test_only_the_name_of_the_file_itself_counts() -> None:
    folder = "/home/2025-10-28T04-00-54Z/day.tar!2025-10-29T04-00-54Z/chain.json"
    assert capture_time(RawFile(folder, MODIFIED, b"")) == MODIFIED
