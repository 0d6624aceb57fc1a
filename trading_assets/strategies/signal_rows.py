"""Rows of the `signals` table from what a strategy decided on one chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from trading_assets.market.chain_features import atm_iv, pcr_oi
from trading_assets.strategies.identity import content_hash, signal_id, symbol
from trading_assets.tables.signals import CONTRACT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.pacing import Candidates
    from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy

    Row = dict[str, str | float | int | bool | pd.Timestamp | None]

#: Decimals in market_conditions: beyond them the last bits of a logarithm differ between processors.
_DECIMALS = 6


def signals_frame(rows: list[Row]) -> pd.DataFrame:
    """Rows as a frame of the `signals` table, sorted by signal_id."""
    if not rows:
        return CONTRACT.empty()
    ordered = sorted(rows, key=lambda row: str(row["signal_id"]))
    return CONTRACT.frame({name: [row[name] for row in ordered] for name in CONTRACT.names})


@dataclass(frozen=True, eq=False)
class Describer:
    """Writes rows for the signals of one chain.

    Args:
        chain: The chain the signals are on.
    """

    chain: OptionChain

    def rows(
        self,
        strategy: Strategy[Parameters],
        params: Parameters,
        taken: Candidates,
        confidence: NDArray[np.float64],
    ) -> list[Row]:
        """One row per leg and signal.

        Args:
            strategy: Who speaks.
            params: Its parameters in force.
            taken: The signals, all tradable and paced.
            confidence: The strategy's, shape (S,).
        """
        plan = strategy.exit_plan
        constant: Row = {
            "strategy_id": strategy.strategy_id,
            "parameter_hash": strategy.parameter_hash(params),
            "target_fraction": plan.target_fraction,
            "time_stop_minutes": plan.time_stop_minutes,
        }
        return [
            {
                **self._snapshot(int(snapshot), int(taken.entries[0].expiry[i])),
                **constant,
                **_closed_at(plan, taken, i),
                "exit_at": self._decided(taken.out_after(int(snapshot))),
                **leg,
            }
            for i, snapshot in enumerate(taken.entries[0].snapshot)
            for leg in self._legs(strategy.strategy_id, taken, i, float(confidence[snapshot]))
        ]

    def _snapshot(self, at: int, expiry: int) -> Row:
        chain = self.chain
        return {
            "date": pd.Timestamp(chain.session.day),
            "underlying": chain.underlying,
            "timestamp": pd.Timestamp(chain.observed_at[at], tz="UTC"),
            "available_at": pd.Timestamp(chain.available_at[at], tz="UTC"),
            "snapshot_id": str(chain.snapshot_id[at]),
            "expiry": pd.Timestamp(chain.expiries[expiry]),
            "market_conditions": self._conditions(at, expiry),
        }

    def _decided(self, at: int | None) -> pd.Timestamp | None:
        return None if at is None else pd.Timestamp(self.chain.available_at[at], tz="UTC")

    def _legs(self, strategy_id: str, taken: Candidates, i: int, confidence: float) -> list[Row]:
        chain, legs = self.chain, []
        levels = tuple(taken.levels.at(int(taken.entries[0].snapshot[i])).values())
        for number, (leg, entry) in enumerate(zip(taken.legs, taken.entries, strict=True), start=1):
            strike, price = float(chain.strikes[entry.strike[i]]), float(entry.price[i])
            expiry = pd.Timestamp(chain.expiries[entry.expiry[i]]).date()
            observed = pd.Timestamp(chain.observed_at[entry.snapshot[i]], tz="UTC").to_pydatetime()
            action = (leg.option_type, leg.side, number)
            row: Row = {
                "signal_id": signal_id((chain.underlying, strategy_id), observed, expiry, strike, action),
                "content_hash": content_hash(price, confidence, levels if any(levels) else ()),
                "symbol": symbol(chain.underlying, expiry, strike, leg.option_type),
                "strike": strike,
                "option_type": leg.option_type,
                "side": leg.side,
                "leg": number,
                "confidence": confidence,
                "entry_price": price,
                "entry_price_estimated": bool(entry.estimated[i]),
            }
            legs.append(row)
        return legs

    def _conditions(self, at: int, expiry: int) -> str:
        days = self.chain.expiries[expiry] - np.datetime64(self.chain.session.day, "D")
        values = {
            "spot": self.chain.spot[at],
            "forward": self._forward[at],
            "pcr": self._pcr[at],
            "atm_iv": self._atm_iv[at],
        }
        told = {name: round(float(v), _DECIMALS) if np.isfinite(v) else None for name, v in values.items()}
        return orjson.dumps({**told, "days_to_expiry": int(days.astype(int))}, option=orjson.OPT_SORT_KEYS).decode()

    @cached_property
    def _forward(self) -> NDArray[np.float64]:
        return self.chain.traded(self.chain.forward)

    @cached_property
    def _pcr(self) -> NDArray[np.float64]:
        return pcr_oi(self.chain)

    @cached_property
    def _atm_iv(self) -> NDArray[np.float64]:
        return atm_iv(self.chain)


def _closed_at(plan: ExitPlan, taken: Candidates, i: int) -> Row:
    """Levels of one signal; its own stop wins over the plan's."""
    told = taken.levels.at(int(taken.entries[0].snapshot[i]))
    return {**told, "stop_fraction": plan.stop_fraction if told["stop_fraction"] is None else told["stop_fraction"]}
