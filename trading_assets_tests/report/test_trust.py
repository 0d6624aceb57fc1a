"""Funnel, data quality, cautions, standings, quarantine counts and reasons."""

from __future__ import annotations

import pandas as pd
import pytest

from trading_assets.report.cautions import cautions
from trading_assets.report.cells import money, share, short_money, tone, whole
from trading_assets.report.data_quality import data_quality
from trading_assets.report.funnel import funnel
from trading_assets.report.numbers import NULL
from trading_assets.report.quarantine import by_reason, quarantined_counts, reason_words
from trading_assets.report.reasons import stored_counts, stored_reasons, stored_values
from trading_assets.report.standing import (
    MARKS,
    data_standing,
    model_standing,
    reconciliation_standing,
    regression_standing,
)
from trading_assets.report.status import ModelStatus, ReconciliationStatus, RegressionStatus
from trading_assets.tables import (
    daily_performance,
    quality_issues,
    quarantined_rows,
    strategy_performance,
    trades,
)
from trading_assets_tests.report.frames import CAPITAL, issue_frame, quarantine_frame, tear_sheet_data, weekdays

NO_DAILY, NO_ISSUES = daily_performance.CONTRACT.empty(), quality_issues.CONTRACT.empty()
NONE_KEPT_OUT = quarantined_counts(quarantined_rows.CONTRACT.empty())


class TestFunnel:
    def test_nothing_without_a_signal(self) -> None:
        assert funnel(strategy_performance.CONTRACT.empty()) is None

    def test_taken_and_rejected_make_up_what_was_fired(self) -> None:
        data = tear_sheet_data(sessions=10, strategies=3)
        found = funnel(data.strategy_performance)
        assert found is not None
        size = {stage.name: int(stage.signals.replace(",", "")) for stage in found.stages}
        assert size["taken as trades"] + size["rejected"] == size["fired by strategies"]
        assert size["taken as trades"] == len(data.trades)
        assert found.stages[0].width == 100.0

    def test_reasons_are_added_up_over_sessions_most_first(self) -> None:
        found = funnel(tear_sheet_data(sessions=10, strategies=2).strategy_performance)
        assert found is not None
        assert [(stage.name, stage.signals) for stage in found.rejections] == [
            ("below threshold", "40"),
            ("no quote", "20"),
        ]

    def test_many_reasons_are_summed_up(self) -> None:
        rows = tear_sheet_data(sessions=1, strategies=1).strategy_performance
        rows["rejections"] = "{" + ",".join(f'"reason_{n:02d}":1' for n in range(20)) + "}"
        found = funnel(rows)
        assert found is not None
        assert (found.rejections[-1].name, found.rejections[-1].signals) == ("other reasons", "12")

    def test_an_unreadable_object_counts_nothing(self) -> None:
        found = funnel(tear_sheet_data(sessions=1).strategy_performance.assign(rejections="broken"))
        assert found is not None
        assert found.rejections == ()


class TestDataQuality:
    def test_nothing_without_a_session_or_finding(self) -> None:
        assert data_quality(NO_DAILY, NO_ISSUES, NONE_KEPT_OUT) is None

    def test_a_finding_on_a_day_that_was_not_rolled_up_is_shown(self) -> None:
        found = data_quality(NO_DAILY, issue_frame(weekdays("2026-01-05", 1)), NONE_KEPT_OUT)
        assert found is not None
        assert [tick.label for tick in found.time_ticks] == ["2026-01-05"]
        assert found.worst

    def test_lanes_count_every_finding_once(self) -> None:
        data = tear_sheet_data(sessions=60)
        found = data_quality(data.daily_performance, data.quality_issues, data.quarantined)
        assert found is not None
        counts = {line.name: int(line.total.split()[0]) for line in found.lanes}
        assert counts["critical"] + counts["warning"] + counts["info"] == len(data.quality_issues)
        assert counts["quarantined"] == data.quarantined["rows"].sum()

    @pytest.mark.parametrize("sessions", [5, 60, 1_240])
    def test_bars_are_few_and_stand_for_what_is_not_zero(self, sessions: int) -> None:
        days = weekdays("2021-01-04", sessions)
        daily = tear_sheet_data(sessions=sessions, strategies=1, per_day=0, first="2021-01-04").daily_performance
        found = data_quality(daily, NO_ISSUES, quarantined_counts(quarantine_frame(days)))
        assert found is not None
        bars = {line.name: line.bars.count("z") for line in found.lanes}
        assert bars["critical"] == 0
        assert 0 < bars["quarantined"] <= 120
        assert bool(found.grouped) == (sessions > 120)

    def test_the_worst_come_first_and_each_rule_once(self) -> None:
        days = weekdays("2026-01-05", 90)
        found = data_quality(NO_DAILY, issue_frame(days), NONE_KEPT_OUT)
        assert found is not None
        assert [worst.severity for worst in found.worst] == ["critical", "warning", "info"]
        assert found.worst[0].rule == "market_snapshots: spot band"

    def test_the_newest_message_of_a_rule_is_shown(self) -> None:
        issues = issue_frame(weekdays("2026-01-05", 4), each=1).assign(severity="critical", rule="r", table_name="t")
        issues["message"] = ["old", "new"]
        found = data_quality(NO_DAILY, issues.iloc[::-1], NONE_KEPT_OUT)
        assert found is not None
        assert [(worst.message, worst.times, worst.day) for worst in found.worst] == [("new", "2 times", "2026-01-08")]

    def test_what_is_not_listed_is_counted(self) -> None:
        issues = issue_frame(weekdays("2026-01-05", 60))
        issues["rule"] = [f"rule_{n}" for n in range(len(issues))]
        found = data_quality(NO_DAILY, issues, NONE_KEPT_OUT)
        assert found is not None
        assert len(found.worst) == 8
        assert found.unlisted == f"{len(issues) - 8} further rules"


