"""Every feature the desk defines is declared, and nothing is declared twice."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from trading_assets.market.declared_features import FEATURES

DECLARED = {feature.name for feature in FEATURES}
_NAMED_ALIKE = """
moneyness_k time_to_expiry_years atm_iv iv_rank_252 iv_percentile_252 skew_25d butterfly_25d term_slope straddle
expected_move_pct total_oi pcr_oi pcr_volume pcr_oi_change pcr_atm5 oi_change_1h oi_change_day max_pain gex rsi macd
bollinger_width atr vwap_distance_pct
"""
#: Definitions of the desk by the names under which they are declared; what is no feature of the past stands aside.
DEFINITIONS = {
    "total_call_oi / total_put_oi": ("total_call_oi", "total_put_oi"),
    "call_wall / put_wall": ("call_wall", "put_wall"),
    "net_oi_flow": ("net_oi_flow_15",),
    "oi_buildup": ("oi_buildup_15",),
    **{name: (name,) for name in _NAMED_ALIKE.split()},
}
ASIDE = {
    "mid": "OptionChain.mid",
    "forward": "column forward",
    "risk_free_rate": "Settings.rate_on",
    "iv": "column implied_vol",
    "vix": "column india_vix",
    "signal_strength": "strategies.strategy.confidence",
}


def test_every_definition_of_the_desk_is_declared() -> None:
    assert {name for names in DEFINITIONS.values() for name in names} <= DECLARED
    assert len(DECLARED) == len(FEATURES)
    assert not set(DEFINITIONS) & set(ASIDE)


@pytest.mark.recordings
def test_no_definition_is_left_out(recordings: Path) -> None:
    defined = orjson.loads((recordings.parent / "reference" / "feature_definitions.json").read_bytes())
    assert {one["feature"] for one in defined} == {*DEFINITIONS, *ASIDE}
