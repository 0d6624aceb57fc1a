"""Dagster's event log in PostgreSQL, asked again when the server is lost in the middle of an answer.

Stock Dagster waits for a server that refuses a connection. One that restarts while a statement is under way ends the
statement with an error and the step with it, as if the step had failed: a run is not retried for that.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import sqlalchemy
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import DagsterPostgresException

#: Times a server may be lost while it is asked one thing; dagster-postgres tries 6 s for each new connection.
LOSSES = 5
#: What a run asks of the event log while its steps are made.
ASKED = (
    "store_event",
    "store_event_batch",
    "fetch_materializations",
    "fetch_observations",
    "get_asset_records",
    "get_latest_tags_by_partition",
    "get_pool_limits",
    "claim_concurrency_slot",
    "free_concurrency_slot_for_step",
)
Answer = TypeVar("Answer")


def asked_again(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask once more when the connection is lost; what was stored just before the loss may be stored twice."""

    @wraps(ask)
    def asked(*args: object, **kwargs: object) -> Answer:
        for _ in range(LOSSES):
            try:
                return ask(*args, **kwargs)
            except DagsterPostgresException:
                continue
            except sqlalchemy.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
        return ask(*args, **kwargs)

    return asked


class PatientEventLogStorage(PostgresEventLogStorage):
    """The event log of PostgreSQL; what the steps of a run ask of it is asked again where the server is lost."""


for _name in ASKED:
    setattr(PatientEventLogStorage, _name, asked_again(getattr(PostgresEventLogStorage, _name)))


class PatientPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in one database of PostgreSQL.

    Args:
        url: With the driver's name, see `instance_storage.postgres_driver_url`.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._event_log_storage.dispose()
        self._event_log_storage = PatientEventLogStorage(url)
