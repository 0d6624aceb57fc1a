"""Seeded frames that keep the contracts: a desk of any number of sessions and strategies, as large as a test needs."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import orjson
import pandas as pd

from trading_assets.report.quarantine import quarantined_counts
from trading_assets.report.status import ModelStatus, ReconciliationStatus, RegressionStatus
from trading_assets.report.tear_sheet import TearSheetData
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    quality_issues,
    quarantined_rows,
    strategy_performance,
    trades,
)
from trading_assets.tables.money import paise
from trading_assets.tables.trades import CHARGE_COMPONENTS

CAPITAL = 1_000_000.0
GENERATED_AT = datetime(2026, 1, 9, 12, 30, 5, tzinfo=UTC)
HASHES = {f"1.{n}.0": f"{n:02d}" + "ab" * 31 for n in range(40)}
EXITS = ("target", "stop", "time", "square_off", "data_gap")


def weekdays(first: str, sessions: int) -> np.ndarray:
    """The first `sessions` weekdays from `first` on."""
    return np.busday_offset(np.datetime64(first, "D"), np.arange(sessions), roll="forward")


def trade_frame(days: np.ndarray, strategies: list[str], per_day: int, seed: int = 7) -> pd.DataFrame:
    """Trades of all days; `per_day` for every strategy."""
    random = np.random.default_rng(seed)
    size = len(days) * len(strategies) * per_day
    day = np.repeat(days, len(strategies) * per_day)
    entry = day.astype("datetime64[us]") + (225 + random.integers(0, 330, size)).astype("timedelta64[m]")
    exit_ = entry + random.integers(1, 40, size).astype("timedelta64[m]")
    quantity = np.full(size, 75)
    entry_price = np.round(random.uniform(60, 250, size) * 20) / 20
    exit_price = np.maximum(0.05, np.round((entry_price + random.normal(0.9, 12, size)) * 20) / 20)
    gross = np.rint((exit_price - entry_price) * quantity * 100).astype(np.int64)
    parts = {name: random.integers(0, 1500, size) for name in CHARGE_COMPONENTS}
    parts["brokerage"] = np.full(size, 4000)
    charges = sum(parts.values())
    net = gross - charges
    version = np.array(sorted(HASHES))[np.minimum(np.searchsorted(days, day) // 21, len(HASHES) - 1)]
    return trades.CONTRACT.frame(
        {
            "date": pd.Series(day),
            "trade_id": [f"TRADE_{n:016x}" for n in range(size)],
            "symbol": "NIFTY 2026-01-13 26000 CE",
            "underlying": "NIFTY",
            "exchange": "NSE",
            "expiry": pd.Series(day + np.timedelta64(4, "D")),
            "strike": 26_000.0,
            "option_type": "CE",
            "strategy_name": list(np.tile(np.repeat(strategies, per_day), len(days))),
            "side": "BUY",
            "entry_time": pd.Series(entry).dt.tz_localize("UTC"),
            "exit_time": pd.Series(exit_).dt.tz_localize("UTC"),
            "entry_price": entry_price,
            "exit_price": exit_price,
            "stop_price": entry_price * 0.7,
            "target_price": entry_price * 1.4,
            "quantity": quantity,
            "lots": 1,
            "lot_size": 75,
            "gross_pnl": gross / 100,
            "charges": charges / 100,
            **{name: values / 100 for name, values in parts.items()},
            "charges_version": "0123456789ab",
            "charges_estimated": True,
            "net_pnl": net / 100,
            "is_winning_trade": net > 0,
            "exit_reason": list(random.choice(EXITS, size, p=(0.3, 0.3, 0.2, 0.18, 0.02))),
            "mae": (np.minimum(gross, 0) - random.integers(0, 80_000, size)) / 100,
            "mfe": (np.maximum(gross, 0) + random.integers(0, 80_000, size)) / 100,
            "mark_count": random.integers(1, 40, size),
            "initial_risk": np.rint(entry_price * 0.3 * quantity * 100) / 100,
            "signal_id": [f"{n:016x}" for n in range(size)],
            "signal_strength": random.uniform(0.5, 1, size),
            "ml_score": random.uniform(0.4, 0.9, size),
            "model_version": list(version),
            "model_hash": [HASHES[name] for name in version],
            "features_snapshot": '{"pcr":1.1}',
            "source": "simulated",
        }
    )


def _sums(rows: pd.DataFrame) -> dict[str, float]:
    net = paise(rows["net_pnl"])
    return {
        "gross_pnl": paise(rows["gross_pnl"]).sum() / 100,
        "charges": paise(rows["charges"]).sum() / 100,
        "net_pnl": net.sum() / 100,
        "sum_wins": net[net > 0].sum() / 100,
        "sum_losses": net[net < 0].sum() / 100,
    }


def daily_frame(days: np.ndarray, closed: pd.DataFrame) -> pd.DataFrame:
    """Daily performance of the trades, also for days without any."""
    by_day = dict(iter(closed.groupby("date")))
    rows = []
    for day in days:
        of_day = by_day.get(pd.Timestamp(day), closed.iloc[:0])
        net = of_day["net_pnl"]
        wins, losses = int((net > 0).sum()), int((net < 0).sum())
        rows.append(
            {
                "date": pd.Timestamp(day),
                "total_trades": len(of_day),
                "winning_trades": wins,
                "losing_trades": losses,
                "win_rate": wins / len(of_day) if len(of_day) else float("nan"),
                **{name: paise(of_day[name]).sum() / 100 for name in CHARGE_COMPONENTS},
                **_sums(of_day),
                "intraday_max_drawdown": 0.0,
                "longest_win_streak": 0,
                "longest_loss_streak": 0,
                "undefined_reasons": "{}",
            }
        )
    return daily_performance.CONTRACT.frame(pd.DataFrame(rows)) if rows else daily_performance.CONTRACT.empty()


def strategy_frame(days: np.ndarray, closed: pd.DataFrame, strategies: list[str]) -> pd.DataFrame:
    """Strategy performance of the trades, three signals a trade."""
    taken = closed.groupby(["date", "strategy_name"])
    index = pd.MultiIndex.from_product([pd.DatetimeIndex(days).as_unit("s"), sorted(strategies)])
    exact = closed.assign(
        gross=paise(closed["gross_pnl"]), cost=paise(closed["charges"]), net=paise(closed["net_pnl"]), n=1
    )
    exact["won"], exact["lost"] = exact["net"] > 0, exact["net"] < 0
    del taken
    sums = exact.groupby(["date", "strategy_name"])[["gross", "cost", "net", "n", "won", "lost"]].sum()
    sums = sums.reindex(index, fill_value=0)
    size = sums["n"].to_numpy(dtype=np.int64)
    rejections = orjson.dumps({"below_threshold": 2, "no_quote": 1}).decode()
    return strategy_performance.CONTRACT.frame(
        {
            "date": pd.Series(index.get_level_values(0)),
            "strategy_name": list(index.get_level_values(1)),
            "signals_generated": size * 3 + 3,
            "signals_scored": size * 3 + 2,
            "trades_taken": size,
            "signals_rejected": size * 2 + 3,
            "rejections": rejections,
            "winning_trades": sums["won"].to_numpy(dtype=np.int64),
            "losing_trades": sums["lost"].to_numpy(dtype=np.int64),
            "gross_pnl": sums["gross"].to_numpy() / 100,
            "charges": sums["cost"].to_numpy() / 100,
            "total_pnl": sums["net"].to_numpy() / 100,
            "max_drawdown": 0.0,
            "undefined_reasons": "{}",
        }
    )


def curve_frame(daily: pd.DataFrame, sharpe: float = 1.23) -> pd.DataFrame:
    """The desk's equity; ratios are NULL with a reason below 20 sessions."""
    if daily.empty:
        return equity_curve.CONTRACT.empty()
    net = paise(daily["net_pnl"])
    equity = paise(CAPITAL) + np.cumsum(net)
    peak = np.maximum.accumulate(np.maximum(equity, paise(CAPITAL)))
    enough = np.arange(1, len(daily) + 1) >= 20
    reason = orjson.dumps({"sharpe_ratio": f"{len(daily)} sessions, needs 20"}).decode()
    return equity_curve.CONTRACT.frame(
        {
            "date": daily["date"],
            "scope": "all",
            "net_pnl": net / 100,
            "equity": equity / 100,
            "peak_equity": peak / 100,
            "drawdown": (peak - equity) / 100,
            "max_drawdown": np.maximum.accumulate(peak - equity) / 100,
            "sharpe_ratio": np.where(enough, sharpe, np.nan),
            "sharpe_ratio_20": np.where(enough, sharpe + 0.5, np.nan),
            "undefined_reasons": ["{}" if shown else reason for shown in enough],
        }
    )


