"""The live gate and the batch verdict agree, on clean and on hostile snapshots; the gate needs numpy alone.

`TRADING_ASSETS_TEST_HOSTILE=10000` asks for that many hostile sessions instead of a few.
"""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.examine import examine
from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.gate import Gate, LiveSnapshot
from trading_assets.quality.memory import SessionMemory
from trading_assets.quality.rule import CRITICAL
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.quality.verdict import judge
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.quality.clean_sessions import Case, clean_case, snapshot_rows_of

ROOT = Path(__file__).resolve().parents[2]
FULL = int(os.environ.get("TRADING_ASSETS_TEST_HOSTILE", "60"))
SNAPSHOTS = 5
HOSTILE = [0.0, -0.0, -1.0, 1e-9, 0.05, 1.0, 75.0, 25_000.0, 1e308, -1e308, float("nan"), float("inf"), float("-inf")]
KEY = list(CONTRACT.key)


def live(legs: pd.DataFrame) -> LiveSnapshot:
    """What a collector would hold of one snapshot of a frame."""
    first = legs.iloc[0]
    observed = None if pd.isna(first["observed_at"]) else first["observed_at"].to_pydatetime()
    received = first["received_at"].to_pydatetime()
    assert isinstance(received, datetime)
    return LiveSnapshot(
        underlying=first["underlying"],
        snapshot_id=first["snapshot_id"],
        observed_at=observed,
        received_at=received,
        expiry=legs["expiry"].to_numpy().astype("datetime64[D]"),
        option_type=legs["option_type"].to_list(),
        numbers={name: legs[name].to_numpy(dtype=np.float64) for name in NUMBERS},
    )


def gated(case: Case) -> tuple[pd.DataFrame, dict[str, set[tuple[str, int]]]]:
    """Rows that the gate keeps of a session fed to it in order of receipt, and what it found per snapshot."""
    rows, order = snapshot_rows(case.frame)
    gate = Gate(case.facts, case.settings)
    kept, found = [], {}
    for start, length in zip(rows.starts, rows.lengths, strict=True):
        legs = case.frame.iloc[order[start : start + length]]
        verdict = gate.check(live(legs))
        kept.append(legs[verdict.kept])
        found[str(legs["capture_id"].iloc[0]) + str(start)] = {(name, grade) for name, grade, _ in verdict.findings}
    return pd.concat([case.frame.head(0), *kept]), found


def batched(case: Case) -> dict[str, set[tuple[str, int]]]:
    """What the batch found per snapshot, in the gate's words."""
    rows, order = snapshot_rows(case.frame)
    found = examine(rows, case.facts, case.settings, SessionMemory())
    told: dict[str, set[tuple[str, int]]] = {}
    for at, (start, length) in enumerate(zip(rows.starts, rows.lengths, strict=True)):
        here = {(item.rule.name, int(item.severity[at])) for item in found.snapshots if item.severity[at]}
        for item in found.legs:
            worst = int(item.severity[start : start + length].max())
            here |= {(item.rule.name, worst)} if worst else set()
        told[str(case.frame["capture_id"].iloc[order[start]]) + str(start)] = here
    return told


Mutation = tuple[int, str, object]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """One hostile change: a cell, or a time or spot of a whole snapshot."""
    kind = draw(st.sampled_from(["cell", "spot", "observed", "received", "side", "expiry", "frozen"]))
    at = draw(st.integers(0, SNAPSHOTS * 80 - 1))
    if kind == "cell":
        column = draw(st.sampled_from([name for name in NUMBERS if name != "lot_size"]))
        return at, column, draw(st.sampled_from(HOSTILE))
    if kind == "spot":
        return at, "whole:spot", draw(st.sampled_from([*HOSTILE, 25_600.0, 26_500.0, 24_000.0]))
    if kind in {"observed", "received"}:
        return at, f"whole:{kind}_at", draw(st.sampled_from([-86_400, -4_000, -60, 0, 5, 61, 400, 900, 30_000, None]))
    if kind == "side":
        return at, "option_type", draw(st.sampled_from(["CE", "PE", "XX"]))
    if kind == "expiry":
        return at, "expiry", draw(st.sampled_from(["2025-10-07", "2025-10-13", "2025-10-15", "2029-12-25", None]))
    return at, "frozen", None


