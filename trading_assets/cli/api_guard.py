"""Who may ask the HTTP service, and how much: host header, token, method and sizes are looked at before any route."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trading_assets.errors import SettingsError

TOKEN_VARIABLE = "TRADING_ASSETS_API_TOKEN"  # noqa: S105 - the name of the variable, not its value
UNGUARDED = "/healthz"
MOST_TARGET_BYTES = 2_048
MOST_HEADER_BYTES = 16_384
SHORTEST_TOKEN = 16
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)


def is_loopback(host: str) -> bool:
    """Whether an address to listen at can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Admission:
    """Conditions of an answer.

    Args:
        token: Bearer token that every request needs; None for none.
        hosts: Host names, without port, that a request may be addressed to: a page of another site that rebinds its
            name to this machine is refused.
    """

    token: str | None
    hosts: frozenset[str]

    def refusal(self, method: str, target: bytes, headers: Headers) -> tuple[int, str] | None:
        """Return status and sentence of a refusal, or None to let the request pass.

        Args:
            method: HTTP method.
            target: Path and query, as sent.
            headers: Request headers.
        """
        if _name(headers.get("host", "")) not in self.hosts:
            return 421, "this service does not go by that host name; start it with --allow-host NAME."
        if len(target) > MOST_TARGET_BYTES:
            return 414, f"the address is longer than {MOST_TARGET_BYTES} bytes."
        if sum(len(name) + len(text) for name, text in headers.raw) > MOST_HEADER_BYTES:
            return 431, f"the headers are longer than {MOST_HEADER_BYTES} bytes."
        if method != "GET":
            return 405, "this service only answers GET."
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            return 413, "this service takes no request body."
        return self._unadmitted(target, headers)

    def _unadmitted(self, target: bytes, headers: Headers) -> tuple[int, str] | None:
        if target != UNGUARDED.encode() and not self._admits(headers.get("authorization", "")):
            return 401, "send the header Authorization: Bearer with the token of this service."
        return None

    def _admits(self, authorization: str) -> bool:
        if self.token is None:
            return True
        scheme, _, given = authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self.token.encode())
        return same and scheme.lower() == "bearer"


def admission(host: str, token: str | None, allowed: Iterable[str]) -> Admission:
    """Return the conditions for listening at a host.

    Args:
        host: Address to listen at.
        token: The token of the settings; asked for everywhere when there is one.
        allowed: Further names the service goes by.

    Raises:
        SettingsError: Anything but loopback without a token, or the token is too short.
    """
    if token is None and not is_loopback(host):
        msg = f"{host} can be reached from other machines; set {TOKEN_VARIABLE}, or serve at 127.0.0.1."
        raise SettingsError(msg)
    if token is not None and len(token) < SHORTEST_TOKEN:
        msg = f"{TOKEN_VARIABLE} has {len(token)} characters; use at least {SHORTEST_TOKEN} random ones."
        raise SettingsError(msg)
    bound = f"[{host}]" if ":" in host else host
    return Admission(token, LOOPBACK_NAMES | {bound.lower()} | {name.lower() for name in allowed})


class Guarded:
    """An application behind its admission.

    Args:
        app: What is guarded.
        conditions: When it answers.
    """

    def __init__(self, app: ASGIApp, conditions: Admission) -> None:
        self._app, self._conditions = app, conditions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with the reason."""
        if scope["type"] == "websocket":
            return  # closed unanswered: nothing here speaks it
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = scope.get("raw_path", b"") + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        refused = self._conditions.refusal(scope["method"], target, Headers(scope=scope))
        if refused is None:
            await self._app(scope, receive, _with_headers(send))
            return
        answer = PlainTextResponse(refused[1] + "\n", refused[0], {"WWW-Authenticate": "Bearer"})
        await answer(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", [])
            message["headers"] = [*given, *HEADERS] if isinstance(given, list) else [*HEADERS]
        await send(message)

    return sending


def _name(host: str) -> str:
    """Host header without the port, in lower case."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") and ":" in host else host
    return name.lower()
