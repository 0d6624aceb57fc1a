"""Simulated trades against the broker's: matched one to one, and the difference of every pair split into its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.tables.money import paise, round_half_up, rupees
from trading_assets.tables.trade_reconciliation import CONTRACT, PARTS
from trading_assets.trades.market_moves import market_moves
from trading_assets.trades.trade_records import SOURCE

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

_LIKE = ["underlying", "expiry", "strike", "option_type", "side"]
_SECOND = 1_000_000.0
#: A higher price costs a bought option at its entry and pays at its exit.
_WAYS = {"entry": -1.0, "exit": 1.0}


def reconcile(
    trades: pd.DataFrame, day: date, widest_seconds: float, quotes: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Match and compare the trades of a session.

    A pair has the same signal; else the same contract and side and entries at most `widest_seconds` apart, the
    nearest entries first. What the market moved between the two times is the part of timing; the rest of a difference
    in price is the part of the entry or of the exit.

    Args:
        trades: Rows of `trades` of the session, simulated and imported, any order, n ≥ 0.
        day: Session.
        widest_seconds: Largest distance of two entries that are paired without a signal.
        quotes: `market_moves.COLUMNS` of the session's snapshots; without a quote then, timing is 0 and the parts of
            the prices hold it.

    Returns:
        Rows of `trade_reconciliation` in key order; none while nothing was imported, for there is nothing to compare.
    """
    ordered = trades.sort_values("trade_id", ignore_index=True)
    simulated = ordered[ordered["source"] == SOURCE].reset_index(drop=True)
    actual = ordered[ordered["source"] != SOURCE].reset_index(drop=True)
    if actual.empty:
        return CONTRACT.empty()
    by_signal = _by_signal(simulated, actual)
    left = ~simulated.index.isin(by_signal[:, 0]), ~actual.index.isin(by_signal[:, 1])
    by_contract = _by_contract(simulated[left[0]], actual[left[1]], widest_seconds)
    pairs = np.concatenate((by_signal, by_contract))
    matched = _matched(simulated.iloc[pairs[:, 0]], actual.iloc[pairs[:, 1]], quotes).assign(
        matched_by=["signal"] * len(by_signal) + ["contract"] * len(by_contract)
    )
    alone = [
        _alone(simulated[~simulated.index.isin(pairs[:, 0])], "simulated", -1),
        _alone(actual[~actual.index.isin(pairs[:, 1])], "actual", 1),
    ]
    frames = [CONTRACT.frame(part.assign(date=pd.Timestamp(day))) for part in (matched, *alone) if len(part)]
    return pd.concat(frames).sort_values("reconciliation_id", ignore_index=True)


def _by_signal(simulated: pd.DataFrame, actual: pd.DataFrame) -> NDArray[np.intp]:
    """Return row pairs of the same signal; of several with one signal the first is paired."""
    first = actual[actual["signal_id"].notna()].drop_duplicates("signal_id")
    rows = pd.Series(first.index, index=first["signal_id"].to_numpy())
    found = simulated.drop_duplicates("signal_id")["signal_id"].map(rows)
    known = found.notna()
    return np.column_stack((found.index[known], found[known].to_numpy())).astype(np.intp)


def _by_contract(simulated: pd.DataFrame, actual: pd.DataFrame, widest: float) -> NDArray[np.intp]:
    """Return row pairs of one contract and side, the nearest entries first, each trade once."""
    one, other = (part[[*_LIKE, "entry_time"]].assign(row=part.index) for part in (simulated, actual))
    candidates = one.merge(other, on=_LIKE, suffixes=("", "_actual"))
    apart = _seconds(candidates["entry_time_actual"], candidates["entry_time"])
    near = candidates.assign(apart=np.abs(apart))[np.abs(apart) <= widest]
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for mine, its in near.sort_values(["apart", "row", "row_actual"])[["row", "row_actual"]].to_numpy().tolist():
        if mine not in taken[0] and its not in taken[1]:
            taken[0].add(mine)
            taken[1].add(its)
            pairs.append((mine, its))
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _seconds(later: pd.Series, earlier: pd.Series) -> NDArray[np.float64]:
    micros = (part.to_numpy(dtype="datetime64[us]").astype(np.int64) for part in (later, earlier))
    return np.asarray(np.subtract(*micros) / _SECOND, dtype=np.float64)


