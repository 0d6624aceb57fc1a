"""What each model version's trades earned, with 95 % intervals that say how little a few trades prove."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.cells import Cell, money, share
from trading_assets.report.intervals import Interval, bootstrap_mean, wilson
from trading_assets.report.numbers import NULL, count, counted, percent, rupees, shortened
from trading_assets.tables.money import total

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from trading_assets.report.status import ModelStatus

_WITHOUT = "no model"
_MOST_ROWS = 12
_NAME_LIMIT = 30
_HASH_SHOWN = 12
#: Below this many trades a version's figures are marked as too few.
FEW_TRADES = 30


@dataclass(frozen=True)
class VersionRow:
    """One model version; the bar of its win rate lies from `left` over `width` with a mark at `dot`, in percent."""

    version: str
    model_hash: str
    verified: str
    trades: Cell
    win_rate: Cell
    win_rate_interval: str
    left: float
    width: float
    dot: float
    average: Cell
    average_interval: str
    net: Cell
    few: bool


@dataclass(frozen=True)
class VersionTable:
    """The newest versions first, trades without a model last, and how many older versions are not listed."""

    rows: tuple[VersionRow, ...]
    left_out: str


def version_table(trades: pd.DataFrame, models: Sequence[ModelStatus], seed: int) -> VersionTable:
    """Group trades by model version; at most 12 versions are listed.

    Args:
        trades: Trades of the range, n ≥ 0.
        models: Registered versions, to say whether a hash was verified.
        seed: Seed of the bootstrap.
    """
    known = {model.version: model for model in models}
    names = trades["model_version"].fillna(_WITHOUT)
    groups = {str(name): rows for name, rows in trades.groupby(names, sort=True)}
    order = sorted(groups, key=lambda name: (name != _WITHOUT, version_key(name)), reverse=True)
    rows = tuple(_row(name, groups[name], known.get(name), seed) for name in order[:_MOST_ROWS])
    older = len(order) - len(rows)
    return VersionTable(rows, f"{counted(older, 'older version')} not listed." if older else "")


def version_key(version: str) -> tuple[list[int], str]:
    """Return what sorts semantic versions by number: 1.10.0 after 1.9.0."""
    return [int(part) for part in re.findall(r"\d+", version)[:3]], version


def _row(name: str, rows: pd.DataFrame, model: ModelStatus | None, seed: int) -> VersionRow:
    size, wins = len(rows), int((rows["net_pnl"] > 0).sum())
    rate = wilson(wins, size)
    session = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    mean = bootstrap_mean(rows["net_pnl"].to_numpy(), session, seed)
    low, high = (rate.low, rate.high) if rate else (0.0, 0.0)
    net = total(rows["net_pnl"])
    return VersionRow(
        version=shortened(name, _NAME_LIMIT),
        model_hash=_hashes(rows) if name != _WITHOUT else NULL,
        verified=_verified(name, model, rows),
        trades=Cell(count(size)),
        win_rate=share(wins / size),
        win_rate_interval=f"{percent(low, 0)} to {percent(high, 0)}",
        left=round(100 * low, 1),
        width=round(100 * (high - low), 1),
        dot=round(100 * wins / size, 1),
        average=money(net / size),
        average_interval=_mean_interval(mean),
        net=money(net),
        few=size < FEW_TRADES,
    )


def _hashes(rows: pd.DataFrame) -> str:
    found = sorted(rows["model_hash"].dropna().unique())
    if len(found) > 1:
        return f"{len(found)} different hashes"
    return str(found[0])[:_HASH_SHOWN] if found else "not recorded"


def _verified(name: str, model: ModelStatus | None, rows: pd.DataFrame) -> str:
    if name == _WITHOUT:
        return ""
    if model is None:
        return "not in the registry"
    if set(rows["model_hash"].dropna()) - {model.model_hash}:
        return "differs from the registry"
    return {True: "verified", False: "file altered", None: "not verified"}[model.verified]


def _mean_interval(mean: Interval | None) -> str:
    if mean is None:
        return "needs two sessions"
    return f"{rupees(mean.low, plus=True)} to {rupees(mean.high, plus=True)}"
