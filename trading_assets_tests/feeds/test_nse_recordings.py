"""The real recordings of the NSE web site against a plain-Python reading of the same bytes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_json import FEED
from trading_assets.market.calendar import IST
from trading_assets.market.chain_features import max_pain, pcr_oi, total_oi
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.packaged import load_market

if TYPE_CHECKING:
    from pathlib import Path

    from trading_assets.market.captures import Capture

pytestmark = pytest.mark.recordings
MARKET = load_market()
DAYS = ["2025-10-13", "2025-10-21", "2025-10-28", "2025-11-14"]  # ordinary, Muhurat, expiry, last
#: All of the folder: dumps, the copy of one of them, spreadsheets and flattened tables that are another format.
DUMPS, COPIES, FOREIGN = 293, 1, 117


def captures_of(folder: Path, day: str) -> list[Capture]:
    archive = folder / "nse_json_2025" / f"nse_json_{day}.tar.xz"
    return [capture for file in raw_files(archive) for capture in FEED.captures(file, None)]


class Plain(NamedTuple):
    at: datetime
    level: float
    legs: list[dict[str, Any]]


def plain_legs(raw: bytes) -> Plain:
    """Every leg of a dump as the standard library reads it."""
    records = json.loads(raw)["records"]
    at = datetime.strptime(records["timestamp"], "%d-%b-%Y %H:%M:%S").replace(tzinfo=IST)
    legs = [
        {**row[side], "side": side, "expiry": datetime.strptime(row["expiryDate"], "%d-%b-%Y").date()}  # noqa: DTZ007
        for row in records["data"]
        for side in ("CE", "PE")
        if side in row
    ]
    return Plain(at, records["underlyingValue"], legs)


def plain_max_pain(calls: dict[float, float], puts: dict[float, float]) -> float:
    strikes = sorted({*calls, *puts})
    pain = {
        level: sum(oi * max(level - k, 0) for k, oi in calls.items())
        + sum(oi * max(k - level, 0) for k, oi in puts.items())
        for level in strikes
    }
    return min(pain, key=lambda level: (pain[level], level))


@pytest.mark.parametrize("day", DAYS)
def test_every_leg_of_every_dump_is_a_candidate_with_its_values(recordings: Path, day: str) -> None:
    captures = captures_of(recordings, day)
    found = normalise_session(captures, FEED, MARKET, 0.065)
    assert found.unreadable == ()
    assert len(found.frame) == sum(len(plain_legs(capture.raw).legs) for capture in captures)
    by_capture = dict(list(found.frame.groupby("capture_id")))
    for capture in captures:
        at, level, legs = plain_legs(capture.raw)
        frame = by_capture[capture.capture_id]
        assert (frame["observed_at"] == at).all()
        keys = zip(frame["expiry"].dt.date, frame["strike"], frame["option_type"], strict=True)
        columns = ["open_interest_lots", "bid", "ask", "last_price", "spot"]
        rows = dict(zip(keys, frame[columns].itertuples(index=False), strict=True))
        for leg in legs:
            row = rows[(leg["expiry"], leg["strikePrice"], leg["side"])]
            given = [leg[name] or None for name in ("bidprice", "askPrice", "lastPrice")]
            given.append(leg["underlyingValue"] or level)
            assert row[0] == leg["openInterest"]
            assert [None if value != value else value for value in row[1:]] == given  # noqa: PLR0124 -- NaN


@pytest.mark.parametrize("day", DAYS)
def test_pcr_max_pain_and_open_interest_equal_plain_python(recordings: Path, day: str) -> None:
    captures = captures_of(recordings, day)
    frame = normalise_session(captures, FEED, MARKET, 0.065).frame
    for capture in captures:
        legs = plain_legs(capture.raw).legs
        chain = OptionChain.from_frame(
            frame[frame["capture_id"] == capture.capture_id], MARKET.calendar.session(capture.day)
        )
        near = chain.expiries[int(chain.near()[0])].item()
        sides: dict[str, dict[float, float]] = defaultdict(dict)
        for leg in legs:
            if leg["expiry"] == near:
                sides[leg["side"]][leg["strikePrice"]] = leg["openInterest"]
        calls, puts = sum(sides["CE"].values()), sum(sides["PE"].values())
        assert total_oi(chain)[0] == pytest.approx(calls + puts, rel=1e-12)
        assert pcr_oi(chain)[0] == pytest.approx(puts / calls, rel=1e-12)
        assert max_pain(chain)[0] == plain_max_pain(sides["CE"], sides["PE"])


def test_the_whole_folder_is_ingested_with_an_account(recordings: Path) -> None:
    landed: Counter[tuple[datetime, str]] = Counter()
    lock = Lock()

    def land(capture: Capture) -> bool:
        with lock:
            landed[capture.received_at, capture.capture_id] += 1
            return landed[capture.received_at, capture.capture_id] == 1

    found = ingest(FEED, [recordings / "nse_json_2025"], land, MARKET)
    assert (found.captures_new, found.captures_known, len(found.refused)) == (DUMPS, COPIES, FOREIGN)
    assert found.quarantined == {"closed_day: Diwali Balipratipada": 1, "closed_day: Guru Nanak Jayanti": 1}
    assert found.snapshots == DUMPS - 2
    assert found.unreadable == ()
    assert found.sessions == tuple(MARKET.calendar.sessions(date(2025, 10, 13), date(2025, 11, 14)))
