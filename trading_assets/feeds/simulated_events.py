"""The two scripted sessions of the committed market: between them every strategy that the seed's market leaves silent.

Friday 2026-01-23 opens high, is frightened at ten and calms down; Tuesday 2026-01-27, an expiry day, opens low, stands
still until noon and then runs up.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from trading_assets.feeds.simulated_script import Script, Wall

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Minute of the session at full hours and their parts, for reading the scripts: 45 is 10:00, 165 noon, 285 14:00.
FRIGHT = Script(
    opening=22_937.0,  # 0.9 % above the close before
    move=(
        (0, 0.0),
        (5, 0.2),
        (10, -0.2),
        (15, 0.0),
        (56, 0.0),
        (75, -0.70),
        (100, -0.42),
        (264, -0.42),
        (268, -0.75),
        (300, -0.80),
        (375, -0.55),
    ),
    volatility=((0, 0.129), (45, 0.129), (48, 0.153), (60, 0.152), (165, 0.1275), (285, 0.1265), (375, 0.126)),
    skew=((0, 1.0), (45, 1.0), (60, 1.5), (180, 1.1), (375, 1.0)),
    pace=((0, 1.0), (55, 1.0), (56, 3.0), (85, 3.0), (86, 1.0), (258, 1.0), (259, 4.0), (275, 4.0), (276, 1.0)),
)
RUN = Script(
    opening=22_628.0,  # 0.8 % below the close before
    move=(
        (0, 0.0),
        (30, -0.27),
        (88, 0.55),
        (195, 0.55),
        (201, 0.80),
        (235, 1.20),
        (246, 1.08),
        (256, 1.17),
        (266, 0.94),
        (280, 0.94),
        (305, 1.45),
        (320, 1.45),
        (375, -0.30),
    ),
    volatility=((0, 0.108), (375, 0.108)),
    skew=((0, 0.5), (60, 0.5), (180, 0.9), (375, 1.0)),
    pace=((0, 1.0), (191, 1.0), (192, 4.0), (210, 4.0), (211, 1.0)),
    walls=(Wall(22_900.0, 0, ((0, 2.0), (210, 2.0), (240, 4.0))),),
)
SCRIPTS: Mapping[date, Script] = {date(2026, 1, 23): FRIGHT, date(2026, 1, 27): RUN}
