"""A bucket of an S3-compatible store: whole objects in and out, bounded in time and tries, errors in words.

boto3 rather than `pyarrow.fs`: pyarrow cannot make an object only where there is none, tells no ETag, leaves an empty
object in the place of a deleted one's folder and publishes what was written when a writer fails half way.
"""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trading_assets.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKEN = frozenset({"412", "PreconditionFailed"})
_RACED = frozenset({"409", "ConditionalRequestConflict"})
#: Connections kept open, as many as `places.place.each` reads at once.
CONNECTIONS = 16


@dataclass(frozen=True)
class ObjectStat:
    """What a store tells of an object, named as `os.stat_result` names it.

    Args:
        st_size: Bytes.
        st_mtime_ns: When it was written; stores tell whole seconds, so its hash fills in what lies below one.
        etag: The store's hash of it; MD5 hex where it is not encrypted by a key service.
    """

    st_size: int
    st_mtime_ns: int
    etag: str


@dataclass(frozen=True, order=True)
class Bucket:
    """One bucket; says how to reach it and can be handed to other processes.

    Args:
        name: Its name.
        endpoint: URL of an S3-compatible server; None for AWS.
        region: Region that requests are signed for.
        timeout_seconds: To connect, and between two parts of an answer.
        attempts: Times a request is tried, with growing pauses between.
    """

    name: str
    endpoint: str | None
    region: str
    timeout_seconds: float
    attempts: int

    def get(self, key: str, last: int | None = None) -> bytes | None:
        """Return the bytes of an object, or its last few; None when there is none.

        Raises:
            StorageError: The store does not answer, refuses, or breaks off every time.
        """
        wanted = {} if last is None else {"Range": f"bytes=-{last}"}

        def answered() -> bytes:
            body = self._client.get_object(Bucket=self.name, Key=key, **wanted)["Body"]
            try:
                content: bytes = body.read()
            except BotoCoreError as error:
                raise _CutAnswerError(error) from error
            return content

        from botocore.exceptions import BotoCoreError

        found: bytes | None = self._tried("read", key, answered)
        return found

    def put(self, key: str, content: bytes) -> None:
        """Put an object in one request, which shows it whole or not at all.

        Raises:
            StorageError: The store does not answer or refuses; also those below.
        """
        with _in_words(self, "write", key):
            self._client.put_object(Bucket=self.name, Key=key, Body=content, ContentMD5=_md5(content))

    def create(self, key: str, content: bytes) -> bool:
        """Put an object unless there is one; of several writers at once one is told that it was first."""
        mark = uuid4().hex  # tells our own object, whose answer was lost, from another writer's
        once = {"IfNoneMatch": "*", "Metadata": {"mark": mark}, "ContentMD5": _md5(content)}

        def created() -> bool:
            self._client.put_object(Bucket=self.name, Key=key, Body=content, **once)
            return True

        if self._tried("write", key, created):
            return True
        found = self._tried("read", key, lambda: self._client.head_object(Bucket=self.name, Key=key))
        return found is not None and found["Metadata"].get("mark") == mark

    def delete(self, key: str) -> None:
        """Remove an object, which may be gone already."""
        with _in_words(self, "delete", key):
            self._client.delete_object(Bucket=self.name, Key=key)

    def copy(self, source: str, target: str) -> bool:
        """Copy an object inside the store; False when there is none."""
        place = {"Bucket": self.name, "Key": source}
        copied = self._tried(
            "copy", source, lambda: bool(self._client.copy_object(Bucket=self.name, Key=target, CopySource=place))
        )
        return bool(copied)

    def stat(self, key: str) -> ObjectStat | None:
        """Return size, time and hash of an object; None when there is none."""
        found = self._tried("read", key, lambda: self._client.head_object(Bucket=self.name, Key=key))
        return None if found is None else _stat(found["ContentLength"], found["LastModified"], found["ETag"])

    def listed(self, prefix: str, *, deep: bool) -> Iterator[tuple[str, ObjectStat | None]]:
        """Name the objects whose key starts with `prefix`, sorted.

        Args:
            prefix: Start of the keys; ends in `/` or is empty.
            deep: Whether to go below folders; otherwise they are named, with None.
        """
        below = {} if deep else {"Delimiter": "/"}
        with _in_words(self, "list", prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **below)
            for page in pages:
                folders = [(found["Prefix"].rstrip("/"), None) for found in page.get("CommonPrefixes", ())]
                objects = [(o["Key"], _stat(o["Size"], o["LastModified"], o["ETag"])) for o in page.get("Contents", ())]
                yield from sorted([*folders, *objects], key=lambda item: item[0])

    @property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        return _connected(replace(self, name=""), os.getpid())

    def _tried(self, act: str, key: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - as boto3 answers
        """Ask; None where there is no such object, or one already.

        boto3 tries again what was refused or not answered, we what broke off or raced another writer.
        """
        from botocore.exceptions import ClientError

        with _in_words(self, act, key):
            for turn in range(self.attempts):
                try:
                    return ask()
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    if code in _ABSENT | _TAKEN:
                        return None
                    if code not in _RACED or turn + 1 == self.attempts:
                        raise
                except _CutAnswerError as cut:
                    if turn + 1 == self.attempts:
                        raise cut.reason from cut
        return None


class _CutAnswerError(Exception):
    """An answer that began and did not end."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason
        super().__init__(str(reason))


@cache
def _connected(server: Bucket, process: int) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    """Make one client per server and process: it costs 0.12 s, and connections do not survive a fork."""
    del process
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=server.timeout_seconds,
        read_timeout=server.timeout_seconds,
        # "standard" gives up after 100 refusals of what then turns out to be absent: only success pays them back
        retries={"mode": "legacy", "total_max_attempts": server.attempts},
        max_pool_connections=CONNECTIONS,
        request_checksum_calculation="when_required",  # older S3-compatible stores know only MD5
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if server.endpoint else "auto"},
    )
    return Session().client("s3", endpoint_url=server.endpoint, region_name=server.region, config=config)


@contextmanager
def _in_words(bucket: Bucket, act: str, key: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    where = f"s3://{bucket.name}/{key}"
    try:
        yield
    except NoCredentialsError as error:
        msg = f"cannot {act} {where}: no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        raise StorageError(msg) from error
    except (BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())
        msg = (
            f"cannot {act} {where} at {bucket.endpoint or 'AWS'} in {bucket.attempts} attempts of "
            f"{bucket.timeout_seconds:g} s: {reason}. Nothing is half written; look at the store and the "
            "settings storage.*, then run again."
        )
        raise StorageError(msg) from error


def _md5(content: bytes) -> str:
    """With it a store refuses an upload that was cut or changed on its way."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _stat(size: int, modified: datetime, etag: str) -> ObjectStat:
    plain = etag.strip('"')
    below_a_second = int(hashlib.sha256(plain.encode()).hexdigest()[:15], 16) % 1_000_000_000
    return ObjectStat(size, int(modified.timestamp()) * 1_000_000_000 + below_a_second, plain)
