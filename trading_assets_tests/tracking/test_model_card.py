"""The model card says what the model is, in figures that are the training's own."""

from __future__ import annotations

from dataclasses import replace

from trading_assets.models.features import FEATURES
from trading_assets.tracking.model_card import model_card
from trading_assets_tests.models.labelled import trained_model

TRAINED = trained_model()
LINEAGE = {"dagster_run_id": "run-1", "code_version": "0.1.0+abc"}
CARD = model_card(TRAINED, "v1.2.0", LINEAGE)


def rows(heading: str, card: str = CARD) -> list[list[str]]:
    """Cells of the first table below a line, without its two head lines."""
    lines = card[card.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = [line for line in lines[first : first + 20] if line.startswith("|")]
    stop = next((number for number, line in enumerate(lines[first:]) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:stop]]


def test_it_names_version_hash_rows_and_window() -> None:
    assert CARD.startswith("# signal_model v1.2.0\n")
    for fact in (TRAINED.sha256, TRAINED.data_sha256, "160 signals of 8 sessions, 2024-02-20 to 2024-02-29"):
        assert fact in CARD
    assert rows("What it learnt from") == [["code_version", "0.1.0+abc"], ["dagster_run_id", "run-1"]]


def test_every_feature_is_explained() -> None:
    assert [row[0] for row in rows("What it sees")] == [feature.name for feature in FEATURES]


def test_the_measures_are_those_of_training_by_candidate_and_block() -> None:
    candidates = rows("How good it was")
    assert [row[0] for row in candidates] == [candidate.kind for candidate in TRAINED.candidates]
    for row, candidate in zip(candidates, TRAINED.candidates, strict=True):
        assert float(row[1]) == float(f"{candidate.overall['log_loss']:.4g}")
        assert float(row[-1]) == candidate.overall["rows"]
    blocks = rows("Fold by fold")
    assert [row[0] for row in blocks] == [f"{n} (from {first})" for n, first in enumerate(TRAINED.kept.first_tests, 1)]
    assert [float(row[1]) for row in blocks] == [float(f"{fold['log_loss']:.4g}") for fold in TRAINED.kept.folds]


def test_what_is_undefined_is_left_empty_not_zero() -> None:
    folds = tuple(fold | {"roc_auc": None} for fold in TRAINED.kept.folds)
    kept = replace(TRAINED.kept, folds=folds)
    others = [candidate for candidate in TRAINED.candidates if candidate.kind != kept.kind]
    card = model_card(replace(TRAINED, candidates=(kept, *others)), "v1.0.0", {})
    assert [row[4] for row in rows("Fold by fold", card)] == [""] * len(folds)
    assert all(row[4] for row in rows("How good it was", card))


def test_a_pipe_in_what_is_told_does_not_break_the_table() -> None:
    card = model_card(TRAINED, "v1.0.0", {"note": "a | b"})
    assert "| note | a \\| b |" in card


def test_it_warns_of_the_sessions_it_has_learnt_from() -> None:
    assert "Sessions up to 2024-02-29: it has learnt from them and refuses to score them." in CARD
