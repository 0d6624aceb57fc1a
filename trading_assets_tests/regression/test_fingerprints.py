"""Fingerprints: one per session and strategy, over every bit of the signals and not over their order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.regression.fingerprints import deviations, fingerprints
from trading_assets.tables.signals import CONTRACT
from trading_assets_tests.regression.given import record, signals_frame

SIGNALS = pd.concat(
    [
        signals_frame(record(0), record(30), record(60)),
        signals_frame(record(10, strategy_id="other", signal_id="0" * 16), record(24 * 60)),
    ],
    ignore_index=True,
)
PLAIN = fingerprints(SIGNALS)


def test_there_is_one_per_session_and_strategy() -> None:
    assert list(PLAIN) == ["2025-10-15 mine", "2025-10-15 other", "2025-10-16 mine"]
    assert all(len(told) == 16 for told in PLAIN.values())
    assert len(set(PLAIN.values())) == 3
    assert fingerprints(CONTRACT.empty()) == {}


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(source: object) -> None:
    rows = list(range(len(SIGNALS)))
    source.shuffle(rows)
    assert fingerprints(SIGNALS.iloc[rows]) == PLAIN


@pytest.mark.parametrize("column", [name for name in CONTRACT.names if name not in {"date", "strategy_id"}])
def test_every_column_counts_for_its_own_session_and_strategy_only(column: str) -> None:
    first = SIGNALS["signal_id"].to_numpy() == record(0).signal_id
    values = SIGNALS[column]
    if values.dtype.kind == "M" or str(values.dtype).startswith("datetime"):
        other = (values.fillna(SIGNALS["timestamp"]) + pd.Timedelta(seconds=1)).where(first, values)
    elif values.dtype.kind == "b":
        other = values ^ first
    elif values.dtype.kind in "if":
        other = pd.Series(np.where(first, values.fillna(0.0) + 1, values))
    else:
        other = values.where(~first, "x")
    found = fingerprints(SIGNALS.assign(**{column: other}))
    assert deviations(PLAIN, found) == ["2025-10-15 mine"]


def test_the_last_bit_of_a_float_counts() -> None:
    nearly = SIGNALS.assign(confidence=np.nextafter(SIGNALS["confidence"], 1.0))
    assert deviations(PLAIN, fingerprints(nearly)) == list(PLAIN)


def test_a_lost_signal_a_new_one_and_another_strategy_deviate_by_name() -> None:
    assert deviations(PLAIN, fingerprints(SIGNALS.iloc[1:])) == ["2025-10-15 mine"]
    assert deviations(PLAIN, fingerprints(SIGNALS[SIGNALS["strategy_id"] == "mine"])) == ["2025-10-15 other"]
    assert deviations({}, PLAIN) == deviations(PLAIN, {}) == list(PLAIN)
    assert deviations(PLAIN, dict(reversed(PLAIN.items()))) == []
