"""Who wrote what, by hand and against plain Python."""

import numpy as np
import pytest

from trading_assets.market.option_chain import OptionChain
from trading_assets.market.option_flow import forward_change, writer_flow
from trading_assets_tests.market import plain
from trading_assets_tests.market.chain_builder import chain, leg, random_day, session


def quotes(clock: str, legs: dict[tuple[float, str], tuple[float, float]], forward: float = 25000.0) -> list[dict]:
    """Rows from (mid, open interest) by strike and type."""
    return [
        leg(clock, strike, side, oi, bid=mid - 0.5, ask=mid + 0.5, forward=forward)
        for (strike, side), (mid, oi) in legs.items()
    ]


EARLY = {(25000, "CE"): (100.0, 1000), (25000, "PE"): (100.0, 1000)}


@pytest.mark.parametrize(
    ("call", "put", "flow"),
    [
        ((90.0, 1000), (90.0, 1300), 1.0),  # puts written only
        ((90.0, 1300), (90.0, 1000), -1.0),  # calls written only
        ((90.0, 1100), (90.0, 1300), 0.5),  # both: (300 - 100) / 400
        ((110.0, 1100), (90.0, 1300), 1.0),  # calls bought: long buildup is not writing
        ((90.0, 900), (90.0, 1300), 1.0),  # calls closed: long unwinding is not writing
        ((110.0, 1300), (110.0, 1300), np.nan),  # nothing written
        ((99.95, 1000), (99.95, 1100), 1.0),  # one tick is a fall
        ((100.0, 1000), (99.97, 1100), np.nan),  # less than a tick is none
    ],
)
def test_a_leg_is_written_when_its_premium_falls_and_its_interest_rises(
    call: tuple[float, float], put: tuple[float, float], flow: float
) -> None:
    late = {(25000, "CE"): call, (25000, "PE"): put}
    found = writer_flow(chain(quotes("10:00", EARLY), quotes("10:15", late)), 15, 5).flow
    np.testing.assert_allclose(found, [np.nan, flow])


def test_turnover_is_over_the_interest_of_the_same_legs() -> None:
    late = {(25000, "CE"): (100.0, 1030), (25000, "PE"): (100.0, 990), (25050, "CE"): (50.0, 9999)}
    found = writer_flow(chain(quotes("10:00", EARLY), quotes("10:15", late)), 15, 5).turnover
    np.testing.assert_allclose(found, [np.nan, 40 / 2020])


def test_strikes_out_of_scope_do_not_count() -> None:
    early = {**EARLY, (25050, "CE"): (50.0, 100), (25050, "PE"): (150.0, 100)}
    late = {**early, (25050, "CE"): (40.0, 5100), (25000, "PE"): (90.0, 1100)}
    built = chain(quotes("10:00", early), quotes("10:15", late))
    assert writer_flow(built, 15, 0).flow[1] == 1.0
    assert writer_flow(built, 15, 1).flow[1] < 0


@pytest.mark.parametrize("gap", [2.0, 6.0, 22.0])
def test_flow_equals_plain_python(gap: float) -> None:
    day = random_day(np.random.default_rng(int(gap)), snapshots=20, strikes=9, gap_minutes=gap, holes=0.1)
    by_snapshot = plain.snapshots(day)
    expected = np.array([plain.writer_flow(by_snapshot, i, 15, 2) for i in range(len(by_snapshot))])
    found = writer_flow(OptionChain.from_frame(day, session()), 15, 2)
    np.testing.assert_allclose(found.flow, expected[:, 0])
    np.testing.assert_allclose(found.turnover, expected[:, 1])
    assert np.isfinite(found.flow).any()


def test_the_forward_moves_by_its_own_change_and_is_unknown_without_both_ends() -> None:
    built = chain(quotes("10:00", EARLY, 25000.0), quotes("10:15", EARLY, 25012.5), quotes("10:30", EARLY, np.nan))
    found = forward_change(built, 15)
    assert found[1] == 12.5
    assert np.isnan(found[[0, 2]]).all()
