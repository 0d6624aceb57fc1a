"""A small market to trade on: snapshots and scored signals written down quote by quote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pandas as pd

from trading_assets.market.calendar import IST
from trading_assets.market.packaged import Market, load_market
from trading_assets.settings import TradingSettings
from trading_assets.tables import market_snapshots, scored_signals
from trading_assets.trades.simulation import Simulation, simulate

DAY = date(2024, 2, 6)
EXPIRY = date(2024, 2, 8)
NO_SLIPPAGE = TradingSettings(slippage_ticks=0)
Quote = tuple[float | None, float | None]


@lru_cache
def market() -> Market:
    return load_market()


def at(clock: str, day: date = DAY) -> datetime:
    """IST time of day as UTC."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").replace(tzinfo=UTC).time(), IST).astimezone(UTC)


@dataclass
class Stage:
    """Quotes and signals of one session; times are IST, the lag is from observation to availability."""

    day: date = DAY
    expiry: date = EXPIRY
    underlying: str = "NIFTY"
    lot_size: int = 50
    lag: timedelta = timedelta(seconds=5)
    rows: list[dict[str, object]] = field(default_factory=list)
    signals: list[dict[str, object]] = field(default_factory=list)

    def snapshot(
        self, clock: str, quotes: dict[tuple[float, str], Quote], spot: float = 21_700.0, **changes: object
    ) -> None:
        """Add a snapshot with the quotes of (strike, option type)."""
        observed = at(clock, self.day)
        for (strike, option_type), (bid, ask) in quotes.items():
            row = {
                "date": pd.Timestamp(self.day),
                "underlying": self.underlying,
                "feed": "stage",
                "snapshot_id": f"{self.underlying}-{clock}",
                "capture_id": "c",
                "observed_at": observed,
                "received_at": observed + self.lag,
                "available_at": observed + self.lag,
                "spot": spot,
                "spot_source": "feed",
                "expiry": pd.Timestamp(self.expiry),
                "strike": strike,
                "option_type": option_type,
                "bid": float("nan") if bid is None else bid,
                "ask": float("nan") if ask is None else ask,
                "lot_size": self.lot_size,
            }
            self.rows.append(row | changes)

    def path(self, quotes: dict[str, Quote], strike: float = 21_700.0, option_type: str = "CE") -> None:
        """Add one snapshot per time with the quote of one contract."""
        for clock, quote in quotes.items():
            self.snapshot(clock, {(strike, option_type): quote})

    def signal(self, clock: str, name: str = "sig", **changes: object) -> None:
        """Add a buy of the 21,700 call on the snapshot of that time."""
        observed = at(clock, self.day)
        row = {
            "date": pd.Timestamp(self.day),
            "signal_id": name,
            "content_hash": "h",
            "strategy_id": "alpha",
            "parameter_hash": "p",
            "underlying": self.underlying,
            "timestamp": observed,
            "available_at": observed + self.lag,
            "snapshot_id": f"{self.underlying}-{clock}",
            "symbol": "NIFTY 21700 CE",
            "expiry": pd.Timestamp(self.expiry),
            "strike": 21_700.0,
            "option_type": "CE",
            "side": "BUY",
            "leg": 1,
            "confidence": 0.7,
            "entry_price": 100.0,
            "entry_price_estimated": False,
            "stop_fraction": float("nan"),
            "target_fraction": float("nan"),
            "time_stop_minutes": float("nan"),
            "market_conditions": "{}",
            "ml_score": float("nan"),
            "decision_threshold": 0.4,
        }
        self.signals.append(row | changes)

    def snapshots(self) -> pd.DataFrame:
        return market_snapshots.CONTRACT.frame(pd.DataFrame(self.rows))

    def scored(self) -> pd.DataFrame:
        if not self.signals:
            return scored_signals.CONTRACT.empty()
        return scored_signals.CONTRACT.frame(pd.DataFrame(self.signals))

    def run(self, settings: TradingSettings = NO_SLIPPAGE) -> Simulation:
        session = market().reference.calendar_of(self.underlying).session(self.day)
        snapshots = self.snapshots() if self.rows else market_snapshots.CONTRACT.empty()
        return simulate(self.scored(), snapshots, session, market().reference, settings)

    def only_trade(self, settings: TradingSettings = NO_SLIPPAGE) -> pd.Series:
        """Run and return the one trade there must be."""
        trades = self.run(settings).trades
        assert len(trades) == 1
        return trades.iloc[0]

    def only_reason(self, settings: TradingSettings = NO_SLIPPAGE) -> str:
        """Run and return the one rejection reason there must be."""
        simulation = self.run(settings)
        assert len(simulation.trades) == len(simulation.fills) == 0
        (reason,) = simulation.outcomes["reason"].unique()
        return str(reason)
