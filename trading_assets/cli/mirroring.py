"""What `status`, `doctor` and `mirror` say of the object store and of PostgreSQL's copy."""

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import StorageError
from trading_assets.places.object_path import ObjectPath
from trading_assets.storage.mirror import Partition

#: Partitions that are named before the rest is counted.
NAMED = 8


def shared_state(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    """Return where tables and their mirror are, in words, and a sentence for each thing that is wrong with them."""
    found, problems = {"place": str(workspace.shared), "mirror": "none"}, []
    try:
        if isinstance(workspace.shared, ObjectPath):
            next(workspace.shared.iterdir(), None)
        if workspace.store.mirror is not None:
            late = workspace.store.mirror.behind(workspace.store)
            found["mirror"] = f"{named(late)} behind"
            if late:
                problems.append(f"the mirror in PostgreSQL lacks {named(late)}; run `trading-assets mirror`.")
    except StorageError as error:
        found["mirror"] = "not known" if workspace.store.mirror is not None else "none"
        problems.append(str(error))
    return found, problems


def named(late: list[Partition]) -> str:
    """Count partitions and name the first of them."""
    names = [*map(str, late[:NAMED]), *([f"{len(late) - NAMED} more"] if len(late) > NAMED else [])]
    return f"{len(late)} partitions" + (f" ({', '.join(names)})" if names else "")
