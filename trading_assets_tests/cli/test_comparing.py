"""What a comparison of two versions says where there is little to say."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from trading_assets.cli.comparing import VersionsCompared
from trading_assets.models.comparison import compare
from trading_assets.models.paired import Paired, Shadow

NO_TRADES = compare(pd.DataFrame({"date": [], "model_version": [], "net_pnl": []}), "v1.0.0", "v1.1.0", seed=1)
A = Shadow("v1.0.0", 60, 1_234.5, 0.2468, 0.05, 0.61)
B = Shadow("v1.1.0", 50, -99.0, 0.2357, 0.04, None)
PAIR = Paired(A, B, 200, 8, -6.675, (-20.0, 7.25), (-0.02, -0.001), "the sentence.")


def lines(found: VersionsCompared) -> list[str]:
    return found.text.splitlines()


def test_both_versions_the_difference_and_both_intervals_are_shown() -> None:
    shown = lines(VersionsCompared(NO_TRADES, PAIR, None))
    assert shown[:2] == ["v1.0.0    0 trades in 0 sessions", "v1.1.0    0 trades in 0 sessions"]
    assert shown[3:] == [
        "v1.0.0    would take 60, ₹1,234.50; Brier 0.2468, calibration error 0.0500, AUC 0.610",
        "v1.1.0    would take 50, ₹-99.00; Brier 0.2357, calibration error 0.0400, AUC undefined",
        "difference, ₹ per signal: -6.67",
        "  95 % by resampled sessions, paired: -20.00 to 7.25",
        "  95 % of the Brier difference, paired: -0.0200 to -0.0010",
        "the sentence.",
    ]


def test_too_few_sessions_show_figures_without_intervals() -> None:
    shown = lines(VersionsCompared(NO_TRADES, replace(PAIR, bootstrap=None, brier_bootstrap=None), None))
    assert [line for line in shown if "95 %" in line] == []
    assert shown[-3].startswith("v1.0.0    would take 60")
    assert shown[-1] == "the sentence."


def test_nothing_shared_shows_the_sentence_alone() -> None:
    none = Shadow("v1.0.0", 0, 0.0, None, None, None)
    nothing = Paired(none, replace(none, version="v1.1.0"), 0, 0, None, None, None, "nothing is shared.")
    assert lines(VersionsCompared(NO_TRADES, nothing, None))[3:] == ["nothing is shared."]


def test_what_cannot_be_scored_says_why_in_words_and_for_machines() -> None:
    found = VersionsCompared(NO_TRADES, None, "the model file was altered.")
    assert lines(found)[-1] == "not compared on the same signals: the model file was altered."
    assert json.loads(json.dumps(found.json_values))["paired_reason"] == "the model file was altered."
    assert found.json_values["paired"] is None


@pytest.mark.parametrize(("name", "value"), [("signals", 200), ("sessions", 8), ("difference", -6.675)])
def test_machines_get_the_pair_whole(name: str, value: float) -> None:
    found = VersionsCompared(NO_TRADES, PAIR, None).json_values
    pair = found["paired"]
    assert isinstance(pair, dict)
    assert pair[name] == value
    assert pair["b"]["roc_auc"] is None
    assert found["sentence"] == NO_TRADES.sentence
