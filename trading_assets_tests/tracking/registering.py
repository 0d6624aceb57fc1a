"""A program of several processes that register models in one home at the same moment; mlflow is imported once for all.

Arguments: a file with a pickled list of lists of models, one list per process, and a pickled registry.
"""

from __future__ import annotations

import pickle
import sys
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from trading_assets.models.training import TrainedModel
    from trading_assets.tracking.registry import ModelRegistry


def register(start: Barrier, registry: ModelRegistry, models: list[TrainedModel]) -> None:
    """Wait for the others, then register one model after the other."""
    start.wait()
    for trained in models:
        registry.register(trained, {}, datetime(2024, 3, 1, tzinfo=UTC))


def main(models: Path, registry: Path) -> None:
    """Start a process per list of models and end with 1 when one of them did not end well."""
    import mlflow.tracking  # noqa: F401 - before the processes part, so that they share it

    shares, home = pickle.loads(models.read_bytes()), pickle.loads(registry.read_bytes())  # noqa: S301 - the test's own
    context = get_context("fork")
    start = context.Barrier(len(shares))
    processes = [context.Process(target=register, args=(start, home, share)) for share in shares]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(any(process.exitcode for process in processes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
