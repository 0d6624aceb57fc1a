"""Naming the strategy file in whatever its code raises, with its own traceback."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from trading_assets.errors import StrategyError

if TYPE_CHECKING:
    from types import TracebackType


class blame:  # noqa: N801 - reads as a statement: `with blame("my.py"):`
    """Turn any exception of a strategy's code into a StrategyError that names it.

    Strategy files are other people's code and may raise anything, so a list of types would not do.

    Args:
        place: The file, or the strategy and session it failed on.
    """

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        """Start watching."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise StrategyError when an exception other than one leaves the block."""
        if not isinstance(error, Exception) or isinstance(error, StrategyError):
            return
        own = "".join(traceback.format_exception(kind, error, trace))
        msg = f"strategy {self.place} failed: {error!r}. Mend it or take the file away.\n{own}"
        raise StrategyError(msg) from error
