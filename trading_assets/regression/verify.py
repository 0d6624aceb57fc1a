"""Proof that strategies are honest: blind to the future, the same streamed or in one batch, the same in any row order.

The whole surface is compared, not only what fired: a leak rarely moves a signal at the very cut that is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.market.option_chain import chains
from trading_assets.regression.differing import differs
from trading_assets.regression.feature_trace import leaking_feature
from trading_assets.regression.leaks import FIELDS, Leak, Proof, first_leaks, signal_leaks, stamp, surface_leaks
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.evaluation import evaluated, parameters_in_force
from trading_assets.strategies.signals import signals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trading_assets.market.calendar import Session
    from trading_assets.market.history import SessionHistory
    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Parameters, Strategy, Surface

#: Prices and counts of the future that poisoning replaces; keys, times and lot sizes stay.
_POISONED = (
    "spot",
    "forward",
    "india_vix",
    "last_price",
    "bid",
    "ask",
    "bid_quantity",
    "ask_quantity",
    "volume_units",
    "open_interest_lots",
    "open_interest_units",
    "implied_vol",
    "vendor_implied_vol",
)


@dataclass(frozen=True, eq=False)
class Case:
    """A session to verify strategies on.

    Args:
        frame: Rows of `market_snapshots` of the session.
        session: The session.
        strategies: Which strategies; None for the packaged ones.
        overrides: Parameters by strategy_id that differ from the defaults.
        histories: What is known of earlier sessions, by underlying.
    """

    frame: pd.DataFrame
    session: Session
    strategies: Mapping[str, Strategy[Parameters]] | None = None
    overrides: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    histories: Mapping[str, SessionHistory] = field(default_factory=dict)

    def running(self) -> list[tuple[Strategy[Parameters], Parameters]]:
        """The strategies with their parameters in force, by strategy_id."""
        chosen = load_strategies() if self.strategies is None else self.strategies
        params = parameters_in_force(chosen, self.overrides)
        return [(strategy, params[name]) for name, strategy in sorted(chosen.items())]

    def signals(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Signals of a variant of the frame."""
        return signals(frame, self.session, self.overrides, self.strategies, self.histories)

    def chains(self, frame: pd.DataFrame) -> dict[str, OptionChain]:
        """Option chains of a variant of the frame, by underlying."""
        return chains(frame, self.session, histories=self.histories)


def verify(case: Case, cuts: int, rng: np.random.Generator, every: int = 1) -> list[Leak]:
    """All proofs on one session; an empty list means honest.

    Args:
        case: The session and the strategies.
        cuts: At how many moments the future is cut off and poisoned, spread over the session.
        rng: Source of the noise and of the row order.
        every: Step between the prefixes that are streamed; 1 for every one.
    """
    return [*lookahead(case, cuts, rng), *streaming(case, cuts, every), *row_order(case, rng)]


def lookahead(case: Case, cuts: int, rng: np.random.Generator) -> list[Leak]:
    """Compare what strategies said up to a cut with what they say when the future is missing, and when it is noise.

    Args:
        case: The session and the strategies.
        cuts: At how many moments, spread over the session.
        rng: Source of the noise.

    Returns:
        The first leak of each strategy, chain and proof.
    """
    whole = _surfaces(case, case.frame)
    leaks: list[Leak] = []
    for cut in _cuts(case.frame, cuts):
        known = case.frame["available_at"] <= cut
        leaks += _compared(case, "truncated_future", whole, case.frame[known])
        leaks += _compared(case, "poisoned_future", whole, _poisoned(case.frame, ~known, rng), until=cut)
    return first_leaks(leaks)


def streaming(case: Case, cuts: int, every: int = 1) -> list[Leak]:
    """Compare the batch with the stream: the surface at the prefixes of the chain, the signals at some cuts.

    Args:
        case: The session and the strategies.
        cuts: At how many moments whole signals are compared, pacing and ids included.
        every: Step between prefixes; 1 for every one. The last is always looked at.
    """
    leaks: list[Leak] = []
    for chain in case.chains(case.frame).values():
        leaks += _prefix_leaks(case.running(), chain, every)
    whole = case.signals(case.frame)
    for cut in _cuts(case.frame, cuts):
        streamed = case.signals(case.frame[case.frame["available_at"] <= cut])
        known = whole[whole["available_at"] <= cut]
        decided = known["exit_at"].where(known["exit_at"] <= cut)
        leaks += signal_leaks("streaming", known.assign(exit_at=decided), streamed)
    return first_leaks(leaks)