class TestQuarantine:
    def test_counts_add_up_and_read_as_words(self) -> None:
        rows = quarantine_frame(weekdays("2026-01-05", 8))
        counts = quarantined_counts(rows)
        assert counts["rows"].sum() == len(rows)
        assert list(by_reason(counts)) == [("bid above ask", 4), ("after close, spot band", 2)]

    def test_nothing_is_an_empty_frame_of_the_same_columns(self) -> None:
        assert list(NONE_KEPT_OUT.columns) == ["date", "reasons", "rows"]
        assert NONE_KEPT_OUT.empty
        assert list(by_reason(NONE_KEPT_OUT)) == []

    @pytest.mark.parametrize(
        ("stored", "words"),
        [
            ('["a_b","c"]', "a b, c"),
            ("[]", "no reason recorded"),
            ("after_close", "after close"),
            ('"late"', "late"),
            (None, "no reason recorded"),
        ],
    )
    def test_reasons_that_are_not_a_list_are_shown_as_they_are(self, stored: str | None, words: str) -> None:
        assert reason_words(stored) == words

    def test_a_missing_reason_is_still_counted(self) -> None:
        rows = quarantine_frame(weekdays("2026-01-05", 1)).assign(reasons=pd.Series([None] * 3, dtype="str"))
        assert quarantined_counts(rows)["rows"].tolist() == [3]


class TestCautions:
    def of(self, **changes: object) -> str:
        data = tear_sheet_data(**{"sessions": 40, "strategies": 2, **changes})  # type: ignore[arg-type]
        return "\n".join(cautions(data.daily_performance, data.strategy_performance, data.trades, CAPITAL, 20))

    def test_nothing_to_warn_of_without_a_session(self) -> None:
        assert cautions(NO_DAILY, strategy_performance.CONTRACT.empty(), trades.CONTRACT.empty(), CAPITAL, 20) == ()

    def test_few_sessions_and_few_trades_are_warned_of(self) -> None:
        said = self.of(sessions=5, per_day=1)
        assert "Only 5 sessions in this range: too few to judge a Sharpe ratio, which is not shown below 20." in said
        assert "Only 10 trades: with 95 % confidence" in said.replace("\u00a0", " ")
        assert "Only" not in self.of(sessions=40)

    def test_sums_that_disagree_are_named_with_both_amounts(self) -> None:
        data = tear_sheet_data(sessions=40)
        altered = data.trades.copy()
        altered.loc[0, "net_pnl"] += 0.01
        said = cautions(data.daily_performance, data.strategy_performance, altered, CAPITAL, 20)
        assert said[0].startswith("The sums disagree: daily_performance says")
        assert not any(
            "disagree" in s
            for s in cautions(data.daily_performance, data.strategy_performance, data.trades, CAPITAL, 20)
        )

    def test_a_strategy_that_is_missing_from_the_day_is_noticed(self) -> None:
        data = tear_sheet_data(sessions=40)
        said = cautions(data.daily_performance, data.strategy_performance.iloc[1:], data.trades, CAPITAL, 20)
        assert "strategy_performance says" in said[0]

    def test_trades_without_model_marks_or_decision_are_counted(self) -> None:
        data = tear_sheet_data(sessions=40)
        altered = data.trades.assign(mark_count=0, exit_reason="data_gap")
        altered["model_version"] = pd.Series([None] * len(altered), dtype="str")
        said = "\n".join(cautions(data.daily_performance, data.strategy_performance, altered, CAPITAL, 20))
        assert "160 of 160 trades carry no model version" in said
        assert "160 of 160 trades were closed by a gap" in said
        assert "160 of 160 trades were never marked" in said

    def test_charges_that_turn_a_profit_into_a_loss_are_named(self) -> None:
        data = tear_sheet_data(sessions=40)
        daily = data.daily_performance.assign(gross_pnl=10.0, charges=20.0, net_pnl=-10.0)
        said = "\n".join(cautions(daily, data.strategy_performance, data.trades, CAPITAL, 20))
        assert "turned a gross profit" in said