def issue_frame(days: np.ndarray, each: int = 2, seed: int = 3) -> pd.DataFrame:
    """Findings on every third day."""
    random = np.random.default_rng(seed)
    of_day = np.repeat(days[::3], each)
    if not len(of_day):
        return quality_issues.CONTRACT.empty()
    kinds = (
        (
            "critical",
            "consistency",
            "spot_band",
            "{} of 3,150 rows have spot outside 10000-30000 points (first: row 3, spot 5.0).",
        ),
        ("warning", "stale_data", "stale_snapshot", "{} snapshots are older than 300 s when they could be used."),
        ("info", "missing_data", "india_vix_missing", "{} snapshots carry no India VIX."),
    )
    chosen = [kinds[n] for n in random.choice(3, len(of_day), p=(0.15, 0.5, 0.35))]
    return quality_issues.CONTRACT.frame(
        {
            "date": pd.Series(of_day),
            "issue_id": [f"{n:016x}" for n in range(len(of_day))],
            "timestamp": pd.Series(of_day.astype("datetime64[us]") + np.timedelta64(4, "h")).dt.tz_localize("UTC"),
            "severity": [kind[0] for kind in chosen],
            "category": [kind[1] for kind in chosen],
            "rule": [kind[2] for kind in chosen],
            "message": [kind[3].format(random.integers(1, 30)) for kind in chosen],
            "details": "{}",
            "table_name": "market_snapshots",
        }
    )


