"""Groups of settings that stand by themselves: scoring, sources, object store, alerts; others are in `settings`."""

from datetime import date, time, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    """A group of settings; unknown names are refused so that a typo cannot pass as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoringSettings(Section):
    """How models are trained and used."""

    decision_threshold: float = Field(
        default=0.40, ge=0, le=1, description="ml_score at or above which a signal trades"
    )
    min_training_rows: int = Field(default=30, ge=10, description="Fewer labelled signals train no model")
    training_months: int = Field(default=3, ge=1, description="How far back a model learns")
    embargo_sessions: int = Field(default=0, ge=0, description="Sessions left out before the cut-off")
    successor: Literal["serves", "waits"] = Field(
        default="serves", description="What the first model of a new cut-off does until it is promoted"
    )
    promotion_signals: int = Field(default=100, ge=1, description="Signals scored by both that a promotion needs")
    seed: int = Field(default=20240101, description="Of the training; the same seed gives the same model bytes")


class SourceSettings(Section):
    """How closely two sources of a session must agree: its feed with what the exchange published, or another feed."""

    volume_tolerance: float = Field(default=0.0, ge=0, description="Gap that agrees, share of the published volume")
    open_interest_tolerance: float = Field(default=0.01, ge=0, description="The same of open interest")
    price_tolerance: float = Field(default=0.01, ge=0, description="The same of last prices of two feeds")
    volume_share: float = Field(default=0.99, ge=0, le=1, description="Contracts whose volume must agree")
    open_interest_share: float = Field(
        default=0.5, ge=0, le=1, description="The same of open interest, which is not final on the page at the close"
    )
    closing_window: timedelta = Field(
        default=timedelta(minutes=1), ge=timedelta(0), description="A feed that ends earlier before the close is told"
    )
    pairing_window: timedelta = Field(
        default=timedelta(minutes=5), ge=timedelta(0), description="Snapshots of two feeds further apart are no pair"
    )


class StorageSettings(Section):
    """Where a team keeps tables, captures, journals and models. Credentials are AWS_* variables, never settings."""

    url: str | None = Field(
        default=None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$",
        description="s3://bucket/prefix instead of files below home",
    )
    endpoint: str | None = Field(
        default=None, pattern=r"^https?://[^/@]+/?$", description="Server of an S3-compatible store; None for AWS"
    )
    region: str = Field(default="us-east-1", description="Region that requests are signed for")
    timeout_seconds: float = Field(default=20.0, gt=0, description="To connect, and between two parts of an answer")
    attempts: int = Field(default=6, ge=1, description="Times a request is tried before it is an error")


class AlertSettings(Section):
    """Who is told of quality issues and failed runs, and when. URLs hold secrets: set them by environment."""

    urls: tuple[SecretStr, ...] = Field(default=(), description="Apprise URLs, TRADING_ASSETS_ALERTS__URLS as JSON")
    dry_run: bool = Field(default=False, description="Log messages instead of sending them")
    minimum_severity: Literal["critical", "warning", "info"] = Field(
        default="warning", description="Issues below it alert nobody"
    )
    patience: timedelta = Field(
        default=timedelta(minutes=5), description="A warning must last this long; a critical not"
    )
    remind_after: timedelta = Field(default=timedelta(hours=4), description="An open incident speaks again")
    resolve_after: timedelta = Field(default=timedelta(minutes=30), description="Without a problem, it is over")
    most_per_hour: int = Field(default=6, ge=1, description="Further messages wait and become one digest")
    quiet_from: time | None = Field(default=None, description="IST; only criticals are sent from here")
    quiet_until: time | None = Field(default=None, description="IST")
    timeout_seconds: float = Field(default=4.0, gt=0, description="To connect, and to read the answer")
    suppressed: dict[str, date] = Field(default_factory=dict, description="Groups that stay silent up to a date, IST")
