"""Run by a Python that has great_expectations: CPU seconds of its validation of a parquet file by the bounds given.

Arguments: the file, and a JSON list of `column`, `bound` and `low`.
"""

from __future__ import annotations

import json
import sys
import time

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd


def main() -> None:
    """Print the least CPU seconds of three validations."""
    frame, facts = pd.read_parquet(sys.argv[1]), json.loads(sys.argv[2])
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("made").add_dataframe_asset("day")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    present = [gxe.ExpectColumnValuesToNotBeNull(column=one["column"]) for one in facts if one["bound"] == "present"]
    low = [
        gxe.ExpectColumnValuesToBeBetween(column=one["column"], min_value=one["low"])
        for one in facts
        if one["bound"] == "low"
    ]
    suite = gx.ExpectationSuite(name="bounds", expectations=[*present, *low])
    taken = []
    for _ in range(3):
        started = time.process_time()
        if not batch.validate(suite).success:
            sys.exit("a clean day was refused; the figure would mislead.")
        taken.append(time.process_time() - started)
    print(min(taken))


main()
