"""What is computed once is what would be computed again: per chain, per argument, and nobody can alter it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.market.asof import elapsed_minutes, medians_so_far, window_start
from trading_assets.market.bars import Bars, busy
from trading_assets.market.chain_features import pcr_oi, straddle, strikes_near
from trading_assets.market.once import once
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.option_flow import writer_flow
from trading_assets_tests.market.chain_builder import random_day, session

if TYPE_CHECKING:
    from collections.abc import Hashable

FRAME = random_day(np.random.default_rng(2), snapshots=40, strikes=5)


@dataclass
class Source:
    remembered: dict[Hashable, object] = field(default_factory=dict)
    calls: list[float] = field(default_factory=list)


@once
def doubled(source: Source, value: float, *, more: float = 0.0) -> np.ndarray:
    source.calls.append(value)
    return np.full(2, 2.0 * value + more)


def test_it_is_computed_once_per_source_and_arguments() -> None:
    source, other = Source(), Source()
    assert doubled(source, 3.0) is doubled(source, 3.0)
    assert doubled(source, 4.0).tolist() == [8.0, 8.0]
    assert doubled(source, 3.0, more=1.0).tolist() == [7.0, 7.0]
    assert source.calls == [3.0, 4.0, 3.0]
    assert doubled(other, 3.0) is not doubled(source, 3.0)


def test_functions_of_one_name_are_told_apart_by_their_place() -> None:
    def nested() -> object:
        @once
        def doubled(source: Source, value: float) -> float:
            return value * len(source.calls or [1])

        return doubled

    source = Source()
    assert doubled(source, 3.0).tolist() == [6.0, 6.0]
    assert nested()(source, 3.0) == 3.0  # type: ignore[operator]


def test_nobody_can_alter_what_others_get() -> None:
    chain = OptionChain.from_frame(FRAME, session())
    flow, bars = writer_flow(chain, 15.0, 5), Bars.of(chain)
    for values in (straddle(chain), flow.flow, flow.turnover, bars.close, bars.known, pcr_oi(chain, 5)):
        with pytest.raises(ValueError, match="read-only"):
            values[:1] = 0


def test_another_chain_and_other_arguments_are_computed_anew() -> None:
    chain = OptionChain.from_frame(FRAME, session())
    assert pcr_oi(chain) is pcr_oi(chain)
    assert pcr_oi(chain, 1) is not pcr_oi(chain)
    assert window_start(chain, 15.0) is not window_start(chain, 30.0)
    part = chain.select(slice(0, 7))
    assert part.remembered == {}
    assert len(elapsed_minutes(part)) == 7 < len(elapsed_minutes(chain))
    assert strikes_near(part, 1).shape[0] == 7


def test_running_medians_are_those_of_numpy_and_skip_what_is_missing() -> None:
    values = np.random.default_rng(4).normal(size=60).round(1)
    values[[0, 7, 8, 30]] = np.nan
    found = medians_so_far(values)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [float(np.nanmedian(values[: n + 1])) for n in range(1, 60)]
    assert medians_so_far(np.empty(0)).shape == (0,)


def test_a_busy_bar_is_judged_against_the_bars_before_it_alone() -> None:
    assert busy(np.array([9.0, 3.0, 6.0, np.nan, 9.1, 9.0]), 1.5).tolist() == [False, False, False, False, True, False]
    assert busy(np.empty(0), 1.5).tolist() == []
