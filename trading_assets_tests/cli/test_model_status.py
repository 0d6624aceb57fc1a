"""What the tear sheet says of a model's file: re-hashed now, not as it was registered."""

from pathlib import Path

import pytest

from trading_assets.defs.monitoring_steps import is_intact, model_statuses, tear_sheet_data
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.tables import daily_performance


def model_file(home: Path) -> Path:
    [path] = (home / "models").rglob("model.skops")
    return path


def shown(workspace: Workspace) -> list[bool | None]:
    return [status.verified for status in model_statuses(workspace)]


@pytest.fixture
def desk(own_demo_home: Path) -> Workspace:
    """The demo's home, to be changed at will."""
    workspace = open_workspace()
    assert workspace.home == own_demo_home.resolve()
    return workspace


def test_an_intact_model_is_shown_with_its_pinned_hash(desk: Workspace) -> None:
    [entry] = desk.registry.entries()
    [status] = model_statuses(desk)
    assert (status.version, status.model_hash, status.trained_to) == (entry.version, entry.sha256, entry.trained_until)
    assert status.verified
    days = desk.store.sessions(daily_performance.CONTRACT)
    assert tear_sheet_data(desk, days).models == (status,)


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_one_changed_bit_anywhere_is_seen(desk: Workspace, place: float) -> None:
    path = model_file(desk.home)
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    [entry] = desk.registry.entries()
    assert not is_intact(desk, entry)
    assert shown(desk) == [False]
    assert model_statuses(desk)[0].model_hash == entry.sha256, "the pin stays what it was"


def test_a_missing_or_longer_file_is_not_verified(desk: Workspace) -> None:
    path = model_file(desk.home)
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole + b"\0")
    assert shown(desk) == [False]
    path.unlink()
    assert shown(desk) == [False]
    path.write_bytes(whole)
    assert shown(desk) == [True], "put back, it is the model again"
