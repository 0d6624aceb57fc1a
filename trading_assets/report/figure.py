"""A figure of the headline, apart from what is computed: several files make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trading_assets.report.cells import Cell


@dataclass(frozen=True)
class Figure:
    """One headline figure: its name, value, a line of detail and its definition."""

    name: str
    value: Cell
    detail: str
    definition: str
