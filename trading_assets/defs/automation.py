"""What is made again by itself: rollups of sessions whose trades were corrected, and the curve over all of them."""

from collections.abc import Iterable

import dagster as dg

from trading_assets.defs.jobs import ROLLUPS

#: What follows from trades; made first by the EOD run, and again whenever what it was made of has changed.
FOLLOWING = (*ROLLUPS, "equity_curve", "trade_reconciliation")


def made_again() -> dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey]:
    """Ask for what exists already and whose inputs have other content than when it was made.

    Content is compared by data version, so that running trades again to the same bytes asks for nothing. What was
    never made is the EOD run's: trades that change during a session ask for no rollup of it.
    """
    changed = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
    handled = dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated()
    busy = dg.AutomationCondition.in_progress() | dg.AutomationCondition.any_deps_in_progress()
    return changed.since(handled) & ~dg.AutomationCondition.missing() & ~busy


def automated(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """Return the assets, those of `FOLLOWING` with the condition to be made again."""
    return [
        asset.map_asset_specs(
            lambda spec: (
                spec.replace_attributes(automation_condition=made_again())
                if spec.key.to_user_string() in FOLLOWING
                else spec
            )
        )
        for asset in assets
    ]


def build() -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that asks; the daemon runs what it asks for."""
    return dg.AutomationConditionSensorDefinition(
        "corrections_sensor",
        target=dg.AssetSelection.assets(*FOLLOWING),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=60,
        description="Makes rollups, equity and reconciliation again when trades of their sessions were corrected.",
    )
