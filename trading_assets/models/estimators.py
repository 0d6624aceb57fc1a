"""The candidate estimators: how each is made, fitted and asked, so that the same data give the same bits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from trading_assets.errors import ModelError
from trading_assets.models.log_odds import sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from threadpoolctl import ThreadpoolController

    Floats = NDArray[np.float64]

Kind = Literal["hist_gradient_boosting", "logistic_regression"]

#: In order of preference when they are equally good: boosting is the same on CPUs with other vector units.
KINDS: tuple[Kind, ...] = ("hist_gradient_boosting", "logistic_regression")

HYPERPARAMETERS: Mapping[Kind, Mapping[str, float]] = {
    "hist_gradient_boosting": {
        "learning_rate": 0.05,
        "max_iter": 100,
        "max_leaf_nodes": 7,
        "min_samples_leaf": 20,
        "l2_regularization": 1.0,
    },
    "logistic_regression": {"C": 0.1},
}

#: Scores are rounded to this many decimals: `exp` differs in the last bit between vector units.
SCORE_DECIMALS = 9
_COEFFICIENT_DIGITS = 10


class Classifier(Protocol):
    """A fitted estimator, seen from outside."""

    def predict_proba(self, matrix: Floats) -> Floats:
        """Probabilities per class, shape (n, 2)."""


def fit(kind: Kind, matrix: Floats, labels: Floats, seed: int) -> Classifier:
    """Fit one candidate on one thread.

    Args:
        kind: Which one.
        matrix: Features, NaN missing, shape (n, k), n ≥ 1. A column without any value is learnt as irrelevant.
        labels: 0 or 1, both present, shape (n,).
        seed: Seed of the estimator.
    """
    from threadpoolctl import threadpool_limits

    # boosting cannot bin a column without values; a constant one is never split on and gets no weight
    known = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
    with threadpool_limits(1):
        logistic = kind == "logistic_regression"
        estimator: Classifier = (_fit_logistic if logistic else _fit_boosting)(known, labels, seed)
    return estimator


def probabilities(estimator: Classifier, matrix: Floats) -> Floats:
    """Probability of label 1 per row, the same bits for a row whatever rows stand beside it.

    Args:
        estimator: Fitted by `fit`, possibly stored and loaded since.
        matrix: Features, NaN missing, shape (n, k), n ≥ 0.

    Returns:
        Rounded to 9 decimals, shape (n,).
    """
    from sklearn.pipeline import Pipeline

    if not len(matrix):
        return np.empty(0)
    if isinstance(estimator, Pipeline):
        return np.round(_logistic_probabilities(estimator, matrix), SCORE_DECIMALS)
    with _thread_pools().limit(limits=1):
        return np.round(estimator.predict_proba(matrix)[:, 1], SCORE_DECIMALS)


@cache
def _thread_pools() -> ThreadpoolController:
    """Find the thread pools of this process once: looking costs 2.5 ms, more than scoring a signal.

    Called with a fitted estimator in hand, whose libraries are loaded by then.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _fit_boosting(matrix: Floats, labels: Floats, seed: int) -> HistGradientBoostingClassifier:
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings = HYPERPARAMETERS["hist_gradient_boosting"]
    whole = ("max_iter", "max_leaf_nodes", "min_samples_leaf")
    arguments = {name: int(value) if name in whole else value for name, value in settings.items()}
    estimator = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **arguments)
    estimator.fit(matrix, labels.astype(np.int64))
    # a generator that only fitting uses; stored, it would be one more type to trust
    vars(estimator).pop("_feature_subsample_rng", None)
    return estimator


def _fit_logistic(matrix: Floats, labels: Floats, seed: int) -> Pipeline:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    c = HYPERPARAMETERS["logistic_regression"]["C"]
    pipeline = Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10, random_state=seed)),
        ]
    )
    pipeline.fit(matrix, labels.astype(np.int64))
    scale, classify = pipeline.named_steps["scale"], pipeline.named_steps["classify"]
    for step, names in ((scale, ("mean_", "var_", "scale_")), (classify, ("coef_", "intercept_"))):
        for name in names:
            setattr(step, name, _significant(getattr(step, name)))
    return pipeline


def _significant(values: Floats) -> Floats:
    """Round to 10 significant digits: sums of floats differ in the last bits between vector units."""
    rounded = [float(f"{value:.{_COEFFICIENT_DIGITS - 1}e}") + 0.0 for value in values.ravel()]
    return np.array(rounded).reshape(values.shape)


def _logistic_probabilities(pipeline: Pipeline, matrix: Floats) -> Floats:
    """Evaluate the pipeline feature by feature: a matrix product's last bit depends on the number of rows."""
    impute, scale, classify = (pipeline.named_steps[name] for name in ("impute", "scale", "classify"))
    if matrix.shape[1] != classify.coef_.shape[1]:
        msg = f"the model takes {classify.coef_.shape[1]} features and was handed {matrix.shape[1]}."
        raise ModelError(msg)
    filled = np.where(np.isnan(matrix), impute.statistics_, matrix)
    standard = (filled - scale.mean_) / scale.scale_
    raw = np.full(len(matrix), classify.intercept_[0])
    for column, weight in enumerate(classify.coef_[0]):
        raw += standard[:, column] * weight
    return sigmoid(raw)
