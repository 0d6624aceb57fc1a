"""Delivers alerts: gathers what is wrong, keeps each channel's state in the home folder, sends through Apprise.

Apprise is an extra and is imported only where a message leaves. A channel that fails or hangs keeps its messages for
the next look and holds up no other channel.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Thread
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from trading_assets.defs.acknowledging import acknowledged
from trading_assets.defs.issue_history import recent_issues
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import SettingsError, StorageError
from trading_assets.market.calendar import IST
from trading_assets.quality.alerts import AlertState, Message, Problem, advance, delivered, due, suppress
from trading_assets.setting_sections import AlertSettings
from trading_assets.storage.atomic import replace_file

#: Issues older than this when first seen are history, not news.
NEWS = timedelta(days=1)
MOST_SEEN = 10_000
Log = Callable[[str], None]


class Channel(Protocol):
    """Where messages go."""

    @property
    def name(self) -> str:
        """Name of its state; tells no secret."""

    def send(self, message: Message) -> bool:
        """Deliver; False when it did not arrive."""


@dataclass(frozen=True)
class ChannelState:
    """What one channel remembers.

    Args:
        alerts: Its incidents and waiting messages.
        seen: Problems taken in, oldest first.
    """

    alerts: AlertState = field(default_factory=AlertState)
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A problem and the name under which it is taken in once."""

    name: str
    problem: Problem


STATE = TypeAdapter(ChannelState)


@dataclass(frozen=True)
class AppriseChannel:
    """A channel named by an Apprise URL.

    Args:
        url: The URL, secret.
        timeout: To connect, and to read the answer, s.
    """

    url: str = field(repr=False)
    timeout: float

    @property
    def name(self) -> str:
        """First 12 hex of the URL's SHA-256."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:12]

    def send(self, message: Message) -> bool:
        """Deliver in a thread that is left behind when it does not come back; False then."""
        arrived: list[bool] = []
        thread = Thread(target=lambda: arrived.append(self._notify(message)), daemon=True)
        thread.start()
        thread.join(3 * self.timeout)
        return arrived == [True]

    def _notify(self, message: Message) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it imports imghdr for one of its services
            import apprise

            target = apprise.Apprise()
            joint = "&" if "?" in self.url else "?"
            if not target.add(f"{self.url}{joint}cto={self.timeout:g}&rto={self.timeout:g}"):
                return False
            return bool(target.notify(body=message.body, title=message.title))


@dataclass(frozen=True)
class LogChannel:
    """Writes messages to a log instead of sending them.

    Args:
        log: Takes a line.
    """

    log: Log

    @property
    def name(self) -> str:
        """Name of the state of dry runs."""
        return "dry-run"

    def send(self, message: Message) -> bool:
        """Log it."""
        self.log(f"would send: {message.title}\n{message.body}")
        return True


def channels(settings: AlertSettings, log: Log) -> list[Channel]:
    """Return the channels of the settings; in a dry run the log alone.

    Raises:
        SettingsError: URLs are set and Apprise is not installed.
    """
    if settings.dry_run:
        return [LogChannel(log)]
    if settings.urls:
        _require_apprise()
    return [AppriseChannel(url.get_secret_value(), settings.timeout_seconds) for url in settings.urls]


def _require_apprise() -> None:
    from importlib.util import find_spec

    if find_spec("apprise") is None:
        msg = "alerts.urls is set and apprise is not installed; run `pip install trading-assets[alerts]`."
        raise SettingsError(msg)


def issue_problems(workspace: Workspace, now: datetime) -> list[Found]:
    """Return the issues of the last day as problems, grouped by rule."""
    recent = recent_issues(workspace)
    news = recent[recent["timestamp"] > now - NEWS]
    return [
        Found(
            f"{issue.issue_id}.{issue.severity}",
            Problem(f"{issue.table_name}.{issue.rule}", str(issue.severity), str(issue.message), now),
        )
        for issue in news.itertuples()
    ]


def alert(
    workspace: Workspace, found: Iterable[Found], targets: Iterable[Channel], now: datetime, log: Log
) -> tuple[int, int]:
    """Take in what is wrong and send what is due, channel by channel.

    Args:
        workspace: Its home keeps the states, its settings say when.
        found: Everything that is wrong; what a channel took in before is skipped.
        targets: Where to send.
        now: The present moment, tz-aware.
        log: Told of every message that did not arrive.

    Returns:
        Messages delivered, and messages that wait.
    """
    settings, problems = _with_acknowledged(workspace, log), list(found)
    sent = waiting = 0
    for channel in targets:
        path = state_path(workspace, channel)
        state = _taken_in(_read(path), problems, now, settings)
        _write(path, state)
        for message in due(state.alerts, now, settings):
            if not channel.send(message):
                log(f"channel {channel.name} did not take a message; it is kept and tried again.")
                break
            sent += 1
            state = replace(state, alerts=delivered(state.alerts, message, now))
            _write(path, state)
        waiting += len(state.alerts.waiting)
    return sent, waiting


def _with_acknowledged(workspace: Workspace, log: Log) -> AlertSettings:
    settings = workspace.settings.alerts
    try:
        return settings.model_copy(update={"suppressed": {**acknowledged(workspace), **settings.suppressed}})
    except StorageError as error:  # rather too many messages than none
        log(str(error))
        return settings


def state_path(workspace: Workspace, channel: Channel) -> Path:
    """Return where a channel's state is kept."""
    return workspace.home / "alerts" / f"{channel.name}.json"


def _taken_in(state: ChannelState, found: list[Found], now: datetime, settings: AlertSettings) -> ChannelState:
    known = set(state.seen)
    new = [one for one in found if one.name not in known]
    alerts = state.alerts
    for group, day in settings.suppressed.items():
        alerts = suppress(alerts, group, datetime.combine(day, time(0), IST))
    alerts = advance(alerts, [one.problem for one in new], now, settings)
    return ChannelState(alerts, (*state.seen, *(one.name for one in new))[-MOST_SEEN:])


def _read(path: Path) -> ChannelState:
    try:
        return STATE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ChannelState()
    except ValidationError:
        path.replace(path.with_suffix(".damaged"))
        return ChannelState()


def _write(path: Path, state: ChannelState) -> None:
    replace_file(path, STATE.dump_json(state))
