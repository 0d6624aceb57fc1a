"""The three end-of-day feeds: what the exchange publishes of a session in the evening."""

from __future__ import annotations

import io
import lzma
import zipfile
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.end_of_day import exchange_day
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.session_closes import usual_close
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.eod_files import (
    FOOTNOTE,
    assert_expected_chain,
    converted,
    file,
    legacy,
    legacy_rows,
    lines,
    report,
    udiff,
    udiff_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trading_assets.feeds.archives import RawFile

MARKET = load_market()
FILES: dict[str, tuple[str, Callable[[], RawFile]]] = {
    "udiff": ("bhavcopy-udiff", udiff),
    "legacy": ("bhavcopy-legacy", legacy),
    "report": ("nse-eod-report", report),
    "converted": ("nse-eod-report", converted),
}


class EndOfDayFacts(FeedContract):
    name = "nse-eod-report"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65


class TestUdiff(EndOfDayFacts):
    name = "bhavcopy-udiff"

    def recording(self) -> RawFile:
        return udiff()


class TestLegacy(EndOfDayFacts):
    name = "bhavcopy-legacy"
    day = date(2024, 1, 15)
    lot_size = 50
    total_open_interest_units = (324821 + 358218) * 50

    def recording(self) -> RawFile:
        return legacy()


class TestReport(EndOfDayFacts):
    def recording(self) -> RawFile:
        return report()


class TestConverted(EndOfDayFacts):
    def recording(self) -> RawFile:
        return converted()


def candidates(name: str, recording: RawFile) -> pd.DataFrame:
    feed = feed_named(name)
    found = normalise_session(feed.captures(recording, None), feed, MARKET, 0.055)
    assert found.unreadable == ()
    return found.frame


@pytest.mark.parametrize("kind", list(FILES))
def test_the_expected_chain_is_reproduced(kind: str) -> None:
    name, recording = FILES[kind]
    frame = candidates(name, recording())
    assert_expected_chain(frame)
    assert frame[["bid", "ask"]].isna().all().all()
    assert frame["implied_vol"].notna().all()


@pytest.mark.parametrize("kind", ["udiff", "converted"])
def test_the_level_of_the_index_is_spot_where_the_file_has_it(kind: str) -> None:
    name, recording = FILES[kind]
    frame = candidates(name, recording())
    assert (set(frame["spot"]), set(frame["spot_source"])) == ({23412.35}, {"feed"})


@pytest.mark.parametrize("kind", ["legacy", "report"])
def test_spot_follows_from_parity_where_the_file_has_none(kind: str) -> None:
    name, recording = FILES[kind]
    frame = candidates(name, recording())
    assert set(frame["spot_source"]) == {"parity"}
    assert frame["spot"].between(23380, 23428).all()


def test_rows_and_receipt_are_of_the_day_in_the_rows() -> None:
    capture = next(feed_named("bhavcopy-udiff").captures(udiff(udiff_rows("2024-01-15")), None))
    frame = feed_named("bhavcopy-udiff").quotes(capture).frame()
    assert (capture.day, capture.received_at) == (date(2024, 1, 15), usual_close(date(2024, 1, 15)))
    assert set(frame["observed_at"]) == set(frame["received_at"]) == {pd.Timestamp(capture.received_at)}


def test_other_instruments_are_left_out_and_each_index_is_a_capture() -> None:
    rows = udiff_rows()
    other = [
        rows[0] | {"FinInstrmTp": "IDF", "OptnTp": "", "StrkPric": ""},
        rows[0] | {"FinInstrmTp": "STO", "TckrSymb": "RELIANCE"},
        rows[0] | {"TckrSymb": "NOSUCHINDEX"},
        rows[0] | {"TckrSymb": "BANKNIFTY", "XpryDt": "2026-09-29"},
    ]
    feed = feed_named("bhavcopy-udiff")
    captures = list(feed.captures(udiff([*other, *rows]), None))
    assert [capture.underlying for capture in captures] == ["BANKNIFTY", "NIFTY"]
    assert [len(feed.quotes(capture)) for capture in captures] == [1, 20]
    assert all(capture.raw.startswith(b"TradDt,") for capture in captures)


def test_the_footnote_of_the_report_is_no_contract() -> None:
    assert candidates("nse-eod-report", report(footnote=FOOTNOTE)).equals(candidates("nse-eod-report", report()))


def test_a_contract_that_did_not_trade_has_no_last_price() -> None:
    rows = udiff_rows()
    rows[0]["TtlTradgVol"] = 0
    rows[1]["ClsPric"] = "0.00"
    rows[2]["TtlTradgVol"] = ""
    frame = feed_named("bhavcopy-udiff").quotes(next(feed_named("bhavcopy-udiff").captures(udiff(rows), None))).frame()
    assert np.isnan(frame["last_price"].iloc[:3]).tolist() == [True, True, False]
    assert frame["volume"].iloc[0] == 0.0
    assert np.isnan(frame["volume"].iloc[2])


def test_windows_line_ends_are_read() -> None:
    content = udiff().content.replace(b"\n", b"\r\n")
    assert len(candidates("bhavcopy-udiff", replace(udiff(), content=content))) == 20


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31-May-12", date(2012, 5, 31)),
        ("15-JAN-2024", date(2024, 1, 15)),
        ("2026-09-16", date(2026, 9, 16)),
        ("22/09/2026", date(2026, 9, 22)),
    ],
)
def test_dates_of_the_exchange(text: str, day: date) -> None:
    assert exchange_day(text) == day


