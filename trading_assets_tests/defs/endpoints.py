"""Real endpoints on loopback that take alerts, refuse them or hang."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Endpoint:
    """What an HTTP endpoint was sent, and how it answers."""

    port: int = 0
    status: int = 200
    bodies: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://user:secretpass@127.0.0.1:{self.port}/alerts"


@contextmanager
def http_endpoint() -> Iterator[Endpoint]:
    """An HTTP server that keeps what it is sent."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if endpoint.status == 200:
                endpoint.bodies.append(body)
            self.send_response(endpoint.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hanging_endpoint() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"json://127.0.0.1:{listening.getsockname()[1]}/"


@contextmanager
def dripping_endpoint(every: float, drops: int) -> Iterator[str]:
    """The URL of a server that answers one connection a byte at a time: it lives, and takes for ever.

    Args:
        every: Between two bytes, s.
        drops: Bytes before the answer is whole.
    """
    gone = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.0 200 OK\r\nX: ")
            for _ in range(drops):
                if gone.wait(every):
                    return
                connection.sendall(b"x")
            connection.sendall(b"\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip)
        thread.start()
        yield f"json://127.0.0.1:{listening.getsockname()[1]}/"
        gone.set()
        thread.join()
