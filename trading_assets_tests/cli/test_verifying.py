"""`regression verify`: five proofs over stored sessions; what fails is named, and other processes must agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading_assets.cli.fingerprinting import NONE, SHUFFLED, STORED, fingerprint_range
from trading_assets.cli.verifying import VARIANTS, Asked, Proof, fingerprints_elsewhere, verify_range
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import CheckFailedError, StrategyError, UsageError
from trading_assets.settings import Settings
from trading_assets_tests.cli import small_home
from trading_assets_tests.cli.small_home import DAYS, LEAKY, ONE_DAY, UNSTEADY
from trading_assets_tests.commands import trading_assets


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verifying") / "home"
    small_home.make(folder)
    return folder


@pytest.fixture
def own_strategies(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The home with two strategies of the user: one leaks, one is another in every process."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in (("leaky", LEAKY), ("unsteady", UNSTEADY)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    monkeypatch.setenv("TRADING_ASSETS_STRATEGY_FOLDER", str(folder))
    return open_workspace()


def asked(strategy: str | None, **changes: object) -> Asked:
    return Asked(DAYS[0], DAYS[0], strategy, **({"cuts": 2, "variants": ()} | changes))


def by_letter(proofs: list[Proof]) -> dict[str, Proof]:
    return {proof.name[:3]: proof for proof in proofs}


def test_an_honest_strategy_passes_every_proof_as_a_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    one = ("--strategy", "pcr_analysis", "--cuts", "2", "--processes", "1")
    answer = trading_assets("regression", "verify", *ONE_DAY, *one, "--mutation")
    lines = answer.out.splitlines()
    assert [line[:8] for line in lines if line[:4] in {"PASS", "FAIL"}][:4] == [f"PASS ({letter})" for letter in "abcd"]
    assert "1 strategy, 1 session, 2 cuts each" in lines[0]
    assert any("(e) mutation" in line and "killed" in line for line in lines)
    assert lines[-1].endswith(f"proofs failed from {DAYS[0]} to {DAYS[0]}")
    assert answer.code == (1 if any(line.startswith("FAIL") for line in lines) else 0)


def test_a_leak_is_named_with_strategy_feature_and_snapshot(own_strategies: Workspace) -> None:
    found = by_letter(list(verify_range(own_strategies, asked("leaky"))))
    for letter in ("(a)", "(b)"):
        assert found[letter].findings
        assert all("leaky on NIFTY at 2026-01-28 " in one for one in found[letter].findings)
        assert any("first seen in high_of_the_day" in one for one in found[letter].findings)
    assert not found["(c)"].findings
    assert "(e)" not in found
    assert found["(a)"].text().startswith("FAIL (a) lookahead: 1 strategy, 1 session")


@pytest.mark.usefixtures("own_strategies")
def test_a_failed_proof_is_code_1() -> None:
    one = ("--strategy", "leaky", "--cuts", "1", "--processes", "0")
    answer = trading_assets("regression", "verify", *ONE_DAY, *one)
    assert answer.code == 1
    assert "FAIL (a) lookahead" in answer.out
    assert answer.out.splitlines()[-1].startswith("2 proofs failed")


def test_a_strategy_that_differs_between_processes_is_named_with_the_variant(own_strategies: Workspace) -> None:
    variants = (("0", "1", STORED),)
    here = fingerprint_range(own_strategies, [str(DAYS[0]), str(DAYS[0]), "unsteady", NONE, STORED])
    assert here, "it speaks"
    proofs = by_letter(list(verify_range(own_strategies, asked("unsteady", variants=variants))))
    told = f"signals of {DAYS[0]} unsteady are others in the process with hash seed 0, 1 BLAS threads and stored rows"
    assert proofs["(d)"].findings == (told,)
    assert not proofs["(a)"].findings


def test_shuffled_rows_newest_first_give_the_same_fingerprints(home: Path) -> None:
    workspace = open_workspace(Settings(home=home))
    both = [str(DAYS[0]), str(DAYS[1]), NONE, NONE]
    stored, shuffled = (fingerprint_range(workspace, [*both, order]) for order in (STORED, SHUFFLED))
    assert stored == shuffled
    assert {name.split(" ")[0] for name in stored} == {str(day) for day in DAYS}
    alone = fingerprint_range(workspace, [str(DAYS[1]), str(DAYS[1]), NONE, NONE, STORED])
    assert alone == {name: told for name, told in stored.items() if name.startswith(str(DAYS[1]))}


def test_every_pair_of_circumstances_occurs_in_some_process() -> None:
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert len({(variant[first], variant[second]) for variant in VARIANTS}) == 4


def test_a_process_that_fails_is_told_with_its_last_line(own_strategies: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine" / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(CheckFailedError, match="the process with hash seed 0, 1 BLAS threads and stored rows failed: "):
        fingerprints_elsewhere(own_strategies, asked("broken"), VARIANTS[0])
    with pytest.raises(StrategyError, match=r"broken\.py"):
        list(verify_range(own_strategies, asked("broken")))


def test_an_unknown_strategy_is_a_usage_error(home: Path) -> None:
    with pytest.raises(UsageError, match="there is no strategy 'nosuch'"):
        list(verify_range(open_workspace(Settings(home=home)), asked("nosuch")))


def test_a_proof_says_pass_or_fail_and_lists_findings_and_notes() -> None:
    assert Proof("(x) name", "looked", ()).text() == "PASS (x) name: looked"
    assert Proof("(x) name", "looked", ("one", "two"), ("aside",)).text() == (
        "FAIL (x) name: looked\n    one\n    two\n    note: aside"
    )