def hostile(changes: list[Mutation]) -> Case:
    case = clean_case(SNAPSHOTS)
    frame = case.frame.copy()
    for at, what, value in changes:
        snapshot = snapshot_rows_of(frame, at // 80)
        if what == "frozen":
            content = ["last_price", "bid", "ask", "volume_units", "open_interest_lots"]
            frame.loc[snapshot, content] = frame.loc[snapshot_rows_of(frame, 0), content].to_numpy()
        elif what == "whole:received_at" and value is None:
            continue  # a collector always knows when it received
        elif what.startswith("whole:") and what.endswith("_at"):
            column = what.removeprefix("whole:")
            moved = pd.NaT if value is None else frame.loc[snapshot, column] + pd.Timedelta(seconds=float(str(value)))
            frame.loc[snapshot, column] = moved
        elif what.startswith("whole:"):
            frame.loc[snapshot, what.removeprefix("whole:")] = value
        else:
            frame.loc[at, what] = pd.Timestamp(str(value)) if what == "expiry" and value else value
    return case.with_frame(frame)


@settings(max_examples=FULL)
@given(st.lists(mutations(), max_size=6))
def test_gate_and_batch_agree_on_hostile_sessions(changes: list[Mutation]) -> None:
    case = hostile(changes)
    verdict = judge(case.frame, case.facts, case.settings)
    kept, found = gated(case)
    assert found == batched(case)
    pd.testing.assert_frame_equal(kept.sort_values(KEY, ignore_index=True), verdict.clean)
    assert len(verdict.clean) + len(verdict.quarantined) == len(case.frame)


@settings(max_examples=FULL)
@given(st.lists(mutations(), min_size=1, max_size=6))
def test_what_passes_is_sane_whatever_came_in(changes: list[Mutation]) -> None:
    case = hostile(changes)
    clean = judge(case.frame, case.facts, case.settings).clean
    assert np.isfinite(clean["spot"]).all()
    assert clean["spot"].between(10_000, 30_000).all()
    assert (clean[["last_price", "bid", "ask", "open_interest_lots", "volume_units"]].fillna(0.0) >= 0).all(axis=None)
    assert not clean.duplicated(KEY).any()
    assert (clean["received_at"] - clean["observed_at"] <= pd.Timedelta(seconds=600)).all()
    assert (clean["expiry"] >= clean["date"]).all()


def test_a_clean_session_passes_whole() -> None:
    case = clean_case()
    kept, found = gated(case)
    assert len(kept) == len(case.frame)
    assert set(map(frozenset, found.values())) == {frozenset()}


def test_python_lists_are_judged_like_arrays() -> None:
    case = clean_case(1)
    arrays = live(case.frame)
    lists = LiveSnapshot(
        underlying=arrays.underlying,
        snapshot_id=arrays.snapshot_id,
        observed_at=arrays.observed_at,
        received_at=arrays.received_at,
        expiry=[str(day) for day in arrays.expiry],
        option_type=arrays.option_type,
        numbers={name: np.asarray(values).tolist() for name, values in arrays.numbers.items()},
    )
    assert Gate(case.facts, case.settings).check(lists).kept.all()


def test_columns_a_collector_lacks_are_missing_not_zero() -> None:
    arrays = live(clean_case(1).frame)
    bare = {
        name: values for name, values in arrays.numbers.items() if name in {"spot", "strike", "last_price", "lot_size"}
    }
    case = clean_case(1)
    snapshot = LiveSnapshot(
        arrays.underlying, "s", arrays.observed_at, arrays.received_at, arrays.expiry, arrays.option_type, bare
    )
    verdict = Gate(case.facts, case.settings).check(snapshot)
    assert verdict.kept.all()
    assert {name for name, _, _ in verdict.findings} == {"missing_call_oi", "missing_put_oi"}


def test_a_snapshot_without_legs_is_refused() -> None:
    case = clean_case(1)
    empty = live(case.frame.head(1))
    nothing = LiveSnapshot(empty.underlying, "s", empty.observed_at, empty.received_at, [], [], {})
    verdict = Gate(case.facts, case.settings).check(nothing)
    assert not verdict.accepted
    assert verdict.findings == (("missing_chain", CRITICAL, 1.0),)


def test_a_refused_snapshot_is_not_remembered() -> None:
    case = clean_case(2)
    gate = Gate(case.facts, case.settings)
    late = case.frame.copy()
    late["received_at"] += pd.Timedelta(hours=1)
    first = late[snapshot_rows_of(late, 0)]
    assert not gate.check(live(first)).accepted
    assert gate.check(live(case.frame[snapshot_rows_of(case.frame, 0)])).accepted, "the same time, now in time"
    repeated = gate.check(live(case.frame[snapshot_rows_of(case.frame, 0)]))
    assert [name for name, _, _ in repeated.findings] == ["duplicate_snapshot"]


@pytest.mark.parametrize("heavy", ["pandas", "pandera", "duckdb", "dagster"])
def test_the_gate_imports_numpy_and_nothing_heavy(heavy: str) -> None:
    code = f"import sys, trading_assets.quality.gate; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
