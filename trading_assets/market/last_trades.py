"""Whether a last price is recent enough to stand in for a quote. Snapshots carry no trade times, volumes tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

#: A last price counts as a price while its trade is no older, minutes.
FRESH_MINUTES = 1.0
_MICROS = 60_000_000.0


def freshly_traded(observed_at: NDArray[np.datetime64], volume: Floats, quoted: Mask) -> Mask:
    """Whether the last price of a leg is known to be recent.

    A leg whose volume rose since the snapshot before was traded in between. Where snapshots quote bid and ask, that
    must not be longer than a minute ago. A recorder without quotes has nothing but last prices and hardly ever asks
    every minute: there the leg must have traded since the snapshot before, or since the open at the first one. A leg
    without a volume there cannot be judged: its last price counts.

    Args:
        observed_at: Times of the snapshots, datetime64[us], shape (S,), rising.
        volume: Units traded since the open, shape (S, …), NaN missing.
        quoted: Whether a leg has a bid or an ask, same shape.

    Returns:
        Same shape. Entry s knows nothing after s.

    Source: feature_definitions `mid`: a last price stands in when it was traded within 60 seconds.
    """
    axes = tuple(range(1, volume.ndim))
    before = np.concatenate([np.zeros_like(volume[:1]), volume[:-1]])
    gap = np.diff(observed_at.astype("datetime64[us]").astype(np.int64)) / _MICROS
    recent = np.append(np.inf, gap)[: len(volume)] <= FRESH_MINUTES
    silent = ~np.expand_dims(quoted.any(axis=axes), axes)
    judged = np.expand_dims(recent, axes) | silent
    fresh: Mask = (judged & (volume > before)) | (silent & np.isnan(volume))
    return fresh
