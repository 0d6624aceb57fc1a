"""What goes wrong between a program and an object store, for `ObjectStoreServer.fault`."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Fault = "Callable[[WSGIEnvironment], WSGIApplication | None]"


def errors(share: float, seed: int) -> Fault:
    """A share of all requests is answered with 500 or 503, or not at all."""
    chance = random.Random(seed)  # noqa: S311 - faults, not secrets

    def fault(_: WSGIEnvironment) -> WSGIApplication | None:
        kinds = (Response(status=500), Response(status=503), hung_up)
        return chance.choice(kinds) if chance.random() < share else None

    return fault


def once(application: WSGIApplication, method: str) -> Fault:
    """The first request of a method meets another application."""
    left = [application]

    def fault(environ: WSGIEnvironment) -> WSGIApplication | None:
        return left.pop() if left and environ["REQUEST_METHOD"] == method else None

    return fault


def hung_up(environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
    """Read half of what is sent, then cut the line."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) // 2)
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return []


def answer_lost(store: WSGIApplication) -> WSGIApplication:
    """The store does what it is asked, and the line is cut before it says so."""

    def application(environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
        for _part in store(environ, lambda *_: None):  # type: ignore[arg-type, return-value]
            continue
        return hung_up({**environ, "CONTENT_LENGTH": "0"}, _)

    return application


def answer_cut(content: bytes) -> WSGIApplication:
    """Half of an object is sent, under the headers of the whole."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(len(content)))])
        yield content[: len(content) // 2]
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)

    return application
