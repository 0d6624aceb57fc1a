"""From a frame of candidates to `SnapshotRows`: legs grouped by snapshot, snapshots in order of receipt."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.leg_layout import CALL, NEITHER, PUT, LegLayout
from trading_assets.quality.snapshot_rows import SnapshotRows
from trading_assets.tables.bounds import row_codes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: Not capture_id: a recorder may write one snapshot into several files.
_IDENTITY = ("underlying", "snapshot_id", "observed_at", "received_at")


def snapshot_rows(candidates: pd.DataFrame) -> tuple[SnapshotRows, NDArray[np.intp]]:
    """Group a frame by snapshot.

    Args:
        candidates: Frame with the dtypes of `market_snapshots`, n ≥ 0 rows in any order.

    Returns:
        The rows, and the position in the frame of each of them, shape (n,).
    """
    identity = candidates[list(_IDENTITY)]
    order, starts = _grouped(identity)
    first = identity.iloc[order[starts]]
    sorted_frame = in_order(candidates, order)
    numbers = {name: sorted_frame[name].to_numpy(dtype=np.float64) for name in NUMBERS}
    expiry = sorted_frame["expiry"].to_numpy().astype("datetime64[D]")
    legs = LegLayout(expiry, numbers["strike"], _side(sorted_frame["option_type"]))
    rows = SnapshotRows(
        layouts=tuple(_layouts(legs, starts)),
        underlying=_texts(first["underlying"]),
        snapshot_id=_texts(first["snapshot_id"]),
        observed=_utc(first["observed_at"]),
        received=_utc(first["received_at"]),
        numbers=numbers,
    )
    return rows, order


def _layouts(legs: LegLayout, starts: NDArray[np.intp]) -> Iterable[LegLayout]:
    """Part the legs by snapshot; snapshots with the same legs share a layout, so that it is worked out once."""
    known: dict[tuple[bytes, bytes, bytes], LegLayout] = {}
    for start, end in pairwise([*starts.tolist(), legs.size]):
        layout = LegLayout(legs.expiry[start:end], legs.strike[start:end], legs.side[start:end])
        key = (layout.expiry.tobytes(), layout.strike.tobytes(), layout.side.tobytes())
        yield known.setdefault(key, layout)


def _texts(column: pd.Series) -> tuple[str, ...]:
    return tuple(column.to_numpy(dtype=object, na_value="").tolist())


def _utc(times: pd.Series) -> NDArray[np.datetime64]:
    return np.asarray(times.to_numpy(dtype="datetime64[us]"))


def _side(option_type: pd.Series) -> NDArray[np.int8]:
    calls, puts = (option_type == "CE").to_numpy(dtype=np.bool_), (option_type == "PE").to_numpy(dtype=np.bool_)
    return np.where(calls, CALL, np.where(puts, PUT, NEITHER)).astype(np.int8)


def in_order(candidates: pd.DataFrame, order: NDArray[np.intp]) -> pd.DataFrame:
    """Return the rows of a frame in another order; the frame itself when it has that order, as that of a feed has."""
    return candidates if (order == np.arange(len(order))).all() else candidates.iloc[order]


def _grouped(identity: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Order of rows that brings snapshots together, and where each begins in it."""
    runs = _runs(identity)
    group = pd.factorize(row_codes(identity.iloc[runs], _IDENTITY))[0]
    first = runs[np.unique(group, return_index=True)[1]]
    # NaT sorts last; ties keep the order of the frame
    at = [_utc(identity[name].iloc[first]) for name in ("observed_at", "received_at")]
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.lexsort((first, *at))] = np.arange(len(first))
    ranked = np.repeat(rank[group], np.diff(runs, append=len(identity)))
    order = np.argsort(ranked, kind="stable")
    starts = np.flatnonzero(np.diff(ranked[order], prepend=-1))
    return order, starts


def _runs(identity: pd.DataFrame) -> NDArray[np.intp]:
    """Rows that are of another snapshot than the row before: feeds give one after the other, 200 rows each."""
    changed = np.zeros(len(identity), dtype=np.bool_)
    changed[:1] = True
    for name in _IDENTITY:
        values = identity[name].array
        changed[1:] |= np.asarray(values[1:] != values[:-1], dtype=np.bool_)
    return np.flatnonzero(changed)
