"""Why a training run made no model, read from what the run recorded."""

import dagster as dg

from trading_assets.defs.model_steps import NOT_TRAINED
from trading_assets.defs.runner import open_instance


def refusal(run_id: str) -> str | None:
    """Return why a run of `signal_model` trained nothing; None when it trained a model.

    Args:
        run_id: Dagster's id of a run on the instance of the home folder.
    """
    with open_instance() as instance:
        entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    for entry in entries:
        materialization = entry.asset_materialization
        if materialization is not None and NOT_TRAINED in materialization.metadata:
            return str(materialization.metadata[NOT_TRAINED].value)
    return None
