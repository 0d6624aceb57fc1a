"""What a strategy is: a pure rule over an option chain, its typed parameters, and how its signals are entered and left.

One strategy is one file of this folder that defines `STRATEGY`. Turning a surface into signals is `signals`' work.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import numpy as np
import orjson

from trading_assets.errors import StrategyError
from trading_assets.strategies.levels import NO_LEVELS, Levels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE = 0.5, 0.95
#: No feed records futures: an index has no volume of its own, so rules on volume read that of its options.
VOLUME_STAND_IN: Mapping[str, str] = {"volume of the future": "volume of all options of the chain, units"}
VWAP_STAND_IN: Mapping[str, str] = {
    "volume-weighted price of the future": "index weighted by the volume of all options of the chain"
}


def parameter(default: float, unit: str, meaning: str, *, low: float = 0.0, high: float = math.inf) -> float:
    """Declare one parameter of a strategy as a dataclass field.

    Args:
        default: Value where nobody overrides it.
        unit: Unit of the value, empty for a ratio.
        meaning: One sentence for people.
        low: Smallest allowed value, inclusive.
        high: Largest allowed value, inclusive.
    """
    declared: float = field(default=default, metadata={"unit": unit, "meaning": meaning, "low": low, "high": high})
    return declared


@dataclass(frozen=True)
class Parameters:
    """The numbers every strategy has; a strategy's own are added by a subclass with `parameter` fields."""

    max_spread: float = parameter(0.05, "of mid", "A leg quoted wider than this gives no signal.", high=1.0)
    min_open_interest: float = parameter(500.0, "lots", "A leg with less open interest gives no signal.")
    strikes_each_side: float = parameter(10.0, "strikes", "Strikes each side of the money that count.", low=1.0)

    def with_overrides(self, overrides: Mapping[str, float], strategy_id: str) -> Parameters:
        """Return a copy with some values replaced.

        Args:
            overrides: New value by parameter name.
            strategy_id: Whose parameters they are, for the error.

        Raises:
            StrategyError: A name is unknown or a value is out of its bounds.
        """
        known = {f.name: f.metadata for f in fields(self)}
        for name, value in overrides.items():
            if name not in known:
                msg = f"strategies.{strategy_id}.{name} is no parameter; it has {', '.join(sorted(known))}."
                raise StrategyError(msg)
            bounds = known[name]
            if not bounds["low"] <= value <= bounds["high"] or not math.isfinite(value):
                msg = (
                    f"strategies.{strategy_id}.{name} is {value!r} {bounds['unit']}; expected "
                    f"{bounds['low']:g} to {bounds['high']:g}. Change it in settings."
                )
                raise StrategyError(msg)
        return replace(self, **{name: float(value) for name, value in overrides.items()})

    def canonical(self) -> bytes:
        """The values as JSON with sorted keys, every number as a float."""
        return orjson.dumps({f.name: float(getattr(self, f.name)) for f in fields(self)}, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True)
class ExitPlan:
    """When a position of the strategy is closed; the square-off before the session's close comes on top.

    Args:
        stop_fraction: Loss of the entry premium that closes it; None for no stop.
        target_fraction: Gain of the entry premium that closes it; None for no target.
        time_stop_minutes: Longest holding time, minutes; None until the square-off.
    """

    stop_fraction: float | None
    target_fraction: float | None
    time_stop_minutes: float | None


@dataclass(frozen=True)
class Leg:
    """One option of a position.

    Args:
        side: What to do with it.
        option_type: Call or put.
        delta: The strike is the one whose |delta| is nearest to it.
        distance: The strike is instead the one nearest to the forward moved by this fraction of it; None for delta.
        expiries_later: How many expiries after the traded one.
    """

    side: Literal["BUY", "SELL"]
    option_type: Literal["CE", "PE"]
    delta: float = 0.50
    distance: float | None = None
    expiries_later: int = 0

    @property
    def view(self) -> float:
        """1 where it gains when the index rises, -1 where it gains when it falls."""
        return 1.0 if (self.side == "BUY") == (self.option_type == "CE") else -1.0


