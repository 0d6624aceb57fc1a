"""Running a strategy's rule: parameters in force, and a surface whose shapes are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import StrategyError
from trading_assets.strategies.blame import blame
from trading_assets.strategies.discovery import load_strategies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Parameters, Strategy, Surface

    Strategies = Mapping[str, Strategy[Parameters]]
    Overrides = Mapping[str, Mapping[str, float]]

_MASK = np.dtype(bool)
_KINDS = {"long": _MASK, "short": _MASK, "confidence": np.dtype(np.float64), "out_long": _MASK, "out_short": _MASK}


def parameters_in_force(strategies: Strategies, overrides: Overrides) -> dict[str, Parameters]:
    """Parameters by strategy_id, with the overrides laid over the defaults.

    Overrides of packaged strategies that are not among `strategies` are left alone: they wait for another run.

    Raises:
        StrategyError: An override names no strategy or no parameter, or its value is out of bounds.
    """
    unknown = sorted(set(overrides) - set(strategies))
    if unknown:
        unknown = sorted(set(unknown) - set(load_strategies()))
    if unknown:
        msg = f"settings.strategies names {', '.join(unknown)}; the strategies are {', '.join(sorted(strategies))}."
        raise StrategyError(msg)
    return {
        name: strategy.parameters.with_overrides(overrides.get(name, {}), name) for name, strategy in strategies.items()
    }


def evaluated(strategy: Strategy[Parameters], chain: OptionChain, params: Parameters) -> Surface:
    """Evaluate a strategy on a chain.

    Raises:
        StrategyError: Its code fails, its arrays are not one value per snapshot, or it fires without a confidence
            from 0 to 1.
    """
    with blame(f"{strategy.strategy_id} on {chain.underlying} {chain.session.day}"), np.errstate(all="ignore"):
        said = strategy.evaluate(chain, params)
        for name, kind in _KINDS.items():
            values = np.asarray(said.part(name))
            if values.shape != chain.observed_at.shape or values.dtype != kind:
                msg = (
                    f"strategy {strategy.strategy_id}: {name} is {values.dtype} of shape {values.shape}; expected "
                    f"{kind} of shape {chain.observed_at.shape}, one per snapshot."
                )
                raise StrategyError(msg)
        _check_extras(strategy, said, chain.observed_at.shape)
    fired = said.long | said.short
    unsure = fired & ~((said.confidence >= 0.0) & (said.confidence <= 1.0))
    if unsure.any():
        at = int(unsure.argmax())
        msg = (
            f"strategy {strategy.strategy_id} fires at {chain.observed_at[at]} UTC with confidence "
            f"{said.confidence[at]}; expected 0 to 1 wherever it fires."
        )
        raise StrategyError(msg)
    return said


def _check_extras(strategy: Strategy[Parameters], said: Surface, shape: tuple[int, ...]) -> None:
    """Levels and the mask of missing history are one per snapshot too, and a level of the index needs one leg."""
    extras = {**said.levels.given(), "no_history": said.no_history}
    strange = [name for name, values in extras.items() if values is not None and np.asarray(values).shape != shape]
    if strange:
        msg = f"strategy {strategy.strategy_id}: {', '.join(strange)} is not of shape {shape}, one per snapshot"
        raise StrategyError(msg)
    directed = said.levels.stop_spot is not None or said.levels.target_spot is not None
    if directed and max(len(strategy.long_legs), len(strategy.short_legs)) > 1:
        msg = (
            f"strategy {strategy.strategy_id} gives a level of the index for a position of several legs, which wants "
            "neither a rise nor a fall; give it a stop_fraction or a stop_vix."
        )
        raise StrategyError(msg)
