"""The tear sheet of five years of 20 strategies, 49,600 trades: how long it takes and how large it is."""

from __future__ import annotations

from benchmarks._timing import cpu_seconds
from trading_assets.report.tear_sheet import render
from trading_assets_tests.report.frames import tear_sheet_data


def measure() -> list[dict[str, object]]:
    """Measure the rendering and the page."""
    data = tear_sheet_data(sessions=1_240, strategies=20, per_day=2, first="2021-01-04")
    return [
        {
            "name": "tear sheet of 1,240 sessions",
            "value": cpu_seconds(lambda: render(data), 3),
            "unit": "CPU s",
            "target": 2.0,
        },
        {"name": "… its size", "value": len(render(data).encode()) / 1000, "unit": "kB", "target": 150},
    ]
