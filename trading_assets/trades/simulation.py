"""Scored signals of a session become trades on its own later snapshots: decision, entry, exit, charges, limits.

Everything is decided on data that was available by then: a signal acts on the next snapshot, and a limit looks at
what was closed before. The parts: `entries`, `exits`, `charges`, `risk`; the tables are written by `trade_records`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.trades.charge_table import ChargeTable, load_charges
from trading_assets.trades.charges import Charges, RoundTrips, charges
from trading_assets.trades.closings import EXPIRY
from trading_assets.trades.entries import (
    BELOW_THRESHOLD,
    RISK_BUDGET,
    TAKEN,
    Clock,
    Decisions,
    all_or_none,
    below_threshold,
    find_entries,
    position_numbers,
)
from trading_assets.trades.legs import Plan, build_legs
from trading_assets.trades.risk import Limits, RoundTripTimes, apply_limits, lots_within
from trading_assets.trades.round_trip_legs import RoundTripLegs
from trading_assets.trades.tape import COLUMNS as TAPE_COLUMNS
from trading_assets.trades.tape import build_tape
from trading_assets.trades.trade_records import (
    Taken,
    fill_rows,
    gross_paise,
    outcome_rows,
    trade_digests,
    trade_ids,
    trade_rows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.market.reference import ReferenceData
    from trading_assets.settings import TradingSettings

_MICROS_PER_DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Settings that are written on every trade: how large it could be, and what let it in.
_RECORDED = ("lots", "risk_per_position", "max_open_positions", "max_loss_per_day", "cool_down")


@dataclass(frozen=True, slots=True)
class Simulation:
    """What became of a session's signals: frames of the contracts `trades`, `fills` and `signal_outcomes`."""

    trades: pd.DataFrame
    fills: pd.DataFrame
    outcomes: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Execution:
    """What was done with a session's signals, before tables are written of it.

    Args:
        reason: 0 or why a signal was not traded (`entries.REASONS`), per signal.
        legs: The round trips of signals that found an entry, also of those a limit rejected then, in no order.
        charged: Their charges.
    """

    reason: NDArray[np.int64]
    legs: RoundTripLegs
    charged: Charges


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
            max_quote_age=self.settings.max_quote_age // _MICROSECOND,
            tick=tick,
            slippage=tick * self.settings.slippage_ticks,
        )

    def limits(self) -> Limits:
        """Return what positions are held to."""
        return Limits(
            max_open=self.settings.max_open_positions,
            max_loss_paise=int(self.settings.max_loss_per_day * 100),
            cool_down=self.settings.cool_down // _MICROSECOND,
        )

    def recorded(self) -> str:
        """Return sizing and limits as they are written on trades, a JSON object."""
        return self.settings.model_dump_json(include=set(_RECORDED))


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
    """Trade a session's signals and write the tables; arguments and errors as `execute`.

    Returns:
        Trades and fills of the positions taken, and one outcome per signal, each ordered by its key.
    """
    ordered = scored["signal_id"].is_monotonic_increasing
    signals = scored if ordered else scored.sort_values("signal_id", ignore_index=True)
    done = execute(signals, snapshots, session, rules)
    row = done.legs.row
    taken = np.flatnonzero(done.reason[row] == TAKEN)
    digests = trade_digests(signals["signal_id"].to_numpy(dtype=object)[row[taken]].tolist())
    order = np.argsort(digests)
    chosen = taken[order]
    trips = Taken(trade_ids(digests[order]), done.legs.pick(chosen), done.charged.pick(chosen))
    return Simulation(
        trades=trade_rows(trips, signals, session.day, rules.recorded()),
        fills=fill_rows(trips, session.day),
        outcomes=outcome_rows(signals, done.reason, trips, session.day),
    )


