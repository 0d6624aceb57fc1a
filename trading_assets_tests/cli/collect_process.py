"""The command line in a process whose clock began at the given moment; the arguments after it are the command's."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from trading_assets.cli.main import main
from trading_assets.defs import collecting


class ShiftedClock(collecting.SystemClock):
    """The system's clock, moved."""

    shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


if __name__ == "__main__":
    ShiftedClock.shift = datetime.fromisoformat(sys.argv.pop(1)) - datetime.now(UTC)
    collecting.SystemClock = ShiftedClock  # type: ignore[misc]  # the command takes the machine's time
    main()
