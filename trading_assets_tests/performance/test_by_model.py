from datetime import date

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from trading_assets.performance.by_model import COLUMNS, model_performance
from trading_assets.tables.model_performance import CONTRACT
from trading_assets.tables.schema import violations
from trading_assets_tests.performance.trades_frame import frame, trade

MONDAY = pd.Timestamp("2024-02-05")
RATIOS = ["win_rate", "avg_ml_score", "calibration_gap", "brier", "roc_auc", "expectancy", "profit_factor"]


def scored(net: int, version: str, score: float, minute: int) -> dict[str, object]:
    return trade(net, minute=minute, model_version=version, ml_score=score)


def on(day: pd.Timestamp, net: int = 100) -> dict[str, object]:
    return trade(net, model_version="v1.0.0", ml_score=0.5, date=day)


def test_versions_are_compared_on_their_own_trades() -> None:
    rows = [
        scored(1_000, "v1.0.0", 0.6, 0),
        scored(-500, "v1.0.0", 0.4, 1),
        scored(300, "v1.1.0", 0.9, 2),
        trade(99_999, minute=3),
    ]
    found = model_performance(frame(rows)).set_index("model_version")
    assert found.index.tolist() == ["v1.0.0", "v1.1.0"]
    assert found["week"].tolist() == [MONDAY, MONDAY]
    assert found["trades"].tolist() == [2, 1]
    assert found["win_rate"].tolist() == [0.5, 1.0]
    assert found["net_pnl"].tolist() == [5.0, 3.0]
    assert found["avg_ml_score"].tolist() == pytest.approx([0.5, 0.9])
    assert found["calibration_gap"].tolist() == pytest.approx([0.0, -0.1])
    assert found["brier"].tolist() == pytest.approx([0.16, 0.01])
    assert found["expectancy"].tolist() == [2.5, 3.0]
    assert found["profit_factor"].iloc[0] == 2.0
    assert found["profit_factor"].isna().tolist() == [False, True]
    assert not violations(CONTRACT, found.reset_index()[list(COLUMNS)])


def test_what_is_not_defined_is_null_with_its_reason() -> None:
    found = model_performance(frame([scored(1_000, "v1.0.0", 0.6, 0), scored(500, "v1.0.0", 0.4, 1)])).iloc[0]
    reasons = orjson.loads(found["undefined_reasons"])
    assert set(reasons) == {"roc_auc", "profit_factor"}
    assert reasons["roc_auc"] == "all_trades_won_or_all_lost"
    assert np.isnan(found["roc_auc"])


def test_a_version_that_left_no_scores_says_so() -> None:
    found = model_performance(frame([trade(1_000, model_version="v1.0.0")])).iloc[0]
    reasons = orjson.loads(found["undefined_reasons"])
    for name in ("avg_ml_score", "calibration_gap", "brier", "roc_auc"):
        assert reasons[name] == "no_scores"
        assert np.isnan(found[name])
    assert found["win_rate"] == 1.0


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2024, 2, 5), date(2024, 2, 5)),
        (date(2024, 2, 9), date(2024, 2, 5)),
        (date(2024, 2, 10), date(2024, 2, 5)),
        (date(2024, 2, 11), date(2024, 2, 5)),
        (date(2024, 2, 12), date(2024, 2, 12)),
        (date(2024, 1, 1), date(2024, 1, 1)),
        (date(2023, 12, 31), date(2023, 12, 25)),
    ],
)
def test_a_week_begins_on_monday_across_months_and_years(day: date, monday: date) -> None:
    assert model_performance(frame([on(pd.Timestamp(day))]))["week"].iloc[0].date() == monday


def test_weeks_are_rows_of_their_own_in_order() -> None:
    days = [pd.Timestamp("2024-02-14"), pd.Timestamp("2024-02-06"), pd.Timestamp("2024-02-13")]
    found = model_performance(frame([on(day, net) for day, net in zip(days, (100, 200, 400), strict=True)]))
    assert found["week"].tolist() == [MONDAY, pd.Timestamp("2024-02-12")]
    assert found["net_pnl"].tolist() == [2.0, 5.0]
    assert found["sessions"].tolist() == [1, 2]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=40))
def test_brier_and_auc_are_those_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    rows = [scored(100 if won else -100, "v1.0.0", score, n) for n, (score, won) in enumerate(pairs)]
    found = model_performance(frame(rows)).iloc[0]
    scores, labels = [score for score, _ in pairs], [won for _, won in pairs]
    assert found["brier"] == pytest.approx(brier_score_loss(labels, scores, pos_label=True))
    if len(set(labels)) == 2:
        assert found["roc_auc"] == pytest.approx(roc_auc_score(labels, scores))
    reasons = orjson.loads(found["undefined_reasons"])
    assert [name for name in RATIOS if np.isnan(found[name])] == [name for name in RATIOS if name in reasons]


@pytest.mark.parametrize("rows", [[], [trade(100)]])
def test_without_scored_trades_the_table_is_empty(rows: list[dict[str, object]]) -> None:
    found = model_performance(frame(rows))
    assert (len(found), tuple(found.columns)) == (0, COLUMNS)