def row_order(case: Case, rng: np.random.Generator) -> list[Leak]:
    """Compare the signals with those of the same rows in another order.

    Args:
        case: The session and the strategies.
        rng: Source of the order.
    """
    shuffled = case.frame.iloc[rng.permutation(len(case.frame))]
    return first_leaks(signal_leaks("row_order", case.signals(case.frame), case.signals(shuffled)))


def _surfaces(case: Case, frame: pd.DataFrame) -> dict[tuple[str, str], tuple[OptionChain, Surface]]:
    return {
        (strategy.strategy_id, underlying): (chain, evaluated(strategy, chain, params))
        for underlying, chain in case.chains(frame).items()
        for strategy, params in case.running()
    }


def _compared(
    case: Case,
    proof: Proof,
    whole: Mapping[tuple[str, str], tuple[OptionChain, Surface]],
    variant: pd.DataFrame,
    until: pd.Timestamp | None = None,
) -> list[Leak]:
    leaks: list[Leak] = []
    running = {strategy.strategy_id: (strategy, params) for strategy, params in case.running()}
    for key, (chain, said) in _surfaces(case, variant).items():
        n = len(chain.observed_at)
        if until is not None:
            n = int(np.searchsorted(chain.available_at, np.datetime64(until.tz_localize(None), "us"), side="right"))
        found = surface_leaks(proof, key, whole[key], said, n)
        if found:
            feature = leaking_feature(*running[key[0]], (whole[key][0], chain), n)
            leaks += [replace(leak, feature=feature) for leak in found]
    return leaks


def _prefix_leaks(
    running: Sequence[tuple[Strategy[Parameters], Parameters]], chain: OptionChain, every: int
) -> list[Leak]:
    """First leak of each part of each surface; strategies share a prefix, and what is computed once on it."""
    count = len(chain.observed_at)
    lengths = sorted({*range(1, count + 1, every), count} - {0})
    last = np.array(lengths, dtype=np.intp) - 1
    streamed: dict[tuple[int, str], list[object]] = {(i, name): [] for i in range(len(running)) for name in FIELDS}
    for n in lengths:
        prefix = chain.select(slice(0, n))
        for i, (strategy, params) in enumerate(running):
            said = evaluated(strategy, prefix, params)
            for name in FIELDS:
                streamed[i, name].append(said.part(name)[-1])
    leaks = []
    for (i, name), values in streamed.items():
        batch, told = evaluated(running[i][0], chain, running[i][1]).part(name)[last], np.array(values)
        unequal = differs(batch, told)
        if unequal.any():
            first = int(unequal.argmax())
            detail = f"is {batch[first]} in the batch and {told[first]} as the last of a stream"
            n = lengths[first]
            feature = leaking_feature(*running[i], (chain, chain.select(slice(0, n))), n)
            where = (running[i][0].strategy_id, chain.underlying, stamp(chain, n - 1))
            leaks.append(Leak("streaming", *where, name, detail, feature))
    return leaks


def _cuts(frame: pd.DataFrame, cuts: int) -> list[pd.Timestamp]:
    times = np.unique(frame["available_at"].dt.tz_convert(None).to_numpy())[:-1]
    chosen = np.unique(np.linspace(0, len(times) - 1, num=min(cuts, len(times))).round().astype(int))
    return [pd.Timestamp(times[i], tz="UTC") for i in chosen]


def _poisoned(frame: pd.DataFrame, rows: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    noisy = frame.copy()
    for name in (name for name in _POISONED if name in frame):
        values = frame[name].to_numpy(np.float64, copy=True)
        values[rows.to_numpy()] *= rng.uniform(0.2, 5.0, size=int(rows.sum()))
        noisy[name] = values
    return noisy
