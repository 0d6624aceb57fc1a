"""A session's trades worked out from nothing but its rows, one quote at a time: no numpy, no pandas, none of our code.

The oracle of `trading_assets.trades.simulation` from the decision to the last paisa of charges. Rows are dictionaries
with the columns of `market_snapshots` and `scored_signals`, missing values None; amounts are whole paise, times are
tz-aware. Rates are read from the packaged CSV here once more, as exact fractions.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from pathlib import Path

Row = dict[str, object]
#: Exchange, price step in paise and the broker whose plan is charged.
EXCHANGE, TICK, BROKER = "NSE", 5, "upstox"
#: The packaged rates.
CHARGES = Path(__file__).resolve().parents[2] / "trading_assets" / "market" / "data" / "charges.csv"
FEES = ("brokerage", "exchange_txn", "sebi_fee", "ipft")
_ROUNDING = Decimal("1e-6")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot: when, the index, and (bid, ask, lot) in paise by contract."""

    observed: datetime
    available: datetime
    spot: float
    quotes: dict[tuple[object, ...], tuple[int | None, int | None, int]]


@dataclass
class Leg:
    """A leg of a position: its signal, and what is found out about it."""

    signal: Row
    long: bool
    contract: tuple[object, ...]
    entry: int = -1
    price: int = 0
    found: Row = field(default_factory=dict)

    @property
    def sign(self) -> int:
        return 1 if self.long else -1


@dataclass(frozen=True)
class Desk:
    """Settings of the desk, and the day.

    Args:
        close: Close of the session.
        max_open: Positions open at once.
        max_loss: Realised loss of the day that stops entries, paise.
        cool_down: Wait of a strategy after a loss.
        trailing: Distance of the trailing stop as a fraction of the worth at entry, None for none.
        slippage: Paise given away on market fills.
    """

    close: datetime
    max_open: int
    max_loss: int
    cool_down: timedelta
    trailing: str | None = None
    slippage: int = TICK
    patience: timedelta = timedelta(minutes=30)
    oldest: timedelta = timedelta(minutes=5)

    @property
    def square_off(self) -> datetime:
        return self.close - timedelta(minutes=15)


def paise(rupees: object) -> int | None:
    return None if rupees is None else int((Decimal(str(rupees)) * 100).to_integral_value())


def contract_of(row: Row) -> tuple[object, ...]:
    return row["expiry"], row["strike"], row["option_type"]


def tape(rows: list[Row]) -> list[Snapshot]:
    """Snapshots in the order they could be used; one that comes after a newer one is of no use to anybody."""
    by_time: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        by_time[row["observed_at"]].append(row)
    found: list[Snapshot] = []
    for group in sorted(by_time.values(), key=lambda group: (group[0]["available_at"], group[0]["observed_at"])):
        first = group[0]
        if found and first["observed_at"] <= found[-1].observed:  # type: ignore[operator]
            continue
        quotes = {contract_of(row): (paise(row["bid"]), paise(row["ask"]), int(row["lot_size"])) for row in group}  # type: ignore[call-overload]
        found.append(Snapshot(first["observed_at"], first["available_at"], float(first["spot"]), quotes))  # type: ignore[arg-type]
    return found


def refusal(leg: Leg, snapshots: list[Snapshot], desk: Desk) -> str:
    """Find the entry of a leg, or say why there is none."""
    decided = leg.signal["available_at"]
    after = [at for at, one in enumerate(snapshots) if one.available > decided]  # type: ignore[operator]
    if decided >= desk.square_off:  # type: ignore[operator]
        return "after_square_off"
    if not after:
        return "no_next_snapshot"
    leg.entry = after[0]
    one = snapshots[leg.entry]
    if one.observed >= desk.square_off:
        return "after_square_off"
    if one.available - decided > desk.patience:  # type: ignore[operator]
        return "no_next_snapshot"
    return "quote_stale" if one.available - one.observed > desk.oldest else bad_quote(leg, one, desk)


def bad_quote(leg: Leg, one: Snapshot, desk: Desk) -> str:
    """Fill a leg on the quote of a snapshot, or say why it cannot be."""
    bid, ask, _ = one.quotes.get(leg.contract, (None, None, 0))
    if bid is None or ask is None:
        return "quote_missing"
    leg.price = ask + desk.slippage if leg.long else bid - desk.slippage
    if min(bid, ask, leg.price) <= 0:
        return "quote_zero"
    return "quote_crossed" if bid > ask else ""


def level(worth: int, move: Decimal) -> Decimal | None:
    """Worth after a move, on the tick farther from the entry; there is none at or beyond 0."""
    away = -1 if move < 0 else 1
    steps = away * (worth + move * abs(worth)) / TICK - _ROUNDING
    found = away * steps.to_integral_value(ROUND_CEILING) * TICK
    return found if found * worth > 0 else None


