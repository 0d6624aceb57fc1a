"""A process of its own that runs strategies and prints fingerprints: `regression verify` starts several of them.

Arguments: home folder is the settings' as ever; then first day, last day, strategy or "-", folder of snapshot files or
"-", and "stored" or "shuffled". Shuffled rows also run newest session first, each with strategies loaded anew.
"""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import orjson
import pandas as pd

from trading_assets.cli.reruns import session_inputs, setup
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.regression.fingerprints import fingerprints
from trading_assets.regression.runs import SessionInput
from trading_assets.tables import signals

NONE, STORED, SHUFFLED = "-", "stored", "shuffled"
_SEED = 7


def fingerprint_range(workspace: Workspace, arguments: list[str]) -> dict[str, str]:
    """Return the fingerprints of a range; see the module for the arguments."""
    first, last, strategy, folder, order = arguments
    chosen = None if strategy == NONE else strategy
    place = None if folder == NONE else Path(folder)
    sessions = session_inputs(workspace, date.fromisoformat(first), date.fromisoformat(last), place)
    if order == STORED:
        whole = setup(workspace, chosen)
        found = [one.signals(whole) for one in sessions]
    else:
        found = [_shuffled(one).signals(setup(workspace, chosen)) for one in reversed(list(sessions))]
    return fingerprints(signals.CONTRACT.frame(pd.concat(found, ignore_index=True)))


def _shuffled(one: SessionInput) -> SessionInput:
    rows = np.random.default_rng(_SEED).permutation(len(one.frame))
    return replace(one, frame=one.frame.iloc[rows])


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(fingerprint_range(open_workspace(), sys.argv[1:])).decode())
