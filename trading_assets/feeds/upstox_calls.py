"""Calling the Upstox API: one connection pool; every attempt paced, bounded, recorded, and retried when it may help.

The access token is sent in a header and stands in no URL, message, record or log.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from trading_assets.errors import FeedCallError, SettingsError, TokenError
from trading_assets.feeds.bounded_get import Attempt, CallBounds, bounded_get
from trading_assets.feeds.call_pacing import Clock, RateLimit, RateLimiter, RetryPolicy
from trading_assets.feeds.upstox_shapes import read_answer, told
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import SecretStr

    from trading_assets.feeds.upstox_shapes import Row, Shape

FEED_NAME = "upstox"
TOKEN_VARIABLE = "TRADING_ASSETS_UPSTOX_TOKEN"  # noqa: S105 - the name of a variable
#: Documented limits of the standard APIs. They hold per API; keeping them over all calls together is the safe side.
LIMITS = (RateLimit(50, 1.0), RateLimit(500, 60.0), RateLimit(2_000, 1_800.0))

_UNAUTHORISED = 401
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How calls are made.

    Args:
        bounds: Of one attempt.
        retry: Of one call.
        limits: Rate limits.
        earlier_calls: Times of recent calls by earlier processes, which count towards the limits.
        jitter: Random numbers in [0, 1).
    """

    bounds: CallBounds = field(default_factory=CallBounds)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limits: tuple[RateLimit, ...] = LIMITS
    earlier_calls: Iterable[datetime] = ()
    jitter: Callable[[], float] = field(default_factory=lambda: secrets.SystemRandom().random)


class UpstoxCalls:
    """Calls endpoints. Close it after use.

    Args:
        base_url: Where the API answers; https, or http on this machine.
        token: Access token of the day.
        clock: Time and waiting.
        record_call: Receives a row of `feed_calls` for every attempt, also the failed ones.
        options: Bounds, retries and limits; the documented ones when None.

    Raises:
        SettingsError: The URL is not usable.
        TokenError: There is no token, or it holds characters that no token has.
    """

    def __init__(
        self,
        base_url: str,
        token: SecretStr | None,
        clock: Clock,
        record_call: Callable[[Mapping[str, object]], object],
        options: CallOptions | None = None,
    ) -> None:
        import httpx  # see `bounded_get`

        self._options = options or CallOptions()
        self._token = _usable_token(token)
        self._clock = clock
        self._record_call = record_call
        self._limiter = RateLimiter(self._options.limits, clock, self._options.earlier_calls)
        self._last_called: datetime | None = None
        self._http = httpx.Client(
            base_url=_usable_url(base_url),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "trading-assets",
            },
            timeout=self._options.bounds.timeout(),
            follow_redirects=False,
            trust_env=urlsplit(base_url).hostname not in _LOOPBACK,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, path: str, query: Mapping[str, str], shape: Shape) -> tuple[bytes, Row]:
        """Call until there is a usable answer or no further attempt is allowed.

        Args:
            path: Of the endpoint.
            query: Its parameters.
            shape: What the answer's data must look like.

        Returns:
            The body as received, and read.

        Raises:
            FeedCallError: No usable answer; TokenError when the token was refused.
        """
        attempts = 0
        while True:
            attempts += 1
            made, answer = self._attempt(path, query, shape)
            if answer is not None:
                return made.body, answer
            wait = (
                self._options.retry.wait(attempts, made.retry_after, self._options.jitter()) if made.passing else None
            )
            if wait is None:
                raise _failed(path, made, attempts)
            self._clock.sleep(wait)

    def _attempt(self, path: str, query: Mapping[str, str], shape: Shape) -> tuple[Attempt, Row | None]:
        self._limiter.acquire()
        called_at, started = self._call_time(), self._clock.monotonic()
        made = bounded_get(self._http, path, query, self._options.bounds, self._clock)
        duration = self._clock.monotonic() - started
        answer, failure = None, made.failure and self._hidden(f"{made.failure} {told(made.body)}".strip())
        if made.failure is None:
            try:
                answer = read_answer(made.body, shape)
            except FeedCallError as error:
                failure = self._hidden(str(error))
        self._record_call(
            {
                "date": called_at.astimezone(IST).date(),
                "feed": FEED_NAME,
                "endpoint": path,
                "called_at": called_at,
                "duration_ms": round(duration * 1_000.0, 3),
                "success": answer is not None,
                "status": made.status,
                "error": failure,
            }
        )
        return replace(made, failure=failure), answer

    def _call_time(self) -> datetime:
        """Now, or a microsecond after the last call: two calls of a feed never share their time, which is their key."""
        now = self._clock.now()
        if self._last_called is not None and now <= self._last_called:
            now = self._last_called + _TICK
        self._last_called = now
        return now

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "***")


def _usable_token(token: SecretStr | None) -> str:
    found = token.get_secret_value().strip() if token is not None else ""
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        kind = "no access token" if not found else "an access token with spaces or characters beyond ASCII"
        msg = f"there is {kind} for Upstox. Log in to Upstox, then set {TOKEN_VARIABLE} to the token of the day."
        raise TokenError(msg)
    return found


def _usable_url(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return base_url
    msg = f"upstox_base_url is {base_url!r}; expected https://…, so that the token is not sent in the clear."
    raise SettingsError(msg)


def _failed(path: str, made: Attempt, attempts: int) -> FeedCallError:
    if made.status == _UNAUTHORISED:
        msg = (
            f"Upstox refused the access token ({made.failure}): it has expired or was revoked. A token "
            f"lasts one trading day. Log in to Upstox again and set {TOKEN_VARIABLE} to the new one."
        )
        return TokenError(msg)
    tried = "once" if attempts == 1 else f"{attempts} times"
    msg = f"Upstox {path} gave no usable answer, tried {tried}: {made.failure}. The calls are in table feed_calls."
    return FeedCallError(msg)
