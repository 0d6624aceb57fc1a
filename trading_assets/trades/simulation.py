"""Scored signals of a session become trades on its own later snapshots: decision, entry, exit, charges, limits.

Everything is decided on data that was available by then: a signal acts on the next snapshot, and a limit looks at
what was closed before. The parts: `entries`, `exits`, `charges`, `risk`; the tables are written by `trade_records`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.trades.charge_table import ChargeTable, load_charges
from trading_assets.trades.charges import RoundTrips, charges
from trading_assets.trades.entries import (
    BELOW_THRESHOLD,
    Clock,
    all_or_none,
    below_threshold,
    find_entries,
    position_numbers,
)
from trading_assets.trades.legs import Plan, build_legs, empty_legs
from trading_assets.trades.risk import RoundTripTimes, apply_limits
from trading_assets.trades.tape import build_tape, contract_keys
from trading_assets.trades.trade_records import fill_rows, gross_paise, outcome_rows, trade_id, trade_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.market.reference import ReferenceData
    from trading_assets.settings import TradingSettings

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What became of a session's signals: frames of the contracts `trades`, `fills` and `signal_outcomes`."""

    trades: pd.DataFrame
    fills: pd.DataFrame
    outcomes: pd.DataFrame


@dataclass(frozen=True, slots=True)
class TradingRules:
    """All that decides how a signal is traded, beside the market itself.

    Args:
        reference: Exchange and tick of the underlyings.
        settings: Sizes, limits, slippage and broker.
        charges: Rates in force.
    """

    reference: ReferenceData
    settings: TradingSettings
    charges: ChargeTable

    def clock(self, session: Session, underlying: str) -> Clock:
        """Return the session's limits and the price steps of an underlying."""
        close = (session.close - _EPOCH) // _MICROSECOND
        tick = round(self.reference.tick_size(underlying) * 100)
        return Clock(
            square_off=close - timedelta(minutes=self.settings.square_off_minutes) // _MICROSECOND,
            close=close,
            max_entry_delay=self.settings.max_entry_delay // _MICROSECOND,
            tick=tick,
            slippage=tick * self.settings.slippage_ticks,
        )


def simulate(
    scored: pd.DataFrame,
    snapshots: pd.DataFrame,
    session: Session,
    reference: ReferenceData,
    settings: TradingSettings,
) -> Simulation:
    """Trade a session's signals with the packaged charge table; see `simulate_under` for a table with an overlay."""
    return simulate_under(scored, snapshots, session, TradingRules(reference, settings, load_charges()))


def simulate_under(scored: pd.DataFrame, snapshots: pd.DataFrame, session: Session, rules: TradingRules) -> Simulation:
    """Trade a session's signals.

    Args:
        scored: Rows of `scored_signals` of the session, any order, n ≥ 0.
        snapshots: Rows of `market_snapshots` of the session, any order, all underlyings.
        session: The session.
        rules: How to trade.

    Returns:
        Trades and fills of the positions taken, and one outcome per signal, each ordered by its key. The order of the
        inputs does not matter.

    Raises:
        ReferenceDataError: A charge rate is not known for the session, or an underlying is not known.
    """
    signals = scored.sort_values("signal_id", kind="stable", ignore_index=True)
    legs, reason = _candidates(signals, snapshots, session, rules)
    charged = charges(_round_trips(legs, session), rules.charges, rules.settings.broker)
    limits = apply_limits(
        RoundTripTimes(
            position=legs["position"].to_numpy(),
            entry=legs["entry_time"].to_numpy(),
            exit=legs["exit_time"].to_numpy(),
            net_paise=gross_paise(legs) - charged.total,
        ),
        rules.settings.max_open_positions,
        int(rules.settings.max_loss_per_day * 100),
    )
    reason[legs["row"].to_numpy()] = limits
    taken = limits == ""
    kept = legs[taken].reset_index(drop=True)
    origin = signals.iloc[kept["row"].to_numpy()]
    kept["trade_id"] = [trade_id(signal) for signal in origin["signal_id"]]
    return Simulation(
        trades=trade_rows(kept, origin, charged.pick(taken), session.day),
        fills=fill_rows(kept, session.day),
        outcomes=outcome_rows(signals, reason, kept, session.day),
    )


def _candidates(
    signals: pd.DataFrame, snapshots: pd.DataFrame, session: Session, rules: TradingRules
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the round trips that found an entry, in order of entry, and the reasons of the signals that did not."""
    position = position_numbers(signals)
    reason = np.where(below_threshold(signals), BELOW_THRESHOLD, "").astype(object)
    parts = []
    for underlying, rows in signals.groupby("underlying", sort=True).indices.items():
        own = signals.iloc[rows]
        tape = build_tape(snapshots[snapshots["underlying"] == underlying], contract_keys(own))
        clock = rules.clock(session, str(underlying))
        entries = find_entries(own, tape, clock)
        reason[rows] = all_or_none(position[rows], np.where(reason[rows] == "", entries.reason, reason[rows]))
        taken = reason[rows] == ""
        plan = Plan(own[taken], rows[taken], entries.pick(taken), rules.settings.lots, session.day)
        legs = build_legs(plan, tape, clock)
        parts.append(legs.assign(exchange=rules.reference.exchange_of(str(underlying))))
    legs = pd.concat([part for part in parts if len(part)] or [empty_legs().assign(exchange="")])
    legs["position"] = position[legs["row"].to_numpy()]
    return legs.sort_values(["entry_time", "position", "row"], ignore_index=True), reason


def _round_trips(legs: pd.DataFrame, session: Session) -> RoundTrips:
    days = np.full(len(legs), np.datetime64(session.day, "D"))
    quantity = legs["quantity"].to_numpy()
    return RoundTrips(
        exchange=legs["exchange"].to_numpy(dtype=str),
        long=legs["long"].to_numpy(),
        entry_day=days,
        exit_day=days,
        entry_paise=legs["entry_price"].to_numpy() * quantity,
        exit_paise=legs["exit_price"].to_numpy() * quantity,
        settled=(legs["exit_reason"] == "expiry").to_numpy(dtype=bool),
    )
