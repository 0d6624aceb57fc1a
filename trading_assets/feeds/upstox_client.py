"""The Upstox HTTP API, read-only: a method per endpoint, answers checked in shape, their meaning left to the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from trading_assets.errors import FeedCallError, UsageError
from trading_assets.feeds import upstox_shapes as shapes
from trading_assets.feeds.upstox_calls import FEED_NAME
from trading_assets.feeds.upstox_chain import INSTRUMENT_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from types import TracebackType

    from trading_assets.feeds.upstox_calls import UpstoxCalls
    from trading_assets.feeds.upstox_shapes import Row

MAX_PAGES = 200


class UpstoxClient:
    """Calls the API. Use it as a context manager, or close it.

    Args:
        calls: What calls it; closed with the client.
    """

    def __init__(self, calls: UpstoxCalls) -> None:
        self._calls = calls

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._calls.close()

    def option_chain(self, underlying: str, expiry: date) -> bytes:
        """Return the checked answer for one expiry as it was received; feed `upstox` reads it.

        Raises:
            FeedCallError: No usable answer after all attempts; TokenError when the token was refused.
            UsageError: Upstox has no such index.
        """
        query = {"instrument_key": instrument_key(underlying), "expiry_date": expiry.isoformat()}
        return self._calls.call("/v2/option/chain", query, shapes.CHAIN)[0]

    def option_contracts(self, underlying: str, expiry: date | None = None) -> list[Row]:
        """Return the listed option contracts of an index, of one expiry or all."""
        query = {"instrument_key": instrument_key(underlying)}
        query |= {} if expiry is None else {"expiry_date": expiry.isoformat()}
        return shapes.rows(self._calls.call("/v2/option/contract", query, shapes.CONTRACTS)[1])

    def quotes(self, instrument_keys: Iterable[str]) -> Row:
        """Return the full quotes of instruments, by exchange and symbol."""
        query = {"symbol": ",".join(instrument_keys)}
        return shapes.mapping(self._calls.call("/v2/market-quote/quotes", query, shapes.QUOTES)[1])

    def market_status(self, exchange: str) -> Row:
        """Return whether an exchange (NSE, NFO, BSE, …) is open."""
        return shapes.mapping(self._calls.call(f"/v2/market/status/{quote(exchange, safe='')}", {}, shapes.STATUS)[1])

    def holidays(self, day: date | None = None) -> list[Row]:
        """Return the holidays of the year, or the one of a day."""
        path = "/v2/market/holidays" if day is None else f"/v2/market/holidays/{day.isoformat()}"
        return shapes.rows(self._calls.call(path, {}, shapes.HOLIDAYS)[1])

    def timings(self, day: date) -> list[Row]:
        """Return the hours of every exchange on a day, epoch milliseconds."""
        return shapes.rows(self._calls.call(f"/v2/market/timings/{day.isoformat()}", {}, shapes.TIMINGS)[1])

    def trades_for_day(self) -> list[Row]:
        """Return the account's own trades of today."""
        return shapes.rows(self._calls.call("/v2/order/trades/get-trades-for-day", {}, shapes.TRADES)[1])

    def historical_trades(self, segment: str, start: date, end: date, page_size: int = 500) -> list[Row]:
        """Return the account's own trades of a range, both ends included, all pages.

        Args:
            segment: EQ, FO, COM, CD or MF.
            start: First day; Upstox keeps three financial years.
            end: Last day.
            page_size: Trades per call.

        Raises:
            FeedCallError: No usable answer, or more than `MAX_PAGES` pages.
        """
        query = {"segment": segment, "start_date": start.isoformat(), "end_date": end.isoformat()}
        trades: list[Row] = []
        for page in range(1, MAX_PAGES + 1):
            paging = {"page_number": str(page), "page_size": str(page_size)}
            answer = self._calls.call("/v2/charges/historical-trades", query | paging, shapes.PAST_TRADES)[1]
            trades += shapes.rows(answer)
            meta = shapes.mapping(answer, "meta_data") or shapes.mapping(answer, "metaData")
            total = shapes.mapping(meta, "page").get("total_pages")
            if not isinstance(total, int) or page >= total:
                return trades
        msg = f"{start} to {end} has more than {MAX_PAGES} pages of {page_size} trades; ask for a shorter range."
        raise FeedCallError(msg)

    def profit_loss_charges(self, segment: str, start: date, end: date) -> Row:
        """Return what the account was charged on the trades of a range within one financial year, ₹ by component.

        Raises:
            UsageError: The days lie in two financial years, which start in April.
            FeedCallError: No usable answer.
        """
        year = financial_year(start)
        if financial_year(end) != year:
            msg = f"{start} to {end} spans two financial years; ask for each (1 April to 31 March) by itself."
            raise UsageError(msg)
        query = {"segment": segment, "financial_year": year, "from_date": f"{start:%d-%m-%Y}"}
        answer = self._calls.call(
            "/v2/trade/profit-loss/charges", query | {"to_date": f"{end:%d-%m-%Y}"}, shapes.CHARGES
        )[1]
        return shapes.mapping(shapes.mapping(answer), "charges_breakdown")


def instrument_key(underlying: str) -> str:
    """Return the key of an index.

    Raises:
        UsageError: Upstox has no such index.
    """
    if underlying not in INSTRUMENT_KEYS:
        msg = f"feed {FEED_NAME} has no index {underlying!r}; it has {', '.join(INSTRUMENT_KEYS)}."
        raise UsageError(msg)
    return INSTRUMENT_KEYS[underlying]


def financial_year(day: date) -> str:
    """Return the Indian financial year of a day as the API writes it: 2425 from 2024-04-01 to 2025-03-31."""
    first = day.year if day.month >= 4 else day.year - 1  # noqa: PLR2004 - April
    return f"{first % 100:02d}{(first + 1) % 100:02d}"
