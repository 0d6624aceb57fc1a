"""A real server of `serve` on loopback, for as long as a test needs it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from trading_assets.cli.serve import listen, server_of
from trading_assets.settings import Settings


@dataclass(frozen=True)
class Served:
    """Where it listens."""

    port: int

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=20)

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and return the answer's bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        return answer


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """Run the server in a thread; it has stopped when the block ends."""
    server = server_of(settings, "127.0.0.1", [])
    listening = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Served(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()
