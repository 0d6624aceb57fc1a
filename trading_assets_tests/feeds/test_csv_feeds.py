"""What the four CSV feeds have in common: the expected chain, and that no damaged file does more than say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.chain_features import max_pain, pcr_oi
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds.csv_chains import RECORDERS
from trading_assets_tests.feeds.mutations import mutated
from trading_assets_tests.feeds.nse_dumps import facts

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

MARKET = load_market()
NAMES = sorted(RECORDERS)


def captures(name: str) -> list[Capture]:
    return [capture for file in RECORDERS[name]() for capture in feed_named(name).captures(file, None)]


@pytest.mark.parametrize("name", NAMES)
def test_the_expected_chain_is_reproduced_from_every_format(name: str) -> None:
    expected = facts()
    frame = normalise_session(captures(name), feed_named(name), MARKET, expected["rate"]).frame
    chain = OptionChain.from_frame(frame, MARKET.calendar.session(captures(name)[0].day))
    lots = frame.groupby("option_type")["open_interest_lots"].sum()
    assert lots.to_dict() == {"CE": expected["total_call_oi_lots"], "PE": expected["total_put_oi_lots"]}
    assert pcr_oi(chain)[0] == pytest.approx(expected["pcr_oi"], abs=1e-15)
    assert max_pain(chain)[0] == expected["max_pain"]
    assert frame["forward"].to_numpy() == pytest.approx(expected["forward"], abs=0.15)
    assert frame["spot"].eq(expected["spot"]).all()
    assert frame["lot_size"].eq(expected["lot_size"]).all()
    volume = {leg[2] + str(leg[1]): leg[4] * 65.0 for leg in expected["legs"]}
    if feed_named(name).volume_of_bar:
        volume = dict.fromkeys(volume, np.nan)  # the bars since the open are not recorded
    legs = frame["option_type"] + frame["strike"].astype(int).astype(str)
    pd.testing.assert_series_equal(frame["volume_units"].set_axis(legs), pd.Series(volume)[legs], check_names=False)


@pytest.mark.parametrize("name", NAMES)
def test_volatilities_are_computed_also_where_there_are_no_quotes(name: str) -> None:
    expected = facts()
    frame = normalise_session(captures(name), feed_named(name), MARKET, expected["rate"]).frame
    by_strike = frame.groupby("strike")["implied_vol"].first()
    truth = {leg[1]: leg[5] for leg in expected["legs"]}
    near = by_strike[abs(by_strike.index - expected["forward"]) < 60]
    np.testing.assert_allclose(near, [truth[strike] for strike in near.index], atol=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_twice_in_other_hands_is_the_same_capture(name: str) -> None:
    first, second = captures(name), captures(name)
    assert [capture.capture_id for capture in first] == [capture.capture_id for capture in second]


def read_whole(name: str, file: RawFile) -> int:
    """Rows and unreadable captures that a file gives; only a FeedError may come of splitting it."""
    feed = feed_named(name)
    try:
        found = [replace(capture) for capture in feed.captures(file, None)]
    except FeedError:
        return 1
    result = normalise_session(found, feed, MARKET, 0.065)
    return len(result.frame) + len(result.unreadable) + (not found)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(st.data())
def test_mutated_files_give_rows_or_an_error_that_is_meant(name: str, data: st.DataObject) -> None:
    file = RECORDERS[name]()[0]
    content = mutated(file.content, data.draw(st.randoms(use_true_random=False)))
    assert read_whole(name, replace(file, content=content)) > 0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(st.data())
def test_mutated_captures_give_rows_or_a_feed_error(name: str, data: st.DataObject) -> None:
    capture = captures(name)[0]
    damaged = replace(capture, raw=mutated(capture.raw, data.draw(st.randoms(use_true_random=False))))
    found = normalise_session([damaged], feed_named(name), MARKET, 0.065)
    assert len(found.frame) + len(found.unreadable) > 0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_file_name_is_read_or_refused(name: str, stem: str) -> None:
    assert read_whole(name, replace(RECORDERS[name]()[0], name=f"x!{stem}")) > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("expiry", ["9999-12-31", "1999-12-31"])
def test_an_expiry_out_of_this_age_makes_its_capture_unreadable(name: str, expiry: str) -> None:
    year = expiry[:4].encode()
    file = RECORDERS[name]()[0]
    content = file.content.replace(b"2026-09-22", expiry.encode()).replace(b"22-Sep-2026", b"31-Dec-" + year)
    named = file.name.replace("2026-09-22", expiry).replace("NIFTY_16-09", f"31DEC{expiry[:4]}/NIFTY_16-09")
    found = list(feed_named(name).captures(replace(file, name=named, content=content), None))
    result = normalise_session(found, feed_named(name), MARKET, 0.065)
    assert result.frame.empty
    assert "expire from" in result.unreadable[0].reason
