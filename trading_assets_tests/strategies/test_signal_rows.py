"""Rows of the table: what is written for each leg, on grids that do not depend on the processor."""

import numpy as np
import orjson
import pandas as pd

from trading_assets.market.option_chain import OptionChain
from trading_assets.strategies.entries import entries
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.pacing import Candidates
from trading_assets.strategies.signal_rows import Describer, signals_frame
from trading_assets.strategies.strategy import BUY_CALL, BUY_STRADDLE, ExitPlan, Leg, Parameters
from trading_assets.tables.signals import CONTRACT
from trading_assets_tests.market.chain_builder import random_day, session
from trading_assets_tests.strategies.scripted import scripted

CHAIN = OptionChain.from_frame(random_day(np.random.default_rng(11), snapshots=8, strikes=9), session())
SURE = np.linspace(0.5, 0.9, 8)


def rows(legs: tuple[Leg, ...], *snapshots: int) -> pd.DataFrame:
    at = np.array(snapshots, dtype=np.intp)
    taken = Candidates(legs, tuple(entries(CHAIN, leg, at, Parameters()) for leg in legs))
    strategy = scripted(exit_plan=ExitPlan(0.2, None, 45.0))
    return signals_frame(Describer(CHAIN).rows(strategy, strategy.parameters, taken, SURE))


def test_a_row_per_leg_and_signal() -> None:
    assert len(rows(BUY_CALL, 1, 4, 6)) == 3
    assert len(rows(BUY_STRADDLE, 1, 4)) == 4
    assert rows(BUY_CALL).equals(CONTRACT.empty())


def test_confidence_and_times_are_of_the_snapshot() -> None:
    found = rows(BUY_CALL, 1, 4).sort_values("timestamp")
    assert found["confidence"].tolist() == [SURE[1], SURE[4]]
    expected = [pd.Timestamp(CHAIN.observed_at[i], tz="UTC") for i in (1, 4)]
    assert found["timestamp"].tolist() == expected
    assert found["snapshot_id"].tolist() == ["s0001", "s0004"]


def test_the_exit_plan_travels_along_and_none_is_missing() -> None:
    found = rows(BUY_CALL, 1)
    assert found["stop_fraction"].tolist() == [0.2]
    assert found["target_fraction"].isna().all()
    assert found["time_stop_minutes"].tolist() == [45.0]


def test_a_level_is_stored_and_changes_the_content_and_not_the_id() -> None:
    at, strategy = np.array([1, 4]), scripted(exit_plan=ExitPlan(0.2, None, 45.0))
    chosen = (entries(CHAIN, BUY_CALL[0], at, Parameters()),)
    stop = Levels(stop_spot=np.where(np.arange(8) == 1, 24_000.0, np.nan)).filled(8)
    plain = signals_frame(Describer(CHAIN).rows(strategy, strategy.parameters, Candidates(BUY_CALL, chosen), SURE))
    found = signals_frame(
        Describer(CHAIN).rows(strategy, strategy.parameters, Candidates(BUY_CALL, chosen, stop), SURE)
    )
    assert found["signal_id"].tolist() == plain["signal_id"].tolist()
    assert sorted(found["stop_spot"].fillna(0.0)) == [0.0, 24_000.0]
    # a signal without a level keeps its content
    assert (found["content_hash"] == plain["content_hash"]).tolist() == found["stop_spot"].isna().tolist()
    assert found["stop_fraction"].tolist() == [0.2, 0.2]


def test_conditions_have_sorted_keys_and_six_decimals() -> None:
    for text in rows(BUY_CALL, *range(8))["market_conditions"]:
        told = orjson.loads(text)
        assert list(told) == ["atm_iv", "days_to_expiry", "forward", "pcr", "spot"]
        assert orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode() == text
        assert all(value == round(value, 6) for value in told.values())
        assert round(told["pcr"] * 1e6) == round(told["pcr"] * 1e6, 9)


def test_rows_are_sorted_by_id_and_ids_do_not_repeat() -> None:
    found = rows(BUY_STRADDLE, *range(8))
    assert found["signal_id"].is_monotonic_increasing
    assert found["signal_id"].is_unique
    assert found["content_hash"].str.fullmatch("[0-9a-f]{16}").all()
