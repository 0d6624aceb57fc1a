"""The note in the home folder of what an import has still to rebuild: what an interrupted one left undone."""

from collections.abc import Mapping
from datetime import date

import orjson

from trading_assets.defs.workspace import Workspace
from trading_assets.storage.atomic import replace_file

#: In the home folder while an import is not finished.
PENDING = "import_pending.json"


def note(workspace: Workspace, pending: Mapping[str, set[date]]) -> None:
    """Note what has to be rebuilt; nothing to do removes the note."""
    path = workspace.home / PENDING
    if any(pending.values()):
        listed = {name: sorted(day.isoformat() for day in days) for name, days in pending.items()}
        replace_file(path, orjson.dumps(listed))
    else:
        path.unlink(missing_ok=True)


def left_over(workspace: Workspace) -> dict[str, set[date]]:
    """Return the sessions that an interrupted import left to be rebuilt: `sessions` and `recounted`."""
    path = workspace.home / PENDING
    listed = orjson.loads(path.read_bytes()) if path.is_file() else {}
    return {name: {date.fromisoformat(day) for day in listed.get(name, ())} for name in ("sessions", "recounted")}
