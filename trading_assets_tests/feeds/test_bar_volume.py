from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.bar_volume import volume_since_open
from trading_assets.market.packaged import load_market

MARKET = load_market()
BAR = timedelta(minutes=15)
DAY = date(2026, 9, 16)
NAN = np.nan


def bars(*volumes: tuple[str, float], strike: float = 23400.0, day: date = DAY, **changes: object) -> pd.DataFrame:
    """Bars of one leg by the IST clock at which they end."""
    ends = [pd.Timestamp(f"{day}T{clock}+05:30").tz_convert("UTC").as_unit("us") for clock, _ in volumes]
    row = {"underlying": "NIFTY", "date": pd.Timestamp(day), "expiry": pd.Timestamp("2026-09-22"), "strike": strike}
    row |= {"option_type": "CE", **changes}
    return pd.DataFrame(
        [
            row | {"observed_at": end, "volume_units": float(volume)}
            for end, (_, volume) in zip(ends, volumes, strict=True)
        ]
    )


def since_open(*frames: pd.DataFrame) -> list[float]:
    return volume_since_open(pd.concat(frames, ignore_index=True), BAR, MARKET).tolist()


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([("09:30", 65), ("09:45", 0), ("10:00", 130)], [65, 65, 195]),
        ([("09:45", 65), ("10:00", 130)], [NAN, NAN]),  # met after the open
        ([("09:30", 65), ("10:00", 130), ("10:15", 65)], [65, NAN, NAN]),  # lost and met again
        ([("09:30", 65), ("09:40", 1), ("09:45", 65)], [65, NAN, NAN]),  # no bar ends at 09:40
        ([("09:30", 65), ("09:45", NAN), ("10:00", 130)], [65, NAN, NAN]),
        ([("09:30", 65), ("09:45", -4.2e9), ("10:00", 130)], [65, -4.2e9, NAN]),  # for the rule to find
        ([("09:30", 65), ("09:45", 130), ("09:45", 130), ("10:00", 65)], [65, 195, 195, 260]),
        ([("09:30", 65), ("09:45", 130), ("09:45", 131), ("10:00", 65)], [65, NAN, NAN, NAN]),
        ([("09:30", 65), ("09:45", 130), ("09:45", NAN), ("10:00", 65)], [65, NAN, NAN, NAN]),
    ],
)
def test_volume_is_summed_while_every_bar_since_the_open_is_there(
    volumes: list[tuple[str, float]], expected: list[float]
) -> None:
    np.testing.assert_array_equal(since_open(bars(*volumes)), expected)


def test_every_leg_has_a_sum_of_its_own() -> None:
    changes = [{}, {"option_type": "PE"}, {"strike": 23450.0}, {"underlying": "SENSEX"}]
    changes.append({"expiry": pd.Timestamp("2026-09-29")})
    legs = [bars(("09:30", 65 * n), ("09:45", 65), **change) for n, change in enumerate(changes)]
    found = since_open(bars(("09:45", 65), strike=23500.0), *legs)
    np.testing.assert_array_equal(found, [NAN, *(total for n in range(5) for total in (65 * n, 65 * n + 65))])


def test_the_open_is_that_of_the_session_and_a_closed_day_has_none() -> None:
    muhurat, sunday = date(2025, 10, 21), date(2026, 9, 20)
    assert MARKET.calendar.session(muhurat).open.hour == 13
    assert since_open(bars(("14:00", 65), ("14:15", 65), day=muhurat)) == [65.0, 130.0]
    assert np.isnan(since_open(bars(("09:30", 65), day=sunday))).all()
    assert since_open(bars(("09:30", 65)).iloc[:0]) == []


@given(st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    rows = bars(("09:30", 1), ("09:45", 2), ("10:00", 4), ("10:15", 8), ("10:30", 16), ("10:45", 32))
    assert since_open(rows.iloc[order]) == [float(2 ** (number + 1) - 1) for number in order]