class TestStandings:
    def test_clean_data_is_good_and_every_finding_is_counted(self) -> None:
        assert data_standing(NO_ISSUES, NONE_KEPT_OUT, 5).state == "good"
        assert data_standing(NO_ISSUES, NONE_KEPT_OUT, 0).state == "unknown"
        issues = issue_frame(weekdays("2026-01-05", 30)).assign(severity="warning")
        assert data_standing(issues, NONE_KEPT_OUT, 30).state == "caution"
        issues.loc[0, "severity"] = "critical"
        found = data_standing(issues, quarantined_counts(quarantine_frame(weekdays("2026-01-05", 1))), 30)
        assert (found.state, found.text) == ("bad", "1 critical issue, 19 warnings, 3 rows quarantined")

    def test_regression(self) -> None:
        good, bad = RegressionStatus("a", passed=True, matched=3), RegressionStatus("b", passed=False, matched=1)
        assert regression_standing(None).text == "not run"
        assert regression_standing(()).state == "unknown"
        assert regression_standing((good,)).state == "good"
        assert regression_standing((good, bad)).text == "1 of 2 strategies failed"

    def test_models(self) -> None:
        fine, unseen = ModelStatus("1.0.0", "a" * 64, verified=True), ModelStatus("1.1.0", "b" * 64)
        altered = ModelStatus("1.2.0", "c" * 64, verified=False)
        assert model_standing(()).state == "unknown"
        assert model_standing((fine,)).text == "1 hash verified"
        assert model_standing((fine, unseen)).text == "1 of 2 hashes not verified"
        assert model_standing((fine, unseen, altered)).state == "bad"

    def test_reconciliation(self) -> None:
        unknown = reconciliation_standing(None)  # trades may have been imported and not compared yet
        assert (unknown.state, unknown.text) == ("unknown", "nothing reconciled with a broker")
        assert reconciliation_standing(ReconciliationStatus(5, 0, 0, 10.0, 10.0)).state == "good"
        assert reconciliation_standing(ReconciliationStatus(5, 0, 0, 10.0, 10.01)).state == "caution"
        assert "2 not" in reconciliation_standing(ReconciliationStatus(5, 1, 1, 10.0, 10.0)).text

    def test_each_state_has_its_own_shape(self) -> None:
        assert len(set(MARKS.values())) == len(MARKS) == 4
        assert data_standing(NO_ISSUES, NONE_KEPT_OUT, 1).mark == MARKS["good"]


class TestCells:
    def test_undefined_is_a_dash_with_a_reason_always(self) -> None:
        for make in (money, short_money, share, whole):
            for value in (None, float("nan"), float("inf")):
                assert (make(value).text, make(value).tone) == (NULL, "null")
                assert make(value).reason == "not recorded"
                assert make(value, "too_few").reason == "too few"

    def test_the_sign_is_in_the_text_not_only_in_the_tone(self) -> None:
        assert money(5.0).text.startswith("+")
        assert money(-5.0).text.startswith("\u2212")
        assert [tone(x) for x in (1.0, -1.0, 0.0, None)] == ["gain", "loss", "flat", "null"]


class TestReasons:
    def test_readable_objects_and_others(self) -> None:
        assert stored_reasons('{"win_rate":"no_trades"}') == {"win_rate": "no trades"}
        assert stored_counts('{"no_quote":3,"odd":"x"}') == {"no quote": 3}
        for text in (None, float("nan"), "", "[1]", "{"):
            assert stored_values(text) == {}


def test_bars_of_one_lane_grow_with_their_count() -> None:
    counts = pd.DataFrame(
        {"date": pd.Series(weekdays("2026-01-05", 2)).astype("datetime64[s]"), "reasons": "x", "rows": [1, 100]}
    )
    found = data_quality(NO_DAILY, NO_ISSUES, counts)
    assert found is not None
    heights = [int(bar.split("V")[1].split("h")[0]) for bar in found.lanes[-1].bars.split("z")[:-1]]
    assert heights == [36, 0]
