"""Real recordings of four CSV recorders, sampled: against plain Python, the recorders' own figures and the rules."""

from __future__ import annotations

import csv
import lzma
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.kite_csv import HEADERS
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.packaged import load_market
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.verdict import judge
from trading_assets.settings import QualitySettings

if TYPE_CHECKING:
    from pathlib import Path

    from trading_assets.market.captures import Capture
    from trading_assets.quality.verdict import Verdict

pytestmark = pytest.mark.recordings
MARKET = load_market()
#: The recorder's own figures of this morning are of another page: its captures stood still from the day before.
STUCK_DAY = date(2019, 6, 19)


def captures(feed: str, *paths: Path, day: date | None = None) -> list[Capture]:
    found = [c for path in paths for file in raw_files(path) for c in feed_named(feed).captures(file, None)]
    return [capture for capture in found if day in (None, capture.day)]


def rows_of(path: Path) -> list[dict[str, str]]:
    with lzma.open(path, "rt") as file:
        return list(csv.DictReader(file))


def first_line(path: Path) -> str:
    with lzma.open(path, "rt") as file:
        return file.readline().strip()


def candidates(found: list[Capture]) -> pd.DataFrame:
    return normalise_session(found, feed_named(found[0].feed), MARKET, 0.065).frame


def verdict(found: list[Capture]) -> Verdict:
    feed, day = feed_named(found[0].feed), found[0].day
    facts = SnapshotFacts(
        day=day,
        session=MARKET.calendar.session(day),
        closed_reason=None,
        cadence_seconds=feed.cadence.total_seconds(),
        reference=MARKET.reference,
    )
    return judge(candidates(found), facts, QualitySettings())


@pytest.mark.parametrize(("index", "month"), [("NIFTY", "2018-12"), ("BANKNIFTY", "2019-06")])
def test_pcr_of_pages_is_the_recorders_own(recordings: Path, index: str, month: str) -> None:
    folder = recordings / "nse_page_csv_2018_2019"
    known = {row["name"]: float(row["pcr"]) for row in rows_of(folder / f"Analysis_{index}_to_2019-06.csv.xz")}
    found = captures("nse-page-csv", folder / f"{index}_{month}.tar.xz")
    differing = set()
    for capture in found:
        name = capture.source.rpartition("/")[2]
        total = feed_named("nse-page-csv").quotes(capture).frame().groupby("option_type")["open_interest"].sum()
        if name in known and abs(total["PE"] / total["CE"] / known[name] - 1.0) > 1e-9:
            differing.add(capture.day)
    assert len(found) in (88, 507)
    assert differing == ({STUCK_DAY} if month == "2019-06" else set())


def test_pages_above_thirty_thousand_pass_and_a_page_that_stands_still_does_not(recordings: Path) -> None:
    archive = recordings / "nse_page_csv_2018_2019" / "BANKNIFTY_2019-06.tar.xz"
    day = verdict(captures("nse-page-csv", archive, day=date(2019, 6, 3)))
    assert day.clean["spot"].gt(30_000).all()
    assert len(day.clean) > 2_000
    assert not day.quarantined["reasons"].str.contains("spot").any()
    stuck = verdict(captures("nse-page-csv", archive, day=STUCK_DAY))
    assert stuck.quarantined["reasons"].str.contains("frozen_feed").any()


def test_expiries_of_pages_in_folders_are_one_snapshot(recordings: Path) -> None:
    archive = recordings / "nse_page_csv_2018_2019" / "NIFTY_weekly_expiries_2019-05.tar.xz"
    found = [capture for capture in captures("nse-page-csv", archive) if "_22-05-2019_11:" in capture.source]
    frame = candidates(found)
    assert frame.groupby("snapshot_id")["expiry"].nunique().max() > 2
    assert not frame.duplicated(["observed_at", "expiry", "strike", "option_type"]).any()
    forwards = frame.groupby(["snapshot_id", "expiry"])["forward"].first().dropna()
    spot = frame.groupby(["snapshot_id", "expiry"])["spot"].first()[forwards.index]
    assert (forwards / spot - 1).abs().max() < 0.01


def test_each_originals_layout_of_kite_is_read_or_says_what_it_lacks(recordings: Path) -> None:
    folder = recordings / "kite_csv_2026" / "schema_variants_full_originals"
    assert {first_line(path) for path in folder.glob("*.xz")} == {",".join(header) for header in HEADERS}
    account = ingest(feed_named("kite-csv"), [folder], lambda _: True, MARKET)
    assert account.captures_new + 2 * len(account.refused) >= 9
    assert all("stocks only" in item.reason for item in account.refused)
    assert all("index levels only" in item.reason for item in account.unreadable)


