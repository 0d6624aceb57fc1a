from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trading_assets import feeds
from trading_assets.errors import FeedError, UsageError
from trading_assets.feeds.discovery import feed_named, load_feeds, load_side_feeds, recording_feed

if TYPE_CHECKING:
    from pathlib import Path


def test_feeds_are_found_by_listing_the_folder() -> None:
    found = load_feeds()
    assert {"nse-json", "simulated"} <= set(found)
    assert list(found) == sorted(found)
    assert all(feed.name == name for name, feed in found.items())


def test_an_unknown_feed_is_a_usage_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError, match="simulated"):
        feed_named("no-such-feed")


def extended(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> None:
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(feeds, "__path__", [*feeds.__path__, str(folder)])
    monkeypatch.setattr("sys.dont_write_bytecode", True)  # the folder is the test's; leave nothing beside it


def test_a_new_file_is_a_new_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from dataclasses import replace\n"
        "from trading_assets.feeds.nse_json import FEED as BASE\n"
        "FEED = replace(BASE, name='mine')\n"
    )
    extended(tmp_path, monkeypatch, "my_own_feed", source)
    assert "mine" in load_feeds()


def test_a_broken_file_fails_with_its_own_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extended(tmp_path, monkeypatch, "my_broken_feed", "1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        load_feeds()


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("my_double_feed", "from trading_assets.feeds.nse_json import FEED\n", "second time"),
        ("my_text_feed", "FEED = 'nse'\n", "must be"),
    ],
)
def test_a_feed_must_be_one_and_unique(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str, said: str
) -> None:
    extended(tmp_path, monkeypatch, name, source)
    with pytest.raises(FeedError, match=said):
        load_feeds()


def test_feeds_of_chains_and_of_levels_are_apart_and_share_their_names() -> None:
    chains, levels = load_feeds(), load_side_feeds()
    assert set(levels) == {"index-1min", "vix-daily"}
    assert not set(chains) & set(levels)
    assert all(recording_feed(name) is feed for name, feed in (chains | levels).items())


def test_a_feed_of_levels_cannot_be_asked_for_as_one_of_chains() -> None:
    with pytest.raises(UsageError, match="there is no feed 'vix-daily'"):
        feed_named("vix-daily")
    with pytest.raises(UsageError, match=r"vix_daily.*index-1min.*vix-daily"):
        recording_feed("vix_daily")


def test_a_new_file_may_be_a_side_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from dataclasses import replace\n"
        "from trading_assets.feeds import vix_daily\n"
        "FEED = replace(vix_daily.FEED, name='mine')\n"
    )
    extended(tmp_path, monkeypatch, "my_side_feed", source)
    assert "mine" in load_side_feeds()
    assert "mine" not in load_feeds()


def test_a_side_feed_may_not_take_the_name_of_a_feed_of_chains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from dataclasses import replace\n"
        "from trading_assets.feeds import vix_daily\n"
        "FEED = replace(vix_daily.FEED, name='nse-json')\n"
    )
    extended(tmp_path, monkeypatch, "zz_side_feed", source)
    with pytest.raises(FeedError, match="'nse-json' a second time"):
        load_side_feeds()
