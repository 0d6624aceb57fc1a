"""Model versions are compared with their uncertainty and their hashes are not taken on trust."""

from __future__ import annotations

import numpy as np
import pytest

from trading_assets.report.intervals import wilson
from trading_assets.report.numbers import NULL, percent
from trading_assets.report.status import ModelStatus
from trading_assets.report.versions import version_key, version_table
from trading_assets.tables import trades
from trading_assets_tests.report.frames import HASHES, trade_frame, weekdays


def test_nothing_without_trades() -> None:
    assert version_table(trades.CONTRACT.empty(), (), 1).rows == ()


def test_versions_sort_by_number_newest_first() -> None:
    table = version_table(trade_frame(weekdays("2025-01-01", 240), ["a"], 1), (), 1)
    assert [row.version for row in table.rows][:3] == ["1.19.0", "1.18.0", "1.17.0"]
    assert version_key("1.10.0") > version_key("1.9.0")


def test_every_trade_belongs_to_one_version() -> None:
    closed = trade_frame(weekdays("2025-06-02", 100), ["a"], 3)
    closed.loc[closed.index[:20], ["model_version", "model_hash"]] = None
    table = version_table(closed, (), 1)
    assert sum(int(row.trades.text) for row in table.rows) == len(closed)
    assert (table.rows[-1].version, table.rows[-1].model_hash, table.rows[-1].verified) == ("no model", NULL, "")


def test_intervals_are_the_ones_of_the_trades() -> None:
    closed = trade_frame(weekdays("2026-01-05", 10), ["a"], 4)
    row = version_table(closed, (), 1).rows[0]
    wins = int((closed["net_pnl"] > 0).sum())
    expected = wilson(wins, 40)
    assert expected is not None
    assert row.win_rate_interval == f"{percent(expected.low, 0)} to {percent(expected.high, 0)}"
    assert row.left <= row.dot <= row.left + row.width + 0.1
    assert not row.few


def test_few_trades_and_a_single_session_are_said() -> None:
    row = version_table(trade_frame(weekdays("2026-01-05", 1), ["a"], 5), (), 1).rows[0]
    assert row.few
    assert row.average_interval == "needs two sessions"


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ((), "not in the registry"),
        ((ModelStatus("1.0.0", HASHES["1.0.0"]),), "not verified"),
        ((ModelStatus("1.0.0", HASHES["1.0.0"], verified=True),), "verified"),
        ((ModelStatus("1.0.0", HASHES["1.0.0"], verified=False),), "file altered"),
        ((ModelStatus("1.0.0", "f" * 64, verified=True),), "differs from the registry"),
    ],
)
def test_a_hash_is_verified_only_when_somebody_did(models: tuple[ModelStatus, ...], said: str) -> None:
    row = version_table(trade_frame(weekdays("2026-01-05", 3), ["a"], 1), models, 1).rows[0]
    assert (row.model_hash, row.verified) == (HASHES["1.0.0"][:12], said)


def test_one_version_with_two_hashes_is_noticed() -> None:
    closed = trade_frame(weekdays("2026-01-05", 3), ["a"], 2)
    closed["model_hash"] = np.where(np.arange(len(closed)) % 2, "a" * 64, "b" * 64)
    assert version_table(closed, (), 1).rows[0].model_hash == "2 different hashes"


def test_older_versions_are_counted_not_dropped_silently() -> None:
    table = version_table(trade_frame(weekdays("2024-01-01", 420), ["a"], 1), (), 1)
    assert len(table.rows) == 12
    assert table.left_out == "8 older versions not listed."


def test_the_same_seed_gives_the_same_table() -> None:
    closed = trade_frame(weekdays("2026-01-05", 10), ["a"], 4)
    assert version_table(closed, (), 5) == version_table(closed, (), 5)
