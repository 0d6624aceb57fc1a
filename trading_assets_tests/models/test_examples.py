"""Examples join what the model saw with what became of it, one row per traded signal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trading_assets.models.examples import COLUMNS, examples
from trading_assets.models.features import FEATURE_NAMES, feature_frame
from trading_assets.models.learning_set import learning_set
from trading_assets.models.scoring import score
from trading_assets_tests.models.chains import chain, signals_at
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS

CHAIN = chain()
SIGNALS = signals_at(CHAIN.available_at)
FEATURES = feature_frame({"NIFTY": CHAIN}, SIGNALS)
SCORED = score(SIGNALS, FEATURES, None, 0.4)


def trades_of(scored: pd.DataFrame) -> pd.DataFrame:
    """The columns of `trades` that are read, one trade per signal, every second one a winner."""
    wins = np.arange(len(scored)) % 2 == 0
    return pd.DataFrame(
        {
            "signal_id": scored["signal_id"].astype("str"),
            "exit_time": scored["available_at"] + pd.Timedelta(minutes=15),
            "is_winning_trade": wins,
            "net_pnl": np.where(wins, 500.0, -300.0),
        }
    )


def test_they_are_the_snapshots_with_label_and_its_time() -> None:
    found = examples(SCORED, trades_of(SCORED))
    assert list(found.columns) == list(COLUMNS)
    assert found["label"].tolist() == [1.0, 0.0] * 37 + [1.0]
    assert (found["label_time"] > found["available_at"]).all()
    expected = FEATURES.loc[:, list(FEATURE_NAMES)].to_numpy()
    assert np.array_equal(found.loc[:, list(FEATURE_NAMES)].to_numpy(), expected, equal_nan=True)
    assert len(learning_set(found, SETTINGS, CUTOFF)) == len(SIGNALS)


def test_a_signal_that_was_not_traded_and_a_trade_without_a_signal_are_absent() -> None:
    trades = trades_of(SCORED).iloc[10:]
    imported = trades.iloc[:1].assign(signal_id=None)
    found = examples(SCORED, pd.concat([trades, imported], ignore_index=True))
    assert found["signal_id"].tolist() == SCORED["signal_id"].tolist()[10:]


def test_a_signal_without_a_snapshot_is_absent() -> None:
    scored = SCORED.copy()
    scored.loc[0, "features_snapshot"] = None
    assert len(examples(scored, trades_of(scored))) == len(SCORED) - 1


def test_the_order_handed_in_does_not_matter() -> None:
    trades = trades_of(SCORED)
    mixed = examples(SCORED.sample(frac=1.0, random_state=1), trades.sample(frac=1.0, random_state=2))
    pd.testing.assert_frame_equal(mixed, examples(SCORED, trades))


@pytest.mark.parametrize("empty", ["scored", "trades", "both"])
def test_nothing_gives_an_empty_frame_that_training_accepts(empty: str) -> None:
    scored = SCORED.iloc[:0] if empty != "trades" else SCORED
    trades = trades_of(SCORED).iloc[:0] if empty != "scored" else trades_of(SCORED)
    found = examples(scored, trades)
    assert (len(found), list(found.columns)) == (0, list(COLUMNS))
    assert len(learning_set(found, SETTINGS, CUTOFF)) == 0
