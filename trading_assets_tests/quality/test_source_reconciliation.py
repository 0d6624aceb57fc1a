"""What a session's feed saw last against what the exchange published."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.packaged import load_market
from trading_assets.quality.source_reconciliation import reconcile_sources, shortfalls
from trading_assets.setting_sections import SourceSettings

if TYPE_CHECKING:
    from pathlib import Path

    from trading_assets.quality.source_reconciliation import SourceReconciliation

LIMITS = SourceSettings()
CLOSE = pd.Timestamp("2025-11-14 10:00:00", tz="UTC")


def rows(*contracts: tuple[float, float, float], underlying: str = "NIFTY", minutes: int = 0) -> pd.DataFrame:
    """Calls of one expiry: strike, volume and open interest in units."""
    strike, volume, open_interest = np.array(contracts, dtype=np.float64).reshape(-1, 3).T
    return pd.DataFrame(
        {
            "underlying": pd.Series([underlying] * len(strike), dtype="str"),
            "observed_at": pd.Series(
                [CLOSE + pd.Timedelta(minutes=minutes)] * len(strike), dtype="datetime64[us, UTC]"
            ),
            "expiry": pd.Series([pd.Timestamp("2025-11-18")] * len(strike), dtype="datetime64[s]"),
            "strike": strike,
            "option_type": pd.Series(["CE"] * len(strike), dtype="str"),
            "volume_units": volume,
            "open_interest_units": open_interest,
        }
    )


def agreements(found: SourceReconciliation) -> dict[float, str]:
    return dict(zip(found.contracts["strike"], found.contracts["agreement"], strict=True))


def test_every_contract_gets_the_agreement_it_has() -> None:
    seen = rows((100, 75, 1000), (200, 75, 1000), (300, 75, 1000), (400, 0, 10), (500, 75, 10), (600, np.nan, 1))
    published = rows((100, 75, 1009), (200, 75, 900), (300, 150, 1000), (700, 5, 5))
    found = reconcile_sources(seen, published, LIMITS)
    assert agreements(found) == {
        100: "matched",
        200: "drifted",
        300: "drifted",
        400: "untraded",
        500: "extra",
        600: "untraded",
        700: "missing",
    }
    (count,) = found.by_underlying.to_dict("records")
    assert count == {
        "underlying": "NIFTY",
        "compared": 3,
        "volume_agrees": 2,
        "open_interest_agrees": 2,
        "missing": 1,
        "extra": 1,
    }
    assert "2025-11-18 300 CE has 75 units, published are 150" in found.sentences[0]
    assert "of 3 contracts in both sources volume agrees on 2" in found.sentences[0]


def test_only_the_last_snapshot_counts_and_of_it_the_last_row() -> None:
    seen = pd.concat([rows((100, 75, 1000), minutes=-1), rows((100, 76, 1)), rows((100, 150, 2000))])
    found = reconcile_sources(seen, rows((100, 150, 2000)), LIMITS)
    assert agreements(found) == {100: "matched"}


def test_underlyings_are_apart_and_those_only_published_are_left_out() -> None:
    seen = pd.concat([rows((100, 75, 1)), rows((100, 30, 1), underlying="BANKNIFTY", minutes=-2)])
    published = pd.concat([rows((100, 75, 1), underlying=name) for name in ("NIFTY", "BANKNIFTY", "FINNIFTY")])
    found = reconcile_sources(seen, published, LIMITS)
    assert found.by_underlying[["underlying", "volume_agrees"]].to_numpy().tolist() == [["BANKNIFTY", 0], ["NIFTY", 1]]
    assert [sentence.split(":")[0] for sentence in found.sentences] == ["BANKNIFTY", "NIFTY"]


@pytest.mark.parametrize(
    ("seen", "published", "gap"), [(0, 0, 0.0), (5, 0, np.inf), (np.nan, 5, np.nan), (90, 100, 0.1), (110, 100, 0.1)]
)
def test_gaps_are_shares_of_what_is_published(seen: float, published: float, gap: float) -> None:
    found = reconcile_sources(
        rows((100, seen, 1)), rows((100, published, 1)), SourceSettings(volume_tolerance=0.05)
    ).contracts
    np.testing.assert_allclose(found["volume_gap"], [gap])
    assert found["volume_agrees"].tolist() == [gap == 0.0]


def test_tolerances_are_included() -> None:
    tolerances = SourceSettings(volume_tolerance=0.5, open_interest_tolerance=0.25)
    found = reconcile_sources(rows((100, 50, 75)), rows((100, 100, 100)), tolerances)
    assert agreements(found) == {100: "matched"}
    assert "(to 50.00%)" in found.sentences[0]


def test_sources_without_rows_give_an_empty_comparison() -> None:
    for seen, published in ((rows(), rows()), (rows(), rows((100, 1, 1)))):
        found = reconcile_sources(seen, published, LIMITS)
        assert (len(found.contracts), len(found.by_underlying), found.sentences) == (0, 0, ())
    assert agreements(reconcile_sources(rows((100, 1, 1)), rows(), LIMITS)) == {100: "extra"}


CONTRACTS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 3), st.integers(0, 3)), max_size=6, unique_by=lambda row: row[0]
)


@given(CONTRACTS, CONTRACTS)
def test_counts_equal_a_plain_comparison(
    seen: list[tuple[int, int, int]], published: list[tuple[int, int, int]]
) -> None:
    left, right = ({strike: measures for strike, *measures in found} for found in (seen, published))
    found = reconcile_sources(rows(*seen), rows(*published), SourceSettings(open_interest_tolerance=0.0))
    expected = {k: "matched" if left[k] == right[k] else "drifted" for k in left.keys() & right.keys()}
    expected |= {k: "extra" if left[k][0] else "untraded" for k in left.keys() - right.keys()}
    expected |= {k: "missing" for k in right.keys() - left.keys() if left}
    assert agreements(found) == expected


@given(CONTRACTS)
def test_a_source_agrees_with_itself_in_any_order(contracts: list[tuple[int, int, int]]) -> None:
    given_rows = rows(*contracts)
    found = reconcile_sources(given_rows, given_rows.iloc[::-1], LIMITS)
    assert set(found.contracts["agreement"]) <= {"matched"}
    assert len(found.contracts) == len(contracts)


def test_shortfalls_name_the_index_and_the_measure() -> None:
    many = tuple((float(strike), 100.0, 100.0) for strike in range(100, 200))
    seen = rows(*((strike, volume + (strike < 102), interest) for strike, volume, interest in many))
    found = reconcile_sources(seen, rows(*many), LIMITS)
    assert shortfalls(found, LIMITS) == ["NIFTY: volume agrees on 98.0%, less than 99.0%."]
    assert shortfalls(found, SourceSettings(volume_share=0.98)) == [], "as many as must"


def test_a_traded_contract_that_is_not_published_falls_short_of_volume() -> None:
    found = reconcile_sources(rows((100, 1, 1), (101, 1, 1)), rows((100, 1, 1)), LIMITS)
    assert shortfalls(found, LIMITS) == ["NIFTY: volume agrees on 50.0%, less than 99.0%."]
    untraded = reconcile_sources(rows((100, 1, 1), (101, 0, 1)), rows((100, 1, 1)), LIMITS)
    assert shortfalls(untraded, LIMITS) == []


def test_open_interest_falls_short_by_its_own_share() -> None:
    seen, published = rows((100, 1, 90), (101, 1, 90), (102, 1, 100)), rows((100, 1, 100), (101, 1, 100), (102, 1, 100))
    found = reconcile_sources(seen, published, LIMITS)
    assert shortfalls(found, LIMITS) == ["NIFTY: open interest agrees on 33.3%, less than 50.0%."]
    assert shortfalls(found, SourceSettings(open_interest_share=0.3)) == []


def test_without_a_contract_in_common_nothing_falls_short() -> None:
    missing = reconcile_sources(rows((100, 0, 1)), rows((101, 1, 1)), LIMITS)
    assert shortfalls(missing, LIMITS) == [], "a feed may show a part of the strikes"
    assert shortfalls(reconcile_sources(rows(), rows(), LIMITS), LIMITS) == []


@pytest.mark.recordings
def test_contracts_traded_on_the_live_page_equal_the_report_on_every_contract(recordings: Path) -> None:
    market = load_market()
    frames = []
    for name, path in (
        ("nse-json", "nse_json_2025/nse_json_2025-11-14.tar.xz"),
        ("nse-eod-report", "nse_eod_reports_2025/14112025/op14112025.csv.xz"),
    ):
        feed = feed_named(name)
        captures = [capture for file in raw_files(recordings / path) for capture in feed.captures(file, None)]
        frames.append(normalise_session(captures, feed, market, 0.065).frame)
    assert set(frames[0]["date"]) == set(frames[1]["date"]) == {pd.Timestamp(date(2025, 11, 14))}
    (count,) = reconcile_sources(*frames, LIMITS).by_underlying.to_dict("records")
    assert (count["compared"], count["volume_agrees"], count["missing"], count["extra"]) == (1101, 1101, 0, 0)
    assert count["open_interest_agrees"] == 700  # the live page's open interest is not final
