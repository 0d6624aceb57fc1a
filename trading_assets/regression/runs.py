"""A run: today's signals over a range of sessions, one session in memory at a time, and what they were made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.regression.baseline import Provenance, strategy_facts
from trading_assets.regression.inputs import input_hash
from trading_assets.regression.statistics import session_statistics, trading_hash
from trading_assets.strategies.evaluation import parameters_in_force
from trading_assets.strategies.signals import signals
from trading_assets.tables.signals import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.market.history import SessionHistory
    from trading_assets.regression.baseline import SessionStatistics
    from trading_assets.strategies.strategy import Parameters, Strategy
    from trading_assets.trades.simulation import TradingRules


@dataclass(frozen=True, eq=False)
class SessionInput:
    """One session as strategies get it.

    Args:
        session: The session.
        frame: Rows of `market_snapshots` of it, at least `inputs.COLUMNS`, any order, n ≥ 0.
        histories: What is known of earlier sessions, by underlying.
    """

    session: Session
    frame: pd.DataFrame
    histories: Mapping[str, SessionHistory] = field(default_factory=dict)

    def signals(self, setup: Setup) -> pd.DataFrame:
        """Rows of `signals` that the strategies of a setup give."""
        return signals(self.frame, self.session, setup.overrides, setup.strategies, self.histories)


@dataclass(frozen=True, eq=False)
class Setup:
    """Which strategies run, and under what.

    Args:
        strategies: The strategies by strategy_id.
        overrides: Parameters by strategy_id that differ from the defaults.
        rules: How trades are made of signals.
        calendar_version: Version of the trading calendar.
    """

    strategies: Mapping[str, Strategy[Parameters]]
    overrides: Mapping[str, Mapping[str, float]]
    rules: TradingRules
    calendar_version: str


@dataclass(frozen=True, eq=False)
class Run:
    """What strategies said over a range, and what came of it.

    Args:
        signals: Rows of `signals` over the range, any order, n ≥ 0.
        provenance: What the run was made of.
        statistics: What came of the signals, by strategy_id, one entry per session.
        snapshot_times: observed_at of every snapshot, UTC, rising, to count shifts in; None where not known.
    """

    signals: pd.DataFrame
    provenance: Provenance
    statistics: Mapping[str, tuple[SessionStatistics, ...]] = field(default_factory=dict)
    snapshot_times: NDArray[np.datetime64] | None = None


def run_sessions(start: date, end: date, sessions: Iterable[SessionInput], setup: Setup) -> Run:
    """Run strategies over sessions.

    Args:
        start: First day of the range, for the provenance.
        end: Last day, inclusive.
        sessions: In order of their days, at least one; each is let go before the next is asked for.
        setup: Strategies and what they run under.
    """
    names = sorted(setup.strategies)
    found, times, inputs = [CONTRACT.empty()], [], {}
    statistics: dict[str, list[SessionStatistics]] = {name: [] for name in names}
    for one in sessions:
        said = one.signals(setup)
        inputs[one.session.day] = input_hash(one.frame, one.histories)
        for name, told in session_statistics(said, one.frame, one.session, setup.rules, names).items():
            statistics[name].append(told)
        times.append(np.unique(one.frame["observed_at"].dt.tz_localize(None).to_numpy("datetime64[us]")))
        found.append(said)
        del one  # or it is held while the next one is made
    facts = strategy_facts(setup.strategies, parameters_in_force(setup.strategies, setup.overrides))
    provenance = Provenance(start, end, inputs, setup.calendar_version, trading_hash(setup.rules), facts)
    whole = CONTRACT.frame(pd.concat(found, ignore_index=True))
    return Run(whole, provenance, {name: tuple(told) for name, told in statistics.items()}, np.concatenate(times))
