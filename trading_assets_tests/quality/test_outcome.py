"""What is said of a check without issues, and how its limits are told, are those of the plain way."""

from dataclasses import fields

import pandas as pd
import pytest

from trading_assets.quality.check_groups import check_groups
from trading_assets.quality.outcome import Share, Unbroken, group_outcome
from trading_assets.quality.rule_numbers import limits_of_rules
from trading_assets.settings import ChecksPer, Limits, QualitySettings
from trading_assets.tables import quality_issues
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Contract

NONE = quality_issues.CONTRACT.empty()
SETTINGS = (
    QualitySettings(),
    QualitySettings(
        limits={
            "trade_net_pnl": Limits(info=0.5),
            "snapshot_age": Limits(warning=None, critical=None),
            "score_missing": Limits(warning=None),
        }
    ),
)


@pytest.mark.parametrize("settings", SETTINGS, ids=["usual", "moved"])
@pytest.mark.parametrize("per", ["category", "rule"])
@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_check_without_issues_is_told_as_if_they_had_been_sought(
    contract: Contract, per: ChecksPer, settings: QualitySettings
) -> None:
    unbroken = Unbroken(contract)
    for share in (Share(0, 4, 0.25), Share(3, 4, 0.25)):
        for group in check_groups(contract.name, per):
            quick, plain = unbroken.of(group, share, settings), group_outcome(group, NONE, share, settings)
            for field in fields(plain):
                one, other = getattr(quick, field.name), getattr(plain, field.name)
                if isinstance(other, pd.DataFrame):
                    pd.testing.assert_frame_equal(one, other)
                else:
                    assert one == other
            assert list(quick.numbers) == list(plain.numbers)


@pytest.mark.parametrize("settings", SETTINGS, ids=["usual", "moved"])
@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_limits_are_told_for_every_rule_with_its_issues(contract: Contract, settings: QualitySettings) -> None:
    for group in (group for group in check_groups(contract.name) if group.rules):
        first = group.rules[0].name
        told = limits_of_rules(group.rules, pd.DataFrame({"rule": [first, first, "another"]}), settings)
        assert [{**one} for one in told] == [
            {"rule": rule.name, "issues": 2 * (rule.name == first), "unit": rule.unit}
            | rule.limits_in_force(settings).model_dump(include={"info", "warning", "critical"})
            for rule in group.rules
        ]
