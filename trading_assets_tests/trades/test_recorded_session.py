"""One recorded session traded twice: by the simulation, and by plain Python that knows none of it."""

from __future__ import annotations

import functools
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.settings import TradingSettings
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signals import signals
from trading_assets.tables import scored_signals
from trading_assets.tables.money import paise
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.simulation import Simulation, TradingRules, simulate_under
from trading_assets_tests.strategies.sessions import market, recorded, session_of
from trading_assets_tests.trades.plain_desk import Desk, Row, trade_session

pytestmark = pytest.mark.recordings
#: 18 whole chains of 18 expiries, about 22 minutes apart.
DAY = date(2025, 11, 14)
MONEY = ("gross_pnl", "charges", "brokerage", "stt", "exchange_txn", "ipft", "sebi_fee", "stamp_duty", "gst", "net_pnl")
#: The strategies' own signals under the defaults, and random ones that crowd the desk until every limit binds.
DESKS = {
    "own": {},
    "unlimited": {"max_open_positions": 10_000, "max_loss_per_day": Decimal(10**9)},
    "crowded": {"max_open_positions": 12, "max_loss_per_day": Decimal(9_000), "cool_down": timedelta(minutes=40)},
    "trailing": {"trailing_fraction": 0.15, "max_open_positions": 10_000, "max_loss_per_day": Decimal(10**9)},
}


@functools.cache
def chain(folder: Path) -> pd.DataFrame:
    return recorded(folder, DAY)


def asked(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Random signals on legs of the session, also on those nobody quotes; a third of them has a second leg."""
    rng = np.random.default_rng(14)
    rows = frame.iloc[rng.integers(0, len(frame), count)].reset_index(drop=True)
    second = frame.assign(pick=rng.random(len(frame))).sort_values("pick").drop_duplicates("snapshot_id")
    pairs = rows[: count // 3][["snapshot_id"]].merge(second.drop(columns="pick"), on="snapshot_id", how="left")
    number = np.concatenate((np.arange(count), np.arange(len(pairs))))
    whole = pd.concat([rows, pairs], ignore_index=True)
    spot = whole["spot"].to_numpy()

    def some(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return rng.choice([np.nan, *values], count)[number]

    copied = ("date", "underlying", "available_at", "snapshot_id", "expiry", "strike", "option_type")
    return scored_signals.CONTRACT.frame(
        {
            **{name: whole[name] for name in copied},
            "signal_id": [f"{n:016x}" for n in range(len(whole))],
            "content_hash": "h",
            "strategy_id": [f"strategy_{place:02d}" for place in rows.groupby("snapshot_id").cumcount()[number]],
            "parameter_hash": "p",
            "timestamp": whole["observed_at"],
            "symbol": "NIFTY",
            "side": rng.choice(["BUY", "SELL"], len(whole)),
            "leg": np.concatenate((np.ones(count, dtype=np.int64), np.full(len(pairs), 2))),
            "confidence": 0.7,
            "entry_price": 100.0,
            "entry_price_estimated": False,
            "stop_fraction": some(0.1, 0.25, 0.5),
            "target_fraction": some(0.1, 0.4),
            "time_stop_minutes": some(20.0, 60.0),
            "stop_spot": np.rint(spot * (1 + some(-0.002, 0.002))),
            "target_spot": np.rint(spot * (1 + some(-0.003, 0.003))),
            "exit_at": whole["observed_at"] + pd.to_timedelta(some(5.0, 45.0), unit="min"),
            "market_conditions": "{}",
        }
    )


def told(frame: pd.DataFrame) -> list[Row]:
    """Rows as plain dictionaries, None for what is missing."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {name: value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


@functools.cache
def both(folder: Path, name: str) -> tuple[Simulation, dict[object, Row], dict[object, str]]:
    frame, session = chain(folder), session_of(DAY)
    own = signals(frame, session, {}, load_strategies(), {})
    wanted = scored_signals.CONTRACT.frame(own) if name == "own" else asked(frame, 600)
    trading = TradingSettings.model_validate(DESKS[name])
    simulated = simulate_under(wanted, frame, session, TradingRules(market().reference, trading, load_charges()))
    desk = Desk(
        close=session.close,
        max_open=trading.max_open_positions,
        max_loss=int(trading.max_loss_per_day * 100),
        cool_down=trading.cool_down,
        trailing=None if trading.trailing_fraction is None else str(trading.trailing_fraction),
    )
    keys = ["observed_at", "available_at", "spot", "expiry", "strike", "option_type", "bid", "ask", "lot_size"]
    rows, days = told(frame[keys]), told(wanted)
    for row in (*rows, *days):
        row["expiry"] = row["expiry"].date()  # type: ignore[attr-defined]
    return simulated, *trade_session(days, rows, desk)


@pytest.mark.parametrize("name", DESKS)
def test_a_recorded_session_is_traded_to_the_paisa_as_by_plain_python(recordings: Path, name: str) -> None:
    simulated, taken, _ = both(recordings, name)
    trades = simulated.trades
    assert set(trades["signal_id"]) == set(taken)
    for column in (*MONEY, "mae", "mfe"):
        ours = dict(zip(trades["signal_id"], paise(trades[column]).tolist(), strict=True))
        assert ours == {key: found[column] for key, found in taken.items()}, column
    for column in ("entry_price", "exit_price"):
        ours = dict(zip(trades["signal_id"], np.rint(trades[column] * 100).astype(int).tolist(), strict=True))
        assert ours == {key: found[column] for key, found in taken.items()}, column
    for column in ("entry_time", "exit_time", "exit_reason", "quantity", "mark_count"):
        assert dict(zip(trades["signal_id"], trades[column], strict=True)) == {
            key: found[column] for key, found in taken.items()
        }, column


@pytest.mark.parametrize("name", DESKS)
def test_every_other_signal_is_rejected_for_the_same_reason(recordings: Path, name: str) -> None:
    simulated, _, rejected = both(recordings, name)
    turned = simulated.outcomes[simulated.outcomes["outcome"] == "rejected"]
    assert dict(zip(turned["signal_id"], turned["reason"], strict=True)) == rejected


def test_the_session_knows_nearly_every_way_in_and_out(recordings: Path) -> None:
    reasons, refusals = set(), set()
    for name in DESKS:
        simulated = both(recordings, name)[0]
        reasons |= set(simulated.trades["exit_reason"])
        refusals |= set(simulated.outcomes["reason"].dropna())
    assert reasons >= {"signal", "stop", "trailing", "stop_spot", "target", "target_spot", "time", "square_off"}
    assert refusals >= {"quote_missing", "leg_rejected", "max_open_positions", "daily_loss_limit", "cool_down"}
    assert len(both(recordings, "own")[1]) > 0