@dataclass
class Position:
    """Legs that stand and fall together."""

    legs: list[Leg]
    snapshots: list[Snapshot]
    desk: Desk

    def mark(self, leg: Leg, at: int) -> int | None:
        """What the leg could be closed at, without slippage; paise with the sign of the leg."""
        one = self.snapshots[at]
        bid, ask, _ = one.quotes.get(leg.contract, (None, None, 0))
        price = bid if leg.long else ask
        crossed = bid is not None and ask is not None and bid > ask
        if one.available - one.observed > self.desk.oldest or crossed or price is None or price <= 0:
            return None
        return leg.sign * price

    def worth(self, at: int) -> int | None:
        marks = [self.mark(leg, at) for leg in self.legs]
        return None if None in marks else sum(mark for mark in marks if mark is not None)

    def levels(self) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Stop, target and trailing distance of the whole position."""
        signal, worth = self.legs[0].signal, sum(leg.sign * leg.price for leg in self.legs)
        stop, target = signal["stop_fraction"], signal["target_fraction"]
        trail = None
        if self.desk.trailing is not None:
            steps = abs(worth) * Decimal(self.desk.trailing) / TICK - _ROUNDING
            trail = max(steps.to_integral_value(ROUND_CEILING), Decimal(1)) * TICK
        return (
            None if stop is None else level(worth, -Decimal(str(stop))),
            None if target is None else level(worth, Decimal(str(target))),
            trail,
        )

    def told_by_market(self, at: int) -> set[str]:
        """Index levels that a snapshot passes, of which several legs have no view, and whether the rule said out."""
        signal, one = self.legs[0].signal, self.snapshots[at]
        decided = signal["exit_at"]
        found = {"signal"} if decided is not None and one.available > decided else set()  # type: ignore[operator]
        if len(self.legs) > 1 or one.available - one.observed > self.desk.oldest:
            return found
        rises = self.legs[0].long != (signal["option_type"] == "PE")
        view = 1 if rises else -1
        for name, way in (("stop_spot", -1), ("target_spot", 1)):
            if signal[name] is not None and way * view * (one.spot - float(signal[name])) >= 0:  # type: ignore[arg-type]
                found.add(name)
        return found

    def close(self) -> None:
        """Walk from the entry to the exit and note it on every leg."""
        entry, minutes = self.legs[0].entry, self.legs[0].signal["time_stop_minutes"]
        stop, target, trail = self.levels()
        best, last, happened = self.worth(entry), entry, set()
        assert best is not None
        due = self.desk.square_off
        if minutes is not None:
            due = min(due, self.snapshots[entry].observed + timedelta(minutes=float(minutes)))  # type: ignore[arg-type]
        timed = "square_off" if due == self.desk.square_off and self._late(entry, minutes) else "time"
        for at in range(entry + 1, len(self.snapshots)):
            happened |= self.told_by_market(at)
            if self.snapshots[at].observed >= due:
                happened.add(timed)
            worth = self.worth(at)
            if worth is None:
                continue
            best, last = max(best, worth), at
            if stop is not None and worth <= stop:
                happened.add("stop")
            if trail is not None and best - worth >= trail:
                happened.add("trailing")
            if target is not None and worth >= target:
                happened.add("target")
            for reason in ("signal", "stop", "trailing", "stop_spot", "target", "target_spot", "time", "square_off"):
                if reason in happened:
                    self._note(at, reason, target)
                    return
        self._note(last, "data_gap", target)

    def _late(self, entry: int, minutes: object) -> bool:
        """Whether the square-off comes before the time stop."""
        if minutes is None:
            return True
        return self.snapshots[entry].observed + timedelta(minutes=float(minutes)) > self.desk.square_off  # type: ignore[arg-type]

    def _note(self, at: int, reason: str, target: Decimal | None) -> None:
        for leg in self.legs:
            seen = [mark for mark in (self.mark(leg, one) for one in range(leg.entry, at + 1)) if mark is not None]
            exit_at, price, why = self.snapshots[at].observed, abs(seen[-1]) - leg.sign * self.desk.slippage, reason
            lot = self.snapshots[leg.entry].quotes[leg.contract][2]
            last = self.snapshots[-1]
            expires = leg.signal["expiry"] == self.desk.close.date()
            if reason == "data_gap" and expires and last.observed >= self.desk.close - timedelta(minutes=30):
                worth = (last.spot - float(leg.signal["strike"])) * (-1 if leg.signal["option_type"] == "PE" else 1)  # type: ignore[arg-type]
                exit_at, price, why = self.desk.close, round(max(worth, 0.0) * 100), "expiry"
            elif reason == "target" and len(self.legs) == 1 and target is not None:
                price = abs(int(target))
            else:
                price = max(price, TICK)
            paid = leg.sign * leg.price
            leg.found = {
                "entry_time": self.snapshots[leg.entry].observed,
                "exit_time": exit_at,
                "entry_price": leg.price,
                "exit_price": price,
                "quantity": lot,
                "exit_reason": why,
                "gross_pnl": leg.sign * (price - leg.price) * lot,
                "mae": (min(seen) - paid) * lot,
                "mfe": (max(seen) - paid) * lot,
                "mark_count": len(seen),
            }
            leg.found |= charged(leg, self.desk.close.date())


def rates(day: date, path: Path) -> dict[str, tuple[str, Fraction]]:
    """Side that pays and rate of every charge of an index option on a day; a flat fee is in paise."""
    found = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            ours = row["instrument"] in ("index_option", "ALL") and row["exchange"] in (EXCHANGE, "ALL")
            if ours and row["effective_from"] <= str(day) <= (row["effective_to"] or "9999"):
                scale = Fraction(1, 100) if row["unit"] == "percent" else Fraction(100)
                found[row["charge"]] = (row["side"], Fraction(row["rate"]) * scale)
    return found


def charged(leg: Leg, day: date) -> dict[str, int]:
    """Charges of a round trip by component, each rounded half up once; one order a leg, none for a settlement."""
    table, found = rates(day, CHARGES), leg.found
    units = int(str(found["quantity"]))
    orders = [("buy" if leg.long else "sell", leg.price * units)]
    if found["exit_reason"] != "expiry":
        orders.append(("sell" if leg.long else "buy", int(str(found["exit_price"])) * units))
    totals = dict.fromkeys((*FEES, "stt", "stamp_duty", "gst"), Fraction(0))
    for side, value in orders:
        for name in (*FEES, "stt", "stamp_duty"):
            payer, rate = table[f"brokerage_{BROKER}" if name == "brokerage" else name]
            if payer in (side, "both"):
                totals[name] += rate if name == "brokerage" else rate * value
    totals["gst"] = table["gst"][1] * sum(totals[name] for name in FEES)
    if found["exit_reason"] == "expiry" and leg.long:
        totals["stt"] += table["stt_exercise"][1] * int(str(found["exit_price"])) * units
    rounded = {name: math.floor(amount + Fraction(1, 2)) for name, amount in totals.items()}
    total = sum(rounded.values())
    return rounded | {"charges": total, "net_pnl": int(str(found["gross_pnl"])) - total}


def trade_session(signals: list[Row], rows: list[Row], desk: Desk) -> tuple[dict[object, Row], dict[object, str]]:
    """Trade the signals of one index and session.

    Returns:
        By signal_id, what became of those taken, and why each other one was rejected.
    """
    snapshots, positions = tape(rows), defaultdict(list)
    for signal in signals:
        positions[signal["strategy_id"], signal["timestamp"]].append(signal)
    rejected: dict[object, str] = {}
    entered: list[tuple[tuple[object, ...], Position]] = []
    for key, own in positions.items():
        legs = [Leg(one, one["side"] == "BUY", contract_of(one)) for one in own]
        why = [refusal(leg, snapshots, desk) for leg in legs]
        if any(why):
            rejected |= {leg.signal["signal_id"]: said or "leg_rejected" for leg, said in zip(legs, why, strict=True)}
            continue
        position = Position(legs, snapshots, desk)
        position.close()
        entered.append(((snapshots[legs[0].entry].observed, *key), position))
    limited = limits([position for _, position in sorted(entered, key=lambda pair: pair[0])], desk)
    taken = {leg.signal["signal_id"]: leg.found for _, position in entered for leg in position.legs}
    return {key: found for key, found in taken.items() if key not in limited}, rejected | limited


def limits(ordered: list[Position], desk: Desk) -> dict[object, str]:
    """Reject what breaks a limit at its entry, looking at what was let in before."""
    inside: list[Position] = []
    rejected: dict[object, str] = {}
    for position in ordered:
        now = position.legs[0].found["entry_time"]
        strategy = position.legs[0].signal["strategy_id"]
        closed = [leg for one in inside for leg in one.legs if leg.found["exit_time"] <= now]  # type: ignore[operator]
        lost = -sum(int(str(leg.found["net_pnl"])) for leg in closed)
        still = [one for one in inside if max(leg.found["exit_time"] for leg in one.legs) > now]  # type: ignore[type-var]
        waits = [
            one
            for one in inside
            if one.legs[0].signal["strategy_id"] == strategy
            and one not in still
            and sum(int(str(leg.found["net_pnl"])) for leg in one.legs) < 0
            and max(leg.found["exit_time"] for leg in one.legs) + desk.cool_down > now  # type: ignore[type-var,operator]
        ]
        why = (
            "daily_loss_limit"
            if lost >= desk.max_loss
            else "max_open_positions"
            if len(still) >= desk.max_open
            else "cool_down"
            if waits
            else ""
        )
        if why:
            rejected |= {leg.signal["signal_id"]: why for leg in position.legs}
        else:
            inside.append(position)
    return rejected
