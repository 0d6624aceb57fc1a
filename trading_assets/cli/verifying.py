"""What `regression verify` does: the five proofs over stored sessions, each with its count and its findings."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from math import ceil
from pathlib import Path

import numpy as np
import orjson

from trading_assets.cli.fingerprinting import NONE, SHUFFLED, STORED
from trading_assets.cli.reruns import session_inputs, setup
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CheckFailedError
from trading_assets.market.declared_features import FEATURES
from trading_assets.regression.fingerprints import deviations, fingerprints
from trading_assets.regression.mutation import mutate
from trading_assets.regression.runs import Setup
from trading_assets.regression.verify import Case, lookahead, row_order, streaming
from trading_assets.regression.warm_up import warm_up
from trading_assets.report.numbers import counted
from trading_assets.strategies.signal_rows import Describer

#: Every pair of hash seed, number of BLAS threads and order of the rows occurs in one of these processes.
VARIANTS = (("0", "1", STORED), ("0", "2", SHUFFLED), ("1", "1", SHUFFLED), ("1", "2", STORED))
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SEED = 1
#: Prefixes streamed of every session but the first, of which all are: each costs 20 evaluations of the strategies.
_EVERY = 15
#: Snapshots asked for their warm-up, about: sessions are left out evenly while there are more. Each takes 15 ms.
_WARM_UP_SNAPSHOTS = 800
KILLED_SHARE = 0.9


@dataclass(frozen=True)
class Asked:
    """What to verify.

    Args:
        first: First day.
        last: Last day, inclusive.
        strategy: One strategy; None for all.
        snapshots: Folder of snapshot files; None for the tables.
        cuts: Moments a session at which the future is cut off.
        mutation: Whether to change parameters and comparisons too.
        variants: The other processes.
    """

    first: date
    last: date
    strategy: str | None = None
    snapshots: Path | None = None
    cuts: int = 5
    mutation: bool = False
    variants: tuple[tuple[str, str, str], ...] = VARIANTS


@dataclass(frozen=True)
class Proof:
    """One proof: its letter and name, what was looked at, and a sentence per finding."""

    name: str
    looked_at: str
    findings: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Say it in lines."""
        verdict = "FAIL" if self.findings else "PASS"
        lines = [f"{verdict} {self.name}: {self.looked_at}", *(f"    {one}" for one in self.findings)]
        return "\n".join([*lines, *(f"    note: {one}" for one in self.notes)])


def verify_range(workspace: Workspace, asked: Asked) -> Iterator[Proof]:
    """Yield the proofs (a) to (e), each when it is done.

    Raises:
        BaselineError: No session of the range is there.
    """
    whole = setup(workspace, asked.strategy)
    sessions = list(session_inputs(workspace, asked.first, asked.last, asked.snapshots))
    cases = [Case(one.frame, one.session, whole.strategies, whole.overrides, one.histories) for one in sessions]
    count = f"{counted(len(whole.strategies), 'strategy', 'strategies')}, {counted(len(cases), 'session')}"
    with ThreadPoolExecutor(1) as others:  # while this process proves, the others run one after the other
        elsewhere = others.map(lambda variant: fingerprints_elsewhere(workspace, asked, variant), asked.variants)
        leaks = [leak for case in cases for leak in lookahead(case, asked.cuts, np.random.default_rng(_SEED))]
        yield Proof("(a) lookahead", f"{count}, {asked.cuts} cuts each, truncated and poisoned", tuple(map(str, leaks)))
        leaks = [leak for i, case in enumerate(cases) for leak in streaming(case, asked.cuts, _EVERY if i else 1)]
        told = f"{count}, every prefix of the first, every {_EVERY}th of the others"
        yield Proof("(b) streaming parity", told, tuple(map(str, leaks)))
        built = [chain for case in cases for chain in case.chains(case.frame).values()]
        watched = built[:: max(1, ceil(sum(len(chain.observed_at) for chain in built) / _WARM_UP_SNAPSHOTS))]
        leaks = [leak for chain in watched for leak in warm_up(chain)]
        rows = sum(len(chain.observed_at) for chain in watched)
        told = f"{len(FEATURES)} features on every one of the {rows} snapshots of {len(watched)} sessions"
        yield Proof("(c) warm-up", told, tuple(map(str, leaks)))
        leaks = [leak for case in cases for leak in row_order(case, np.random.default_rng(_SEED))]
        findings = [*map(str, leaks), *_strays(fingerprints_of(cases), asked.variants, elsewhere)]
        looked = f"{count}, {len(asked.variants)} other processes: hash seeds, threads, row orders, sessions one by one"
        yield Proof("(d) determinism", looked, tuple(findings))
    if asked.mutation:
        yield _mutation(workspace, whole, [Describer(chain) for chain in built])


def fingerprints_elsewhere(workspace: Workspace, asked: Asked, variant: tuple[str, str, str]) -> dict[str, str]:
    """Fingerprints of the range as another process has them.

    Args:
        workspace: Whose home the process opens.
        asked: The range.
        variant: Hash seed, number of BLAS threads, and order of the rows.

    Raises:
        CheckFailedError: The process failed.
    """
    seed, threads, order = variant
    environment = os.environ | dict.fromkeys(_THREADS, threads)
    environment |= {"PYTHONHASHSEED": seed, "TRADING_ASSETS_HOME": str(workspace.home)}
    arguments = [str(asked.first), str(asked.last), asked.strategy or NONE, str(asked.snapshots or NONE), order]
    command = [sys.executable, "-m", "trading_assets.cli.fingerprinting", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        msg = f"the process with {_named(variant)} failed: {''.join(last)}"
        raise CheckFailedError(msg)
    found: dict[str, str] = orjson.loads(done.stdout)
    return found


def fingerprints_of(cases: list[Case]) -> dict[str, str]:
    """Fingerprints of all cases, one session after the other in this process."""
    found: dict[str, str] = {}
    for case in cases:
        found |= fingerprints(case.signals(case.frame))
    return found


def _mutation(workspace: Workspace, whole: Setup, describers: list[Describer]) -> Proof:
    own = workspace.strategy_sources()
    package = files("trading_assets.strategies")
    sources = {
        name: own.get(f"{name}.py") or (package / f"{name}.py").read_text(encoding="utf-8") for name in whole.strategies
    }
    running = Case(describers[0].chain, describers[0].chain.session, whole.strategies, whole.overrides).running()
    result = mutate(running, sources, describers)
    survivors = tuple(f"survives: {one}" for one in result.survivors)
    enough = result.killed_share >= KILLED_SHARE
    told = f"{result.mutants} changes of parameters and comparisons, {result.killed_share:.1%} killed"
    told += f", {len(result.loose)} of them only by an extreme value; at least {KILLED_SHARE:.0%} wanted"
    return Proof("(e) mutation", told, () if enough else survivors, survivors if enough else ())


def _strays(
    expected: dict[str, str], variants: Iterable[tuple[str, str, str]], elsewhere: Iterable[dict[str, str]]
) -> Iterator[str]:
    for variant, found in zip(variants, elsewhere, strict=True):
        for name in deviations(expected, found):
            yield f"signals of {name} are others in the process with {_named(variant)}"


def _named(variant: tuple[str, str, str]) -> str:
    seed, threads, order = variant
    return f"hash seed {seed}, {threads} BLAS threads and {order} rows"
