"""A real, throw-away S3-compatible server on loopback, and the failures a test may ask of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from trading_assets.places.object_path import ObjectPath
from trading_assets.places.place import shared_place
from trading_assets.setting_sections import StorageSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from botocore.client import BaseClient

#: What every test's process and its children sign requests with.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # the server checks none
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
REGION = "us-east-1"


class _QuietHandler(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing of requests."""


@dataclass
class ObjectStoreServer:
    """The server of a run of tests.

    Args:
        fault: Answers instead of the server where it returns an application; None for no faults.
        requests: Method and path of each request so far.
    """

    fault: Callable[[WSGIEnvironment], WSGIApplication | None] | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""
    client: BaseClient | None = None
    store: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        broken = self.fault(environ) if self.fault else None
        return (broken or self.store)(environ, start_response)

    @contextmanager
    def running(self) -> Iterator[ObjectStoreServer]:
        """Serve on a free port of loopback."""
        self.store = DomainDispatcherApplication(create_backend_app)
        server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_QuietHandler)
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self.client = boto3.session.Session().client("s3", endpoint_url=self.endpoint, region_name=REGION, **KEYS)
        yield self
        self.client.close()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Bucket:
    """A bucket of one test's own, with its server and a client to look behind the code under test."""

    name: str
    server: ObjectStoreServer
    client: BaseClient

    @property
    def url(self) -> str:
        """As the setting `storage.url` names it."""
        return f"s3://{self.name}/desk"

    @property
    def settings(self) -> StorageSettings:
        """The section `storage` that names it."""
        return StorageSettings(url=self.url, endpoint=self.server.endpoint, timeout_seconds=5.0)

    @property
    def place(self) -> ObjectPath:
        """Where tables and the rest go in it."""
        found = shared_place(Path("/nonexistent"), self.settings)
        assert isinstance(found, ObjectPath)
        return found

    @property
    def variables(self) -> dict[str, str]:
        """What makes commands of a child process use it."""
        return CREDENTIALS | {
            "TRADING_ASSETS_STORAGE__URL": self.url,
            "TRADING_ASSETS_STORAGE__ENDPOINT": self.server.endpoint,
            "MLFLOW_S3_ENDPOINT_URL": self.server.endpoint,
        }

    def keys(self) -> list[str]:
        """Names of all objects."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]


def new_bucket(server: ObjectStoreServer, name: str) -> Bucket:
    """Make a bucket on a running server."""
    server.client.create_bucket(Bucket=name)
    return Bucket(name, server, server.client)
