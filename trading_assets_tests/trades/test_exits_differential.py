"""All positions at once against one after the other: random markets where levels, gaps and clocks coincide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trading_assets.trades.closings import REASONS, Plans
from trading_assets.trades.entries import NEVER, Clock
from trading_assets.trades.exits import BASES, OpenLegs, find_exits
from trading_assets.trades.tape import Tape
from trading_assets_tests.trades.slow_exits import SlowExit, SlowMarket

MINUTE = 60_000_000
CLOSE = 60 * MINUTE
MARKETS, POSITIONS = 100, 14
COLUMNS = tuple(SlowExit.__annotations__)


def clock(rng: np.random.Generator) -> Clock:
    return Clock(
        square_off=int(rng.integers(20, 61)) * MINUTE,
        close=CLOSE,
        max_entry_delay=30 * MINUTE,
        max_quote_age=2 * MINUTE,
        tick=5,
        slippage=5 * int(rng.integers(0, 3)),
    )


def tape(rng: np.random.Generator, contracts: int = 4) -> Tape:
    """Prices of few values, so that levels are met exactly; quotes go missing, cross and freeze."""
    count = int(rng.integers(2, 50))
    observed = np.sort(rng.choice(60, count, replace=False)) * MINUTE
    age = np.where(rng.random(count) < 0.1, 3, rng.integers(0, 3, count)) * MINUTE
    bid = 5.0 * rng.integers(10, 30, (contracts, count))
    ask = bid + 5.0 * rng.integers(-1, 4, bid.shape)
    for quotes in (bid, ask):
        quotes[rng.random(bid.shape) < 0.08] = np.nan
        quotes[rng.random(bid.shape) < 0.03] = 0.0
    late = int(rng.integers(count // 2, count + 3))
    bid[:2, late:] = np.nan  # quotes of two contracts dry up
    return Tape(
        observed=observed,
        available=np.maximum.accumulate(observed + age),
        snapshot_id=np.array([f"s{n}" for n in range(count)], dtype=object),
        spot=100.0 + rng.integers(-4, 5, count),
        vix=np.where(rng.random(count) < 0.2, np.nan, 12.0 + rng.integers(0, 4, count)),
        keys=np.arange(contracts),
        bid=bid,
        ask=ask,
        lot_size=np.full(bid.shape, 50),
    )


def some(rng: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    return np.where(rng.random(values.shape) < share, values, np.nan)


def positions(rng: np.random.Generator, market: Tape, limits: Clock) -> tuple[OpenLegs, Plans]:
    """Positions of one to three legs, entered where all legs have both quotes."""
    both = ~np.isnan(sum(market.marks(limits.max_quote_age)))
    sizes = rng.choice([1, 1, 1, 2, 3], POSITIONS)
    contracts = [rng.choice(len(both), size, replace=False) for size in sizes]
    entries = [np.flatnonzero(both[own].all(axis=0)) for own in contracts]
    usable = [n for n, found in enumerate(entries) if len(found)]
    entry = np.array([rng.choice(entries[n][: len(entries[n]) // 2 + 1]) for n in usable], dtype=np.intp)
    contract = np.concatenate([contracts[n] for n in usable])
    position = np.repeat(np.arange(len(usable)), sizes[usable])
    sign = rng.choice([1.0, -1.0], len(contract))
    price = np.where(sign > 0, market.ask[contract, entry[position]], market.bid[contract, entry[position]])
    worth, alone = np.bincount(position, sign * price), np.bincount(position) == 1
    step = 5.0 * rng.integers(1, 9, (3, len(worth)))
    target = some(rng, worth + step[1], 0.5)
    plans = Plans(
        entry=entry,
        stop=some(rng, worth - step[0], 0.5),
        target=target,
        trail=some(rng, step[2] + 5.0, 0.4),
        view=np.where(alone, rng.choice([1.0, -1.0], len(worth)), np.nan),
        stop_spot=some(rng, 97.0 + rng.integers(0, 7, len(worth)), 0.3),
        target_spot=some(rng, 97.0 + rng.integers(0, 7, len(worth)), 0.3),
        stop_vix=some(rng, 12.0 + rng.integers(0, 4, len(worth)), 0.2),
        deadline=np.where(rng.random(len(worth)) < 0.5, NEVER, market.observed[entry] + 10 * MINUTE),
        out=np.where(rng.random(len(worth)) < 0.7, NEVER, rng.choice(market.available, len(worth))),
    )
    legs = OpenLegs(
        position=position,
        contract=contract,
        entry=entry[position],
        sign=sign,
        price=price,
        limit=np.where(alone, np.abs(target), np.nan)[position],
        expires=rng.random(len(contract)) < 0.5,
        strike=95.0 + rng.integers(0, 10, len(contract)),
        put=rng.random(len(contract)) < 0.5,
    )
    order = rng.permutation(len(contract))  # legs of a position need not lie side by side
    return OpenLegs(**{name: getattr(legs, name)[order] for name in OpenLegs.__annotations__}), plans


@pytest.fixture(scope="module")
def compared() -> list[tuple[SlowExit, SlowExit]]:
    """Exits found at once and one by one, per leg of all random markets."""
    pairs = []
    for seed in range(MARKETS):
        rng = np.random.default_rng(seed)
        limits, market = clock(rng), tape(rng)
        if np.isnan(sum(market.marks(limits.max_quote_age))).all():
            continue
        legs, plans = positions(rng, market, limits)
        found = find_exits(legs, plans, market, limits)
        slow = SlowMarket(legs, plans, market, limits)
        texts = replace(found, reason=REASONS[found.reason], basis=BASES[found.basis])  # type: ignore[arg-type]
        at_once = zip(*(getattr(texts, name).tolist() for name in COLUMNS), strict=True)
        pairs += [(SlowExit(*row), slow.leg(leg)) for leg, row in enumerate(at_once)]
    return pairs


@pytest.mark.parametrize("column", COLUMNS)
def test_every_exit_equals_that_of_the_plain_rules(column: str, compared: list[tuple[SlowExit, SlowExit]]) -> None:
    different = [(fast, slow) for fast, slow in compared if getattr(fast, column) != getattr(slow, column)]
    assert not different, different[0]


def test_the_random_markets_know_every_way_to_leave_often_enough(compared: list[tuple[SlowExit, SlowExit]]) -> None:
    assert len(compared) >= 1_000
    counts = {str(reason): sum(slow.reason == reason for _, slow in compared) for reason in REASONS}
    assert min(counts.values()) >= 10, counts
    assert {slow.basis for _, slow in compared} == {"bid", "ask", "target", "intrinsic"}
