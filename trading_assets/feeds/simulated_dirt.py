"""Planting defects into simulated quotes: what recorders really deliver, on request and in known places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.feeds.quotes import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trading_assets.feeds.simulated_spec import Dirt

#: Level of the index whose spot is planted as NIFTY's, as `dhan`-type recordings do.
WRONG_INDEX_LEVEL = 11_500.0


def planted(quotes: pd.DataFrame, legs: int, dirt: Sequence[Dirt]) -> pd.DataFrame:
    """Return the quotes with every defect in its snapshots.

    Args:
        quotes: Layout of `feeds.quotes`, snapshots in order, each of `legs` rows.
        legs: Rows per snapshot.
        dirt: Defects; later ones act on what earlier ones left. Duplicates are added last.
    """
    frame = quotes.copy()
    copies = []
    for defect in sorted(dirt, key=lambda item: item.kind == "duplicate_rows"):
        rows = np.arange(defect.first * legs, min((defect.first + defect.count) * legs, len(quotes)))
        if defect.kind == "duplicate_rows":
            copies.append(frame.iloc[rows[::legs]])
        elif len(rows):
            _plant(frame, rows, legs, defect)
    return pd.concat([frame, *copies], ignore_index=True) if copies else frame


def _plant(frame: pd.DataFrame, rows: np.ndarray, legs: int, defect: Dirt) -> None:
    labels = frame.index[rows]
    match defect.kind:
        case "zero_spot":
            frame.loc[labels, "spot"] = 0.0
        case "wrong_index_spot":
            moves = frame.loc[labels, "spot"] / frame.loc[labels, "spot"].iloc[0]
            frame.loc[labels, "spot"] = (WRONG_INDEX_LEVEL * moves / 0.05).round() * 0.05
        case "stale":
            frame.loc[labels, "observed_at"] = frame["observed_at"].iloc[rows[0]]
        case "frozen":
            first = frame.iloc[rows[:legs]][list(VALUE_NAMES)].to_numpy()
            frame.loc[labels, list(VALUE_NAMES)] = np.tile(first, (len(rows) // legs, 1))
        case "negative_open_interest":
            frame.loc[labels[::legs], "open_interest"] *= -1.0
        case "crossed_quotes":
            frame.loc[labels, ["bid", "ask"]] = frame.loc[labels, ["ask", "bid"]].to_numpy()
        case "duplicate_rows":
            return
