"""A PostgreSQL server that several machines share: one short connection at a time, bounded waits, errors in words."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from trading_assets.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import connection, cursor

Result = TypeVar("Result")

CONNECT_SECONDS = 10
#: A registration takes some seconds, a mirrored session milliseconds; whoever waits longer waits for a dead one.
WAIT_MILLISECONDS = 120_000
#: How long a server that restarts is waited for, and between two looks.
PATIENCE_SECONDS = 40.0
AGAIN_SECONDS = 0.5
#: Classes of codes: the connection, and what an administrator does; a connection that just ends has none.
_AWAY = ("08", "57P")


@contextmanager
def transaction(url: str) -> Iterator[connection]:
    """Hand out a connection in a transaction, committed when nothing fails.

    Args:
        url: postgresql://user:password@host:5432/database.

    Raises:
        StorageError: The server does not answer, is lost meanwhile, or refuses a statement.
    """
    import psycopg2

    try:
        with closing(_connected(url)) as opened, opened:
            yield opened
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        msg = f"PostgreSQL at {_where(url)} failed: {reason}. Nothing is half written there; start it and run again."
        raise StorageError(msg) from error


def in_transaction(url: str, work: Callable[[cursor], Result]) -> Result:
    """Do some work in a transaction, and all of it again while the server is away, for 40 s at most.

    Args:
        url: As for `transaction`.
        work: Gets a cursor. It may be done again also after it was committed: the loss can fall on that moment.

    Raises:
        StorageError: The server stays away, or refuses a statement.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with transaction(url) as opened, opened.cursor() as cursor:
                return work(cursor)
        except StorageError as error:
            if not _lost(error.__cause__) or time.monotonic() >= ends:
                raise
            time.sleep(AGAIN_SECONDS)


def _lost(error: BaseException | None) -> bool:
    """Whether the server went away, starts or does not answer, as opposed to refusing what it was asked."""
    import psycopg2

    if not isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return False
    return error.pgcode is None or error.pgcode.startswith(_AWAY)


@contextmanager
def exclusive_everywhere(url: str, name: str) -> Iterator[None]:
    """Hold a lock that one process of all machines has at a time; the server takes it back when its holder dies.

    Args:
        url: As for `transaction`.
        name: What is locked.

    Raises:
        StorageError: The server does not answer, or another holds the lock for two minutes.
    """
    with transaction(url) as opened, opened.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
        yield


def _connected(url: str) -> connection:
    import psycopg2

    return psycopg2.connect(
        url.replace("+psycopg2", "", 1),
        connect_timeout=CONNECT_SECONDS,
        options=f"-c timezone=UTC -c lock_timeout={WAIT_MILLISECONDS} -c statement_timeout={WAIT_MILLISECONDS}",
        keepalives_idle=30,
        application_name="trading_assets",
    )


def _where(url: str) -> str:
    """Host and port without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'its socket'}:{parts.port or 5432}"
