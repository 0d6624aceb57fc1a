"""The command `serve`: the HTTP service of one home folder."""

import socket
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from trading_assets.cli.console import say
from trading_assets.errors import InputError

if TYPE_CHECKING:
    import uvicorn

    from trading_assets.settings import Settings

#: Connections beyond this are answered with 503 at once.
MOST_CONNECTIONS = 100
KEEP_ALIVE_SECONDS = 5
#: How long a thread may compute while another wants to: the report is made again beside the answers. An answer of 2 ms
#: that woke up beside a computing thread took 7.3 ms with Python's own 5 ms and 2.7 ms with this.
SWITCH_SECONDS = 0.0005


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes a free one.", min=0, max=65_535)] = 8_000,
    allow_host: Annotated[list[str] | None, typer.Option(help="Another name the service goes by.")] = None,
) -> None:
    """Serve data quality, feed health and performance over HTTP; beyond loopback a token is required."""
    from trading_assets.settings import load_settings

    server = server_of(load_settings(), host, allow_host or [])
    listening = listen(host, port)
    bound = listening.getsockname()
    sys.setswitchinterval(SWITCH_SECONDS)
    say(f"http://{host}:{bound[1]}/docs (Ctrl-C stops it)")
    server.run(sockets=[listening])


def server_of(settings: "Settings", host: str, allowed: list[str]) -> "uvicorn.Server":
    """Return the server, ready to run on a socket.

    Raises:
        SettingsError: The address needs a token and there is none.
    """
    import uvicorn

    from trading_assets.cli.api import build_app
    from trading_assets.cli.api_guard import MOST_HEADER_BYTES, Guarded, admission
    from trading_assets.defs.answers import Answers
    from trading_assets.defs.workspace import open_workspace

    token = settings.api_token.get_secret_value() if settings.api_token else None
    conditions = admission(host, token, allowed)
    answers = Answers(open_workspace(settings), time.monotonic, lambda: datetime.now(UTC))
    return uvicorn.Server(
        uvicorn.Config(
            Guarded(build_app(answers), conditions),
            access_log=False,
            log_level="warning",
            server_header=False,
            ws="none",
            h11_max_incomplete_event_size=MOST_HEADER_BYTES,
            http="h11",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=5,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: The address or port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        msg = f"cannot listen at {host}:{port}: {error.strerror or error}. Choose another with --host and --port."
        raise InputError(msg) from error
