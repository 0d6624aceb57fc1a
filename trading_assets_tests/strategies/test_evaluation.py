"""What a strategy says is checked; what it raises is named."""

from dataclasses import replace

import numpy as np
import pytest

from trading_assets.errors import StrategyError
from trading_assets.market.option_chain import OptionChain
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.evaluation import evaluated, parameters_in_force
from trading_assets.strategies.strategy import Parameters, Strategy, Surface
from trading_assets_tests.market.chain_builder import session
from trading_assets_tests.strategies.scripted import flat_day, scripted

CHAIN = OptionChain.from_frame(flat_day(["10:00", "10:05"]), session())


def saying(long: object, short: object, confidence: object) -> Strategy[Parameters]:
    return replace(scripted(), evaluate=lambda *_: Surface(long, short, confidence))


NO, SURE = np.zeros(2, dtype=bool), np.full(2, 0.6)


@pytest.mark.parametrize(
    ("surface", "words"),
    [
        ((NO[:1], NO, SURE), r"long is bool of shape \(1,\); expected bool of shape \(2,\)"),
        ((NO, NO.astype(float), SURE), "short is float64"),
        ((NO, NO, SURE.astype(int)), "confidence is int64"),
        ((NO, ~NO, SURE * np.nan), "fires at 2025-10-15T04:30:00.000000 UTC with confidence nan"),
        ((~NO, NO, SURE * 2), r"confidence 1\.2; expected 0 to 1"),
    ],
)
def test_a_malformed_surface_is_refused(surface: tuple[object, object, object], words: str) -> None:
    with pytest.raises(StrategyError, match=words):
        evaluated(saying(*surface), CHAIN, Parameters())


def test_confidence_may_be_missing_where_nothing_fires() -> None:
    said = evaluated(saying(np.array([True, False]), NO, np.array([0.6, np.nan])), CHAIN, Parameters())
    assert said.long.tolist() == [True, False]


def test_an_exception_names_strategy_underlying_and_session() -> None:
    def broken(chain: OptionChain, params: Parameters) -> Surface:
        del params
        raise IndexError(len(chain.strikes))

    with pytest.raises(StrategyError, match=r"scripted on NIFTY 2025-10-15 failed: IndexError.*") as caught:
        evaluated(replace(scripted(), evaluate=broken), CHAIN, Parameters())
    assert "raise IndexError(len(chain.strikes))" in str(caught.value)


def test_overrides_change_only_the_named_strategy() -> None:
    strategies = load_strategies()
    params = parameters_in_force(strategies, {"pcr_analysis": {"pcr_low": 0.6}})
    assert params["pcr_analysis"] != strategies["pcr_analysis"].parameters
    assert params["oi_change_patterns"] == strategies["oi_change_patterns"].parameters


def test_a_misspelled_strategy_is_refused_and_one_left_out_is_not() -> None:
    with pytest.raises(StrategyError, match=r"settings\.strategies names pcr_analisys; the strategies are"):
        parameters_in_force(load_strategies(), {"pcr_analisys": {"pcr_low": 0.6}})
    assert list(parameters_in_force({"scripted": scripted()}, {"pcr_analysis": {"pcr_low": 0.6}})) == ["scripted"]
