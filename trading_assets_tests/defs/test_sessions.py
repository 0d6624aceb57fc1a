"""Steps over sessions: what the servers of a team refuse is tried again, what a file refuses is told at once."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from trading_assets.defs import sessions
from trading_assets.defs.sessions import run_sessions
from trading_assets.defs.steps import StepReport
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import StorageError
from trading_assets.settings import Settings

DAY = "2026-01-28"


def materialized(workspace: Workspace, refusals: int) -> tuple[bool, int]:
    """Whether a step that is refused some times succeeds, and how often it was run."""
    calls: list[date] = []

    def step(_: Workspace, day: date) -> StepReport:
        calls.append(day)
        if len(calls) <= refusals:
            msg = f"{day}: the server went away."
            raise StorageError(msg)
        return StepReport({"refused": {"rows": 1}}, {"refused": "ab" * 32})

    @dg.multi_asset(specs=[dg.AssetSpec("refused")], partitions_def=dg.StaticPartitionsDefinition([DAY]))
    def refused(context: dg.AssetExecutionContext) -> object:
        yield from run_sessions(context, workspace, step)

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([refused], partition_key=DAY, instance=instance, raise_on_error=False)
        return result.success, len(calls)


@pytest.mark.parametrize(
    ("broker", "refusals", "expected"),
    [
        (None, 0, (True, 1)),
        (None, 1, (False, 1)),
        ("redis://h", 1, (True, 2)),
        ("redis://h", 4, (True, 5)),
        ("redis://h", 9, (False, 5)),
    ],
)
def test_only_a_team_tries_again(
    broker: str | None, refusals: int, expected: tuple[bool, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SERVER_WAIT_SECONDS", 0.0)
    workspace = open_workspace(Settings(home=tmp_path, broker_url=broker))
    assert materialized(workspace, refusals) == expected
