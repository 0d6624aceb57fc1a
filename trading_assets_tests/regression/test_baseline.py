"""Baselines are text: one signal per line, sorted, the same whenever they are re-made; anything else is refused."""

from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import BaselineError
from trading_assets.regression.baseline import Baseline, records, strategy_facts
from trading_assets.regression.baseline_text import dumps, file_name, loads
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.evaluation import parameters_in_force
from trading_assets_tests.regression.given import provenance, record, signals_frame, statistics


def baseline(*signals: object) -> Baseline:
    return Baseline("mine", provenance().strategies["mine"], provenance(), tuple(signals), (statistics(),))


def test_golden_text() -> None:
    signal = record(entry_price=100.5, confidence=0.8)
    assert dumps(baseline(signal)) == (
        '{"provenance":{"calendar_version":"cccccccccccc","end":"2025-10-17","format":2,"input_hash":"'
        + provenance().input_hash
        + '","inputs":{"2025-10-15":"1111111111111111","2025-10-16":"2222222222222222",'
        '"2025-10-17":"3333333333333333"},"parameter_hash":"aaaaaaaaaaaa","signals":1,"start":"2025-10-15",'
        '"strategy_id":"mine","strategy_version":"1.0.0","trading_hash":"dddddddddddd"},\n'
        '"statistics":[\n'
        '{"charges_paise":12345,"date":"2025-10-15","drawdown_paise":20010,"gross_paise":150000,"net_paise":137655,'
        '"signals":3,"trades":3,"winning":1}\n'
        "],\n"
        '"signals":[\n'
        '{"confidence":0.8,"entry_price":100.5,"market_conditions":{"atm_iv":12.0,"days_to_expiry":5,'
        '"forward":25000.0,"pcr":null,"spot":25000.0},"side":"BUY","signal_id":"' + signal.signal_id + '",'
        '"strategy_id":"mine","symbol":"NIFTY 2025-10-20 25000 CE","timestamp":"2025-10-15T04:30:00Z"}\n'
        "]}\n"
    )


def test_one_signal_per_line_in_time_order() -> None:
    text = dumps(baseline(record(30), record(0), record(15)))
    lines = [line for line in text.splitlines() if "signal_id" in line]
    times = [orjson.loads(line.rstrip(","))["timestamp"] for line in lines]
    assert len(lines) == 3
    assert times == sorted(times)
    assert len(orjson.loads(text)["signals"]) == 3


def test_a_strategy_that_said_nothing_has_a_baseline_too() -> None:
    text = dumps(baseline())
    assert orjson.loads(text)["signals"] == []
    assert loads(text, "x").signals == ()


@given(
    minutes=st.lists(st.integers(0, 300), unique=True, max_size=8),
    price=st.integers(1, 100_000),
    confidence=st.integers(0, 10_000),
)
def test_reading_gives_back_what_was_written_and_writing_again_the_same_text(
    minutes: list[int], price: int, confidence: int
) -> None:
    signals = tuple(record(m, entry_price=price / 20, confidence=confidence / 10_000) for m in sorted(minutes))
    text = dumps(baseline(*signals))
    read = loads(text, "x")
    assert read.signals == signals
    assert read.provenance == provenance()
    assert read.statistics == (statistics(),)
    assert dumps(read) == text
    assert dumps(baseline(*reversed(signals))) == text


def test_rows_become_records_in_time_order_on_grids() -> None:
    rows = signals_frame(record(15), record(0, confidence=0.123_449_9, entry_price=100.550_000_1))
    found = records(rows)
    assert [one.timestamp for one in found] == [record(0).timestamp, record(15).timestamp]
    assert (found[0].confidence, found[0].entry_price) == (0.1234, 100.55)
    assert found[1] == record(15)
    assert records(signals_frame()) == []


def test_names() -> None:
    assert (
        file_name("pcr_analysis", date(2025, 10, 1), date(2025, 10, 7)) == "pcr_analysis_2025-10-01_to_2025-10-07.json"
    )
    assert record(strike=25050.0, option_type="PE").option_type == "PE"
    assert record().underlying == "NIFTY"


def test_facts_hold_version_and_parameter_hash() -> None:
    strategies = load_strategies()
    found = strategy_facts(strategies, parameters_in_force(strategies, {"pcr_analysis": {"pcr_low": 0.6}}))
    packaged = strategies["pcr_analysis"]
    assert found["pcr_analysis"].version == packaged.version
    assert found["pcr_analysis"].parameter_hash != packaged.parameter_hash(packaged.parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"provenance":{},"signals":[]}',
        '{"provenance":[],"signals":[]}',
        dumps(baseline()).replace('"trades":3', '"trades":"three"'),
        dumps(baseline()).replace('"trades":3', '"trades":3,"colour":2'),
        dumps(baseline()).replace('"winning":1,', "").replace(',"winning":1', ""),
        dumps(baseline()).replace('"inputs":{', '"inputs":{"today":"0",'),
        dumps(baseline()).replace('"inputs":{', '"inputs":[{').replace('333"},', '333"}],'),
        dumps(baseline()).replace('"end":"2025-10-17"', '"end":"17 October"'),
        dumps(baseline(record())).replace('"side":', '"colour":2,"side":'),
        dumps(baseline(record())).replace('"timestamp":"2025', '"timestamp":"soon 2025'),
    ],
)
def test_what_is_no_baseline_is_refused_by_name(text: str) -> None:
    with pytest.raises(BaselineError, match=r"baseline a\.json cannot be read: .*Re-make it"):
        loads(text, "a.json")


def test_another_format_and_lost_lines_are_refused() -> None:
    text = dumps(baseline(record(0), record(15)))
    with pytest.raises(BaselineError, match="is format 3 and promises 2 signals, 2 are there"):
        loads(text.replace('"format":2', '"format":3'), "a.json")
    lines = text.splitlines()
    with pytest.raises(BaselineError, match="promises 2 signals, 1 are there"):
        loads("\n".join([*lines[:5], *lines[6:]]), "a.json")
