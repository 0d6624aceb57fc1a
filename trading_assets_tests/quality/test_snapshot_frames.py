"""Legs are brought together by snapshot: rows that agree on index, identity and both times, wherever they stand."""

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.quality.clean_sessions import clean_snapshots

Row = tuple[str | None, str | None, int | None, int | None]
FEW = st.one_of(st.none(), st.integers(0, 1))
ROWS = st.lists(
    st.tuples(st.sampled_from([None, "NIFTY", "SENSEX"]), st.sampled_from([None, "a", "b"]), FEW, FEW), max_size=12
)


def candidates(rows: list[Row]) -> pd.DataFrame:
    """A clean leg for each row, with the row's index, identity and minutes of both times; None is missing."""
    frame = clean_snapshots(1).head(len(rows)).copy()
    start = frame["observed_at"].min() if len(frame) else pd.NaT
    names, ids, observed, received = zip(*rows, strict=True) if rows else ((), (), (), ())
    times = {
        name: pd.array([pd.NaT if at is None else start + pd.Timedelta(minutes=at) for at in minutes], dtype="object")
        for name, minutes in (("observed_at", observed), ("received_at", received))
    }
    told = {"underlying": list(names), "snapshot_id": list(ids), **times}
    return CONTRACT.frame({**{name: frame[name] for name in frame}, **told}) if rows else CONTRACT.empty()


def plainly(rows: list[Row]) -> list[list[int]]:
    """Rows of each snapshot, snapshots by observed and received time, missing ones last, then as they first stand."""
    groups: dict[Row, list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(row, []).append(at)
    late = 99
    order = [(late if row[3] is None else row[3], late if row[2] is None else row[2]) for row in groups]
    return [own for _, _, own in sorted((key, own[0], own) for key, own in zip(order, groups.values(), strict=True))]


@example(rows=[("NIFTY", "a", 0, 0), ("SENSEX", "a", 0, 0)])
@example(rows=[("NIFTY", "a", 0, 0), ("NIFTY", "b", 0, 0)])
@example(rows=[("NIFTY", "a", 0, 0), ("NIFTY", "a", 1, 0)])
@example(rows=[("NIFTY", "a", 0, 0), ("NIFTY", "a", 0, 1)])
@given(rows=ROWS)
def test_every_row_stands_with_its_snapshot(rows: list[Row]) -> None:
    found, order = snapshot_rows(candidates(rows))
    parts = [part.tolist() for part in np.split(order, found.starts[1:])] if rows else []
    assert parts == plainly(rows)


def test_a_snapshot_in_two_parts_is_one() -> None:
    frame = clean_snapshots(3)
    whole, _ = snapshot_rows(frame)
    parted, order = snapshot_rows(frame.iloc[np.r_[100 : len(frame), 0:100]])
    assert parted.count == whole.count == 3
    assert sorted(order.tolist()) == list(range(len(frame)))
