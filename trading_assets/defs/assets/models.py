"""The asset `signal_model`: one model per training cut-off, the first day it may serve."""

from datetime import UTC, date, datetime

import dagster as dg

from trading_assets.defs.model_steps import NOT_TRAINED, ModelStep, model_step
from trading_assets.defs.partitions import refuse_future
from trading_assets.defs.specs import OWNERS
from trading_assets.defs.workspace import Workspace

#: lineage of the default `scoring.training_months`; the step reads the months that the setting asks for
EARLIER_MONTHS = dg.TimeWindowPartitionMapping(start_offset=-3, end_offset=-1)
DESCRIPTION = (
    "**One partition:** a training cut-off, the first day the model may serve, always the first of a month.\n\n"
    "**Learns from:** the signals of the months before it, each traded alone, labelled by whether it won.\n\n"
    "**Kept:** the estimator that did best walk-forward, as a file named by its SHA-256, registered in MLflow and in "
    "the ledger. Too few labelled signals train no model, and say so.\n\n**Read by:** `scored_signals`."
)


def build(cutoffs: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the model asset, partitioned by training cut-off."""

    @dg.asset(
        name="signal_model",
        group_name="models",
        deps=[dg.AssetDep(name, partition_mapping=EARLIER_MONTHS) for name in ("signals", "market_snapshots")],
        partitions_def=cutoffs,
        description=DESCRIPTION,
        kinds={"python", "scikitlearn", "mlflow"},
        owners=OWNERS,
    )
    def trained(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> dg.MaterializeResult[None]:
        cutoff = refuse_future([context.partition_key], datetime.now(UTC))[0]
        return dg.MaterializeResult(metadata=model_metadata(_train(workspace, cutoff, context.run.run_id)))

    return [trained]


def _train(workspace: Workspace, cutoff: date, run_id: str) -> ModelStep:
    step = model_step(workspace, cutoff, datetime.now(UTC), run_id)
    workspace.watch(f"model of {cutoff}")
    return step


def model_metadata(step: ModelStep) -> dict[str, float | int | str]:
    """Return the identity and the out-of-sample measures of a model, or why there is none."""
    if step.entry is None:
        return {"labelled_signals": step.rows, NOT_TRAINED: step.refused or ""}
    measures = {name: value for name, value in step.metrics.items() if value is not None}
    return {
        "labelled_signals": step.rows,
        "model_version": step.entry.version,
        "model_hash": step.entry.sha256,
        **measures,
    }
