"""Every rule is broken once per severity, generated from the rules: a rule without a planted defect fails here.

Bounds of columns are broken in `tables/test_schema.py`, generated from the contracts in the same way.
"""

import json

import numpy as np
import pandas as pd
import pytest

from trading_assets.quality.rule import SEVERITY_NAMES, Rule
from trading_assets.quality.rulebook import rules
from trading_assets.quality.table_findings import table_findings
from trading_assets.quality.verdict import judge
from trading_assets.settings import Limits, QualitySettings
from trading_assets.tables.catalog import CONTRACTS
from trading_assets_tests.quality.clean_sessions import clean_case, clean_table, facts
from trading_assets_tests.quality.planted_defects import COMPANIONS, SNAPSHOT_DEFECTS, TABLE_DEFECTS

SNAPSHOTS = "market_snapshots"
OTHER_TABLES = [contract.name for contract in CONTRACTS if contract.name != SNAPSHOTS and rules(contract.name)]


def graded(rule: Rule) -> list[tuple[Rule, str, float]]:
    """Each severity of a rule with a value that reaches it and no more."""
    limits = [(name, getattr(rule.limits, name)) for name in SEVERITY_NAMES[1:]]
    known = [(name, limit) for name, limit in limits if limit is not None]
    ceilings = [limit for _, limit in known[1:]] + [None]
    return [
        (rule, name, (limit + ceiling) / 2 if ceiling is not None else limit * 1.05 or 1.0)
        for (name, limit), ceiling in zip(known, ceilings, strict=True)
    ]


def severities(tables: list[str]) -> list[tuple[Rule, str, float]]:
    return [case for table in tables for rule in rules(table) for case in graded(rule)]


def named(value: object) -> str:
    return f"{value.table}.{value.name}" if isinstance(value, Rule) else str(value)


def test_a_clean_session_breaks_nothing() -> None:
    case = clean_case()
    verdict = judge(case.frame, case.facts, case.settings)
    assert verdict.issues.empty, verdict.issues["message"].to_list()
    assert verdict.quarantined.empty
    pd.testing.assert_frame_equal(
        verdict.clean, case.frame.sort_values(["observed_at", "expiry", "strike", "option_type"], ignore_index=True)
    )


@pytest.mark.parametrize("table", OTHER_TABLES)
def test_a_clean_table_breaks_nothing(table: str) -> None:
    found = table_findings(table, clean_table(table), facts().session, QualitySettings())
    assert {finding.rule.name for finding in found if finding.severity.any()} == set()


@pytest.mark.parametrize(("rule", "severity", "value"), severities([SNAPSHOTS]), ids=named)
def test_a_planted_snapshot_defect_is_found_with_its_severity(rule: Rule, severity: str, value: float) -> None:
    clean = clean_case()
    case = SNAPSHOT_DEFECTS[rule.name](clean, value)
    verdict = judge(case.frame, case.facts, case.settings)
    found = verdict.issues.set_index("rule")
    assert found.loc[rule.name, "severity"] == severity, found["message"].to_list()
    assert found.loc[rule.name, "category"] == rule.category
    details = json.loads(found.loc[rule.name, "details"])
    assert details["limit"] == getattr(rule.limits, severity)
    assert details["value"] > details["limit"]
    assert set(found.index) <= {rule.name} | COMPANIONS.get(rule.name, set())
    refused = {name for text in verdict.quarantined["reasons"] for name in json.loads(text)}
    assert (rule.name in refused) == (severity == "critical" and rule.per != "session")
    assert len(verdict.clean) + len(verdict.quarantined) == len(case.frame)


@pytest.mark.parametrize(
    "rule", [rule for rule in rules(SNAPSHOTS) if rule.limits.critical is not None and rule.per != "session"], ids=named
)
def test_a_critical_defect_keeps_out_its_rows_and_no_others(rule: Rule) -> None:
    clean = clean_case()
    value = graded(rule)[-1][2]
    case = SNAPSHOT_DEFECTS[rule.name](clean, value)
    verdict = judge(case.frame, case.facts, case.settings)
    snapshots_hit = verdict.quarantined["capture_id"].nunique()
    if rule.per == "row":
        assert len(verdict.quarantined) == 1
    elif rule.name != "spot_band":  # a band condemns every snapshot beyond it
        assert snapshots_hit == 1
        assert len(verdict.quarantined) == 80
    assert verdict.quarantined["detail"].str.len().min() > 20
    again = judge(verdict.clean, case.facts, case.settings)
    assert again.quarantined.empty, "what passed passes again"


@pytest.mark.parametrize(("rule", "severity", "value"), severities(OTHER_TABLES), ids=named)
def test_a_planted_table_defect_is_found_with_its_severity(rule: Rule, severity: str, value: float) -> None:
    clean = clean_table(rule.table)
    frame = TABLE_DEFECTS[rule.table][rule.name](clean, value)
    found = {
        finding.rule.name: finding for finding in table_findings(rule.table, frame, facts().session, QualitySettings())
    }
    worst = int(found[rule.name].severity.max())
    assert SEVERITY_NAMES[worst] == severity
    if rule.per == "row":
        assert np.flatnonzero(found[rule.name].severity).tolist() == [2]


def test_no_defect_is_planted_for_a_rule_that_is_gone() -> None:
    assert set(SNAPSHOT_DEFECTS) == {rule.name for rule in rules(SNAPSHOTS)}
    for table in OTHER_TABLES:
        assert set(TABLE_DEFECTS[table]) == {rule.name for rule in rules(table)}, table


@pytest.mark.parametrize("rule", [rule for rule in rules(SNAPSHOTS) if rule.limits.critical is not None], ids=named)
def test_a_limit_of_the_settings_replaces_the_rules_own(rule: Rule) -> None:
    case = SNAPSHOT_DEFECTS[rule.name](clean_case(), graded(rule)[-1][2])
    silent = case.settings.model_copy(update={"limits": {rule.name: Limits(critical=None)}})
    quiet = judge(case.frame, case.facts, silent).issues
    assert "critical" not in set(quiet.loc[quiet["rule"] == rule.name, "severity"])
    assert (rule.name in set(quiet["rule"])) == (rule.limits.warning is not None), "the warning stays"
