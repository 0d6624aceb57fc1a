"""Whatever is handed to a feed gives rows, quarantine or a clear error: every feed, through the rules of its session.

Few inputs are tried here; `TRADING_ASSETS_TEST_MUTATIONS=100000` tries as many of each feed. Each feed's are its own.
"""

from __future__ import annotations

import os
import resource

import pytest

from trading_assets.feeds.discovery import load_feeds, load_side_feeds
from trading_assets_tests.feeds.fuzz import BATCH, Outcome, fuzz
from trading_assets_tests.feeds.fuzz_seeds import FUZZED, seeds

INPUTS = int(os.environ.get("TRADING_ASSETS_TEST_MUTATIONS", "150"))
MEGABYTES = 500


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_every_feed_is_fuzzed_from_files_that_are_good() -> None:
    assert set(FUZZED) == {*load_feeds(), *load_side_feeds()}
    for name in FUZZED:
        found = {**load_feeds(), **load_side_feeds()}[name]
        for seed in seeds(name):
            assert list(found.captures(seed.file, seed.underlying)), name


@pytest.mark.parametrize("name", FUZZED)
def test_mutated_inputs_give_rows_quarantine_or_a_clear_error(name: str) -> None:
    before, found = peak_mb(), Outcome()
    for number in range(-(-INPUTS // BATCH)):  # in parts, so that a failure names one that is quickly repeated
        found = fuzz(name, min(BATCH, INPUTS - number * BATCH), number)
        assert found.captures > 0
        assert found.clean + found.quarantined > 0, "no damage was mild enough to reach the rules"
        assert found.unreadable > 0, "every damage was mild"
    assert peak_mb() - before < MEGABYTES