def _matched(simulated: pd.DataFrame, actual: pd.DataFrame, quotes: pd.DataFrame | None) -> pd.DataFrame:
    sign = np.where(simulated["side"] == "BUY", 1.0, -1.0)
    moved = {name: actual[name].to_numpy() - simulated[name].to_numpy() for name in ("entry_price", "exit_price")}
    units = simulated["quantity"].to_numpy()
    more = actual["quantity"].to_numpy() - units
    gained = sign * (actual["exit_price"].to_numpy() - actual["entry_price"].to_numpy())
    late = {role: market_moves(simulated, actual, quotes, role) for role in _WAYS}
    timing = {role: round_half_up(way * sign * late[role] * units * 100.0) for role, way in _WAYS.items()}
    parts = {
        **{
            f"{role}_difference": round_half_up(way * sign * moved[f"{role}_price"] * units * 100.0) - timing[role]
            for role, way in _WAYS.items()
        },
        "timing_difference": timing["entry"] + timing["exit"],
        "quantity_difference": round_half_up(gained * more * 100.0),
        "charges_difference": paise(simulated["charges"]) - paise(actual["charges"]),
    }
    net = paise(actual["net_pnl"]) - paise(simulated["net_pnl"])
    parts["unexplained"] = net - np.sum(list(parts.values()), axis=0)
    return pd.DataFrame(
        {
            "reconciliation_id": simulated["trade_id"].array,
            "status": "matched",
            "simulated_trade_id": simulated["trade_id"].array,
            "actual_trade_id": actual["trade_id"].array,
            "strategy_name": simulated["strategy_name"].array,
            "net_difference": rupees(net),
            **{name: rupees(amount) for name, amount in parts.items()},
            "entry_delay": _seconds(actual["entry_time"], simulated["entry_time"]),
            "exit_delay": _seconds(actual["exit_time"], simulated["exit_time"]),
        }
    )


def _alone(trades: pd.DataFrame, side: str, sign: int) -> pd.DataFrame:
    net = sign * trades["net_pnl"].to_numpy()
    nothing = np.zeros(len(trades))
    return pd.DataFrame(
        {
            "reconciliation_id": trades["trade_id"].array,
            "status": f"{side}_only",
            f"{side}_trade_id": trades["trade_id"].array,
            "strategy_name": trades["strategy_name"].array,
            "net_difference": net,
            **dict.fromkeys(PARTS, nothing),
            "unexplained": net,
        }
    )


def beyond_tolerance(reconciled: pd.DataFrame, per_trade: float, unmatched: int) -> list[str]:
    """Say what a session's reconciliation shows beyond tolerance.

    Args:
        reconciled: Rows of `trade_reconciliation` of one session.
        per_trade: Largest difference of net P&L of a pair, ₹.
        unmatched: Most trades without a partner.

    Returns:
        One sentence per pair and one for the trades without partner; empty when all is within tolerance.
    """
    pairs = reconciled[reconciled["status"] == "matched"]
    wide = pairs[pairs["net_difference"].abs() > per_trade]
    alone = int((reconciled["status"] != "matched").sum())
    found = [
        f"{row.simulated_trade_id} differs by ₹ {row.net_difference:.2f} from {row.actual_trade_id}; at most "
        f"₹ {per_trade:.2f} is tolerated."
        for row in wide.itertuples()
    ]
    return found + (
        [f"{alone} trades have no partner; at most {unmatched} are tolerated."] if alone > unmatched else []
    )
