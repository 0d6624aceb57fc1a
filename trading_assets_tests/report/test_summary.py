"""The summary at the end of a run tells what happened in a few plain lines."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from trading_assets.report.numbers import NO_BREAK_SPACE
from trading_assets.report.quarantine import quarantined_counts
from trading_assets.report.summary import RunOutcome, summary
from trading_assets.tables import daily_performance, quality_issues, quarantined_rows, scored_signals, trades
from trading_assets_tests.report.frames import tear_sheet_data
from trading_assets_tests.report.test_explanation import signal_row

COMMANDS = (("make dev", "the asset graph, plots and checks"), ("trading-assets report --open", "the tear sheet"))


def a_run(sessions: int = 5) -> RunOutcome:
    """A run over some sessions with three signals, two of them scored."""
    data = tear_sheet_data(sessions=sessions)
    scored = pd.concat([signal_row(), signal_row(), signal_row(ml_score=float("nan"), ml_score_reason="no_model")])
    return RunOutcome(
        375_000, data.quarantined, data.quality_issues, scored, data.trades, data.daily_performance, COMMANDS
    )


def lines(run: RunOutcome) -> dict[str, str]:
    """First line of each part by its name."""
    shown = summary(run).replace(NO_BREAK_SPACE, " ").splitlines()
    return {line[:13].strip(): line[13:] for line in shown if line[:13].strip()}


def test_each_part_has_its_line() -> None:
    run = a_run()
    found = lines(run)
    assert list(found) == ["sessions", "snapshots", "quarantined", "issues", "signals", "trades", "net P&L", "next"]
    assert found["sessions"] == "5, 2026-01-05 to 2026-01-09"
    assert found["snapshots"] == "3,75,000 rows"
    assert found["quarantined"] == "6 rows"
    assert found["signals"] == "3, 2 scored by a model"
    assert found["trades"].startswith("20, ")
    assert f"after charges of ₹ {run.daily_performance['charges'].sum():,.2f}" in found["net P&L"]
    assert found["next"] == "make dev                      the asset graph, plots and checks"


def test_reasons_stand_under_their_counts() -> None:
    text = summary(a_run())
    assert "\n               4 bid above ask" in text
    assert "\n               2 after close, spot band" in text
    assert "1 without a score: no model" in text


def test_a_critical_issue_is_quoted() -> None:
    run = a_run()
    issues = run.quality_issues.assign(severity="critical", message="spot 5.0 is outside 10000-30000")
    found = summary(dataclasses.replace(run, quality_issues=issues))
    assert found.count("spot 5.0 is outside") == 1
    assert lines(dataclasses.replace(run, quality_issues=issues))["issues"] == "4 critical"


def test_a_run_that_did_nothing_says_none() -> None:
    nothing = RunOutcome(
        0,
        quarantined_counts(quarantined_rows.CONTRACT.empty()),
        quality_issues.CONTRACT.empty(),
        scored_signals.CONTRACT.empty(),
        trades.CONTRACT.empty(),
        daily_performance.CONTRACT.empty(),
    )
    found = lines(nothing)
    assert [found[name] for name in ("sessions", "quarantined", "issues", "net P&L")] == ["none"] * 4
    assert found["trades"] == "0"
    assert "next" not in found


def test_many_reasons_are_summed_up() -> None:
    run = a_run()
    counts = pd.DataFrame({"date": run.quarantined["date"].iloc[0], "reasons": [f"r{n}" for n in range(9)], "rows": 2})
    text = summary(dataclasses.replace(run, quarantined=counts))
    assert "8 for other reasons" in text
    assert lines(dataclasses.replace(run, quarantined=counts))["quarantined"] == "18 rows"


def test_trades_that_the_rollup_does_not_know_are_noticed() -> None:
    run = a_run()
    text = summary(dataclasses.replace(run, trades=run.trades.iloc[1:]))
    assert "but the table of trades has 19 rows" in text
    assert "but the table" not in summary(run)


def test_lines_are_short_plain_and_inert() -> None:
    run = a_run()
    hostile = run.quality_issues.assign(severity="critical", message="\x1b[31m" + "m" * 1_000 + "\nforged line")
    for line in summary(dataclasses.replace(run, quality_issues=hostile)).splitlines():
        assert len(line) <= 130
        assert "\x1b" not in line
        assert not line.startswith("forged")
        assert line == line.rstrip()


def test_one_session_is_named_once() -> None:
    assert lines(a_run(sessions=1))["sessions"] == "1, 2026-01-05"


def test_scores_are_counted_not_assumed() -> None:
    run = a_run()
    unscored = run.scored_signals.assign(ml_score=np.nan, ml_score_reason="fewer_than_30_rows")
    assert lines(dataclasses.replace(run, scored_signals=unscored))["signals"] == "3, 0 scored by a model"
