"""Which sessions a folder of this machine holds of a table, told by names: 5,000 paths take twice as long to sort."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PARTITION = "date="
_LENGTH = len(f"{PARTITION}YYYY-MM-DD")


def days_in(folder: Path) -> list[str]:
    """Days that the folder of a table has a folder of, ISO, sorted; the file in it may be gone."""
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except FileNotFoundError:
        return []
    return sorted(name.removeprefix(PARTITION) for name in names if name.startswith(PARTITION) and len(name) == _LENGTH)


def stored_days(folder: Path) -> list[str]:
    """Those whose file is there: a file of a partition is named as its table's folder."""
    file = f"{folder.name}.parquet"
    return [day for day in days_in(folder) if os.path.isfile(f"{folder}/{PARTITION}{day}/{file}")]  # noqa: PTH113
