"""The throw-away object store of the tests: what others rely on when they use it."""

import pytest
from botocore.exceptions import ClientError
from werkzeug.wrappers import Response

from trading_assets_tests.object_store import Bucket


def test_an_object_is_made_once(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="desk/one", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        bucket.client.put_object(Bucket=bucket.name, Key="desk/one", Body=b"second", IfNoneMatch="*")
    assert bucket.client.get_object(Bucket=bucket.name, Key="desk/one")["Body"].read() == b"first"
    assert bucket.keys() == ["desk/one"]


def test_a_failure_is_made_to_order_and_each_bucket_is_empty(bucket: Bucket) -> None:
    assert bucket.keys() == []
    bucket.server.fault = lambda environ: Response(status=403) if environ["REQUEST_METHOD"] == "PUT" else None
    with pytest.raises(ClientError, match="403"):
        bucket.client.put_object(Bucket=bucket.name, Key="desk/one", Body=b"first")
    assert bucket.keys() == []
    assert ("PUT", f"/{bucket.name}/desk/one") in bucket.server.requests
