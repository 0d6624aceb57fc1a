import pytest

from trading_assets.performance.by_model import COLUMNS, model_performance
from trading_assets_tests.performance.trades_frame import frame, trade


def scored(net: int, version: str, score: float, minute: int) -> dict[str, object]:
    return trade(net, minute=minute, model_version=version, ml_score=score)


def test_versions_are_compared_on_their_own_trades() -> None:
    rows = [
        scored(1_000, "v1.0.0", 0.6, 0),
        scored(-500, "v1.0.0", 0.4, 1),
        scored(300, "v1.1.0", 0.9, 2),
        trade(99_999, minute=3),
    ]
    found = model_performance(frame(rows)).set_index("model_version")
    assert found.index.tolist() == ["v1.0.0", "v1.1.0"]
    assert found["trades"].tolist() == [2, 1]
    assert found["win_rate"].tolist() == [0.5, 1.0]
    assert found["net_pnl"].tolist() == [5.0, 3.0]
    assert found["avg_ml_score"].tolist() == pytest.approx([0.5, 0.9])
    assert found["expectancy"].tolist() == [2.5, 3.0]
    assert found["profit_factor"].iloc[0] == 2.0
    assert found["profit_factor"].isna().tolist() == [False, True]


@pytest.mark.parametrize("rows", [[], [trade(100)]])
def test_without_scored_trades_the_table_is_empty(rows: list[dict[str, object]]) -> None:
    found = model_performance(frame(rows))
    assert (len(found), tuple(found.columns)) == (0, COLUMNS)
