"""Typed settings: every number a desk may want to change, from `trading_assets.toml` and `TRADING_ASSETS_*` variables.

Read at run time by `load_settings`, never at import. Rooms receive the section they need, not the whole.
Nested names use two underscores in variables: `TRADING_ASSETS_TRADING__LOTS=2`.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as VariableError

from trading_assets.errors import SettingsError
from trading_assets.setting_sections import AlertSettings, ScoringSettings, Section, SourceSettings, StorageSettings

SETTINGS_FILE = "trading_assets.toml"


class Limits(Section):
    """Limits of one rule; a measure strictly above one breaks it.

    None switches that severity off; one that is not given keeps the rule's own.
    """

    info: float | None = None
    warning: float | None = None
    critical: float | None = None


class SpotBand(Section):
    """Plausible index levels of an underlying from a date on."""

    underlying: str
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    effective_from: date = date(2000, 1, 1)


ChecksPer = Literal["category", "rule"]


class QualitySettings(Section):
    """Data-quality thresholds. `limits` overrides a rule's own limits by the rule's name."""

    limits: dict[str, Limits] = Field(default_factory=dict, description="Limits by the name of their rule")
    spot_bands: tuple[SpotBand, ...] = Field(
        default=(
            SpotBand(underlying="NIFTY", low=10_000, high=30_000),
            SpotBand(underlying="BANKNIFTY", low=20_000, high=80_000),
            SpotBand(underlying="FINNIFTY", low=10_000, high=40_000),
            SpotBand(underlying="SENSEX", low=30_000, high=120_000),
            SpotBand(underlying="INDIAVIX", low=5, high=150),
        ),
        description="Plausible levels of an index from a date on, points",
    )
    gap_cadences: float = Field(
        default=3.0, gt=1, description="A gap is this many declared cadences without a snapshot"
    )
    receipt_grace_seconds: float = Field(
        default=60.0, ge=0, description="A snapshot observed in the session may be received this long after its close"
    )
    tolerated_share: dict[str, float] = Field(
        default_factory=lambda: {"market_snapshots": 0.25},
        description="Share of a session's rows that may be quarantined before its check becomes an error",
    )
    checks_per: ChecksPer = Field(default="category", description="One check of a table per category or per rule")


class TradingSettings(Section):
    """How signals become trades."""

    capital: Decimal = Field(default=Decimal(1_000_000), gt=0, description="Allocated capital, ₹")
    capitals: dict[date, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="Capital allocated from a day on, instead of capital"
    )
    lots: int = Field(default=1, ge=1, description="Lots per trade; the most of them with risk_per_position")
    risk_per_position: Decimal | None = Field(
        default=None, gt=0, description="₹ a position may lose until its stops; sizes it in whole lots"
    )
    slippage_ticks: int = Field(default=1, ge=0, description="Ticks given away on every market fill")
    max_open_positions: int = Field(default=10, ge=1, description="Further entries are rejected")
    max_loss_per_day: Decimal = Field(
        default=Decimal(50_000), gt=0, description="₹ realised loss that stops new entries"
    )
    cool_down: timedelta = Field(
        default=timedelta(0), ge=timedelta(0), description="No entry of a strategy this long after a losing position"
    )
    trailing_fraction: float | None = Field(
        default=None, gt=0, description="Trailing stop of strategies without their own, of the entry price"
    )
    square_off_minutes: int = Field(default=15, ge=0, description="All positions flat this long before the close")
    max_entry_delay: timedelta = Field(default=timedelta(minutes=30), description="Reject when no quote comes sooner")
    max_quote_age: timedelta = Field(
        default=timedelta(minutes=5), ge=timedelta(0), description="An older snapshot on arrival is not traded on"
    )
    broker: Literal["upstox", "zerodha"] = Field(default="upstox", description="Whose brokerage is charged")
    matching: Literal["fifo", "lifo", "average"] = Field(
        default="fifo", description="Units of an imported position that are closed first; average is average cost"
    )
    reconciliation_entry_window: timedelta = Field(
        default=timedelta(minutes=5), description="Entries further apart are paired by signal only"
    )
    reconciliation_tolerance: Decimal = Field(default=Decimal(500), ge=0, description="₹ a pair may differ by")
    reconciliation_unmatched: int = Field(default=0, ge=0, description="Trades without partner that are tolerated")

    def capital_on(self, day: date) -> Decimal:
        """Return the capital, ₹, that the returns of a day are measured on: the last one allocated by then."""
        since = [start for start in self.capitals if start <= day]
        return self.capitals[max(since)] if since else self.capital


class PerformanceSettings(Section):
    """Conventions of the ratios."""

    risk_free_rate: float = Field(default=0.065, description="Annual, geometric")
    sessions_per_year: int = Field(default=252, description="For annual figures")
    min_sessions: int = Field(default=20, description="Ratios are NULL below this many sessions")
    trials: int | None = Field(
        default=None, ge=2, description="Strategy variants ever tried; the strategies that traded when None"
    )
    trade_source: Literal["auto", "simulated", "imported"] = Field(
        default="auto", description="Trades the rollups count; auto is imported as soon as any execution was"
    )


class Settings(BaseSettings):
    """All settings; see `.env.example` for the variables."""

    model_config = SettingsConfigDict(
        env_prefix="TRADING_ASSETS_",
        env_nested_delimiter="__",
        env_ignore_empty=True,  # an empty overlay would be the current folder, an empty token a token
        extra="forbid",
        frozen=True,
        toml_file=SETTINGS_FILE,
    )

    home: Path = Field(default=Path(".trading_assets"), description="Landing zone, tables, MLflow store, journals")
    storage: StorageSettings = Field(default_factory=StorageSettings)
    baselines: Path = Field(default=Path("baselines"), description="Folder of the regression baselines")
    overlay: Path | None = Field(default=None, description="Folder of CSV files laid over the packaged reference data")
    first_session: date = Field(default=date(2024, 1, 1), description="First partition")
    feed_preference: tuple[str, ...] = Field(
        default=("upstox", "nse-json", "simulated"), description="Which feed fills a session that several recorded"
    )
    risk_free_rate: float = Field(default=0.065, description="Annual, continuous, for discounting")
    risk_free_rates: dict[date, float] = Field(
        default_factory=dict, description="Rates that hold from a day on, instead of risk_free_rate"
    )
    quality: QualitySettings = Field(default_factory=QualitySettings)
    sources: SourceSettings = Field(default_factory=SourceSettings)
    trading: TradingSettings = Field(default_factory=TradingSettings)
    scoring: ScoringSettings = Field(default_factory=ScoringSettings)
    performance: PerformanceSettings = Field(default_factory=PerformanceSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    strategies: dict[str, dict[str, float]] = Field(default_factory=dict, description="Parameters by strategy_id")
    strategy_folder: Path | None = Field(default=None, description="A folder of your own strategies")
    postgres_url: SecretStr | None = Field(default=None, description="Dagster instance, and the mirror of small tables")
    mlflow_postgres_url: SecretStr | None = Field(default=None, description="MLflow's runs on PostgreSQL")
    broker_url: SecretStr | None = Field(default=None, description="Redis that hands runs to `worker` processes")
    sessions_per_run: int = Field(default=20, ge=1, description="Sessions of one run of a range split over workers")
    mlflow_artifacts: str | None = Field(default=None, description="Where MLflow keeps files, below home when None")
    upstox_token: SecretStr | None = Field(default=None, description="Access token of the day; only by environment")
    upstox_base_url: str = Field(default="https://api.upstox.com", description="Where the Upstox API answers")
    api_token: SecretStr | None = Field(default=None, description="Required by `serve` beyond loopback")

    def rate_on(self, day: date) -> float:
        """Return the annual, continuous rate that discounts on a day: the last one in force by then."""
        since = [start for start in self.risk_free_rates if start <= day]
        return self.risk_free_rates[max(since)] if since else self.risk_free_rate

    @model_validator(mode="after")
    def _keep_databases_apart(self) -> "Settings":
        if self.mlflow_postgres_url is not None and self.mlflow_postgres_url == self.postgres_url:
            msg = "mlflow_postgres_url is the database of postgres_url; give MLflow its own, both have a table `runs`"
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put variables above the file; there is no dotenv and no secrets folder."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileWithoutSecrets(settings_cls)


class _FileWithoutSecrets(TomlConfigSettingsSource):
    """The settings file, which people copy, mail and commit: a secret in it is refused, not used."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        for path in _secrets(Settings):
            found: object = values
            for name in path:
                found = found.get(name) if isinstance(found, dict) else None
            if found is not None:
                key, variable = ".".join(path), "TRADING_ASSETS_" + "__".join(path).upper()
                msg = f"{SETTINGS_FILE} holds the secret {key}. Take it out of the file and set {variable} instead."
                raise SettingsError(msg)
        return values


def _secrets(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, *below) for below in _secrets(field.annotation))
        elif "SecretStr" in str(field.annotation):
            yield (name,)


def load_settings() -> Settings:
    """Read the settings in force.

    Raises:
        SettingsError: A value does not validate, the message names each one; the file or a variable cannot be read; or
            the file holds a secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        msg = f"settings do not validate: {found}. Look in {SETTINGS_FILE} and the TRADING_ASSETS_* variables."
        raise SettingsError(msg) from error
    except VariableError as error:
        msg = f"{error}; its variable does not hold JSON, as lists and tables of settings must."
        raise SettingsError(msg) from error
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{SETTINGS_FILE} in {Path.cwd()} is not TOML: {error}. Correct it, or move it away to use the defaults."
        raise SettingsError(msg) from error
