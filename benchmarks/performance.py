"""Rollups, matching and ratios: a session of 10,000 trades, five years of 1,000 a day, 100,000 fills; CPU seconds.

The peer of the ratios is quantstats on the same returns, in an interpreter of its own named by
`TRADING_ASSETS_BENCH_QUANTSTATS`: it is no dependency, not even of development. Without it there is no ratio there.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks._timing import cpu_seconds
from trading_assets.market.packaged import load_market
from trading_assets.metrics import RETURN_METRICS
from trading_assets.performance.rollups import Funnel, daily_performance, strategy_performance
from trading_assets.return_series import ReturnSeries
from trading_assets.tables import scored_signals, signal_outcomes
from trading_assets.tables.trades import CHARGE_COMPONENTS, SIMULATED
from trading_assets.trades.round_trips import Executions, Method, match

if TYPE_CHECKING:
    from trading_assets.market.calendar import Session

Result = dict[str, object]
QUANTSTATS = "TRADING_ASSETS_BENCH_QUANTSTATS"
RETURNS = 1_250
#: Ours by quantstats' name; both are asked for all of them.
SHARED = {
    "sharpe": "sharpe_ratio",
    "sortino": "sortino_ratio",
    "volatility": "annual_volatility",
    "comp": "cumulative_return",
    "cagr": "cagr",
    "max_drawdown": "max_drawdown_fraction",
    "calmar": "calmar",
    "ulcer_index": "ulcer_index",
    "tail_ratio": "tail_ratio",
    "omega": "omega",
    "skew": "skewness",
    "kurtosis": "excess_kurtosis",
}
_PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
import quantstats.stats as stats
names, values, start = json.load(sys.stdin)
returns = pd.Series(values, index=pd.bdate_range(start, periods=len(values)))
taken = []
for _ in range(5):
    started = time.process_time()
    for name in names:
        getattr(stats, name)(returns)
    taken.append(time.process_time() - started)
print(min(taken))
"""


def trades(sessions: list[Session], each: int) -> pd.DataFrame:
    """What rollups read of random trades in stored order: ids ascend within a session."""
    chance = np.random.default_rng(1)
    size = len(sessions) * each
    day = np.repeat(np.array([session.day for session in sessions], dtype="datetime64[s]"), each)
    entered = day.astype("datetime64[us]") + (13_500 + chance.integers(0, 20_000, size)).astype("timedelta64[s]")
    net = chance.integers(-(10**6), 10**6, size)
    return pd.DataFrame(
        {
            "date": day,
            "trade_id": pd.array(_ids(size), dtype="str"),
            "strategy_name": pd.array(
                np.array([f"s{n}" for n in range(20)])[chance.integers(0, 20, size)], dtype="str"
            ),
            "entry_time": pd.DatetimeIndex(entered).tz_localize("UTC"),
            "exit_time": pd.DatetimeIndex(
                entered + chance.integers(1, 2_000, size).astype("timedelta64[s]")
            ).tz_localize("UTC"),
            "side": pd.array(["BUY"] * size, dtype="str"),
            "entry_price": np.full(size, 100.0),
            "quantity": np.full(size, 75),
            "gross_pnl": (net + 5) / 100.0,
            "charges": np.full(size, 0.05),
            **{name: np.full(size, 0.05 if name == "brokerage" else 0.0) for name in CHARGE_COMPONENTS},
            "net_pnl": net / 100.0,
            "initial_risk": np.full(size, 100.0),
            "source": pd.array([SIMULATED] * size, dtype="str"),
        },
        copy=False,  # else the columns are there twice, which would be the peak
    )


def _ids(size: int) -> pa.Array:
    """Ascending ids, shape (n,), made without n Python strings, whose memory would count as that of the rollup."""
    digits = pc.utf8_lpad(pc.cast(pa.array(np.arange(size)), pa.string()), 16, padding="0")
    return pc.binary_join_element_wise("TRADE_", digits, "")


