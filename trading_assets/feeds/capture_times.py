"""When a recorder had a file: the UTC time many write into its name, else its modification time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile

_NAMED_UTC = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T_ ](\d{2})[-:]?(\d{2})[-:]?(\d{2})(?:Z|_UTC)")


def capture_time(raw_file: RawFile) -> datetime:
    """Return the UTC time in the file's name (`2025-10-28T04-00-54Z`, `2025-10-13_09-38-51_UTC`), else its mtime.

    A name whose digits are no time counts as a name without one.
    """
    for parts in _NAMED_UTC.findall(raw_file.stem):
        year, month, day, hour, minute, second = map(int, parts)
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            continue
    return raw_file.modified
