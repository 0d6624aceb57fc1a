"""A small desk for SQL tests: trades of two model versions, their rollups and the equity curve, true to each other."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pandas as pd

from trading_assets.storage.tables import TableStore
from trading_assets.tables import daily_performance, equity_curve, strategy_performance, trades
from trading_assets.tables.trades import CHARGE_COMPONENTS

MONDAY, TUESDAY = date(2025, 10, 13), date(2025, 10, 14)
CHARGES = 47.35
#: trade_id, session, strategy, model version, PCR seen, net P&L
TRADES = (
    ("TRADE_12345", MONDAY, "pcr_analysis", "v1.0.0", 1.62, 1250.25),
    ("TRADE_12346", MONDAY, "oi_change_patterns", "v1.0.0", 0.97, -310.10),
    ("TRADE_12347", TUESDAY, "pcr_analysis", "v1.1.0", 0.41, 89.95),
    ("TRADE_12348", TUESDAY, "pcr_analysis", None, None, -0.05),
)
_NO_CHARGES = dict.fromkeys(CHARGE_COMPONENTS, 0.0)


def fill(store: TableStore, today: datetime | None = None) -> None:
    """Store the desk; with `today`, the second session is that day."""
    second = today.astimezone(UTC).date() if today else TUESDAY
    days = {MONDAY: MONDAY, TUESDAY: second}
    rows = [(name, days[day], strategy, version, pcr, net) for name, day, strategy, version, pcr, net in TRADES]
    for number, day in enumerate(days.values(), start=1):
        of_day = [row for row in rows if row[1] == day]
        entered = today - timedelta(hours=1) if today and day == second else datetime(2025, 10, 13, 5, tzinfo=UTC)
        store.write(trades.CONTRACT, trades_of(of_day, entered), day)
        store.write(daily_performance.CONTRACT, _daily(day, of_day), day)
        store.write(strategy_performance.CONTRACT, _strategies(day, of_day), day)
        assert number
    store.write(equity_curve.CONTRACT, _curve(list(days.values())), None)


def trades_of(rows: list[tuple], entered: datetime) -> pd.DataFrame:
    """Trades of such rows, all entered at one moment."""
    ids, days, strategies, versions, pcrs, nets = zip(*rows, strict=True)
    seen = [None if pcr is None else orjson.dumps({"pcr": pcr, "vix": 11.5}).decode() for pcr in pcrs]
    constants = {"symbol": "NIFTY 2025-10-14 25000 CE", "underlying": "NIFTY", "exchange": "NSE", "option_type": "CE"}
    return trades.CONTRACT.frame(
        {
            **constants,
            **_NO_CHARGES,
            "date": list(days),
            "trade_id": list(ids),
            "expiry": [TUESDAY] * len(rows),
            "strike": 25_000.0,
            "strategy_name": list(strategies),
            "side": "BUY",
            "entry_time": [entered] * len(rows),
            "exit_time": [entered + timedelta(minutes=30)] * len(rows),
            "entry_price": 100.0,
            "exit_price": 110.0,
            "quantity": [75] * len(rows),
            "lots": [1] * len(rows),
            "lot_size": [75] * len(rows),
            "gross_pnl": [round(net + CHARGES, 2) for net in nets],
            "charges": CHARGES,
            "brokerage": CHARGES,
            "charges_version": "0" * 12,
            "charges_estimated": [True] * len(rows),
            "net_pnl": list(nets),
            "is_winning_trade": [net > 0 for net in nets],
            "exit_reason": "target",
            "mark_count": [30] * len(rows),
            "ml_score": [None if version is None else 0.75 for version in versions],
            "model_version": list(versions),
            "model_hash": [None if version is None else "a" * 64 for version in versions],
            "features_snapshot": seen,
            "source": "simulated",
        }
    )


def _daily(day: date, rows: list[tuple]) -> pd.DataFrame:
    nets = [row[-1] for row in rows]
    wins = [net for net in nets if net > 0]
    net = round(sum(nets), 2)
    charges = round(CHARGES * len(nets), 2)
    return daily_performance.CONTRACT.frame(
        {
            **_NO_CHARGES,
            "date": [day],
            "total_trades": [len(nets)],
            "winning_trades": [len(wins)],
            "losing_trades": [len(nets) - len(wins)],
            "win_rate": [len(wins) / len(nets)],
            "gross_pnl": [round(net + charges, 2)],
            "charges": [charges],
            "brokerage": [charges],
            "net_pnl": [net],
            "sum_wins": [round(sum(wins), 2)],
            "sum_losses": [round(net - sum(wins), 2)],
            "intraday_max_drawdown": [0.0],
            "longest_win_streak": [1],
            "longest_loss_streak": [1],
            "undefined_reasons": ['{"profit_factor":"not computed here"}'],
        }
    )


def _strategies(day: date, rows: list[tuple]) -> pd.DataFrame:
    names = sorted({row[2] for row in rows})
    nets = {name: [row[-1] for row in rows if row[2] == name] for name in names}
    totals = [round(sum(nets[name]), 2) for name in names]
    counts = [len(nets[name]) for name in names]
    zeros = [0] * len(names)
    return strategy_performance.CONTRACT.frame(
        {
            "date": [day] * len(names),
            "strategy_name": names,
            "signals_generated": counts,
            "signals_scored": counts,
            "trades_taken": counts,
            "signals_rejected": zeros,
            "rejections": "{}",
            "winning_trades": zeros,
            "losing_trades": zeros,
            "win_rate": [sum(net > 0 for net in nets[name]) / len(nets[name]) for name in names],
            "gross_pnl": totals,
            "charges": 0.0,
            "total_pnl": totals,
            "max_drawdown": [12.5] * len(names),
            "undefined_reasons": "{}",
        }
    )


def _curve(days: list[date]) -> pd.DataFrame:
    scopes = ["all", "pcr_analysis"]
    keys = [(scope, day) for scope in scopes for day in days]
    count = len(keys)
    return equity_curve.CONTRACT.frame(
        {
            "date": [day for _, day in keys],
            "scope": [scope for scope, _ in keys],
            "net_pnl": [0.0] * count,
            "equity": [1_000_000.0 + place for place in range(count)],
            "peak_equity": [1_000_000.0] * count,
            "drawdown": [0.0] * count,
            "max_drawdown": [310.10, 310.10, 0.05, 0.05],
            "sharpe_ratio_20": [1.5, None, 2.5, None],
            "undefined_reasons": ['{"sharpe_ratio":"2 sessions, 20 needed"}'] * count,
        }
    )
