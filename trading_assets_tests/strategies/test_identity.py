"""Golden ids: they are stored in baselines and tables for years, so their making must not drift."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from trading_assets.strategies.identity import content_hash, signal_id, symbol

OBSERVED = datetime(2025, 10, 15, 4, 0, 0, 250_000, tzinfo=UTC)
PLACE = ("NIFTY", "pcr_analysis")
ACTION = ("CE", "BUY", 1)


def test_golden_signal_id() -> None:
    text = "v1|NIFTY|pcr_analysis|2025-10-15T04:00:00Z|2025-10-20|2515000|CE|BUY|1"
    assert (
        signal_id(PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ACTION)
        == hashlib.sha256(text.encode()).hexdigest()[:16]
    )
    assert signal_id(PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ACTION) == "17a6d83b4c2acbdd"


def test_golden_content_hash() -> None:
    assert content_hash(144.25, 0.725) == hashlib.sha256(b"v1|2885|7250").hexdigest()[:16] == "535bab1a8acb408c"


@pytest.mark.parametrize(
    "changed",
    [
        (("BANKNIFTY", "pcr_analysis"), OBSERVED, date(2025, 10, 20), 25150.0, ACTION),
        (("NIFTY", "other"), OBSERVED, date(2025, 10, 20), 25150.0, ACTION),
        (PLACE, OBSERVED.replace(second=1), date(2025, 10, 20), 25150.0, ACTION),
        (PLACE, OBSERVED, date(2025, 10, 28), 25150.0, ACTION),
        (PLACE, OBSERVED, date(2025, 10, 20), 25150.01, ACTION),
        (PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ("PE", "BUY", 1)),
        (PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ("CE", "SELL", 1)),
        (PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ("CE", "BUY", 2)),
    ],
)
def test_every_part_is_in_the_id(changed: tuple) -> None:
    assert signal_id(*changed) != signal_id(PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ACTION)


def test_parts_of_a_second_and_last_bits_of_a_float_are_not() -> None:
    same = signal_id(PLACE, OBSERVED.replace(microsecond=0), date(2025, 10, 20), 25150.0 + 1e-9, ACTION)
    assert same == signal_id(PLACE, OBSERVED, date(2025, 10, 20), 25150.0, ACTION)
    assert content_hash(144.25 + 1e-9, 0.725 - 1e-9) == content_hash(144.25, 0.725)
    assert content_hash(144.30, 0.725) != content_hash(144.25, 0.725) != content_hash(144.25, 0.7251)


def test_levels_are_in_the_content_each_in_its_place() -> None:
    plain = content_hash(144.25, 0.725)
    told = [(None, 25_000.0), (25_000.0, None), (25_000.01, None), (None, None), (0.25, 0.4)]
    found = [content_hash(144.25, 0.725, levels) for levels in told]
    assert len({plain, *found}) == 6
    assert content_hash(144.25, 0.725, (25_000.0 + 1e-9, None)) == found[1]


@pytest.mark.parametrize(("strike", "text"), [(25000.0, "25000"), (125050.0, "125050"), (112.5, "112.5")])
def test_symbol_in_words(strike: float, text: str) -> None:
    assert symbol("NIFTY", date(2025, 10, 20), strike, "CE") == f"NIFTY 2025-10-20 {text} CE"