BUY_CALL = (Leg("BUY", "CE"),)
BUY_PUT = (Leg("BUY", "PE"),)
BUY_STRADDLE = (Leg("BUY", "CE"), Leg("BUY", "PE"))


@dataclass(frozen=True, eq=False)
class Surface:
    """What a strategy says about every snapshot, before windows, filters and cool-down.

    Args:
        long: Whether the long side fires, shape (S,).
        short: Whether the short side fires, shape (S,).
        confidence: The strategy's own, 0 to 1, shape (S,); read only where a side fires.
        levels: Where the market closes a position opened at each snapshot, beside the exit plan.
        no_history: Whether it cannot judge for want of earlier sessions, shape (S,); None for a rule that needs none.
        out_long: Whether a position of the long side opened at an earlier snapshot is to be closed, shape (S,); None
            for never. Judged on what each snapshot knows, so that the exit moves with the market.
        out_short: The same of the short side.
    """

    long: Mask
    short: Mask
    confidence: Floats
    levels: Levels = NO_LEVELS
    no_history: Mask | None = None
    out_long: Mask | None = None
    out_short: Mask | None = None

    def part(self, name: str) -> NDArray[np.generic]:
        """One of the arrays by its name; of a mask that was not given, False everywhere."""
        values: NDArray[np.generic] | None = getattr(self, name)
        return np.zeros_like(self.long) if values is None else values


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, eq=False)
class Strategy(Generic[P]):
    """One strategy.

    Args:
        strategy_id: Its name, equal to its file's.
        version: Semantic version of the rule; raise it when the rule or the exit plan changes.
        family: Kind of idea, for grouping.
        description: The rule in words, with its numbers.
        parameters: Defaults of its parameters.
        exit_plan: When its positions are closed.
        window_ist: First and last minute of the day it may fire in, "HH:MM", both inclusive, IST.
        evaluate: The rule: chain and parameters to surface. Pure, and at each snapshot blind to later ones.
        cooldown_minutes: Time after a signal before the same side may fire again.
        long_legs: What is traded when the long side fires.
        short_legs: What is traded when the short side fires.
        stand_ins: What the rule asks for and no feed records, and what stands in for it, in words.
    """

    strategy_id: str
    version: str
    family: str
    description: str
    parameters: P
    exit_plan: ExitPlan
    window_ist: tuple[str, str]
    evaluate: Callable[[OptionChain, P], Surface]
    cooldown_minutes: float = 30.0
    long_legs: tuple[Leg, ...] = BUY_CALL
    short_legs: tuple[Leg, ...] = BUY_PUT
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def parameter_hash(self, parameters: P) -> str:
        """First 12 hex of SHA-256 over name, version and the parameters' canonical JSON."""
        text = f"{self.strategy_id}|{self.version}|".encode() + parameters.canonical()
        return hashlib.sha256(text).hexdigest()[:12]

    def in_window(self, minutes_ist: Floats) -> Mask:
        """Whether it may fire at these minutes of the day, shape (S,)."""
        first, last = (minute_of_day(text) for text in self.window_ist)
        return (minutes_ist >= first) & (minutes_ist <= last)


def minute_of_day(text: str) -> float:
    """Minutes since midnight of "HH:MM"."""
    hours, minutes = text.split(":")
    return int(hours) * 60.0 + int(minutes)


def confidence(strength: Floats, enter: float, full: float) -> Floats:
    """Confidence from how far a measure is beyond its threshold, 0.5 to 0.95.

    Args:
        strength: |x| of the strategy, shape (S,), NaN missing.
        enter: Strength at which it is 0.5.
        full: Strength at which it is 0.95.

    Returns:
        clip(0.5 + 0.45·(|x| - enter)/(full - enter), 0.5, 0.95), shape (S,), NaN where the strength is missing.
    """
    scaled = LOWEST_CONFIDENCE + 0.45 * (np.abs(strength) - enter) / (full - enter)
    clipped: Floats = np.clip(scaled, LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE)
    return clipped


def unjudged(today: Floats, judged: Floats) -> Mask:
    """Where a measure is there and its judgement against earlier sessions is not, shape (S,)."""
    missing: Mask = np.isfinite(today) & ~np.isfinite(judged)
    return missing
