"""Approvals: what changed is written down once, with who, why and how much."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.regression.approvals import Approval, changed, changelog_line
from trading_assets.regression.suite import make_baselines
from trading_assets_tests.regression.given import ran, record, signals_frame

WHO = Approval("the expiry moved to Tuesday", datetime(2026, 9, 1, 12, 30, 5, tzinfo=UTC), "0123abc")
NAME = "mine_2025-10-15_to_2025-10-17.json"


def text(*records: object) -> str:
    return make_baselines(ran(signals_frame(*records)))[NAME]


OLD, NEW = text(record(0), record(30)), text(record(0), record(30, confidence=0.9), record(90))


def line(old: str | None = OLD, new: str = NEW, who: Approval = WHO) -> dict[str, object]:
    written = changelog_line(NAME, (old, new), who)
    assert written.endswith("\n")
    assert written.count("\n") == 1, "one line per baseline"
    return orjson.loads(written)


def test_golden_line() -> None:
    assert line() == {
        "approved_at": "2026-09-01T12:30:05Z",
        "reason": "the expiry moved to Tuesday",
        "commit": "0123abc",
        "baseline": NAME,
        "strategy_id": "mine",
        "strategy_version": "1.0.0",
        "parameter_hash": "a" * 12,
        "sha256_before": hashlib.sha256(OLD.encode()).hexdigest(),
        "sha256_after": hashlib.sha256(NEW.encode()).hexdigest(),
        "signals": 3,
        "changes": {"drift_beyond": 1, "extra": 1, "identical": 1},
    }


def test_keys_are_sorted_so_that_lines_can_be_compared() -> None:
    keys = list(orjson.loads(changelog_line(NAME, (OLD, NEW), WHO)))
    assert keys == sorted(keys)


def test_a_new_baseline_has_nothing_before_it() -> None:
    found = line(old=None)
    assert (found["sha256_before"], found["changes"], found["signals"]) == (None, None, 3)


@pytest.mark.parametrize("old", ["", "{", OLD.replace('"format":2', '"format":1')])
def test_an_old_text_that_cannot_be_read_is_replaced_with_its_hash_on_record(old: str) -> None:
    found = line(old=old)
    assert found["sha256_before"] == hashlib.sha256(old.encode()).hexdigest()
    assert found["changes"] is None


@pytest.mark.parametrize("reason", ['quoted "why"', "two\nlines", "₹ and ü", "</script>", "\x00"])
def test_any_reason_stays_on_one_line_and_reads_back(reason: str) -> None:
    assert line(who=Approval(reason, WHO.at, ""))["reason"] == reason


def test_only_what_changed_is_approved_in_order_of_the_names() -> None:
    new = {"b.json": "2", "a.json": "1", "c.json": "3"}
    assert list(changed({}, new).items()) == [("a.json", "1"), ("b.json", "2"), ("c.json", "3")]
    assert changed({"a.json": "1", "b.json": "0", "gone.json": "9"}, new) == {"b.json": "2", "c.json": "3"}
    assert changed(new, new) == {}


@given(
    st.dictionaries(st.text("ab", min_size=1), st.text("xy", max_size=2)),
    st.dictionaries(st.text("ab", min_size=1), st.text("xy", max_size=2)),
)
def test_after_an_approval_there_is_nothing_to_approve(old: dict[str, str], new: dict[str, str]) -> None:
    assert changed(old | changed(old, new), new) == {}
    assert set(changed(old, new)) <= set(new)
