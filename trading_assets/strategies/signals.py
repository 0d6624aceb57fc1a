"""From option chains to signals: evaluate, keep to the window, choose legs, filter, pace; one row per leg."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.market.option_chain import chains
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.entries import REASONS, entries
from trading_assets.strategies.evaluation import evaluated, parameters_in_force
from trading_assets.strategies.pacing import Candidates, paced
from trading_assets.strategies.signal_rows import Describer, signals_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.market.history import SessionHistory
    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.signal_rows import Row
    from trading_assets.strategies.strategy import Parameters, Strategy

    Histories = Mapping[str, SessionHistory]
    Strategies = Mapping[str, Strategy[Parameters]]
    Overrides = Mapping[str, Mapping[str, float]]

#: What can become of a side that fires on a snapshot inside the window.
REFUSALS = (*REASONS, "beyond_exit")
STAGES = ("fired", *REFUSALS, "cooling_or_open", "signals")
#: Columns of the funnel that count snapshots, not sides.
SEEN = ("evaluated", "no_history")


@dataclass(frozen=True, eq=False)
class SessionSignals:
    """The signals of a session and how they came about.

    Args:
        signals: Rows of the `signals` table.
        funnel: Per strategy and underlying, columns strategy_id, underlying, `SEEN` and `STAGES`. Evaluated are all
            snapshots, no_history those inside the window that could not be judged for want of earlier sessions.
            fired = refused by each reason + beyond_exit (what closes it already holds) + cooling_or_open + signals,
            counted per side and snapshot.
    """

    signals: pd.DataFrame
    funnel: pd.DataFrame


def signals(
    frame: pd.DataFrame,
    session: Session,
    overrides: Overrides,
    strategies: Strategies | None = None,
    histories: Histories | None = None,
) -> pd.DataFrame:
    """All signals of a session, sorted by signal_id; the same for any order of the rows.

    Args:
        frame: Rows of `market_snapshots` of the session, all underlyings, n ≥ 0.
        session: The session.
        overrides: Parameters by strategy_id that differ from the defaults.
        strategies: Which strategies to run; None for the packaged ones.
        histories: What is known of earlier sessions, by underlying; None for nothing.

    Returns:
        Rows of the `signals` table, none for an empty frame.

    Raises:
        StrategyError: An override does not fit, or a strategy fails.
        ContractError: Two rows are the same leg at the same time.
    """
    return session_signals(frame, session, overrides, strategies, histories).signals


def session_signals(
    frame: pd.DataFrame,
    session: Session,
    overrides: Overrides,
    strategies: Strategies | None = None,
    histories: Histories | None = None,
) -> SessionSignals:
    """Signals and funnel of a session; see `signals`."""
    return signals_of_chains(chains(frame, session, histories=histories), overrides, strategies)


def signals_of_chains(
    built: Mapping[str, OptionChain], overrides: Overrides, strategies: Strategies | None = None
) -> SessionSignals:
    """Signals and funnel of the chains of a session, by underlying; see `signals`."""
    chosen = load_strategies() if strategies is None else strategies
    params = parameters_in_force(chosen, overrides)
    rows: list[Row] = []
    funnel: list[dict[str, str | int]] = []
    for underlying, chain in built.items():
        describer = Describer(chain)
        for strategy_id, strategy in sorted(chosen.items()):
            found, counts = chain_signals(describer, strategy, params[strategy_id])
            rows += found
            funnel.append({"strategy_id": strategy_id, "underlying": underlying, **counts})
    columns = ["strategy_id", "underlying", *SEEN, *STAGES]
    return SessionSignals(signals_frame(rows), pd.DataFrame(funnel, columns=columns))


def chain_signals(
    describer: Describer, strategy: Strategy[Parameters], params: Parameters
) -> tuple[list[Row], dict[str, int]]:
    """Rows of `signals` of one strategy on one chain, in time order per side, and how many came through each stage.

    Raises:
        StrategyError: The strategy fails.
    """
    chain, rows = describer.chain, []
    said = evaluated(strategy, chain, params)
    allowed = strategy.in_window(chain.minutes_ist)
    levels = said.levels.filled(len(allowed))
    counts = Counter(dict.fromkeys((*SEEN, *STAGES), 0))
    counts["evaluated"] = len(allowed)
    counts["no_history"] = 0 if said.no_history is None else int((said.no_history & allowed).sum())
    sides = ((said.long, strategy.long_legs, said.out_long), (said.short, strategy.short_legs, said.out_short))
    for fired, legs, out in sides:
        snapshots = np.flatnonzero(fired & allowed)
        if legs and len(snapshots):  # as a rule most sides say nothing all day, and asking for no legs takes as long
            what = Candidates(legs, (), levels, out)
            candidates, refused = _candidates(chain, what, snapshots, params)
            taken = candidates.take(paced(chain, candidates, strategy.exit_plan, strategy.cooldown_minutes))
            rows += describer.rows(strategy, params, taken, said.confidence)
            counts.update(refused)
            counts.update(fired=len(candidates) + len(refused), signals=len(taken))
            counts["cooling_or_open"] += len(candidates) - len(taken)
    return rows, dict(counts)


def _candidates(
    chain: OptionChain, what: Candidates, snapshots: NDArray[np.intp], params: Parameters
) -> tuple[Candidates, list[str]]:
    """Where every leg may be traded and nothing closes it at once, and for the rest the first reason why not."""
    candidates = replace(what, entries=tuple(entries(chain, leg, snapshots, params) for leg in what.legs))
    refused = candidates.entries[0].refused
    for entry in candidates.entries[1:]:
        refused = np.where(refused == "", entry.refused, refused)
    refused = np.where((refused == "") & candidates.same_contract_twice(), "no_contract", refused)
    passed = what.levels.passed(snapshots, chain.spot[snapshots], chain.india_vix[snapshots], what.view)
    if what.out is not None:
        passed |= what.out[snapshots]
    refused = np.where((refused == "") & passed, "beyond_exit", refused)
    return candidates.take(np.flatnonzero(refused == "")), refused[refused != ""].tolist()
