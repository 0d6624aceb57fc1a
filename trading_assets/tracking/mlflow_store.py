"""Where MLflow keeps runs and files: SQLite and a folder below the home by default, or PostgreSQL and another place.

Nothing is ever loaded from there: MLflow's own loading runs code that a file names. A client imports mlflow (1.6 s).
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from trading_assets.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow.entities import Experiment
    from mlflow.tracking import MlflowClient

MODEL_NAME = "signal_model"
_PURPOSE = "Probability that a signal's trade wins."
#: MLflow's pages would otherwise guess the kind from the runs, and ask.
_EXPERIMENT = {"mlflow.experimentKind": "custom_model_development", "mlflow.note.content": _PURPOSE}
_DATABASE = "mlflow.db"
_POSTGRES = re.compile(r"postgres(ql)?(\+psycopg2)?://")
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True)
class MlflowStore:
    """The store of one home.

    Args:
        folder: Folder of the database and the files unless they are elsewhere; made when it is not there.
        postgres_url: URL of a PostgreSQL database for the runs; None for SQLite in the folder.
        artifacts: Folder or URI of the files; None for one in the folder.
        s3_endpoint: Server of an S3-compatible store that the files are on; None for AWS.
    """

    folder: Path
    postgres_url: str | None = None
    artifacts: str | None = None
    s3_endpoint: str | None = None

    @property
    def database(self) -> Path:
        """The SQLite database, there or not."""
        return self.folder / _DATABASE

    @property
    def uri(self) -> str:
        """URL of the database as SQLAlchemy reads it, which may hold a password.

        Raises:
            SettingsError: `postgres_url` is not one of PostgreSQL.
        """
        if self.postgres_url is None:
            return f"sqlite:///{self.database.resolve()}"
        # the driver is named: SQLAlchemy's default for the bare scheme changed in 2.1
        named, found = _POSTGRES.subn("postgresql+psycopg2://", self.postgres_url, count=1)
        if not found:
            msg = "mlflow_postgres_url must look like postgresql://user:password@host:5432/database; it does not."
            raise SettingsError(msg)
        return named

    @property
    def artifact_location(self) -> str:
        """URI of the files; absolute, for a relative one follows the folder a command happens to run in."""
        if self.artifacts is not None and _REMOTE.match(self.artifacts):
            return self.artifacts.rstrip("/")
        folder = self.folder / "artifacts" if self.artifacts is None else self.folder.parent / self.artifacts
        return folder.resolve().as_uri()

    @property
    def variables(self) -> dict[str, str]:
        """Variables by which MLflow is told where the files are."""
        return {} if self.s3_endpoint is None else {"MLFLOW_S3_ENDPOINT_URL": self.s3_endpoint}

    @property
    def is_there(self) -> bool:
        """Whether there may be anything in it; asking makes nothing."""
        return self.postgres_url is not None or self.database.exists()

    def client(self) -> MlflowClient:
        """Return a client of the store; the caller holds the registry's lock where it writes.

        Raises:
            SettingsError: `artifacts` is on S3 and boto3 is not installed.
            ModelError: PostgreSQL does not answer.
        """
        if self.artifact_location.startswith("s3://") and find_spec("boto3") is None:
            msg = f"mlflow_artifacts {self.artifact_location} needs boto3; pip install trading-assets[team]."
            raise SettingsError(msg)
        # read by mlflow when it is imported; the user's own choice stands
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.update(self.variables)
        from mlflow.tracking import MlflowClient

        # two lines about database tables on every first use say nothing to a user
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.postgres_url is None and not self.database.exists():
            with closing(sqlite3.connect(self.database)) as connection:
                # readers and one writer at once; set before mlflow's tables, which are then made in half the time
                connection.execute("PRAGMA journal_mode=WAL")
        if self.postgres_url is not None:
            _refuse_silence(self.uri)
        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def initialised(self, client: MlflowClient) -> Experiment:
        """Make what the store needs once; a fresh store dies when processes do this at the same time."""
        from mlflow.entities import ViewType
        from mlflow.exceptions import MlflowException

        known = list(client.search_experiments(view_type=ViewType.ALL))
        for experiment in known:
            if experiment.artifact_location == self.artifact_location and experiment.lifecycle_stage == "active":
                return experiment
        # a home that was moved gets another experiment: MLflow would go on writing to where the home was
        taken = {experiment.name for experiment in known}
        name = MODEL_NAME if MODEL_NAME not in taken else f"{MODEL_NAME} {len(known)}"
        experiment_id = client.create_experiment(name, self.artifact_location, _EXPERIMENT)
        try:
            client.create_registered_model(MODEL_NAME, description=_PURPOSE)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        return client.get_experiment(experiment_id)


def _refuse_silence(uri: str) -> None:
    """Ask a PostgreSQL database for a connection: MLflow itself tries for two minutes and ends with a traceback."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError

    engine = create_engine(uri)
    try:
        engine.connect().close()
    except OperationalError as error:
        where = f"{engine.url.host}:{engine.url.port}"
        msg = f"MLflow's PostgreSQL at {where} does not answer; start it, or correct mlflow_postgres_url."
        raise ModelError(msg) from error
    finally:
        engine.dispose()
