"""Small frames of feed calls for tests."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from trading_assets.tables import feed_calls

DAY = date(2025, 10, 13)
MORNING = datetime(2025, 10, 13, 3, 45, tzinfo=UTC)


def calls(seconds: Sequence[int], feed: str = "upstox", day: date = DAY) -> pd.DataFrame:
    """Successful calls so many seconds after 09:15 IST."""
    return feed_calls.CONTRACT.frame(
        {
            "date": [day] * len(seconds),
            "feed": [feed] * len(seconds),
            "endpoint": "option/chain",
            "called_at": [MORNING + timedelta(seconds=value) for value in seconds],
            "duration_ms": [12.5] * len(seconds),
            "success": [True] * len(seconds),
            "status": [200.0] * len(seconds),
        }
    )
