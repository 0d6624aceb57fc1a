"""One HTTP GET that can neither hang nor flood: bounded in time and size, no redirects, no compressed bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.feeds.call_pacing import Clock, retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_OK, _REDIRECTS, _TOO_MANY, _SERVER_ERRORS = 200, range(300, 400), 429, range(500, 600)


@dataclass(frozen=True, slots=True)
class CallBounds:
    """What one call may take.

    Args:
        connect_seconds: Until a connection stands.
        read_seconds: Between two parts of an answer.
        total_seconds: Until the whole answer is there, from the first byte of the request.
        body_bytes: Size of the answer's body.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 20.0
    body_bytes: int = 5 << 20

    def timeout(self) -> httpx.Timeout:
        """Return the part of the bounds that the connection pool keeps."""
        import httpx  # 0.2 CPU-s to import, and every command that lists feeds comes by here

        return httpx.Timeout(self.read_seconds, connect=self.connect_seconds)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one call.

    Args:
        status: HTTP status; None when there was no answer.
        body: The whole body; empty when it was not read to its end.
        failure: What went wrong; None for a whole answer of status 200.
        passing: Whether the failure may pass: a timeout, too many requests or an error of the server.
        retry_after: Seconds the server asks to wait; None when it does not.
    """

    status: int | None
    body: bytes
    failure: str | None
    passing: bool = False
    retry_after: float | None = None


def bounded_get(http: httpx.Client, path: str, params: Mapping[str, str], bounds: CallBounds, clock: Clock) -> Attempt:
    """Call once.

    Args:
        http: Connection pool that follows no redirects.
        path: Below its base URL.
        params: Query.
        bounds: Of time and size.
        clock: Measures the total time; no waiting is done here.
    """
    import httpx

    deadline = clock.monotonic() + bounds.total_seconds
    status = None
    try:
        with http.stream("GET", path, params=dict(params)) as response:
            status = response.status_code
            if failure := _unreadable(response, bounds):
                return Attempt(status, b"", failure)
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > bounds.body_bytes:
                    return Attempt(status, b"", f"the body is larger than {bounds.body_bytes} bytes")
                if clock.monotonic() > deadline:
                    return Attempt(status, b"", f"not whole after {bounds.total_seconds:g} s", passing=True)
            return _judged(response, bytes(body), clock)
    except httpx.TimeoutException as error:
        return Attempt(status, b"", f"{type(error).__name__}: no answer in time", passing=True)
    except httpx.HTTPError as error:
        return Attempt(status, b"", f"{type(error).__name__}: {error}")


def _unreadable(response: httpx.Response, bounds: CallBounds) -> str | None:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        return f"the body is encoded as {encoding!r:.40}, which was not asked for"
    length = response.headers.get("content-length", "0")
    if length.isdigit() and int(length) > bounds.body_bytes:
        return f"the body of {length} bytes is larger than {bounds.body_bytes} bytes"
    return None


def _judged(response: httpx.Response, body: bytes, clock: Clock) -> Attempt:
    status = response.status_code
    if status == _OK:
        return Attempt(status, body, None)
    if status in _REDIRECTS:
        return Attempt(status, b"", f"HTTP {status}: redirects are not followed")
    wait = retry_after_seconds(response.headers.get("retry-after"), clock.now())
    passing = status == _TOO_MANY or status in _SERVER_ERRORS
    return Attempt(status, body, f"HTTP {status}", passing=passing, retry_after=wait)
