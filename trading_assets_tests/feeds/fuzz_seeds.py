"""A small good recording of every feed, and how its kind of file is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import orjson

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.kite_csv import HEADERS as KITE_HEADERS
from trading_assets.feeds.nse_page_csv import HEADERS as PAGE_HEADERS
from trading_assets.feeds.simulated_files import session_file
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds import csv_chains, eod_files, nse_dumps, snapshot_files, upstox_answers
from trading_assets_tests.feeds.mutations import mutated, mutated_json, mutated_parquet
from trading_assets_tests.feeds.test_index_1min import TestIsoBars, TestJsonBars, TestNamedBars
from trading_assets_tests.feeds.test_lake_parquet import export, first_snapshot
from trading_assets_tests.feeds.test_vix_daily import TestAmericanDates, TestExchangeFile, TestWeeklyRatio

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from trading_assets_tests.contracts.side_feed_contract import SideFeedContract

#: Legs of a seed: a small file is read quickly, and most of its bytes matter.
LEGS = 4


@dataclass(frozen=True)
class Seed:
    """A good file.

    Args:
        file: The file.
        mutate: Damages content of its kind.
        underlying: Index, where the file does not say it.
    """

    file: RawFile
    mutate: Callable[[bytes, Random], bytes] = mutated
    underlying: str | None = None


def _short(file: RawFile) -> RawFile:
    """The header and the first rows of a CSV."""
    return RawFile(file.name, file.modified, b"".join(file.content.splitlines(keepends=True)[: LEGS + 1]))


def _csv(*files: RawFile) -> list[Seed]:
    return [Seed(_short(file)) for file in files]


def _dump(shape: nse_dumps.Shape) -> Seed:
    document = nse_dumps.dump(shape)
    document["records"]["data"] = document["records"]["data"][: LEGS // 2]
    del document["filtered"]
    return Seed(nse_dumps.recording(document), mutated_json)


def _answers(name: str) -> Seed:
    answer = upstox_answers.answer()
    answer["data"] = answer["data"][: LEGS // 2]
    return Seed(upstox_answers.recording([answer, answer] if name == "upstox" else answer), mutated_json)


def _snapshots() -> Seed:
    snapshot = snapshot_files.snapshot()
    snapshot["option_chain"] = snapshot["option_chain"][:LEGS]
    later = {**snapshot, "timestamp": "2026-09-16T11:16:00+05:30", "received_at": "2026-09-16T05:46:07+00:00"}
    return Seed(
        RawFile("market_state_2026-09-16.json", snapshot_files.MODIFIED, orjson.dumps([snapshot, later])), mutated_json
    )


def _simulated() -> Seed:
    market, day = load_market(), date(2026, 1, 28)
    spec = SimulationSpec(strikes_each_side=1, expiries=1, cadence=timedelta(hours=3))
    content = session_file(spec, market.calendar.session(day), market.reference)
    return Seed(RawFile(f"NIFTY_{day}.parquet", snapshot_files.MODIFIED, content), mutated_parquet)


def _side(*layouts: type[SideFeedContract]) -> list[Seed]:
    return [
        Seed(layout().recording(), mutated_json if layout is TestJsonBars else mutated, layout.underlying)
        for layout in layouts
    ]


_SEEDS: dict[str, Callable[[], list[Seed]]] = {
    "bhavcopy-legacy": lambda: _csv(eod_files.legacy()),
    "bhavcopy-udiff": lambda: _csv(eod_files.udiff()),
    "dhan-15min": lambda: _csv(csv_chains.dhan([csv_chains.bar(leg) for leg in csv_chains.legs()[::2]])),
    "index-1min": lambda: _side(TestNamedBars, TestIsoBars, TestJsonBars),
    "kite-csv": lambda: _csv(*(csv_chains.kite(header) for header in KITE_HEADERS)),
    "lake-parquet": lambda: [Seed(export(first_snapshot()[:LEGS]), mutated_parquet)],
    "nse-5min-csv": lambda: _csv(csv_chains.five_minutes()),
    "nse-eod-report": lambda: _csv(eod_files.report(), eod_files.converted()),
    "nse-json": lambda: [_dump("v2"), _dump("v3")],
    "nse-page-csv": lambda: _csv(csv_chains.page(), csv_chains.page(header=PAGE_HEADERS[1])),
    "simulated": lambda: [_simulated()],
    "snapshot-json": lambda: [_snapshots()],
    "upstox": lambda: [_answers("upstox")],
    "upstox-json": lambda: [_answers("upstox-json")],
    "vix-daily": lambda: _side(TestExchangeFile, TestAmericanDates, TestWeeklyRatio),
}
#: Feeds that have seeds.
FUZZED = tuple(sorted(_SEEDS))


@cache
def seeds(name: str) -> list[Seed]:
    """Good files of a feed."""
    return _SEEDS[name]()