def _by_groupby(frame: pd.DataFrame) -> pd.DataFrame:
    """The least a rollup in pandas costs: sums, counts and the drawdown of each session."""
    ordered = frame.sort_values(["date", "exit_time", "trade_id"])
    days = ordered.groupby("date", sort=True)["net_pnl"]
    found = days.agg(["size", "sum", "max", "min", lambda net: (net > 0).mean()])
    return found.assign(drawdown=days.agg(lambda net: (net.cumsum().cummax() - net.cumsum()).max()))


def _fills(size: int) -> Executions:
    chance = np.random.default_rng(1)
    columns = (
        chance.integers(0, 400, size),
        chance.integers(0, 10**9, size),
        chance.permutation(size),
        chance.integers(0, 2, size).astype(bool),
        chance.integers(1, 40, size) * 75,
    )
    return Executions(*columns, chance.integers(0, 10**8, (size, 8)))


def _result(name: str, value: float, target: float, peer: tuple[str, float] | None = None) -> Result:
    found: Result = {"name": name, "value": value, "unit": "CPU s", "target": target}
    return found if peer is None else found | {"peer": peer[0], "ratio": peer[1] / value}


def _rollups() -> list[Result]:
    calendar = load_market({}).calendar
    sessions = [calendar.session(day) for day in calendar.sessions(date(2020, 1, 1), date(2026, 3, 31))[:RETURNS]]
    one, funnel = (
        trades(sessions[:1], 10_000),
        Funnel(scored_signals.CONTRACT.empty(), signal_outcomes.CONTRACT.empty()),
    )
    years = trades(sessions, 1_000)
    whole = cpu_seconds(lambda: daily_performance(years, sessions, SIMULATED), 3)
    # before the peer takes more; a third of it is these trades themselves
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    groupby = cpu_seconds(lambda: _by_groupby(years), 1)
    return [
        _result(
            "daily_performance of 10,000 trades",
            cpu_seconds(lambda: daily_performance(one, sessions[:1], SIMULATED), 9),
            0.020,
        ),
        _result(
            "strategy_performance of 10,000 trades, 20 strategies",
            cpu_seconds(lambda: strategy_performance(one, funnel, sessions[0], [], SIMULATED), 9),
            0.020,
        ),
        _result(
            "daily_performance of 1,250 sessions, 1.25 million trades",
            whole,
            1.5,
            ("pandas groupby: five of the 29 columns", groupby),
        ),
        _result("the same: peak of the process", peak, 500.0) | {"unit": "MB"},
    ]


def _matching() -> list[Result]:
    fills = _fills(100_000)
    times = {method: cpu_seconds(lambda method=method: match(fills, method), 3) for method in Method}
    average = ("average cost, a loop over plain lists", times[Method.AVERAGE])
    return [_result("100,000 fills matched first in, first out", times[Method.FIFO], 0.150, average)]


def _ratios() -> list[Result]:
    returns = np.random.default_rng(3).normal(0.0005, 0.01, RETURNS)
    ours = {metric.name: metric.function for metric in RETURN_METRICS}

    def all_ratios() -> None:
        series = ReturnSeries(returns)
        for name in SHARED.values():
            ours[name](series)

    seconds = cpu_seconds(all_ratios, 9)
    python = os.environ.get(QUANTSTATS)
    if python is None:
        return [_result(f"{len(SHARED)} ratios of {RETURNS:,} returns", seconds, 0.005)]
    question = json.dumps([list(SHARED), returns.tolist(), "2021-01-01"])
    answer = subprocess.run([python, "-c", _PEER], input=question, capture_output=True, text=True, check=True)
    peer = ("quantstats", float(answer.stdout))
    return [_result(f"{len(SHARED)} ratios of {RETURNS:,} returns", seconds, 0.005, peer)]


def measure() -> list[Result]:
    """Every figure of this room."""
    return [*_rollups(), *_matching(), *_ratios()]
