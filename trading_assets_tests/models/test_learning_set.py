"""What a model may learn from: look-ahead is an error, the window is exact, the order handed in never matters."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ModelError
from trading_assets.models.learning_set import learning_set
from trading_assets.setting_sections import ScoringSettings
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random: object) -> None:
    examples = labelled_signals(rows=40)
    order = list(range(40))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert (
        learning_set(examples.iloc[order], SETTINGS, CUTOFF).sha256 == learning_set(examples, SETTINGS, CUTOFF).sha256
    )


def test_a_changed_value_changes_the_hash() -> None:
    examples = labelled_signals(rows=40)
    before = learning_set(examples, SETTINGS, CUTOFF).sha256
    examples.loc[3, "rsi"] += 1e-6
    assert learning_set(examples, SETTINGS, CUTOFF).sha256 != before


@pytest.mark.parametrize("cutoff", [date(2024, 2, 29), date(2024, 2, 1)])
def test_a_session_at_or_after_the_cutoff_is_look_ahead(cutoff: date) -> None:
    with pytest.raises(ModelError, match=r"look-ahead: .* are of the cut-off session or later"):
        learning_set(labelled_signals(), SETTINGS, cutoff)


def test_a_label_known_only_on_the_cutoff_day_in_ist_is_look_ahead() -> None:
    examples = labelled_signals()
    midnight = pd.Timestamp("2024-03-01", tz="Asia/Kolkata").tz_convert("UTC")
    examples.loc[159, "label_time"] = midnight - pd.Timedelta(microseconds=1)
    assert len(learning_set(examples, SETTINGS, CUTOFF)) == 160
    examples.loc[159, "label_time"] = midnight
    with pytest.raises(ModelError, match="look-ahead: 1 of 160 examples got their label at or after the cut-off"):
        learning_set(examples, SETTINGS, CUTOFF)


def test_a_label_that_is_as_old_as_its_features_is_the_label_as_a_feature() -> None:
    examples = labelled_signals()
    examples.loc[5, "label_time"] = examples.loc[5, "available_at"]
    with pytest.raises(ModelError, match="1 of 160 examples have a label that is not later than their features"):
        learning_set(examples, SETTINGS, CUTOFF)


def test_a_missing_label_time_is_refused() -> None:
    examples = labelled_signals()
    examples.loc[5, "label_time"] = pd.NaT
    with pytest.raises(ModelError, match="got their label"):
        learning_set(examples, SETTINGS, CUTOFF)


@pytest.mark.parametrize("label", [np.nan, 2.0, -1.0])
def test_a_label_is_0_or_1(label: float) -> None:
    examples = labelled_signals()
    examples.loc[0, "label"] = label
    with pytest.raises(ModelError, match="labels must be 0 or 1"):
        learning_set(examples, SETTINGS, CUTOFF)


@pytest.mark.parametrize("earned", [np.nan, np.inf])
def test_what_a_signal_earned_is_known(earned: float) -> None:
    examples = labelled_signals()
    examples.loc[3, "net_pnl"] = earned
    with pytest.raises(ModelError, match="net_pnl finite, without missing"):
        learning_set(examples, SETTINGS, CUTOFF)


def test_every_value_of_a_row_is_in_its_hash() -> None:
    examples = labelled_signals()
    before = learning_set(examples, SETTINGS, CUTOFF).sha256
    second = pd.Timedelta(seconds=1)
    for name, value in (("vix", 1.0), ("label", 1.0 - examples.loc[9, "label"]), ("net_pnl", 0.01)):
        assert learning_set(with_value(examples, name, value), SETTINGS, CUTOFF).sha256 != before, name
    for name in ("available_at", "label_time"):
        assert (
            learning_set(with_value(examples, name, examples.loc[9, name] + second), SETTINGS, CUTOFF).sha256 != before
        )
    assert learning_set(examples.iloc[::-1], SETTINGS, CUTOFF).sha256 == before


def with_value(examples: pd.DataFrame, name: str, value: object) -> pd.DataFrame:
    changed = examples.copy()
    changed.loc[9, name] = value
    return changed


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ModelError, match="lack vix, label_time"):
        learning_set(labelled_signals().drop(columns=["vix", "label_time"]), SETTINGS, CUTOFF)


def test_the_window_is_whole_months_and_the_embargo_takes_the_last_sessions() -> None:
    examples = labelled_signals(rows=400, sessions=40)
    days = sorted(examples["date"].dt.date.unique())
    month = learning_set(examples, ScoringSettings(training_months=1), CUTOFF)
    assert month.days[0] == min(day for day in days if day >= date(2024, 2, 1))
    assert month.days[-1] == days[-1]
    embargoed = learning_set(examples, ScoringSettings(embargo_sessions=2), CUTOFF)
    assert embargoed.days[-1] == days[-3]
    assert len(embargoed.days) == 38


@pytest.mark.parametrize(
    ("cutoff", "months", "first"),
    [
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 15), 3, date(2023, 10, 15)),
        (date(2025, 1, 31), 2, date(2024, 11, 30)),
        (date(2024, 12, 31), 12, date(2023, 12, 31)),
    ],
)
def test_months_are_calendar_months(cutoff: date, months: int, first: date) -> None:
    days = pd.date_range(first - pd.Timedelta(days=3), first + pd.Timedelta(days=3))
    examples = labelled_signals(rows=7, sessions=7).assign(date=days)
    examples["available_at"] = (days.tz_localize("UTC") + pd.Timedelta(hours=5)).astype("datetime64[us, UTC]")
    examples["label_time"] = examples["available_at"] + pd.Timedelta(minutes=1)
    assert learning_set(examples, ScoringSettings(training_months=months), cutoff).days[0] == first


def test_infinities_are_missing() -> None:
    examples = labelled_signals(rows=20)
    examples.loc[0, "pcr"] = np.inf
    assert np.isnan(learning_set(examples, SETTINGS, CUTOFF).matrix).sum() == 4


def test_no_rows_are_an_empty_set() -> None:
    assert len(learning_set(labelled_signals().iloc[:0], SETTINGS, CUTOFF)) == 0
