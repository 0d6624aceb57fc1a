"""One registry of several machines: ledger lines are made once, and every change of an object is noticed."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

import orjson
import pytest

from trading_assets.errors import ModelError, StorageError
from trading_assets.models.promotion import Evidence
from trading_assets.places.object_path import ObjectPath
from trading_assets.places.postgres import exclusive_everywhere, transaction
from trading_assets.tracking.decisions import Promotion
from trading_assets.tracking.files import append_line
from trading_assets.tracking.ledger import append_entry, read_ledger
from trading_assets.tracking.registry import ModelRegistry
from trading_assets_tests.object_store import Bucket
from trading_assets_tests.tracking.test_ledger import entry, written
from trading_assets_tests.tracking.test_registry import LINEAGE, MODEL, NOW, OTHER


@pytest.fixture
def ledger(bucket: Bucket) -> ObjectPath:
    return bucket.place / "models" / "ledger.jsonl"


def test_what_is_read_is_what_was_written_in_order(ledger: ObjectPath) -> None:
    assert read_ledger(ledger) == ()
    entries = written(ledger, 11)  # more than nine: order is by number, not by text
    assert list(read_ledger(ledger)) == entries


def test_of_two_machines_that_decide_at_once_one_is_told_and_nothing_is_lost(
    ledger: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(ledger, 1)

    def raced(path: ObjectPath, line: bytes, number: int) -> bool:
        monkeypatch.undo()
        append_entry(path, entry(1))
        return append_line(path, line, number)

    monkeypatch.setattr("trading_assets.tracking.ledger.append_line", raced)
    with pytest.raises(ModelError, match=r"another machine wrote to s3://.* v1\.2\.0 is not in it. Run again"):
        append_entry(ledger, entry(2))
    assert read_ledger(ledger) == (entry(0), entry(1))
    append_entry(ledger, entry(2))
    assert read_ledger(ledger) == (entry(0), entry(1), entry(2))


def test_a_changed_swapped_or_removed_line_is_noticed(ledger: ObjectPath) -> None:
    written(ledger)
    lines = sorted(ledger.glob("*.json"))
    second = lines[1].read_bytes()
    lines[1].write_bytes(orjson.dumps(orjson.loads(second) | {"reason": "because"}))
    with pytest.raises(ModelError, match=r"line 2 .* changed after it was written"):
        read_ledger(ledger)
    lines[1].write_bytes(lines[0].read_bytes())
    with pytest.raises(ModelError, match="seal does not fit"):
        read_ledger(ledger)
    lines[1].unlink()
    with pytest.raises(ModelError, match="seal does not fit"):
        append_entry(ledger, entry(9))


def test_what_one_machine_registers_another_serves_promotes_and_verifies(
    bucket: Bucket, tmp_path: Path, postgres_url: str
) -> None:
    one, two = (ModelRegistry(tmp_path / name, None, None, bucket.place, postgres_url) for name in ("one", "two"))
    first = one.register(MODEL, LINEAGE, NOW)
    assert two.register(MODEL, LINEAGE, NOW) == first
    assert two.load(first).sha256 == MODEL.sha256
    assert one.verify(first).version == "v1.0.0"
    second = one.register(OTHER, LINEAGE, NOW)
    assert (second.version, second.role) == ("v1.1.0", "candidate")
    act = Promotion("a trader", "better calibrated", NOW)
    promoted = one.promote("v1.1.0", act, Evidence("v1.0.0", "as good on 120 signals", ()))
    assert two.resolve(MODEL.cutoff) == promoted
    assert not (tmp_path / "two" / "models" / "ledger.jsonl").exists()
    assert bucket.keys()[-1].startswith("desk/models/ledger.jsonl/00000") or len(two.entries()) == 3
    assert replace(promoted, role="candidate") not in two.entries()


def test_one_process_of_all_machines_has_the_lock(postgres_url: str, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(5):
            with exclusive_everywhere(postgres_url, "models"):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "20"


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with (
        pytest.raises(StorageError, match=r"PostgreSQL at 127\.0\.0\.1:1 failed: .*refused") as refusal,
        transaction("postgresql+psycopg2://desk:hunter2@127.0.0.1:1/none"),
    ):
        pass
    assert "hunter2" not in str(refusal.value)
