"""Open interest against the close of the session before, by hand, and where it is undefined."""

from __future__ import annotations

import numpy as np
import pytest

from trading_assets.market.day_change import oi_change_day, pcr_oi_change
from trading_assets.market.option_chain import OptionChain
from trading_assets_tests.market.chain_builder import frame, leg, session
from trading_assets_tests.strategies.made_chain import made_chain

LOT = 75


def built(*legs: tuple[float, str, float, float | None]) -> OptionChain:
    """One snapshot of legs: strike, side, lots now and lots at the close before."""
    rows = [
        leg(
            "10:00",
            strike,
            side,
            now,
            previous_open_interest_units=np.nan if before is None else before * LOT,
        )
        for strike, side, now, before in legs
    ]
    return OptionChain.from_frame(frame(rows), session())


def test_changes_are_summed_over_the_legs_that_have_both() -> None:
    chain = built((25000, "CE", 130, 100), (25000, "PE", 90, 50), (25050, "CE", 500, None), (25050, "PE", 80, 70))
    assert oi_change_day(chain).tolist() == [30 + 40 + 10]
    assert pcr_oi_change(chain).tolist() == [50 / 30]


@pytest.mark.parametrize("calls", [100.0, 90.0])
def test_a_ratio_over_calls_that_did_not_grow_says_nothing(calls: float) -> None:
    chain = built((25000, "CE", calls, 100), (25000, "PE", 90, 50))
    assert np.isnan(pcr_oi_change(chain)).all()
    assert oi_change_day(chain).tolist() == [calls - 100 + 40]


def test_one_side_alone_has_a_change_and_no_ratio() -> None:
    chain = built((25000, "CE", 130, None), (25000, "PE", 90, 50))
    assert oi_change_day(chain).tolist() == [40]
    assert np.isnan(pcr_oi_change(chain)).all()


def test_a_negative_close_before_is_missing() -> None:
    chain = built((25000, "CE", 130, -5), (25000, "PE", 90, 50))
    assert oi_change_day(chain).tolist() == [40]


def test_it_is_missing_where_no_feed_says_it() -> None:
    for chain in (built((25000, "CE", 130, None)), made_chain()):
        assert np.isnan(oi_change_day(chain)).all()
        assert np.isnan(pcr_oi_change(chain)).all()
        assert oi_change_day(chain).shape == chain.spot.shape


def test_lots_are_those_of_today() -> None:
    rows = [leg("10:00", 25000, "CE", 130, previous_open_interest_units=6500.0, lot_size=65)]
    assert oi_change_day(OptionChain.from_frame(frame(rows), session())).tolist() == [30]