def test_a_zero_spot_keeps_its_chain_with_parity(recordings: Path) -> None:
    archive = recordings / "kite_csv_2026" / "index_rows_only_2026-01-02.tar.xz"
    found = captures("kite-csv", archive)
    assert {len(set(feed_named("kite-csv").quotes(capture).frame()["spot"].dropna())) for capture in found} == {0}
    clean = verdict(found).clean
    assert set(clean["spot_source"]) == {"parity"}
    per_snapshot = clean.groupby(["underlying", "observed_at"]).size()
    assert per_snapshot.groupby(level=0).nunique().to_dict() == {"BANKNIFTY": 1, "NIFTY": 1}  # whole chains
    assert per_snapshot.groupby(level=0).first().to_dict() == {"BANKNIFTY": 270, "NIFTY": 160}
    assert clean[clean["underlying"] == "BANKNIFTY"]["spot"].between(59_000, 61_000).all()


def test_parity_of_last_prices_is_near_the_level_the_feed_has(recordings: Path) -> None:
    archive = recordings / "kite_csv_2026" / "data_index_2026-01-29.tar.xz"
    clean = verdict(captures("kite-csv", archive)).clean
    clean = clean[(clean["spot_source"] == "feed") & clean["underlying"].isin(["NIFTY", "BANKNIFTY"])]
    assert len(clean) > 10_000
    assert (clean["forward"] / clean["spot"] - 1).abs().median() < 0.005


def test_long_csv_equals_plain_python_leg_by_leg(recordings: Path) -> None:
    folder = recordings / "nse_5min_2026"
    day = date(2026, 6, 1)
    paths = [folder / f"nifty50-{name}-Jun-2026.csv.xz" for name in ("02", "09")]
    frame = candidates(captures("nse-5min-csv", *paths, day=day))
    plain = {}
    for path in paths:
        for row in rows_of(path):
            at = datetime.fromisoformat(row["datetime"])
            if at.date() == day:
                side = {"Call": "CE", "Put": "PE"}[row["optionType"]]
                values = [float(row[name]) for name in ("lastPrice", "openInterest", "volume", "underlyingValue")]
                plain[at, path.name[8:10], float(row["strikePrice"]), side] = values
    keys = zip(
        frame["observed_at"], frame["expiry"].dt.strftime("%d"), frame["strike"], frame["option_type"], strict=True
    )
    columns = frame[["last_price", "open_interest_lots", "volume_units", "spot"]].to_numpy().tolist()
    assert dict(zip(keys, columns, strict=True)) == plain
    assert frame.groupby("snapshot_id")["expiry"].nunique().eq(2).all()  # both files make one snapshot


def test_another_indexs_spot_in_bars_does_not_pass(recordings: Path) -> None:
    archive = recordings / "dhan_15min_2025" / "monthly15_2025-04-24.tar.xz"
    for day in (date(2025, 4, 1), date(2025, 4, 2), date(2025, 4, 3)):
        found = captures("dhan-15min", archive, day=day)
        raw = candidates(found)
        wrong = (raw["spot"] < 14_000).sum()
        clean = verdict(found).clean
        assert len(raw) > 900
        assert wrong > 0 or day != date(2025, 4, 2)
        assert clean.empty or clean["spot"].between(23_000, 24_000).all()


def test_bars_end_with_the_session_and_hold_the_dirt_the_rules_name(recordings: Path) -> None:
    archive = recordings / "dhan_15min_2025" / "monthly15_2025-09-30.tar.xz"
    found = captures("dhan-15min", archive)
    frame = pd.concat([feed_named("dhan-15min").quotes(capture).frame() for capture in found])
    clocks = frame["observed_at"].dt.tz_convert("Asia/Kolkata").dt.strftime("%H:%M")
    assert (clocks.min(), clocks.max(), clocks.nunique()) == ("09:30", "15:30", 25)
    assert (frame["volume"] < 0).sum() == 1
    assert not frame["vendor_implied_vol"].eq(0).any()
    assert frame["vendor_implied_vol"].isna().sum() == 543
    negative = frame.loc[frame["volume"] < 0, "observed_at"].iloc[0].date()
    judged = verdict([capture for capture in found if capture.day == negative])
    assert judged.quarantined["reasons"].str.contains("negative_volume").sum() == 1
    assert np.isfinite(judged.clean["implied_vol"]).mean() > 0.9
