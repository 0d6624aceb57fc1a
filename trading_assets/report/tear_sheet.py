"""The tear sheet: one static HTML file of a range of sessions, for a trader who has ten seconds.

The page holds no script and fetches nothing. Every text that comes from the tables is escaped by the template engine;
no markup is made in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from trading_assets.report import charts, data_quality, numbers, standing, strategy_table
from trading_assets.report.calendar_map import calendar_map
from trading_assets.report.cautions import cautions
from trading_assets.report.equity import equity_picture
from trading_assets.report.excursions import excursion_picture
from trading_assets.report.funnel import funnel
from trading_assets.report.growth import daily_returns
from trading_assets.report.headline import desk_curve, headline, starting_equity
from trading_assets.report.ratios import exposure_rows, held_rows, ratio_rows
from trading_assets.report.timing import exit_rows, weekday_hours
from trading_assets.report.versions import version_table
from trading_assets.settings import PerformanceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import jinja2
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.report.status import ModelStatus, ReconciliationStatus, RegressionStatus

_TITLE_LIMIT = 120


@dataclass(frozen=True)
class TearSheetData:
    """All that a tear sheet shows; frames keep their contracts and hold the rows of the range only.

    Args:
        title: Heading of the page.
        first: First day of the range.
        last: Last day of the range, inclusive.
        generated_at: When the page is made, tz-aware.
        capital: Capital allocated, ₹; the equity before the first session when `equity_curve` has no row.
        daily_performance: One row per session.
        strategy_performance: One row per session and strategy.
        equity_curve: One row per session and scope; may be empty.
        trades: Round trips.
        quality_issues: Findings of the rules.
        quarantined: Rows kept out, counted by `quarantine.quarantined_counts`.
        models: Registered model versions, newest last.
        regression: What the suite said by strategy; None when it was not run.
        reconciliation: Simulated against broker; None where nothing was reconciled.
        conventions: Of the ratios; they are not shown below its `min_sessions`.
        seed: Seed of the bootstrap intervals.
    """

    title: str
    first: date
    last: date
    generated_at: datetime
    capital: float
    daily_performance: pd.DataFrame
    strategy_performance: pd.DataFrame
    equity_curve: pd.DataFrame
    trades: pd.DataFrame
    quality_issues: pd.DataFrame
    quarantined: pd.DataFrame
    models: tuple[ModelStatus, ...] = ()
    regression: tuple[RegressionStatus, ...] | None = None
    reconciliation: ReconciliationStatus | None = None
    conventions: PerformanceSettings = field(default_factory=PerformanceSettings)
    seed: int = 20240101


def render(data: TearSheetData) -> str:
    """Render the tear sheet, a whole HTML document of at most 150 KB in UTF-8.

    The same data gives the same bytes. A table without rows is said to be empty; a figure that is undefined is
    a dash with its reason.
    """
    return _environment().get_template("tear_sheet.html").render(**_heading(data), **_performance(data), **_trust(data))


def _environment() -> jinja2.Environment:
    import jinja2

    folder = files("trading_assets.report") / "templates"
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(shown: object) -> object:
    """Make every text that came from a table inert; what the engine itself has put together is left as it is."""
    return numbers.inert(shown) if type(shown) is str else shown


def _heading(data: TearSheetData) -> Mapping[str, object]:
    return {
        "title": numbers.shortened(data.title, _TITLE_LIMIT),
        "first": data.first.isoformat(),
        "last": data.last.isoformat(),
        "generated_at": numbers.moment(data.generated_at),
        "headline": headline(data.daily_performance, data.equity_curve, data.capital, data.conventions.min_sessions),
        "cautions": cautions(
            data.daily_performance,
            data.strategy_performance,
            data.trades,
            data.capital,
            data.conventions.min_sessions,
        ),
    }


def _performance(data: TearSheetData) -> Mapping[str, object]:
    start = starting_equity(data.equity_curve, data.capital)
    return {
        "picture": (charts.WIDTH, charts.HEIGHT),
        "spark": (strategy_table.SPARK_WIDTH, strategy_table.SPARK_HEIGHT),
        "equity": equity_picture(data.daily_performance, data.trades, start),
        "ratios": (
            *ratio_rows(_returns(data), data.strategy_performance, data.capital, data.conventions),
            *exposure_rows(data.daily_performance, data.capital),
        ),
        "held": held_rows(data.trades),
        "calendar": calendar_map(data.daily_performance),
        "strategies": strategy_table.strategy_table(data.strategy_performance, data.trades),
        "hours": weekday_hours(data.trades),
        "exits": exit_rows(data.trades),
        "excursions": excursion_picture(data.trades),
        "versions": version_table(data.trades, data.models, data.seed),
        "funnel": funnel(data.strategy_performance),
    }


def _returns(data: TearSheetData) -> NDArray[np.float64]:
    ordered = data.daily_performance.sort_values("date", ignore_index=True)
    return daily_returns(ordered, desk_curve(data.equity_curve), data.capital)


def _trust(data: TearSheetData) -> Mapping[str, object]:
    sessions = len(data.daily_performance)
    regression = data.regression
    return {
        "standings": (
            standing.data_standing(data.quality_issues, data.quarantined, sessions),
            standing.regression_standing(regression),
            standing.model_standing(data.models),
            standing.reconciliation_standing(data.reconciliation),
        ),
        "marks": standing.MARKS,
        "lane": (charts.WIDTH, data_quality.LANE_HEIGHT),
        "quality": data_quality.data_quality(data.daily_performance, data.quality_issues, data.quarantined),
        "regression": regression if regression is None else sorted(regression, key=lambda s: (s.passed, s.strategy_id)),
        "reconciliation": data.reconciliation,
        "rupees": numbers.rupees,
        "count": numbers.count,
        "shortened": numbers.shortened,
    }
