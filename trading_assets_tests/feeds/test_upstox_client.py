"""The client against a real local server that replays the recorded shapes and misbehaves."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd
import pytest
from pydantic import SecretStr

from trading_assets.errors import FeedCallError, SettingsError, TokenError, UsageError
from trading_assets.feeds.bounded_get import CallBounds
from trading_assets.feeds.call_pacing import RateLimit, RetryPolicy
from trading_assets.feeds.upstox_calls import CallOptions, UpstoxCalls
from trading_assets.feeds.upstox_client import UpstoxClient, financial_year
from trading_assets.storage.journal import Journal
from trading_assets.tables import feed_calls
from trading_assets_tests.feeds.fake_clock import FakeClock
from trading_assets_tests.feeds.upstox_answers import answer
from trading_assets_tests.feeds.upstox_server import FAULTS, UpstoxServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXPIRY = date(2026, 9, 22)
TOKEN = "eyJ-the-token-of-the-day"  # noqa: S105 - a made-up one
BOUNDS = CallBounds(connect_seconds=2.0, read_seconds=0.6, total_seconds=60.0)
UNLIMITED = (RateLimit(10**6, 1.0),)
PASSING = {"429", "500", "503", "hang", "drip"}
#: Status that a fault is recorded with; None where there is no answer.
STATUS = {
    "429": 429,
    "500": 500,
    "503": 503,
    "400": 400,
    "redirect": 302,
    "hang": None,
    "reset": None,
    **dict.fromkeys(("drip", "short", "truncated", "wrong_types", "no_success", "huge", "gzip", "html", "ok"), 200),
}
SAID = {
    "429": "UDAPI10005 Too Many Request Sent",
    "500": "HTTP 500",
    "503": "HTTP 503",
    "hang": "ReadTimeout",
    "drip": "ReadTimeout",
    "reset": "Error",
    "short": "RemoteProtocolError",
    "truncated": "not JSON",
    "wrong_types": "strike_price is '23350'",
    "no_success": "success",
    "redirect": "redirects are not followed",
    "huge": "larger than 5242880 bytes",
    "gzip": "'gzip'",
    "html": "not JSON",
    "400": "UDAPI100011 Invalid Instrument key",
}


class Desk:
    """A client, its clock and the rows it recorded."""

    def __init__(self, server: UpstoxServer, clock: FakeClock | None = None, **options: object) -> None:
        self.clock = clock or FakeClock()
        self.rows: list[dict] = []
        known = {"bounds": BOUNDS, "limits": UNLIMITED, "jitter": lambda: 0.5, **options}
        calls = UpstoxCalls(
            server.url, SecretStr(TOKEN), self.clock, lambda row: self.rows.append(dict(row)), CallOptions(**known)
        )
        self.client = UpstoxClient(calls)
        server.closing.append(self.client)

    def chain(self) -> bytes:
        return self.client.option_chain("NIFTY", EXPIRY)


def planned(*faults: str) -> Callable[[int, str], str]:
    """The faults one after the other, then none."""
    return lambda number, _path: faults[number] if number < len(faults) else "ok"


def test_the_chain_is_asked_for_by_key_and_comes_back_as_it_was_sent() -> None:
    with UpstoxServer() as server:
        desk = Desk(server)
        body = desk.chain()
        _, path, headers = server.seen[0]
    assert body == orjson.dumps(answer())
    assert path == "/v2/option/chain?instrument_key=NSE_INDEX%7CNifty+50&expiry_date=2026-09-22"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept-Encoding"] == "identity"
    assert len(desk.rows) == 1
    row = desk.rows[0]
    assert (row["feed"], row["endpoint"], row["success"], row["status"], row["error"]) == (
        *("upstox", "/v2/option/chain"),
        *(True, 200, None),
    )
    assert row["date"] == date(2026, 9, 16)


def test_one_connection_serves_many_calls() -> None:
    with UpstoxServer() as server:
        connections = set()
        whole = server.process_request
        server.process_request = lambda request, address: (connections.add(address), whole(request, address))
        desk = Desk(server)
        for _ in range(5):
            desk.chain()
    assert len(connections) == 1


@pytest.mark.parametrize("fault", sorted(PASSING))
def test_what_may_pass_is_tried_again(fault: str) -> None:
    with UpstoxServer(planned(fault)) as server:
        desk = Desk(server)
        assert desk.chain() == orjson.dumps(answer())
    assert [row["success"] for row in desk.rows] == [False, True]
    assert desk.rows[0]["status"] == STATUS[fault]
    assert SAID[fault] in desk.rows[0]["error"]
    assert len(desk.clock.sleeps) == 1


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - PASSING))
def test_what_will_not_pass_is_asked_once(fault: str) -> None:
    with UpstoxServer(planned(fault)) as server:
        desk = Desk(server)
        with pytest.raises(FeedCallError, match="tried once") as caught:
            desk.chain()
        assert len(server.seen) == 1
    assert SAID[fault] in str(caught.value)
    assert [(row["success"], row["status"]) for row in desk.rows] == [(False, STATUS[fault])]
    assert desk.clock.sleeps == []


def test_attempts_end_and_their_waits_grow() -> None:
    with UpstoxServer(planned(*["500"] * 10)) as server:
        desk = Desk(server, retry=RetryPolicy(attempts=4, first_wait=1.0))
        with pytest.raises(FeedCallError, match="tried 4 times"):
            desk.chain()
    assert desk.clock.sleeps == [0.75, 1.5, 3.0]
    assert len(desk.rows) == 4


def test_retry_after_is_honoured_up_to_a_bound() -> None:
    with UpstoxServer(planned("429", "429")) as server:
        desk = Desk(server)
        server.retry_after = {"Retry-After": "7"}
        desk.chain()
        assert all(wait >= 7.0 for wait in desk.clock.sleeps)
        server.seen.clear()
        server.retry_after = {"Retry-After": "3600"}
        with pytest.raises(FeedCallError, match="tried once"):
            desk.chain()
    assert len(desk.clock.sleeps) == 2


def test_an_expired_token_is_named_once_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with UpstoxServer(planned("401")) as server:
        desk = Desk(server)
        with pytest.raises(TokenError, match="TRADING_ASSETS_UPSTOX_TOKEN") as caught:
            desk.chain()
        assert len(server.seen) == 1
    assert desk.rows[0]["status"] == 401
    assert "expired" in str(caught.value)
    everything = [str(caught.value), repr(caught.value), repr(desk.client.__dict__), caplog.text, str(desk.rows)]
    assert not any(TOKEN in text for text in everything)
    assert "***" in str(caught.value)  # the server echoed it


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_shows_the_token(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with UpstoxServer(planned(*[fault] * 9)) as server:
        desk = Desk(server, retry=RetryPolicy(attempts=1))
        with pytest.raises(FeedCallError) as caught:
            desk.chain()
    assert TOKEN not in caplog.text + str(caught.value) + str(desk.rows)


def test_a_body_that_never_ends_is_left_after_the_total_time() -> None:
    with UpstoxServer(planned("huge")) as server:
        desk = Desk(server, FakeClock(tick=1.0), bounds=CallBounds(read_seconds=2.0, total_seconds=5.0))
        desk.chain()
    assert desk.rows[0]["error"].startswith("not whole after 5 s")
    assert [row["success"] for row in desk.rows] == [False, True]


def test_calls_of_one_moment_have_times_of_their_own() -> None:
    with UpstoxServer() as server:
        desk = Desk(server)  # its clock stands still
        for _ in range(5):
            desk.chain()
    assert len({row["called_at"] for row in desk.rows}) == 5


def test_the_rate_limits_are_kept_before_the_server_has_to() -> None:
    with UpstoxServer() as server:
        desk = Desk(server, limits=(RateLimit(2, 1.0),))
        for _ in range(5):
            desk.chain()
    times = [row["called_at"] for row in desk.rows]
    assert all(after - before >= timedelta(seconds=1) for before, after in zip(times, times[2:], strict=False))


def test_a_thousand_calls_with_a_fifth_of_faults_leave_a_thousand_right_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    rare = {"hang": 0.1, "drip": 0.1, "huge": 0.1}  # they cost real time
    weights = np.array([rare.get(fault, 1.0) for fault in FAULTS])
    faults = np.where(rng.random(1_000) < 0.2, rng.choice(FAULTS, 1_000, p=weights / weights.sum()), "ok").tolist()
    journal, clock, rows = Journal(tmp_path), FakeClock(tick=0.001), []
    options = CallOptions(BOUNDS, RetryPolicy(attempts=4), UNLIMITED, jitter=lambda: 0.5)
    with (
        UpstoxServer(planned(*faults)) as server,
        UpstoxClient(UpstoxCalls(server.url, SecretStr(TOKEN), clock, rows.append, options)) as client,
    ):
        answered, body = 0, orjson.dumps(answer())
        while len(server.seen) < 1_000:
            try:
                assert client.option_chain("NIFTY", EXPIRY) == body
                answered += 1
            except FeedCallError:
                continue
        done = [fault for fault, _, _ in server.seen]
    assert done == faults
    assert journal.append(feed_calls.CONTRACT, rows) == 1_000
    frame = journal.read(feed_calls.CONTRACT)
    assert len(frame) == 1_000
    assert frame["called_at"].is_monotonic_increasing
    assert frame["called_at"].is_unique
    assert frame["success"].tolist() == [fault == "ok" for fault in faults]
    assert frame["success"].sum() == answered == faults.count("ok")
    expected = [np.nan if STATUS[fault] is None else float(STATUS[fault] or 0) for fault in faults]
    np.testing.assert_array_equal(frame["status"], expected)
    for fault, error in zip(faults, frame["error"], strict=True):
        assert pd.isna(error) if fault == "ok" else SAID[fault] in error
    assert (frame["duration_ms"] > 0.0).all()
    assert 0.15 < 1 - frame["success"].mean() < 0.25


SHAPES = {
    "/v2/option/contract": [
        {
            "instrument_key": "NSE_FO|40008",
            "expiry": "2026-09-22",
            "strike_price": 23400.0,
            "lot_size": 65,
            "instrument_type": "CE",
        }
    ],
    "/v2/market-quote/quotes": {
        "NSE_FO:NIFTY2692223400CE": {
            "instrument_token": "NSE_FO|40008",
            "last_price": 157.95,
            "timestamp": "2026-09-16T11:15:00+05:30",
        }
    },
    "/v2/market/status/NSE": {"exchange": "NSE", "status": "NORMAL_OPEN", "last_updated": 1789537500000},
    "/v2/market/holidays": [
        {"date": "2026-10-20", "holiday_type": "TRADING_HOLIDAY", "closed_exchanges": ["NSE"], "open_exchanges": []}
    ],
    "/v2/market/timings/2026-09-16": [{"exchange": "NFO", "start_time": 1789530300000, "end_time": 1789553400000}],
    "/v2/order/trades/get-trades-for-day": [
        {
            "trade_id": "50012345",
            "instrument_token": "NSE_FO|40008",
            "transaction_type": "BUY",
            "quantity": 65,
            "average_price": 158.05,
        }
    ],
    "/v2/trade/profit-loss/charges": {"charges_breakdown": {"total": 73.07, "brokerage": 40.0}},
}
CALLS: dict[str, Callable[[UpstoxClient], object]] = {
    "/v2/option/contract": lambda client: client.option_contracts("NIFTY", EXPIRY),
    "/v2/market-quote/quotes": lambda client: client.quotes(["NSE_FO|40008"]),
    "/v2/market/status/NSE": lambda client: client.market_status("NSE"),
    "/v2/market/holidays": lambda client: client.holidays(),
    "/v2/market/timings/2026-09-16": lambda client: client.timings(date(2026, 9, 16)),
    "/v2/order/trades/get-trades-for-day": lambda client: client.trades_for_day(),
    "/v2/trade/profit-loss/charges": lambda client: client.profit_loss_charges(
        "FO", date(2026, 4, 1), date(2026, 9, 16)
    ),
}


@pytest.mark.parametrize("path", sorted(SHAPES))
def test_every_endpoint_gives_its_data(path: str) -> None:
    with UpstoxServer(answers=lambda asked, _: {"status": "success", "data": SHAPES[asked]}) as server:
        data = CALLS[path](Desk(server).client)
    expected = SHAPES[path]
    assert data == (expected["charges_breakdown"] if path.endswith("charges") else expected)


@pytest.mark.parametrize("path", sorted(SHAPES))
@pytest.mark.parametrize("data", [None, 7, "x", [[]], {"a": 1}, [{"trade_id": 1}]])
def test_every_endpoint_refuses_another_shape(path: str, data: object) -> None:
    with UpstoxServer(answers=lambda _path, _query: {"status": "success", "data": data}) as server:
        desk = Desk(server)
        with pytest.raises(FeedCallError, match=path):
            CALLS[path](desk.client)
    assert [row["success"] for row in desk.rows] == [False]


def test_a_truth_value_is_no_number() -> None:
    hours = [{"exchange": "NFO", "start_time": True, "end_time": 1789553400000}]
    with UpstoxServer(answers=lambda _path, _query: {"status": "success", "data": hours}) as server:
        with pytest.raises(FeedCallError, match="start_time is True"):
            Desk(server).client.timings(date(2026, 9, 16))
        assert len(server.seen) == 1


def test_all_pages_of_past_trades_are_read() -> None:
    def page(_path: str, query: dict[str, str]) -> object:
        number = int(query["page_number"])
        trade = {"trade_id": str(number), "trade_date": "2026-09-16", "transaction_type": "BUY", "quantity": 65}
        paging = {"page_number": number, "page_size": 1, "total_records": 3, "total_pages": 3}
        return {"status": "success", "data": [trade | {"price": 1.5}], "meta_data": {"page": paging}}

    with UpstoxServer(answers=page) as server:
        trades = Desk(server).client.historical_trades("FO", date(2026, 9, 1), date(2026, 9, 16), 1)
        assert "start_date=2026-09-01&end_date=2026-09-16" in server.seen[0][1]
    assert [trade["trade_id"] for trade in trades] == ["1", "2", "3"]


def test_pages_without_end_are_left() -> None:
    endless = {"status": "success", "data": [], "meta_data": {"page": {"total_pages": 10**9}}}
    with UpstoxServer(answers=lambda _path, _query: endless) as server:
        with pytest.raises(FeedCallError, match="shorter range"):
            Desk(server).client.historical_trades("FO", date(2026, 9, 1), date(2026, 9, 16))
        assert len(server.seen) == 200


def test_charges_are_asked_for_by_financial_year() -> None:
    with UpstoxServer(answers=lambda path, _: {"status": "success", "data": SHAPES[path]}) as server:
        client = Desk(server).client
        client.profit_loss_charges("FO", date(2024, 4, 1), date(2025, 3, 31))
        assert server.seen[0][1].endswith(
            "?segment=FO&financial_year=2425&from_date=01-04-2024&to_date=31-03-2025",
        )
        with pytest.raises(UsageError, match="two financial years"):
            client.profit_loss_charges("FO", date(2025, 3, 31), date(2025, 4, 1))
        assert len(server.seen) == 1
    assert [financial_year(date(year, month, 1)) for year, month in ((1999, 4), (2000, 3), (2026, 1))] == [
        *("9900", "9900", "2526"),
    ]


@pytest.mark.parametrize("token", [None, "", "  ", "two words", "line\nbreak", "tök"])
def test_a_token_that_cannot_be_one_is_named_before_any_call(token: str | None) -> None:
    secret = None if token is None else SecretStr(token)
    with pytest.raises(TokenError, match="TRADING_ASSETS_UPSTOX_TOKEN"):
        UpstoxCalls("https://api.example", secret, FakeClock(), lambda _: None)


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.1", "api.example", "http://127.0.0.1.example"])
def test_the_token_is_not_sent_in_the_clear(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        UpstoxCalls(url, SecretStr(TOKEN), FakeClock(), lambda _: None)


def test_an_unknown_index_is_not_asked_for() -> None:
    with UpstoxServer() as server:
        with pytest.raises(UsageError, match="BANKNIFTY"):
            Desk(server).client.option_chain("RELIANCE", EXPIRY)
        assert server.seen == []


def test_a_closed_port_is_a_failed_call() -> None:
    with UpstoxServer() as server:
        desk = Desk(server)
        server.shutdown()
        server.socket.close()
        with pytest.raises(FeedCallError, match="ConnectError"):
            desk.chain()
    assert [(row["success"], row["status"]) for row in desk.rows] == [(False, None)]
