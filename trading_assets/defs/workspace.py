"""Everything a step needs, opened once: settings, market facts, tables, landing zone, model registry."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from trading_assets.defs.session_chains import SessionChains
from trading_assets.errors import SettingsError, TradingAssetsError
from trading_assets.market.packaged import Market, load_market
from trading_assets.places.place import Place, shared_place
from trading_assets.settings import Settings, TradingSettings, load_settings
from trading_assets.storage.journal import Journal
from trading_assets.storage.landing import Landing
from trading_assets.storage.mirror import Mirror
from trading_assets.storage.overlay import read_overlay
from trading_assets.storage.tables import TableStore
from trading_assets.tracking.registry import ModelRegistry
from trading_assets.trades.charge_table import ChargeTable, load_charges
from trading_assets.trades.simulation import TradingRules


def unwatched(_done: str) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class Workspace:
    """One desk's home folder and the facts of its market.

    Args:
        settings: Settings in force.
        market: Calendar and reference data, the overlay included.
        store: The tables.
        landing: Raw captures.
        registry: Models and their ledger.
        charges: Charge rates, the overlay included.
        watch: Told after each session of each step, in words.
        chains: Option chains that steps have read.
    """

    settings: Settings
    market: Market
    store: TableStore
    landing: Landing
    registry: ModelRegistry
    charges: ChargeTable
    watch: Callable[[str], None] = unwatched
    chains: SessionChains = field(default_factory=SessionChains, repr=False, compare=False)

    def watched(self, watch: Callable[[str], None]) -> "Workspace":
        """Return the same workspace that tells how far it is."""
        return replace(self, watch=watch)

    @property
    def home(self) -> Path:
        """Absolute path of the home folder."""
        return self.settings.home.resolve()

    @property
    def shared(self) -> Place:
        """Where tables, captures, journals and models are: the home folder, or a team's bucket."""
        return shared_place(self.home, self.settings.storage)

    @property
    def levels(self) -> Landing:
        """Raw captures of side feeds, apart from those of option chains: they make no session."""
        return Landing(self.shared / "levels")

    @property
    def journal(self) -> Journal:
        """Append-only rows of live calls and issues."""
        return Journal(self.shared / "journal")

    def trading_rules(self, trading: TradingSettings | None = None) -> TradingRules:
        """What trades are made under: reference data, charges and the trading settings, or others than those."""
        return TradingRules(self.market.reference, trading or self.settings.trading, self.charges)

    def strategy_sources(self) -> dict[str, str]:
        """Source text of the user's own strategies by file name; empty without a folder."""
        folder = self.settings.strategy_folder
        if folder is None:
            return {}
        if not folder.is_dir():
            msg = f"strategy_folder {folder} is not a folder; correct the setting or create it."
            raise TradingAssetsError(msg)
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}


def open_workspace(settings: Settings | None = None) -> Workspace:
    """Open the home folder that the settings name; nothing is created before it is written to.

    Args:
        settings: Settings to use; read from file and environment when None.

    Raises:
        SettingsError: The home or the overlay is not a folder.
    """
    in_force = settings or load_settings()
    home = in_force.home.resolve()
    if home.exists() and not home.is_dir():
        msg = f"home {home} is a file; name a folder in TRADING_ASSETS_HOME, which may be absent yet."
        raise SettingsError(msg)
    overlay, shared = read_overlay(in_force.overlay), shared_place(home, in_force.storage)
    return Workspace(
        settings=in_force,
        market=load_market(overlay),
        store=TableStore(shared / "tables", _mirror(in_force)),
        landing=Landing(shared / "landing"),
        registry=_registry(in_force, home, shared),
        charges=load_charges(overlay),
    )


def _registry(settings: Settings, home: Path, shared: Place) -> ModelRegistry:
    lock = None if shared == home else _secret(settings.postgres_url)
    place = settings.mlflow_artifacts, shared, lock, settings.storage.endpoint
    return ModelRegistry(home, _secret(settings.mlflow_postgres_url), *place)


def _mirror(settings: Settings) -> Mirror | None:
    url = _secret(settings.postgres_url)
    return None if url is None else Mirror(url)


def _secret(url: SecretStr | None) -> str | None:
    return None if url is None else url.get_secret_value()
