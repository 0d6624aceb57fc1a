"""What a simulated market is asked for: size, seed, mood and dirt. The same spec gives the same market everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

from trading_assets.errors import FeedError

if TYPE_CHECKING:
    from trading_assets.feeds.simulated_script import Script

Regime = Literal["trend", "range", "volatile"]
DirtKind = Literal[
    "zero_spot", "wrong_index_spot", "stale", "frozen", "negative_open_interest", "crossed_quotes", "duplicate_rows"
]


@dataclass(frozen=True, slots=True)
class Dirt:
    """One planted defect.

    Args:
        kind: `zero_spot`: the index level is not there. `wrong_index_spot`: it is another index's, about 11,500.
            `stale`: the exchange time stands still. `frozen`: time moves and the content does not.
            `negative_open_interest`: of the first leg. `crossed_quotes`: bids above asks.
            `duplicate_rows`: the first leg twice.
        first: Number of the first snapshot it is in, from 0.
        count: Snapshots it is in, at least 1; those beyond the session do not exist.
    """

    kind: DirtKind
    first: int
    count: int

    def __post_init__(self) -> None:
        if self.kind not in get_args(DirtKind) or self.first < 0 or self.count < 1:
            msg = f"{self} is no dirt; expected a kind of {', '.join(get_args(DirtKind))}, first ≥ 0 and count ≥ 1."
            raise FeedError(msg)


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """One simulated market.

    Args:
        underlying: Symbol the reference data knows.
        seed: Everything random comes from it.
        cadence: Time between snapshots.
        strikes_each_side: Strikes on each side of the opening at-the-money strike; listed for the whole session.
        expiries: Expiries from the session's day on.
        regime: Mood of the day; None lets the seed decide, day by day. Levels of neighbouring sessions join only
            when the seed decides.
        rate: Annual, continuous; carry of the forward and discount.
        dirt: Planted defects.
        script: What happens by the clock, instead of what the seed decides.
    """

    underlying: str = "NIFTY"
    seed: int = 17
    cadence: timedelta = timedelta(minutes=1)
    strikes_each_side: int = 25
    expiries: int = 2
    regime: Regime | None = None
    rate: float = 0.065
    dirt: tuple[Dirt, ...] = ()
    script: Script | None = None

    def __post_init__(self) -> None:
        if self.cadence < timedelta(seconds=1) or self.strikes_each_side < 1 or self.expiries < 1 or self.seed < 0:
            msg = f"{self} cannot be simulated; expected cadence ≥ 1 s, a strike and an expiry at least, seed ≥ 0."
            raise FeedError(msg)
