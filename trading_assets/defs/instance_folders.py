"""Dagster's files below the home folder, wherever that is: `dagster.yaml` cannot name a path that a setting decides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from trading_assets.settings import load_settings


def dagster_folder() -> Path:
    """Return the folder of everything Dagster keeps, below the home folder in force; created when absent."""
    folder = load_settings().home.resolve() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class DecidedBySettings(ConfigurableClass):
    """A part of the instance that `dagster.yaml` names and settings configure; made of its `inst_data` alone."""

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        """No configuration of its own: settings decide."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Build it as `dagster.yaml` asks."""
        del config_value
        return cls(inst_data)  # type: ignore[call-arg]


class HomeArtifactStorage(DecidedBySettings, LocalArtifactStorage):
    """Run files below the home folder."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(str(dagster_folder()), inst_data)


class HomeComputeLogManager(DecidedBySettings, LocalComputeLogManager):
    """Compute logs below the home folder."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(str(dagster_folder() / "compute_logs"), inst_data=inst_data)
