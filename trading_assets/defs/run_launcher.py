"""Who starts a run: a process beside the code server, or a worker behind Redis when `broker_url` is set.

`dagster.yaml` names `LauncherBySettings`, so one file serves both.
"""

from collections.abc import Mapping

from dagster._core.launcher import DefaultRunLauncher, RunLauncher
from dagster._serdes import ConfigurableClassData

from trading_assets.defs.instance_folders import DecidedBySettings
from trading_assets.errors import SettingsError
from trading_assets.settings import load_settings


class LauncherBySettings(RunLauncher, DecidedBySettings):
    """What `dagster.yaml` names; the launcher that the settings choose takes its place."""

    @classmethod
    def from_config_value(  # type: ignore[override]  # Dagster asks for a launcher, of whatever class
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> RunLauncher:
        """Return the launcher in force.

        Raises:
            SettingsError: The extra `team` is not installed.
        """
        del config_value
        broker = load_settings().broker_url
        if broker is None:
            return DefaultRunLauncher(inst_data)
        try:
            from trading_assets.defs.celery_launcher import WatchedCeleryLauncher
        except ModuleNotFoundError as error:
            msg = f"broker_url is set and {error.name} is not installed; install the extra: trading-assets[team]."
            raise SettingsError(msg) from error
        return WatchedCeleryLauncher(broker.get_secret_value(), inst_data)
