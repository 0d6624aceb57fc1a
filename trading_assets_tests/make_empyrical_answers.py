"""Ask empyrical-reloaded for its metrics of random returns and write them to `empyrical_answers.json`.

Run by an interpreter that has empyrical-reloaded (its pins are not ours), from the top folder:
`python -m trading_assets_tests.make_empyrical_answers`. Nothing of ours but the series is imported.
"""

from __future__ import annotations

import json
import warnings
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from trading_assets_tests.random_returns import RATES, digest, random_series

ANSWERS = Path(__file__).with_name("empyrical_answers.json")
PERIODS = 252
#: Its function by our name; each takes returns and, where it has one, the risk-free rate of one session.
THEIRS = {
    "sharpe_ratio": "sharpe_ratio",
    "annual_volatility": "annual_volatility",
    "cumulative_return": "cum_returns_final",
    "cagr": "annual_return",
    "max_drawdown_fraction": "max_drawdown",
    "calmar": "calmar_ratio",
    "tail_ratio": "tail_ratio",
    "omega": "omega_ratio",
    "sortino_ratio": "sortino_ratio",
}
_WITH_RATE = ("sharpe_ratio", "sortino_ratio")


def answers() -> dict[str, list[float | None]]:
    """One list per metric, an entry per series; None where empyrical has no finite answer."""
    import numpy as np

    empyrical = import_module("empyrical")
    found: dict[str, list[float | None]] = {name: [] for name in THEIRS}
    for number, returns in enumerate(random_series()):
        series = np.array(returns)
        daily = (1.0 + RATES[number % 2]) ** (1.0 / PERIODS) - 1.0
        for name, theirs in THEIRS.items():
            function = getattr(empyrical, theirs)
            options = {"required_return" if name == "sortino_ratio" else "risk_free": daily}
            value = float(function(series, **(options if name in _WITH_RATE else {})))
            found[name].append(value if np.isfinite(value) else None)
    return found


def main() -> None:
    """Write the answers with 17 digits, so that they read back as the same floats."""
    warnings.simplefilter("ignore")
    told = {"empyrical-reloaded": version("empyrical-reloaded"), "series": digest(), "answers": answers()}
    ANSWERS.write_text(json.dumps(told, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
