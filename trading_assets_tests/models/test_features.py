"""The ten features: their names are a contract, their values are what could be known, and no later number counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.chain_features import five_minute_closes, oi_change, pcr_oi, total_oi
from trading_assets.market.indicators import bollinger_width, macd_pct, rsi
from trading_assets.models.features import DECIMALS, FEATURE_NAMES, FEATURES, feature_frame
from trading_assets_tests.models.chains import DELAY, chain, poisoned, signals_at

CHAIN = chain()
LAST = len(CHAIN.spot) - 1


def test_names_and_order_are_the_contract() -> None:
    assert FEATURE_NAMES == (
        "signal_strength",
        "entry_price",
        "spot_price",
        "pcr",
        "total_oi",
        "oi_change_1h",
        "vix",
        "rsi",
        "macd",
        "bollinger_width",
    )
    assert all(feature.definition.endswith(".") for feature in FEATURES)


def test_each_feature_is_its_definition_at_the_snapshot_that_fired() -> None:
    signals = signals_at(CHAIN.available_at)
    frame = feature_frame({"NIFTY": CHAIN}, signals)
    ends, closes = five_minute_closes(CHAIN)
    bar = np.searchsorted(ends, CHAIN.observed_at, side="right") - 1
    expected = {
        "signal_strength": signals["confidence"].to_numpy(),
        "entry_price": signals["entry_price"].to_numpy(),
        "spot_price": CHAIN.spot,
        "pcr": pcr_oi(CHAIN),
        "total_oi": total_oi(CHAIN),
        "oi_change_1h": oi_change(CHAIN, 60, 5),
        "vix": CHAIN.india_vix,
        "rsi": np.append(rsi(closes), np.nan)[bar],
        "macd": np.append(macd_pct(closes), np.nan)[bar],
        "bollinger_width": np.append(bollinger_width(closes), np.nan)[bar],
    }
    assert list(frame.columns) == ["signal_id", *FEATURE_NAMES]
    for name, values in expected.items():
        assert np.allclose(frame[name], values, atol=0.6 * 10**-DECIMALS, rtol=0.0, equal_nan=True), name
        assert np.isfinite(values).any(), name
    assert set(frame.dtypes.iloc[1:].astype(str)) == {"float64"}


@pytest.mark.parametrize("snapshot", [0, 1, 13, 30, 44, 60, LAST])
@pytest.mark.parametrize("wait", [0, 100, 299])
def test_poisoning_the_future_changes_nothing(snapshot: int, wait: int) -> None:
    decided = CHAIN.available_at[snapshot] + np.timedelta64(wait, "s")
    signals = signals_at(np.array([decided]))
    clean = feature_frame({"NIFTY": CHAIN}, signals)
    assert feature_frame({"NIFTY": poisoned(CHAIN, decided)}, signals).equals(clean)
    if snapshot < LAST:
        assert not feature_frame({"NIFTY": poisoned(CHAIN, decided - np.timedelta64(400, "s"))}, signals).equals(clean)


@given(st.integers(0, LAST), st.integers(0, 4))
def test_a_truncated_session_gives_the_same_features(snapshot: int, step: int) -> None:
    fine = chain(minutes=1, snapshots=75, seed=step)
    signals = signals_at(fine.available_at[snapshot : snapshot + 1])
    seen = fine.select(slice(0, snapshot + 1))
    assert feature_frame({"NIFTY": seen}, signals).equals(feature_frame({"NIFTY": fine}, signals))


def test_a_signal_before_the_first_snapshot_knows_itself_only() -> None:
    frame = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at[:1] - np.timedelta64(1, "us")))
    assert frame.iloc[0, 3:].isna().all()
    assert frame["signal_strength"].notna().all()


def test_a_snapshot_that_was_observed_but_had_not_arrived_is_not_used() -> None:
    frame = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.observed_at[10:11] + DELAY / 2))
    assert frame["spot_price"].to_numpy() == pytest.approx(CHAIN.spot[9], abs=1e-6)


def test_an_underlying_without_a_chain_has_missing_features() -> None:
    frame = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at[:3], "SENSEX"))
    assert frame.iloc[:, 3:].isna().all(axis=None)


def test_each_underlying_reads_its_own_chain_and_the_order_of_signals_is_kept() -> None:
    import pandas as pd

    other = chain(seed=9, underlying="BANKNIFTY")
    both = pd.concat([signals_at(CHAIN.available_at[:20]), signals_at(CHAIN.available_at[:20], "BANKNIFTY")])
    mixed = both.sample(frac=1.0, random_state=1).reset_index(drop=True)
    frame = feature_frame({"BANKNIFTY": other, "NIFTY": CHAIN}, mixed)
    assert frame["signal_id"].tolist() == mixed["signal_id"].tolist()
    single = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at[:20]))
    picked = frame[frame["signal_id"].isin(single["signal_id"])].sort_values("signal_id", ignore_index=True)
    assert picked.equals(single)


def test_no_signals_have_an_empty_frame_with_all_columns() -> None:
    frame = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at[:0]))
    assert (len(frame), list(frame.columns)) == (0, ["signal_id", *FEATURE_NAMES])


def test_a_flat_market_has_no_minus_zero() -> None:
    signals = signals_at(CHAIN.available_at)
    frame = feature_frame({"NIFTY": CHAIN}, signals)
    values = frame.iloc[:, 1:].to_numpy()
    assert not np.signbit(values[values == 0.0]).any()


def test_a_market_that_does_not_move_has_no_rsi_and_no_width() -> None:
    flat = replace(CHAIN, spot=np.full(len(CHAIN.spot), 21_500.0))
    last = feature_frame({"NIFTY": flat}, signals_at(flat.available_at[-1:])).iloc[0]
    assert np.isnan(last["rsi"])
    assert (last["macd"], last["bollinger_width"]) == (0.0, 0.0)


def test_a_ratio_over_nothing_is_missing_not_infinite() -> None:
    interest = CHAIN.open_interest_lots.copy()
    interest[..., 0] = 0.0
    no_calls = replace(CHAIN, open_interest_lots=interest)
    frame = feature_frame({"NIFTY": no_calls}, signals_at(CHAIN.available_at))
    assert frame["pcr"].isna().all()
    assert frame["total_oi"].notna().all()


def test_a_vix_nobody_recorded_is_missing_and_nothing_else_is() -> None:
    blind = replace(CHAIN, india_vix=np.full(len(CHAIN.spot), np.nan))
    frame = feature_frame({"NIFTY": blind}, signals_at(CHAIN.available_at[-1:]))
    assert frame.columns[frame.isna().all()].tolist() == ["vix"]


def test_features_do_not_depend_on_which_other_signals_are_asked_about() -> None:
    whole = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at))
    alone = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at).iloc[[40]])
    assert alone.reset_index(drop=True).equals(whole.iloc[[40]].reset_index(drop=True))
