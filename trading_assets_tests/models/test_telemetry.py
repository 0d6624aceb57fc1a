"""Telemetry: one gap in one trade is found and named; unscored trades need nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from trading_assets.models.telemetry import telemetry

HASHES = {"v1.0.0": "a" * 64, "v1.1.0": "b" * 64}
WHOLE = {"ml_score": 0.6, "model_version": "v1.0.0", "model_hash": "a" * 64, "features_snapshot": "{}"}


def trades(*changes: dict[str, object]) -> pd.DataFrame:
    rows = [{"trade_id": f"TRADE_{number}"} | WHOLE | change for number, change in enumerate(changes)]
    columns = ["trade_id", *WHOLE]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(set(columns) - {"ml_score"}, "str"))


def test_whole_trades_are_covered() -> None:
    found = telemetry(trades({}, {"model_version": "v1.1.0", "model_hash": "b" * 64}), HASHES)
    assert (found.scored, found.coverage, dict(found.gaps)) == (2, 1.0, {})
    assert found.sentence == "2 of 2 scored trades carry version, hash and features of a registered model."


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"model_hash": None}, "no hash"),
        ({"features_snapshot": None}, "no features"),
        ({"model_version": None}, "no version"),
        ({"model_version": "v9.0.0"}, "a version that is not registered"),
        ({"model_hash": "b" * 64}, "not the hash its version is registered with"),
        ({"model_hash": None, "features_snapshot": None}, "no hash, no features"),
    ],
)
def test_each_gap_is_named_with_its_trade(change: dict[str, object], gap: str) -> None:
    found = telemetry(trades({}, change, {}, {}), HASHES)
    assert dict(found.gaps) == {"TRADE_1": gap}
    assert found.coverage == 0.75
    assert found.sentence.endswith(f"TRADE_1: {gap}")


def test_trades_without_a_score_need_no_telemetry() -> None:
    unscored = dict.fromkeys(WHOLE, None) | {"ml_score": float("nan")}
    found = telemetry(trades(unscored), HASHES)
    assert (found.scored, found.coverage) == (0, None)
    assert "no trade has been scored yet" in found.sentence
    assert telemetry(trades({}, unscored), HASHES).coverage == 1.0


def test_no_more_than_five_trades_are_listed() -> None:
    gap: dict[str, object] = {"model_hash": None}
    found = telemetry(trades(*[gap] * 9), HASHES)
    assert len(found.gaps) == 9
    assert found.sentence.count("TRADE_") == 5
