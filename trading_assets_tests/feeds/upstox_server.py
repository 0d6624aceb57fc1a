"""A local HTTP server that answers as Upstox does, and misbehaves on request."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import parse_qs, urlsplit

import orjson

from trading_assets_tests.feeds.upstox_answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = (
    *("429", "500", "503", "hang", "drip", "reset", "short", "truncated", "wrong_types", "no_success"),
    *("redirect", "huge", "gzip", "html", "400"),
)
TOO_MANY = b'{"status":"error","errors":[{"errorCode":"UDAPI10005","message":"Too Many Request Sent"}]}'
UNAUTHORISED = b'{"status":"error","errors":[{"errorCode":"UDAPI100050","message":"Invalid token used: %s"}]}'
HUGE = 10 << 20
PACKED = gzip.compress(b" " * HUGE)


@cache
def chain(expiry: str) -> bytes:
    """An answer, rendered once."""
    return orjson.dumps(answer(expiry))


class Closable(Protocol):
    """A client of the server, closed with it."""

    def close(self) -> None: ...


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; the server's plan says how."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: UpstoxServer

    def do_GET(self) -> None:
        """Note the request, then do as planned."""
        with self.server.noting:
            number = len(self.server.seen)
            fault = self.server.plan(number, self.path)
            self.server.seen.append((fault, self.path, dict(self.headers.items())))
        getattr(self, f"_{fault}", self._ok)()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        """Send a whole answer; `length` may lie."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _ok(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        found = self.server.answers(parts.path, query)
        self.reply(200, found if isinstance(found, bytes) else orjson.dumps(found))

    def _401(self) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ").encode()
        self.reply(401, UNAUTHORISED % token)

    def _429(self) -> None:
        self.reply(429, TOO_MANY, self.server.retry_after)

    def _400(self) -> None:
        self.reply(400, b'{"status":"error","errors":[{"errorCode":"UDAPI100011","message":"Invalid Instrument key"}]}')

    def _500(self) -> None:
        self.reply(500, b"<html>Internal Server Error</html>")

    def _503(self) -> None:
        self.reply(503, b"")

    def _hang(self) -> None:
        self.server.released.wait(30)
        self.close_connection = True

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b'{"status": ')
        self.server.released.wait(30)
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _short(self) -> None:
        self.reply(200, b'{"status":', length=5_000)
        self.close_connection = True

    def _truncated(self) -> None:
        self.reply(200, chain("2026-09-22")[:3_000])

    def _wrong_types(self) -> None:
        document = answer()
        document["data"][3]["strike_price"] = "23350"
        self.reply(200, orjson.dumps(document))

    def _no_success(self) -> None:
        self.reply(200, b'{"status":"error","data":null}')

    def _redirect(self) -> None:
        self.reply(302, b"", {"Location": f"http://127.0.0.1:{self.server.server_port}/elsewhere"})

    def _huge(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")  # no length: only counting can stop it
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(HUGE >> 16):
                self.wfile.write(b" " * (1 << 16))
        except OSError:
            return

    def _gzip(self) -> None:
        self.reply(200, PACKED, {"Content-Encoding": "gzip"})

    def _html(self) -> None:
        self.reply(200, b"<html>maintenance</html>")


class UpstoxServer(ThreadingHTTPServer):
    """Serves in a thread while it is a context.

    Args:
        plan: Fault of each request, by its number and path; "ok" for none.
        answers: Answers, or their bytes, by path and query; the chain for all when None.
    """

    daemon_threads = True

    def __init__(
        self,
        plan: Callable[[int, str], str] = lambda _number, _path: "ok",
        answers: Callable[[str, dict[str, str]], object] = lambda _path, query: chain(query["expiry_date"]),
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan = plan
        self.answers = answers
        self.retry_after = {"Retry-After": "2"}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.closing: list[Closable] = []
        self.noting = threading.Lock()
        self.released = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.closing:
            client.close()
        self.released.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that the client dropped."""
