"""The packaged rules by hand: where they fire, on which side, how sure, and just beside every threshold."""

import numpy as np
import pytest

from trading_assets.market.option_chain import OptionChain
from trading_assets.strategies.oi_change_patterns import STRATEGY as OI
from trading_assets.strategies.pcr_analysis import STRATEGY as PCR
from trading_assets.strategies.strategy import Surface
from trading_assets_tests.market.chain_builder import frame, leg, session, snapshot
from trading_assets_tests.strategies.scripted import oi_day, pcr_day


def ratios(first: float, second: float) -> Surface:
    """What pcr_analysis says when the ratio goes from one to the other in 30 minutes."""
    rows = [*snapshot("10:00", {25000: (1000, 1000 * first)}), *snapshot("10:30", {25000: (1000, 1000 * second)})]
    return PCR.evaluate(OptionChain.from_frame(frame(rows), session()), PCR.parameters)


def test_the_definition_in_numbers() -> None:
    params = PCR.parameters
    assert (params.strikes_each_side, params.pcr_low, params.pcr_high, params.slope_minutes) == (10, 0.70, 1.40, 30)
    assert (params.enter, params.full) == (0.30, 0.70)
    assert PCR.window_ist == ("09:30", "14:45")
    own = OI.parameters
    assert (own.strikes_each_side, own.window_minutes, own.min_turnover, own.enter, own.full) == (
        5,
        15,
        0.01,
        0.35,
        0.8,
    )
    assert OI.window_ist == ("09:45", "15:00")
    for strategy in (PCR, OI):
        plan = strategy.exit_plan
        assert (plan.stop_fraction, plan.target_fraction, plan.time_stop_minutes) == (0.25, 0.40, 45.0)
        assert strategy.cooldown_minutes == 30.0
        assert (strategy.parameters.max_spread, strategy.parameters.min_open_interest) == (0.05, 500.0)


def test_pcr_fires_where_the_story_says() -> None:
    said = PCR.evaluate(OptionChain.from_frame(pcr_day(), session()), PCR.parameters)
    assert np.flatnonzero(said.long).tolist() == [2]
    assert np.flatnonzero(said.short).tolist() == [6]
    assert said.confidence[2] == pytest.approx(0.5 + 0.45 * (0.45 - 0.30) / 0.40)
    assert said.confidence[6] == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("first", "second", "long", "short"),
    [
        (0.699, 0.700, True, False),
        (0.699, 0.701, False, False),
        (0.700, 0.700, False, False),
        (0.701, 0.700, False, False),
        (1.401, 1.400, False, True),
        (1.400, 1.399, False, False),
        (1.400, 1.400, False, False),
        (1.399, 1.400, False, False),
    ],
)
def test_pcr_thresholds(first: float, second: float, long: bool, short: bool) -> None:  # noqa: FBT001
    said = ratios(first, second)
    assert (bool(said.long[1]), bool(said.short[1])) == (long, short)
    assert not said.long[0]
    assert not said.short[0]


def test_pcr_looks_at_ten_strikes_each_side() -> None:
    ladder = [25000 + 50 * i for i in range(-11, 12)]
    legs = dict.fromkeys(ladder, (1000, 600))
    turned = dict.fromkeys(ladder, (1000, 650))
    # outside the ten the ratio is 9, which would lift the whole far above 0.70
    edge = {ladder[0]: (1000, 90_000), ladder[-1]: (1000, 90_000)}
    rows = [*snapshot("10:00", {**legs, **edge}), *snapshot("10:30", {**turned, **edge})]
    assert PCR.evaluate(OptionChain.from_frame(frame(rows), session()), PCR.parameters).long.tolist() == [False, True]


def test_oi_fires_where_the_story_says() -> None:
    said = OI.evaluate(OptionChain.from_frame(oi_day(), session()), OI.parameters)
    assert said.long.tolist() == [False, True, False]
    assert said.short.tolist() == [False, False, True]
    assert said.confidence[1] == pytest.approx(0.5 + 0.45 * (0.5 - 0.35) / 0.45)
    assert said.confidence[2] == pytest.approx(0.95)


def flows(calls: float, puts: float, forward: float, held: float = 10_000.0) -> Surface:
    """What oi_change_patterns says when so many calls and puts were written in 15 minutes."""
    early = [leg("10:00", 25000, side, held) for side in ("CE", "PE")]
    quotes = {"bid": 89.5, "ask": 90.5, "forward": forward}
    late = [leg("10:15", 25000, "CE", held + calls, **quotes), leg("10:15", 25000, "PE", held + puts, **quotes)]
    return OI.evaluate(OptionChain.from_frame(frame([*early, *late]), session()), OI.parameters)


@pytest.mark.parametrize(
    ("calls", "puts", "forward", "long", "short"),
    [
        (325, 675, 25001.0, True, False),  # flow exactly +0.35
        (326, 674, 25001.0, False, False),
        (675, 325, 24999.0, False, True),
        (674, 326, 24999.0, False, False),
        (325, 675, 25000.0, False, False),  # flat forward
        (325, 675, 24999.0, False, False),  # forward against it
        (675, 325, 25001.0, False, False),
        (0, 203, 25001.0, True, False),  # 203 of 20,203 is 1.005 %
        (0, 202, 25001.0, False, False),  # 202 of 20,202 is 0.9999 %
        (0, 500, np.nan, False, False),
    ],
)
def test_oi_thresholds(calls: float, puts: float, forward: float, long: bool, short: bool) -> None:  # noqa: FBT001
    said = flows(calls, puts, forward)
    assert (bool(said.long[1]), bool(said.short[1])) == (long, short)


def test_oi_looks_at_five_strikes_each_side() -> None:
    ladder = [25000 + 50 * i for i in range(-6, 7)]
    early = [leg("10:00", k, side, 1000) for k in ladder for side in ("CE", "PE")]
    late = [
        leg("10:15", k, side, oi, bid=89.5, ask=90.5, forward=25010.0)
        for k in ladder
        for side, oi in (("CE", 9000 if abs(k - 25000) == 300 else 1000), ("PE", 1100))
    ]
    said = OI.evaluate(OptionChain.from_frame(frame([*early, *late]), session()), OI.parameters)
    assert said.long.tolist() == [False, True]
