"""Volume of the chain and the price it was traded around, by hand on a few snapshots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.bars import Bars
from trading_assets.market.traded_volume import bar_volume, volume_so_far, vwap
from trading_assets_tests.market.chain_builder import chain, leg

Row = dict[str, object]


def traded(clock: str, spot: float, *volumes: float) -> list[Row]:
    """A snapshot whose calls, 50 points apart, have traded so many units since the open; NaN is missing."""
    return [leg(clock, 25_000.0 + 50.0 * at, "CE", spot=spot, volume_units=volume) for at, volume in enumerate(volumes)]


def test_volume_is_that_of_all_legs() -> None:
    found = chain(traded("09:15", 25_000.0, 75.0, 150.0), traded("09:20", 25_000.0, 300.0, 150.0))
    assert volume_so_far(found).tolist() == [225.0, 450.0]


def test_a_leg_that_drops_out_takes_nothing_away() -> None:
    found = chain(
        traded("09:15", 25_000.0, 75.0, 150.0), traded("09:20", 25_000.0, 90.0), traded("09:25", 25_000.0, 90.0, 180.0)
    )
    assert volume_so_far(found).tolist() == [225.0, 225.0, 270.0]


def test_before_any_volume_was_seen_it_is_missing_and_zero_is_not() -> None:
    found = chain(traded("09:15", 25_000.0, np.nan), traded("09:20", 25_000.0, 0.0), traded("09:25", 25_000.0, np.nan))
    np.testing.assert_array_equal(volume_so_far(found), [np.nan, 0.0, 0.0])


def test_the_price_is_weighted_by_what_was_traded_since_the_snapshot_before() -> None:
    found = chain(traded("09:15", 25_000.0, 100.0), traded("09:20", 25_100.0, 400.0), traded("09:25", 30_000.0, 400.0))
    expected = (25_000.0 * 100 + 25_100.0 * 300) / 400
    assert vwap(found).tolist() == [25_000.0, pytest.approx(expected), pytest.approx(expected)]


def test_without_trades_there_is_no_price() -> None:
    found = chain(traded("09:15", 25_000.0, 0.0), traded("09:20", 25_000.0, 0.0), traded("09:25", 25_050.0, 75.0))
    np.testing.assert_array_equal(vwap(found), [np.nan, np.nan, 25_050.0])


def test_a_snapshot_without_a_spot_adds_nothing() -> None:
    found = chain(traded("09:15", 25_000.0, 100.0), traded("09:20", np.nan, 900.0), traded("09:25", 25_200.0, 1_000.0))
    assert vwap(found)[-1] == pytest.approx((25_000.0 * 100 + 25_200.0 * 100) / 200)


def test_a_bar_has_what_was_traded_within_it() -> None:
    found = chain(traded("09:16", 25_000.0, 100.0), traded("09:19", 25_000.0, 250.0), traded("09:24", 25_000.0, 700.0))
    assert bar_volume(found, Bars.of(found)).tolist()[:1] == [250.0]
    assert np.nansum(bar_volume(found, Bars.of(found))) <= 700.0


@settings(max_examples=25)
@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=10), st.floats(20_000.0, 30_000.0))
def test_volume_never_falls_and_a_steady_index_is_its_own_price(volumes: list[int], spot: float) -> None:
    clocks = [f"{9 + (15 + 5 * at) // 60:02d}:{(15 + 5 * at) % 60:02d}" for at in range(len(volumes))]
    found = chain(*(traded(clock, spot, float(volume)) for clock, volume in zip(clocks, volumes, strict=True)))
    total = volume_so_far(found)
    assert (np.diff(total) >= 0.0).all()
    assert total.tolist() == np.maximum.accumulate(np.array(volumes, dtype=np.float64)).tolist()
    price = vwap(found)
    np.testing.assert_allclose(price[total > 0.0], spot, rtol=1e-12)
    assert np.isnan(price[total == 0.0]).all()
