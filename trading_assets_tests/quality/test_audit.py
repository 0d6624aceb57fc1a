"""The audit: which checks a table has, when one passes, warns or blocks, and the numbers it plots."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trading_assets.quality.audit import audit, audits
from trading_assets.quality.check_groups import check_groups, check_names
from trading_assets.quality.facts import AuditContext
from trading_assets.quality.outcome import CheckOutcome, Share, Unbroken
from trading_assets.quality.rulebook import rules
from trading_assets.quality.verdict import Verdict, judge
from trading_assets.settings import Limits, QualitySettings
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.contract import Contract
from trading_assets.tables.market_snapshots import CONTRACT as SNAPSHOTS
from trading_assets_tests.quality.clean_sessions import Case, clean_case, clean_table, facts, snapshot_rows_of
from trading_assets_tests.quality.planted_defects import TABLE_DEFECTS
from trading_assets_tests.tables.valid_frames import valid_frame


def context(verdict: Verdict | None = None, settings: QualitySettings | None = None) -> AuditContext:
    return AuditContext(
        settings=settings or QualitySettings(),
        issues=None if verdict is None else verdict.issues,
        quarantined=0 if verdict is None else len(verdict.quarantined),
        session=facts().session,
    )


def audited(case: Case) -> dict[str, CheckOutcome]:
    """Judge a session and audit what was stored."""
    verdict = judge(case.frame, case.facts, case.settings)
    return {outcome.name: outcome for outcome in audit(SNAPSHOTS, verdict.clean, context(verdict, case.settings))}


def late(snapshots: list[int], minutes: int = 11) -> Case:
    case = clean_case()
    frame = case.frame.copy()
    for number in snapshots:
        frame.loc[snapshot_rows_of(frame, number), "received_at"] += pd.Timedelta(minutes=minutes)
    return case.with_frame(frame)


def test_checks_are_known_without_data() -> None:
    assert check_names("market_snapshots") == (
        "contract",
        "consistency",
        "missing_data",
        "stale_data",
        "strike_filtering",
    )
    assert check_names("feed_calls") == ("contract", "feed_health")
    assert check_names("fills") == ("contract",)
    assert check_names("no_such_table") == ("contract",)


def test_each_rule_of_a_check_is_shown_with_its_issues_and_the_limits_in_force() -> None:
    moved = replace(late([3]), settings=QualitySettings(limits={"snapshot_age": Limits(warning=100.0)}))
    found = audited(moved)
    stale = {str(one["rule"]): one for one in found["stale_data"].limits or ()}
    assert [*stale] == [rule.name for rule in rules("market_snapshots") if rule.category == "stale_data"]
    age = stale["snapshot_age"]
    assert (age["issues"], age["warning"], age["critical"], age["unit"]) == (1, 100.0, 600.0, "s")
    assert [name for name, one in stale.items() if one["issues"]] == ["snapshot_age"]
    assert found["contract"].limits is None


def test_limits_told_are_those_of_the_sessions_own_settings_also_where_nothing_is_broken() -> None:
    (stale,) = (group for group in check_groups(SNAPSHOTS.name) if group.name == "stale_data")
    unbroken, told = Unbroken(SNAPSHOTS), []
    for limit in (100.0, 200.0, 300.0):  # settings come and go: what is remembered of one is not another's
        settings = QualitySettings(limits={"snapshot_age": Limits(warning=limit)})
        limits = unbroken.of(stale, Share(0, 1, 0.0), settings).limits or ()
        told += [one["warning"] for one in limits if one["rule"] == "snapshot_age"]
        del settings
    assert told == [100.0, 200.0, 300.0]


@pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)
def test_every_table_is_audited_also_empty(table: Contract) -> None:
    for frame in (
        table.empty(),
        clean_table(table.name) if rules(table.name) and table is not SNAPSHOTS else valid_frame(table),
    ):
        outcomes = audit(table, frame, context())
        assert tuple(outcome.name for outcome in outcomes) == check_names(table.name)
        assert all(outcome.passed for outcome in outcomes), [outcome.sentence for outcome in outcomes]
        assert all(np.isfinite(list(outcome.numbers.values())).all() for outcome in outcomes)


def test_a_clean_session_passes_and_says_so() -> None:
    outcomes = audited(clean_case())
    assert all(outcome.passed and not outcome.worst.size for outcome in outcomes.values())
    assert outcomes["contract"].sentence == "960 rows keep the contract of market_snapshots."
    assert (outcomes["contract"].worst.dtypes == "object").all()
    assert outcomes["stale_data"].sentence == "No rule of stale_data is broken."
    assert outcomes["stale_data"].numbers["snapshot_age.rows"] == 0.0


@pytest.mark.parametrize(
    ("snapshots", "severity", "blocking"),
    [([3], "WARN", False), ([3, 5, 7], "WARN", False), ([3, 5, 7, 9], "ERROR", True)],
)
def test_a_check_warns_until_the_tolerated_share_is_passed(
    snapshots: list[int],
    severity: str,
    blocking: bool,  # noqa: FBT001 a table's column
) -> None:
    outcomes = audited(late(snapshots))
    stale = outcomes["stale_data"]
    assert not stale.passed
    assert (stale.severity, stale.blocking) == (severity, blocking)
    assert stale.numbers["broken_share"] == len(snapshots) / 12
    assert stale.numbers["snapshot_age.rows"] == 80.0 * len(snapshots)
    assert stale.worst["rule"].unique().tolist() == ["snapshot_age"]
    assert outcomes["contract"].passed, "what is stored keeps the contract"


def test_a_warning_fails_its_check_and_blocks_nothing() -> None:
    outcomes = audited(late([3], minutes=6))
    assert (outcomes["stale_data"].passed, outcomes["stale_data"].blocking) == (False, False)
    assert outcomes["stale_data"].severity == "WARN"
    assert outcomes["stale_data"].numbers["warning_issues"] == 1.0
    assert outcomes["consistency"].passed


def test_information_fails_nothing_and_is_counted() -> None:
    case = clean_case()
    frame = case.frame.copy()
    frame["open_interest_lots"] += 0.5
    outcome = audited(case.with_frame(frame))["consistency"]
    assert outcome.passed
    assert outcome.numbers["fractional_open_interest.rows"] == 960.0


def test_captures_outside_the_hours_condemn_no_session() -> None:
    case = clean_case()
    evening = case.frame.copy()
    evening[["observed_at", "received_at"]] += pd.Timedelta(hours=9)
    evening[["snapshot_id", "capture_id"]] += "-evening"
    evening["volume_units"] += 1.0
    outcomes = audited(case.with_frame(pd.concat([case.frame, evening], ignore_index=True)))
    assert not outcomes["consistency"].passed, "it is told"
    assert not any(outcome.blocking for outcome in outcomes.values() if outcome.name != "contract"), (
        "and blocks nothing"
    )
    assert outcomes["consistency"].numbers["broken_share"] == 0.0


def test_captures_outside_the_hours_stay_a_warning_also_on_a_day_that_is_blocked() -> None:
    case = late([3, 5, 7, 9])
    evening = clean_case(1).frame
    evening[["observed_at", "received_at"]] += pd.Timedelta(hours=9)
    evening[["snapshot_id", "capture_id"]] += "-evening"
    outcomes = audited(case.with_frame(pd.concat([case.frame, evening], ignore_index=True)))
    assert (outcomes["stale_data"].severity, outcomes["stale_data"].blocking) == ("ERROR", True)
    assert outcomes["consistency"].numbers["outside_session.rows"] == 80.0
    assert (outcomes["consistency"].severity, outcomes["consistency"].blocking) == ("WARN", False)


def test_a_broken_contract_is_an_error_and_blocks() -> None:
    frame = clean_case().frame.copy()
    frame.loc[5, "spot"] = np.inf
    outcome = audit(SNAPSHOTS, frame, context())[0]
    assert (outcome.passed, outcome.severity, outcome.blocking) == (False, "ERROR", True)
    assert outcome.sentence == "market_snapshots: spot in 1 row(s), first row 5: inf, expected finite."
    assert outcome.worst.to_dict("records") == [{"column": "spot", "bound": "finite", "rows": 1, "first": "inf"}]


@pytest.mark.parametrize("change", ["absent", "dtype", "extra"])
def test_a_frame_of_another_shape_is_told_and_not_judged(change: str) -> None:
    frame = clean_table("trades")
    broken = {
        "absent": frame.drop(columns="net_pnl"),
        "dtype": frame.astype({"quantity": "float64"}),
        "extra": frame.assign(surprise=1),
    }[change]
    outcomes = audit(contract("trades"), broken, context())
    assert not outcomes[0].passed
    assert change in {"absent", "dtype", "extra"} & {str(outcomes[0].worst["bound"].iloc[0])}
    assert [outcome.name for outcome in outcomes] == list(check_names("trades"))


@pytest.mark.parametrize(
    ("table", "rule"), [(table, name) for table, defects in TABLE_DEFECTS.items() for name in defects], ids=str
)
def test_a_defect_of_a_stored_table_fails_the_check_of_its_category(table: str, rule: str) -> None:
    guarded = next(item for item in rules(table) if item.name == rule)
    strongest = guarded.limits.critical if guarded.limits.critical is not None else guarded.limits.warning
    frame = TABLE_DEFECTS[table][rule](clean_table(table), (strongest or 0.0) * 1.05 or 1.0)
    outcomes = {outcome.name: outcome for outcome in audit(contract(table), contract(table).frame(frame), context())}
    outcome = outcomes[guarded.category]
    assert not outcome.passed
    assert rule in outcome.worst["rule"].tolist()
    assert outcome.numbers[f"{rule}.rows"] >= 1.0
    critical_row = guarded.limits.critical is not None and guarded.per == "row"
    assert outcome.blocking == critical_row, "no broken row of these tables is tolerated"


def test_a_tolerated_share_is_a_setting_of_the_table() -> None:
    frame = TABLE_DEFECTS["trades"]["trade_net_pnl"](clean_table("trades"), 1.0)
    for tolerated, blocking in ((0.24, True), (0.25, False)):
        settings = QualitySettings(tolerated_share={"trades": tolerated})
        outcome = audit(contract("trades"), frame, replace(context(), settings=settings))[1]
        assert outcome.blocking == blocking
        assert outcome.numbers["tolerated_share"] == tolerated


def test_a_rows_rule_names_the_row_by_its_key() -> None:
    frame = TABLE_DEFECTS["trades"]["trade_quantity"](clean_table("trades"), 1.0)
    outcome = audit(contract("trades"), frame, context())[1]
    assert "trade_quantity: quantity is 75 units off lots times lot size" in outcome.sentence
    assert "first trade_id-2" in outcome.sentence
    assert "25.0% of rows are broken, 0.0% are tolerated" in outcome.sentence


def test_issues_of_other_tables_are_not_this_tables() -> None:
    verdict = judge(late([3]).frame, facts(), QualitySettings())
    foreign = replace(verdict, issues=verdict.issues.assign(table_name="feed_calls"))
    assert all(outcome.passed for outcome in audit(SNAPSHOTS, verdict.clean, context(foreign)))


def told(outcomes: tuple[CheckOutcome, ...]) -> list[tuple[object, ...]]:
    return [
        (one.name, one.passed, one.severity, one.blocking, one.sentence, dict(one.numbers), shown(one))
        for one in outcomes
    ]


def shown(outcome: CheckOutcome) -> list[dict[str, object]]:
    return [{**one} for one in outcome.limits or ()]


@pytest.mark.parametrize("broken", [None, "bound", "rule", "dtype"])
def test_sessions_audited_together_are_judged_as_each_alone(broken: str | None) -> None:
    frame = clean_table("trades")
    other = {
        None: frame,
        "bound": frame.assign(entry_price=[-1.0, *frame["entry_price"][1:]]),
        "rule": TABLE_DEFECTS["trades"]["trade_quantity"](frame, 1.0),
        "dtype": frame.astype({"quantity": "float64"}),
    }[broken]
    stricter = QualitySettings(tolerated_share={"trades": 0.125}, limits={"trade_quantity": Limits(warning=0.5)})
    sessions = [
        (frame, usual := context()),
        (other, replace(usual, quarantined=1)),
        (contract("trades").empty(), replace(context(), settings=stricter)),
    ]
    together = [told(outcomes) for outcomes in audits(Unbroken(contract("trades")), sessions)]
    assert together == [told(audit(contract("trades"), *session)) for session in sessions]
    assert all(passed for _, passed, *_ in together[1]) == (broken is None)


def test_one_check_per_rule_tells_the_same_rule_by_rule() -> None:
    case = late([3, 5, 7, 9])
    frame = case.frame.copy()
    frame.loc[0, "bid"] = -5.0
    verdict = judge(frame, case.facts, case.settings)
    found = {}
    for per in ("category", "rule"):
        settings = QualitySettings(checks_per=per)
        outcomes = audit(SNAPSHOTS, verdict.clean, replace(context(verdict), settings=settings))
        assert tuple(one.name for one in outcomes) == check_names("market_snapshots", per)
        found[per] = {one.name: one for one in outcomes}
    rules_too, categories = found["rule"], found["category"]
    assert [name for name, one in rules_too.items() if not one.passed] == ["snapshot_age", "bounds"]
    assert rules_too["snapshot_age"].blocking
    assert not rules_too["clock_skew"].blocking
    assert (
        rules_too["snapshot_age"].numbers["snapshot_age.rows"] == categories["stale_data"].numbers["snapshot_age.rows"]
    )
    told = [sum(one.numbers.get("critical_issues", 0.0) for one in checks.values()) for checks in found.values()]
    assert told[0] == told[1] > 0, "every issue is in one check"


def test_checks_per_rule_cover_every_rule_of_a_table() -> None:
    assert check_names("trades", "rule") == ("contract", *(rule.name for rule in rules("trades")))
    assert check_names("market_snapshots", "rule")[-1] == "bounds"
    assert check_names("fills", "rule") == ("contract",)
