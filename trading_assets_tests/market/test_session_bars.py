"""What a session leaves to later ones: the values of its own features, five minutes at a time, and nothing ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trading_assets.market.bars import Bars
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.session_bars import histories, session_bars
from trading_assets.market.surface_features import skew_25d
from trading_assets.tables.session_bars import CONTRACT
from trading_assets_tests.market.chain_builder import DAY, at, flat_frame, frame, leg, random_day, session


def test_a_bar_holds_the_last_snapshot_at_or_before_its_end() -> None:
    rows = flat_frame({"09:16": (25_010.0, 11.0), "09:20": (25_020.0, 12.0), "09:21": (25_030.0, 13.0)})
    late = flat_frame({"09:26": (25_040.0, 14.0)})
    found = session_bars(pd.concat([rows, late]), session()).iloc[:2]
    assert found["ended_at"].tolist() == [at("09:20"), at("09:25")]
    assert found["close"].tolist() == [25_020.0, 25_030.0]
    assert found["india_vix"].tolist() == [12.0, 13.0]
    assert found["underlying"].tolist() == ["NIFTY"] * 2
    assert found["date"].tolist() == [pd.Timestamp(DAY)] * 2


def test_the_last_bar_ends_with_the_last_snapshot_for_that_is_the_close() -> None:
    rows = flat_frame({"15:24": (25_010.0, 11.0), "15:26": (25_020.0, 12.0), "15:29": (25_033.0, 13.0)})
    found = session_bars(rows, session())
    assert found["ended_at"].iloc[-2:].tolist() == [at("15:25"), at("15:30")]
    assert found["close"].iloc[-2:].tolist() == [25_010.0, 25_033.0]
    assert found["india_vix"].iloc[-1] == 13.0
    assert histories(found, [DAY])["NIFTY"].previous_close == 25_033.0
    on_time = session_bars(flat_frame({"15:25": (25_010.0, 11.0), "15:30": (25_033.0, 13.0)}), session())
    assert on_time["ended_at"].iloc[-2:].tolist() == [at("15:25"), at("15:30")]


def test_a_single_snapshot_is_a_bar_and_no_snapshot_is_none() -> None:
    assert session_bars(flat_frame({"09:16": (25_010.0, 11.0)}), session())["ended_at"].tolist() == [at("09:20")]
    assert session_bars(frame([leg("09:16", 25_000, "CE")]).iloc[:0], session()).equals(CONTRACT.empty())


def test_what_is_older_than_ten_minutes_is_missing_and_not_repeated() -> None:
    found = session_bars(flat_frame({"09:18": (25_010.0, 11.0), "09:45": (25_050.0, 12.0)}), session())
    assert found["close"].isna().tolist() == [False, False, True, True, True, False]
    assert found["india_vix"].isna().tolist() == found["close"].isna().tolist()


def test_each_underlying_has_its_own_bars() -> None:
    rows = flat_frame({"09:20": (25_000.0, 12.0)})
    both = pd.concat([rows, rows.assign(underlying="BANKNIFTY", spot=52_000.0)], ignore_index=True)
    found = session_bars(both, session()).set_index("underlying")["close"]
    assert found.to_dict() == {"BANKNIFTY": 52_000.0, "NIFTY": 25_000.0}


def test_the_skew_is_the_features_to_six_decimals() -> None:
    day = random_day(np.random.default_rng(2), snapshots=40, strikes=31, gap_minutes=2.0)
    chain = OptionChain.from_frame(day, session())
    found = session_bars(day, session())
    expected = np.append(Bars.of(chain).at_ends(skew_25d(chain), chain), skew_25d(chain)[-1])
    assert np.isfinite(expected).any()
    assert np.array_equal(found["skew_25d"].to_numpy(), np.round(expected, 6), equal_nan=True)


def test_bars_do_not_depend_on_the_order_of_the_rows() -> None:
    day = random_day(np.random.default_rng(4), snapshots=20, strikes=15)
    pd.testing.assert_frame_equal(
        session_bars(day.sample(frac=1.0, random_state=1), session()), session_bars(day, session())
    )


@pytest.mark.parametrize("count", [1, 7, 19])
def test_all_bars_but_the_last_of_a_session_under_way_are_those_of_the_whole(count: int) -> None:
    day = random_day(np.random.default_rng(6), snapshots=20, strikes=15)
    whole = session_bars(day, session())
    part = session_bars(day[day["snapshot_id"] < f"s{count:04d}"], session())
    pd.testing.assert_frame_equal(part.iloc[:-1], whole.iloc[: len(part) - 1])
    assert part["ended_at"].iloc[-1] == whole["ended_at"].iloc[len(part) - 1]


def test_what_was_left_is_read_back_by_the_next_session() -> None:
    day = random_day(np.random.default_rng(9), snapshots=60, strikes=21, gap_minutes=6.0)
    left = session_bars(day, session())
    known = histories(left, [DAY])["NIFTY"]
    assert known.previous_close == left["close"].dropna().iloc[-1]
    assert np.isfinite(known.closes).sum() == left["close"].notna().sum()
    assert known.closes_before(5).tolist() == left["close"].dropna().tolist()[-5:]
