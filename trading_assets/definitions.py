"""The code location `trading_assets`: everything Dagster shows, put together when it is loaded, not when imported."""

import dagster as dg

from trading_assets.defs.build import build_definitions
from trading_assets.defs.workspace import open_workspace


@dg.definitions
def defs() -> dg.Definitions:
    """Return the assets, checks, jobs, schedules and sensors over the home folder that the settings name."""
    return build_definitions(open_workspace())
