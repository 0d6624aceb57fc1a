"""Acknowledged alerts: groups that stay silent up to a date, kept in the home folder beside the states of channels."""

from datetime import date
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import StorageError, UsageError
from trading_assets.quality.rulebook import rules
from trading_assets.storage.atomic import replace_file
from trading_assets.tables.catalog import CONTRACTS

_DATES = TypeAdapter(dict[str, date])
#: Groups that are no rule of a table begin with one of these: failed runs, missing rollups, a calendar that ends.
_OTHER_GROUPS = ("run.", "eod.", "calendar.")


def acknowledged(workspace: Workspace) -> dict[str, date]:
    """Return the groups that were acknowledged, each with the day from which it may speak again.

    Raises:
        StorageError: The file that keeps them is damaged.
    """
    path = _path(workspace)
    try:
        return _DATES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        msg = f"{path} is damaged: {error.errors()[0]['msg']}. Correct or remove it; removed, all groups speak again."
        raise StorageError(msg) from error


def acknowledge(workspace: Workspace, group: str, until: date, today: date) -> None:
    """Keep a group silent up to a date; a date that is not ahead lets it speak again at once.

    Args:
        workspace: Its home remembers it.
        group: What alerts name: `table.rule`, or `run.<job>`, `eod.missing`, `calendar.ends`.
        until: First day it may speak again, IST.
        today: The present day, IST; acknowledgements that are over are forgotten.

    Raises:
        UsageError: No alert has such a group.
    """
    known = {f"{rule.table}.{rule.name}" for contract in CONTRACTS for rule in rules(contract.name)}
    if group not in known and not group.startswith(_OTHER_GROUPS):
        msg = (
            f"no alert has the group {group!r}; name it as alerts do: table.rule (see `trading-assets quality rules`), "
            f"or one that begins with {', '.join(_OTHER_GROUPS)}."
        )
        raise UsageError(msg)
    silent = {**acknowledged(workspace), group: until}
    kept = {name: day for name, day in sorted(silent.items()) if day > today}
    replace_file(_path(workspace), _DATES.dump_json(kept))


def _path(workspace: Workspace) -> Path:
    return workspace.home / "alerts" / "acknowledged.json"