def execute(signals: pd.DataFrame, snapshots: pd.DataFrame, session: Session, rules: TradingRules) -> Execution:
    """Decide what becomes of a session's signals.

    Args:
        signals: Rows of `scored_signals` of the session, any order, n ≥ 0.
        snapshots: Rows of `market_snapshots` of the session, any order, all underlyings.
        session: The session.
        rules: How to trade.

    Returns:
        What becomes of each; the order of the inputs does not matter.

    Raises:
        ReferenceDataError: A charge rate is not known for the session, or an underlying is not known.
    """
    legs, reason = _candidates(signals, snapshots, session, rules)
    if rules.settings.risk_per_position is not None:
        reason[legs.row[legs.lots == 0]] = RISK_BUDGET
        legs = legs.pick(legs.lots > 0)
    charged = charges(_round_trips(legs, session), rules.charges, rules.settings.broker)
    # in order of entry, whoever is first by name on the same snapshot
    order = np.argsort(legs.entry_time % _MICROS_PER_DAY * len(signals) + legs.position)
    row = legs.row[order]
    times = RoundTripTimes(
        position=legs.position[order],
        strategy=pd.factorize(signals["strategy_id"])[0][row],
        entry=legs.entry_time[order],
        exit=legs.exit_time[order],
        net_paise=(gross_paise(legs) - charged.total)[order],
    )
    reason[row] = apply_limits(times, rules.limits())
    return Execution(reason, legs, charged)


def _candidates(
    signals: pd.DataFrame, snapshots: pd.DataFrame, session: Session, rules: TradingRules
) -> tuple[RoundTripLegs, NDArray[np.int64]]:
    """Return the round trips of signals that found an entry, and the reasons of those that did not."""
    position, decisions = position_numbers(signals), Decisions.of(signals, rules.settings.trailing_fraction)
    reason = np.where(below_threshold(signals), BELOW_THRESHOLD, TAKEN)
    quotes = snapshots[list(TAPE_COLUMNS)]
    place, underlyings = pd.factorize(signals["underlying"], sort=True)
    parts = []
    for number, underlying in enumerate(underlyings):
        rows = np.flatnonzero(place == number)
        own = decisions.pick(rows)
        tape = build_tape(quotes[quotes["underlying"] == underlying], own.key)
        clock = rules.clock(session, str(underlying))
        entries = find_entries(own, tape, clock)
        reason[rows] = all_or_none(position[rows], np.where(reason[rows] == TAKEN, entries.reason, reason[rows]))
        # neighbours on the tape side by side: what is read for one position is still in the cache for the next
        taken = np.flatnonzero(reason[rows] == TAKEN)
        taken = taken[np.argsort((entries.contract * len(tape.observed) + entries.at)[taken])]
        exchange = rules.reference.exchange_of(str(underlying))
        chosen = rows[taken]
        plan = Plan(own.pick(taken), chosen, position[chosen], entries.pick(taken), session.day, exchange)
        if len(chosen):
            parts.append(build_legs(plan, tape, clock))
    legs = RoundTripLegs.joined(parts)
    return replace(legs, lots=_lots(legs, rules.settings)), reason


def _lots(legs: RoundTripLegs, settings: TradingSettings) -> NDArray[np.int64]:
    """Size round trips; 0 lots where the position may lose more than it is given."""
    if settings.risk_per_position is None:
        return np.full(len(legs), settings.lots, dtype=np.int64)
    risk = legs.risk * legs.lot_size
    return lots_within(legs.position, risk, settings.lots, int(settings.risk_per_position * 100))


def _round_trips(legs: RoundTripLegs, session: Session) -> RoundTrips:
    days = np.full(len(legs), np.datetime64(session.day, "D"))
    return RoundTrips(
        exchange=legs.exchange,
        long=legs.long,
        entry_day=days,
        exit_day=days,
        entry_paise=legs.entry_price * legs.quantity,
        exit_paise=legs.exit_price * legs.quantity,
        settled=legs.exit_reason == EXPIRY,
    )
