"""Labelled signals for tests: random features of which the first decides, more or less, whether a trade wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import load_model, model_bytes, sha256_hex
from trading_assets.models.training import TrainedModel, train
from trading_assets.setting_sections import ScoringSettings

CUTOFF = date(2024, 3, 1)
SETTINGS = ScoringSettings()

#: Roughly what `chains.chain` shows, so that models trained here can be asked about signals there.
CENTRES = np.array([0.6, 100.0, 21_500.0, 1.0, 100_000.0, 0.0, 14.5, 50.0, 0.0, 0.3])
SPREADS = np.array([0.2, 12.0, 40.0, 0.3, 8_000.0, 9_000.0, 1.0, 12.0, 0.05, 0.1])


def labelled_signals(rows: int = 160, sessions: int = 8, edge: float = 2.0, seed: int = 7) -> pd.DataFrame:
    """Rows spread over weekdays that end on 2024-02-29, decided between 09:30 and 15:00 IST, labelled 20 minutes on."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=(rows, len(FEATURE_NAMES)))
    matrix = np.round(CENTRES + SPREADS * normal, 6)
    matrix[::7, 2] = np.nan
    days = pd.bdate_range(end="2024-02-29", periods=sessions)[np.arange(rows) * sessions // rows]
    minutes = pd.to_timedelta(random.integers(240, 570, rows), unit="m")
    decided = (days.tz_localize("UTC") + minutes).astype("datetime64[us, UTC]")
    wins = edge * normal[:, 0] + random.normal(size=rows) > 0.0
    return pd.DataFrame(dict(zip(FEATURE_NAMES, matrix.T, strict=True))).assign(
        signal_id=[f"{number:016x}" for number in range(rows)],
        label=wins.astype(float),
        net_pnl=np.where(wins, 400.0, -300.0) + np.round(50.0 * random.normal(size=rows), 2),
        date=days,
        available_at=decided,
        label_time=decided + pd.Timedelta(minutes=20),
    )


@cache
def trained_model(rows: int = 160, seed: int = 7, cutoff: date = CUTOFF) -> TrainedModel:
    """A model trained on `labelled_signals`."""
    trained = train(labelled_signals(rows, seed=seed), SETTINGS, cutoff)
    assert isinstance(trained, TrainedModel), trained
    return trained


def variant(trained: TrainedModel, number: int, cutoff: date | None = None) -> TrainedModel:
    """Another model file, made without training: it says that it learnt from `number` days earlier on."""
    content = load_model(trained.content, trained.sha256).content
    began = trained.trained_from - timedelta(days=number)
    raw = model_bytes(replace(content, trained_from=began))
    changed = replace(trained, content=raw, sha256=sha256_hex(raw), trained_from=began)
    return replace(changed, cutoff=cutoff or trained.cutoff)
