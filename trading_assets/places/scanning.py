"""How pyarrow scans a place: only the columns a statement asks for, a part of each object, in threads of its own."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from trading_assets.places.object_path import ObjectPath

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

    from trading_assets.places.bucket import Bucket
    from trading_assets.places.place import Place


def scanned_name(place: Place) -> str:
    """Name a place as pyarrow does."""
    return f"{place.bucket.name}/{place.key}" if isinstance(place, ObjectPath) else str(place)


def scanned_filesystem(place: Place) -> S3FileSystem | None:
    """Return what pyarrow reads the objects of a place with; None for files."""
    return _connected(replace(place.bucket, name=""), os.getpid()) if isinstance(place, ObjectPath) else None


@cache
def _connected(server: Bucket, process: int) -> S3FileSystem:
    """Make one per server and process: it costs 0.25 s the first time."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    del process
    scheme, _, host = (server.endpoint or "https://").rstrip("/").partition("://")
    return S3FileSystem(
        endpoint_override=host or None,
        scheme=scheme,
        region=server.region,
        connect_timeout=server.timeout_seconds,
        request_timeout=server.timeout_seconds,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=server.attempts),
    )
