"""Objects in a bucket: whole or not at all, once where once is asked, and clear words when the store fails."""

import itertools
import pickle
from base64 import b64encode
from dataclasses import replace
from functools import partial
from hashlib import md5
from threading import Barrier, Event, Thread
from types import SimpleNamespace

import pytest
from werkzeug.wrappers import Response

from trading_assets.errors import StorageError
from trading_assets.places.bucket import Bucket
from trading_assets_tests import object_faults as faults
from trading_assets_tests import object_store

CONTENT = b"0123456789" * 20_000


@pytest.fixture
def store(bucket: object_store.Bucket) -> Bucket:
    return bucket.place.bucket


def test_an_object_is_put_read_told_of_and_removed(store: Bucket) -> None:
    assert (store.get("a/b"), store.get("a/b", last=3), store.stat("a/b")) == (None, None, None)
    store.put("a/b", CONTENT)
    assert store.get("a/b") == CONTENT
    assert store.get("a/b", last=3) == b"789"
    told = store.stat("a/b")
    assert told is not None
    assert told.st_size == len(CONTENT)
    assert list(store.listed("a/", deep=False)) == [("a/b", told)]
    store.delete("a/b")
    store.delete("a/b")
    assert store.get("a/b") is None


def test_two_contents_of_one_second_are_told_apart(store: Bucket) -> None:
    times = []
    for content in (b"one", b"two", b"one"):
        store.put("a", content)
        told = store.stat("a")
        assert told is not None
        times.append(told.st_mtime_ns % 1_000_000_000)
    assert times[0] == times[2] != times[1]


def test_a_copy_is_made_inside_the_store(store: Bucket) -> None:
    assert not store.copy("a", "b")
    store.put("a", CONTENT)
    assert store.copy("a", "b")
    assert store.get("b") == CONTENT


def test_of_many_that_create_one_object_at_once_one_is_told_that_it_was_first(store: Bucket) -> None:
    start, first = Barrier(8), []

    def create(number: int) -> None:
        start.wait()
        if store.create("a", b"%d" % number):
            first.append(b"%d" % number)

    threads = [Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first == [store.get("a")]


def test_an_upload_that_was_cut_shows_nothing_and_is_sent_again(bucket: object_store.Bucket, store: Bucket) -> None:
    store.put("a", b"old")
    bucket.server.fault = faults.once(faults.hung_up, "PUT")
    with pytest.raises(StorageError, match=r"cannot write s3://.*/a .*Nothing is half written"):
        replace(store, attempts=1).put("a", CONTENT)
    assert store.get("a") == b"old"
    bucket.server.fault = faults.once(faults.hung_up, "PUT")
    store.put("a", CONTENT)
    assert store.get("a") == CONTENT


def test_what_is_sent_says_its_hash_so_that_a_store_can_refuse_changed_bytes(
    bucket: object_store.Bucket, store: Bucket
) -> None:
    said: list[str] = []
    bucket.server.fault = lambda environ: said.append(environ.get("HTTP_CONTENT_MD5", ""))
    store.put("a", CONTENT)
    store.create("b", CONTENT)
    assert said == [b64encode(md5(CONTENT, usedforsecurity=False).digest()).decode()] * 2


def test_an_answer_that_was_cut_is_asked_for_again(bucket: object_store.Bucket, store: Bucket) -> None:
    store.put("a", CONTENT)
    bucket.server.fault = faults.once(faults.answer_cut(CONTENT), "GET")
    assert store.get("a") == CONTENT
    bucket.server.fault = lambda _: faults.answer_cut(CONTENT)
    with pytest.raises(StorageError, match=r"cannot read s3://.*/a .*2 attempts"):
        replace(store, attempts=2).get("a")


def test_whoever_created_is_told_so_also_when_the_answer_was_lost(bucket: object_store.Bucket, store: Bucket) -> None:
    bucket.server.fault = faults.once(faults.answer_lost(bucket.server.store), "PUT")
    assert store.create("a", b"mine")
    bucket.server.fault = faults.once(faults.answer_lost(bucket.server.store), "PUT")
    assert not store.create("a", b"other")
    assert store.get("a") == b"mine"


def test_a_store_that_is_silent_is_given_up_in_words(bucket: object_store.Bucket, store: Bucket) -> None:
    ended = Event()

    def silent(_environ: object, _start: object) -> list[bytes]:
        ended.wait(10)
        return []

    bucket.server.fault = lambda _: silent
    with pytest.raises(StorageError, match=r"2 attempts of 0\.1 s: Read timeout.*settings storage\.\*") as refusal:
        replace(store, timeout_seconds=0.1, attempts=2).get("a")
    ended.set()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize("act", ["get", "stat", "delete", "listed"])
def test_a_store_that_refuses_is_named(bucket: object_store.Bucket, store: Bucket, act: str, status: int) -> None:
    bucket.server.fault = lambda _: Response(status=status)
    once = replace(store, attempts=1)
    asked = partial(getattr(once, act), "a") if act != "listed" else lambda: list(once.listed("a", deep=True))
    with pytest.raises(StorageError, match=rf"cannot \w+ s3://{bucket.name}/a at http.*{status}"):
        asked()


def test_no_server_and_no_credentials_are_said(store: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="Could not connect"):
        replace(store, endpoint="http://127.0.0.1:1", attempts=1).get("a")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StorageError, match=r"no credentials\. Set AWS_ACCESS_KEY_ID"):
        replace(store, attempts=2, timeout_seconds=4.5).get("a")


def test_a_bucket_is_handed_to_other_processes_without_its_connections(store: Bucket) -> None:
    store.put("a", b"here")
    again = pickle.loads(pickle.dumps(store))  # noqa: S301 - our own
    assert again == store
    assert again.get("a") == b"here"


def test_one_request_in_twenty_that_fails_costs_nothing(bucket: object_store.Bucket, store: Bucket) -> None:
    bucket.server.fault = faults.errors(0.05, seed=3)
    for number in range(40):
        assert store.create(f"once/{number:02}", b"first")
        store.put(f"a/{number:02}", b"%d" % number)
    assert [key for key, _ in store.listed("a/", deep=True)] == [f"a/{number:02}" for number in range(40)]
    assert [store.get(f"a/{number:02}") for number in range(40)] == [b"%d" % number for number in range(40)]


def test_refusals_of_what_is_absent_never_use_the_retries_up(
    store: Bucket, bucket: object_store.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    turns = itertools.count()
    bucket.server.fault = lambda _: None if next(turns) % 2 else Response(status=503)
    assert {store.stat(f"{number}") for number in range(120)} == {None}
    assert next(turns) == 240