def quarantine_frame(days: np.ndarray, each: int = 3) -> pd.DataFrame:
    """Quarantined rows on every fourth day."""
    of_day = np.repeat(days[::4], each)
    if not len(of_day):
        return quarantined_rows.CONTRACT.empty()
    return quarantined_rows.CONTRACT.frame(
        {
            "date": pd.Series(of_day),
            "table_name": "market_snapshots",
            "row_id": [f"{n:016x}" for n in range(len(of_day))],
            "feed": "simulated",
            "underlying": "NIFTY",
            "capture_id": "c" * 64,
            "severity": "critical",
            "reasons": ['["bid_above_ask"]' if n % 3 else '["after_close","spot_band"]' for n in range(len(of_day))],
            "detail": "bid 10.0 above ask 9.5",
            "raw": "{}",
        }
    )


def tear_sheet_data(
    sessions: int = 5, strategies: int = 2, per_day: int = 2, first: str = "2026-01-05", **changes: object
) -> TearSheetData:
    """A whole desk, consistent with itself."""
    days = weekdays(first, sessions)
    named = ["pcr_analysis", "oi_change_patterns", *(f"strategy_{n:02d}" for n in range(3, 60))]
    names = named[:strategies] if strategies <= len(named) else [f"strategy_{n:03d}" for n in range(strategies)]
    closed = trade_frame(days, names, per_day) if sessions * strategies * per_day else trades.CONTRACT.empty()
    daily = daily_frame(days, closed)
    by_strategy = strategy_frame(days, closed, names) if sessions else strategy_performance.CONTRACT.empty()
    versions = sorted(closed["model_version"].dropna().unique())
    values: dict[str, object] = {
        "title": "Index options desk",
        "first": date.fromisoformat(first),
        "last": date.fromisoformat(str(days[-1])) if sessions else date.fromisoformat(first),
        "generated_at": GENERATED_AT,
        "capital": CAPITAL,
        "daily_performance": daily,
        "strategy_performance": by_strategy,
        "equity_curve": curve_frame(daily),
        "trades": closed,
        "quality_issues": issue_frame(days),
        "quarantined": quarantined_counts(quarantine_frame(days)),
        "models": tuple(ModelStatus(name, HASHES[name], verified=True) for name in versions),
        "regression": tuple(
            RegressionStatus(
                name, passed=n != 1, matched=40 + n, missing=2 * (n == 1), note="2 signals are gone." * (n == 1)
            )
            for n, name in enumerate(names)
        ),
    }
    return TearSheetData(**(values | changes))


def reconciliation() -> ReconciliationStatus:
    """A broker that knows one trade more."""
    return ReconciliationStatus(18, 1, 2, 4_321.5, 4_300.25)