@pytest.mark.parametrize("text", ["", "31-Feb-12", "12-31-24", "31-May-1", "today"])
def test_what_is_no_date_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month"):
        exchange_day(text)


def test_two_digit_years_are_read_in_the_rows() -> None:
    rows = [row | {"EXPIRY_DT": "25-Jan-24"} for row in legacy_rows("15-Jan-24")]
    assert candidates("bhavcopy-legacy", legacy(rows)).equals(
        candidates("bhavcopy-legacy", legacy()).assign(
            capture_id=candidates("bhavcopy-legacy", legacy(rows))["capture_id"]
        )
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"OptnTp": "XX"}, "CE or PE"),
        ({"OptnTp": ""}, "empty"),
        ({"XpryDt": "soon"}, "XpryDt"),
        ({"StrkPric": ""}, "strike"),
        ({"OpnIntrst": "many"}, "many"),
    ],
)
def test_bad_cells_are_named(change: dict[str, object], said: str) -> None:
    rows = udiff_rows()
    rows[3] |= change
    feed = feed_named("bhavcopy-udiff")
    capture = next(feed.captures(udiff(rows), None))
    with pytest.raises(FeedError, match=said):
        feed.quotes(capture)


@pytest.mark.parametrize(
    ("recording", "said"),
    [
        (report("options.csv"), "exchange's name"),
        (report("op31022026.csv"), "exchange's name"),
        (report("op16092026.txt"), "exchange's name"),
        (udiff([{**udiff_rows()[0], "TradDt": "2026-02-31"}]), "line 2"),
        (udiff([{**udiff_rows()[0], "FinInstrmTp": "STO"}]), "no option on an index"),
        (file("x.csv", b"<html>\n<body>not found</body>\n"), "html"),
        (file("x.csv", lines("TradDt,TckrSymb", [])), "does not know"),
    ],
)
def test_a_file_that_cannot_be_split_is_refused(recording: RawFile, said: str) -> None:
    name = "nse-eod-report" if recording.name.startswith("op") else "bhavcopy-udiff"
    with pytest.raises(FeedError, match=said):
        list(feed_named(name).captures(recording, None))


def test_zip_and_xz_are_ingested_as_published(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("BhavCopy_NSE_FO_0_0_0_20260916_F_0000.csv", udiff().content)
    (tmp_path / "BhavCopy_NSE_FO_0_0_0_20260916_F_0000.csv.zip").write_bytes(packed.getvalue())
    (tmp_path / "op16092026.csv.xz").write_bytes(lzma.compress(report(footnote=FOOTNOTE).content))
    for name in ("bhavcopy-udiff", "nse-eod-report"):
        found = ingest(feed_named(name), [tmp_path], lambda _: True, MARKET)
        assert (found.sessions, found.snapshots, len(found.refused)) == ((date(2026, 9, 16),), 1, 1)


def test_the_file_of_a_holiday_belongs_to_no_session(tmp_path: Path) -> None:
    (tmp_path / "fo.csv").write_bytes(legacy(legacy_rows("26-JAN-2024")).content)
    found = ingest(feed_named("bhavcopy-legacy"), [tmp_path], lambda _: True, MARKET)
    assert found.quarantined == {"closed_day: Republic Day": 1}


@pytest.mark.parametrize("kind", list(FILES))
@given(junk=st.binary(max_size=40), at=st.integers(0, 6000), length=st.integers(0, 40))
def test_mutated_bytes_give_rows_or_a_feed_error(kind: str, junk: bytes, at: int, length: int) -> None:
    name, recording = FILES[kind]
    feed = feed_named(name)
    good = recording()
    content = good.content[:at] + junk + good.content[at + length :]
    try:
        captures = list(feed.captures(replace(good, content=content), None))
    except FeedError:
        captures = []
    captures.append(replace(next(feed.captures(good, None)), raw=content))
    found = normalise_session(captures, feed, MARKET, 0.055)
    assert len(found.frame) + len(found.unreadable) >= 1


@pytest.mark.recordings
def test_the_reports_of_the_exchange_are_read_whole(recordings: Path) -> None:
    found = ingest(feed_named("nse-eod-report"), [recordings / "nse_eod_reports_2025"], lambda _: True, MARKET)
    assert found.sessions == (date(2025, 8, 14), date(2025, 11, 14))
    assert (found.captures_new, found.snapshots, len(found.unreadable), len(found.refused)) == (7, 7, 0, 5)


@pytest.mark.recordings
def test_closing_prices_put_the_forwards_of_an_index_in_order(recordings: Path) -> None:
    folder = recordings / "nse_eod_reports_2025" / "14112025"
    (raw_file,) = raw_files(folder / "op14112025.csv.xz")
    frame = candidates("nse-eod-report", raw_file)
    nifty = frame[frame["underlying"] == "NIFTY"]
    assert len(nifty) == 1101
    forwards = nifty.groupby("expiry")["forward"].first().dropna()
    assert forwards.is_monotonic_increasing
    assert set(nifty["spot_source"]) == {"parity"}
    assert nifty["spot"].between(25_850, 25_950).all()  # the index closed at 25,910
