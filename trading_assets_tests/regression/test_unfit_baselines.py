"""Baselines that do not fit the run: other snapshots, other trades, another name; which exit code says what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from trading_assets.errors import BaselineError
from trading_assets.regression.baseline import StrategyFacts
from trading_assets.regression.baseline_text import dumps, file_name, loads
from trading_assets.regression.suite import SuiteResult, make_baselines, run_suite
from trading_assets_tests.regression.given import DAY, INPUTS, ran, record, signals_frame, statistics

MINE = "mine_2025-10-15_to_2025-10-17.json"
SIGNALS = signals_frame(record(0), record(30))
STATISTICS = {"mine": (statistics(), statistics(date=date(2025, 10, 16)))}
RUN = ran(SIGNALS, statistics=STATISTICS)
TEXTS = make_baselines(RUN)


def judged(**changes: object) -> SuiteResult:
    return run_suite(TEXTS, ran(SIGNALS, **({"statistics": STATISTICS} | changes)))


def test_the_same_run_passes_with_code_0() -> None:
    assert judged().passed
    assert judged().exit_code == 0


@pytest.mark.parametrize(
    ("inputs", "days"),
    [
        (INPUTS | {date(2025, 10, 16): "0" * 16}, "2025-10-16"),
        (dict.fromkeys(INPUTS, "0" * 16), "2025-10-15, 2025-10-16, 2025-10-17"),
        ({DAY: INPUTS[DAY]}, "2025-10-16, 2025-10-17"),
        (INPUTS | {date(2025, 10, 14): "9" * 16}, "2025-10-14"),
    ],
)
def test_other_snapshots_fail_by_the_days_they_are_of(inputs: dict[date, str], days: str) -> None:
    found = judged(inputs=inputs)
    assert not found.passed
    assert found.exit_code == 3, "nothing differs, the baseline does not match"
    assert found.strategies[0].reason.startswith(f"snapshots of {days} are others than those")


def test_statistics_that_differ_fail_with_the_session() -> None:
    found = judged(statistics={"mine": (STATISTICS["mine"][0], replace(STATISTICS["mine"][1], net_paise=0))})
    assert found.exit_code == 1
    assert found.strategies[0].reason == "statistics of 1 sessions differ"
    assert found.strategies[0].statistics == ("2025-10-16: net ₹ 1376.55 to ₹ 0.00",)


def test_lost_statistics_fail() -> None:
    assert judged(statistics={}).strategies[0].reason == "statistics of 2 sessions differ"
    assert judged(statistics={"mine": STATISTICS["mine"][:1]}).exit_code == 1


def test_other_trading_settings_are_noted_and_statistics_left_aside() -> None:
    found = judged(trading_hash="e" * 12, statistics={})
    assert found.passed
    [note] = found.strategies[0].notes
    assert note == f"trading settings or charges changed from {'d' * 12} to {'e' * 12}: statistics are not compared"


@pytest.mark.parametrize(
    ("signals", "texts", "code"),
    [
        (SIGNALS, TEXTS, 0),
        (SIGNALS, {}, 3),
        (SIGNALS, {MINE: "{"}, 3),
        (signals_frame(record(0)), TEXTS, 1),
        (signals_frame(record(0)), {}, 3),
    ],
)
def test_exit_codes_say_whether_something_differs_or_is_missing(
    signals: object, texts: dict[str, str], code: int
) -> None:
    assert run_suite(texts, ran(signals, statistics=STATISTICS)).exit_code == code


def test_a_difference_weighs_more_than_a_missing_baseline() -> None:
    found = run_suite(TEXTS, ran(signals_frame(record(0)), "mine", "new"))
    assert [one.differs for one in found.strategies] == [True, False]
    assert found.exit_code == 1


def test_a_difference_on_other_snapshots_is_a_difference() -> None:
    found = run_suite(TEXTS, ran(signals_frame(record(0)), inputs=dict.fromkeys(INPUTS, "0" * 16)))
    assert found.exit_code == 1
    assert "snapshots of" in found.strategies[0].reason
    assert "1 missing" in found.strategies[0].reason


def test_no_strategy_is_nothing_compared() -> None:
    assert run_suite(TEXTS, ran(SIGNALS, strategies={})).exit_code == 3


def test_a_baseline_under_another_name_never_passes() -> None:
    other = {file_name("other", *_range()): TEXTS[MINE]}
    found = run_suite(other, ran(signals_frame(), "other"))
    assert found.exit_code == 3
    assert "says it is of mine from 2025-10-15 to 2025-10-17" in found.strategies[0].reason
    copied = {file_name("mine", date(2025, 10, 13), date(2025, 10, 14)): TEXTS[MINE]}
    moved = ran(SIGNALS, start=date(2025, 10, 13), end=date(2025, 10, 14))
    assert "rename it" in run_suite(copied, moved).strategies[0].reason


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f'"{DAY}":"{INPUTS[DAY]}"', f'"{DAY}":"{"0" * 16}"', "It was altered"),
        ('"input_hash":"', '"input_hash":"0', "It was altered"),
        (f'"{DAY}":"{INPUTS[DAY]}",', "", "names inputs of 2 sessions"),
    ],
)
def test_altered_provenance_is_refused(old: str, new: str, told: str) -> None:
    assert old in TEXTS[MINE]
    with pytest.raises(BaselineError, match=told):
        loads(TEXTS[MINE].replace(old, new), MINE)
    assert not run_suite({MINE: TEXTS[MINE].replace(old, new)}, RUN).passed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"confidence":0.8', '"confidence":0.86'),
        ('"entry_price":100.5', '"entry_price":100.6'),
        ("04:30:00Z", "04:31:00Z"),
        ('"side":"BUY"', '"side":"SELL"'),
        ("25000 CE", "25050 CE"),
        ("2025-10-20 25000", "2025-10-28 25000"),
        ('"strategy_id":"mine","symbol"', '"strategy_id":"yours","symbol"'),
        ('"net_paise":137655', '"net_paise":137656'),
        ('"trades":3', '"trades":4'),
    ],
)
def test_a_baseline_altered_by_hand_does_not_pass(old: str, new: str) -> None:
    assert old in TEXTS[MINE]
    found = run_suite({MINE: TEXTS[MINE].replace(old, new, 1)}, RUN)
    assert not found.passed


def test_a_changed_parameter_that_changes_no_signal_is_noted() -> None:
    facts = {"mine": StrategyFacts("1.0.0", "b" * 12)}
    found = judged(strategies=facts)
    assert found.passed
    assert found.strategies[0].notes == (f"parameters changed from {'a' * 12} to {'b' * 12}",)


def test_writing_what_was_read_changes_no_byte_with_or_without_legs() -> None:
    legs = signals_frame(record(0, leg=1), record(0, option_type="PE", leg=2), record(7))
    text = make_baselines(ran(legs, statistics=STATISTICS))[MINE]
    assert dumps(loads(text, MINE)) == text
    assert text.count('"leg":') == 1, "leg 1 goes without saying"


def test_a_moment_between_seconds_is_kept() -> None:
    late = record(0)
    late = replace(late, timestamp=late.timestamp.replace(microsecond=250_000))
    text = make_baselines(ran(signals_frame(late), statistics=STATISTICS))[MINE]
    assert "04:30:00.250000Z" in text
    assert loads(text, MINE).signals[0].timestamp == late.timestamp


def _range() -> tuple[date, date]:
    return DAY, date(2025, 10, 17)
