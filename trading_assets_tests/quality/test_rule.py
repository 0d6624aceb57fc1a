"""A rule measures; limits decide; what cannot be judged is neither good nor broken."""

import numpy as np
import pytest

from trading_assets.errors import UsageError
from trading_assets.quality.rule import CRITICAL, INFO, NONE, WARNING, Finding, Guard
from trading_assets.settings import Limits, QualitySettings


@Guard("trades", per="row").rule(
    "consistency", "s", Limits(info=1, warning=5, critical=10), "{value:.1f} s above {limit:g}"
)
def too_late(entry: np.ndarray, exit_at: np.ndarray) -> np.ndarray:
    """Seconds from entry to exit.

    More about it.
    """
    return exit_at - entry


def measured(*values: float) -> Finding:
    exits = np.array(values)
    return too_late.judge({"entry": np.zeros(len(exits)), "exit_at": exits}, too_late.limits)


def test_a_rule_is_named_and_described_by_its_measure() -> None:
    assert too_late.name == "too_late"
    assert too_late.table == "trades"
    assert too_late.per == "row"
    assert too_late.columns == ("entry", "exit_at")
    assert too_late.meaning == "Seconds from entry to exit."


def test_a_value_strictly_above_a_limit_reaches_its_severity() -> None:
    finding = measured(-1.0, 1.0, 1.1, 5.0, 5.1, 10.0, 10.1, np.inf, -np.inf)
    assert finding.severity.tolist() == [NONE, NONE, INFO, INFO, WARNING, WARNING, CRITICAL, CRITICAL, NONE]
    assert not finding.unjudged.any()


def test_what_cannot_be_judged_is_apart() -> None:
    finding = measured(np.nan, 11.0)
    assert finding.severity.tolist() == [NONE, CRITICAL]
    assert finding.unjudged.tolist() == [True, False]


def test_nothing_is_judged_without_complaint() -> None:
    finding = measured()
    assert finding.severity.tolist() == []
    assert finding.unjudged.tolist() == []


def test_a_sentence_names_the_rule_the_value_and_the_limit_that_was_passed() -> None:
    finding = measured(7.0, 12.0)
    assert finding.sentence(0) == "too_late: 7.0 s above 5"
    assert finding.sentence(1) == "too_late: 12.0 s above 10"


def test_a_place_that_broke_nothing_has_no_sentence() -> None:
    with pytest.raises(UsageError, match="no limit for none"):
        measured(0.0).sentence(0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Limits(info=1, warning=5, critical=10)),
        (Limits(warning=7), Limits(info=1, warning=7, critical=10)),
        (Limits(critical=None), Limits(info=1, warning=5, critical=None)),
        (Limits(info=None, warning=None, critical=3), Limits(info=None, warning=None, critical=3)),
    ],
)
def test_settings_move_the_limits_they_name_and_no_others(given: Limits | None, expected: Limits) -> None:
    settings = QualitySettings(limits={} if given is None else {"too_late": given})
    assert too_late.limits_in_force(settings) == expected


def test_a_finding_carries_the_limits_in_force() -> None:
    limits = Limits(warning=100)
    finding = too_late.judge({"entry": np.zeros(1), "exit_at": np.array([50.0])}, limits)
    assert finding.rule.limits == limits
    assert finding.rule.name == "too_late"
    assert too_late.limits.warning == 5
    assert finding.severity.tolist() == [NONE]
