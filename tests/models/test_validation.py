"""Held-out rows: their curves equal refits step by step, and choose the epoch that those choose."""

from typing import Literal

import numpy as np
import pytest

from steepest.api.fit import fit
from steepest.errors import InputError
from steepest.tables.holdout_split import Split

RNG = np.random.default_rng(12)
FEATURES = RNG.standard_normal((60, 20)) + 0.3
TARGET = FEATURES[:, :3].sum(axis=1) + 3.0 * RNG.standard_normal(60)
WEIGHTS = RNG.uniform(0.1, 2.0, 60)
LR, EPOCHS = 0.02, 400


def curve(
    held: np.ndarray,
    *,
    momentum: float = 0.0,
    ridge: float = 0.0,
    standardize: bool = False,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """The held-out objective of every epoch of plain steps on the other rows."""
    w = np.ones(60) if weights is None else weights
    x, y, w_train = FEATURES[~held], TARGET[~held], w[~held]
    centre, spread = np.zeros(20), np.ones(20)
    if standardize:
        centre = np.average(x, axis=0, weights=w_train)
        spread = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=w_train))
    x, outside = (x - centre) / spread, (FEATURES[held] - centre) / spread
    theta, intercept = np.zeros(20), 0.0
    velocity, push = np.zeros(20), 0.0
    seen = []
    for _ in range(EPOCHS + 1):
        residual = outside @ theta + intercept - TARGET[held]
        seen.append(np.average(residual**2, weights=w[held]))
        error = x @ theta + intercept - y
        gradient = 2.0 * np.average(error[:, None] * x, axis=0, weights=w_train) + 2 * ridge * theta
        velocity = momentum * velocity + gradient
        push = momentum * push + 2.0 * np.average(error, weights=w_train)
        theta, intercept = theta - LR * velocity, intercept - LR * push
    return np.array(seen)


LOOKED_AT = (0, 1, 2, 17, 100, EPOCHS)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize(("momentum", "ridge"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.2)])
@pytest.mark.parametrize("accuracy", ["fast", "high"])
def test_a_fraction_held_out(
    momentum: float, ridge: float, standardize: bool, accuracy: Literal["fast", "auto", "high"]
) -> None:
    found = fit(
        FEATURES,
        TARGET,
        validation=0.3,
        seed=5,
        lr=LR,
        momentum=momentum,
        ridge=ridge,
        standardize=standardize,
        epochs=EPOCHS,
        accuracy=accuracy,
    )
    held = Split.validation(0.3, 5).part(np.arange(60)) == 1
    expected = curve(held, momentum=momentum, ridge=ridge, standardize=standardize)
    assert found.path.validation is not None
    for k in LOOKED_AT:
        assert found.path.validation(k) == pytest.approx(expected[k], rel=1e-10)
        assert found.path.at(k).validation == found.path.validation(k)
    assert found.epochs == int(expected.argmin())
    assert 0 < found.epochs < EPOCHS
    assert found.validation is not None
    assert found.validation.rows == held.sum()
    assert found.validation.best_epoch == found.epochs
    assert found.validation.objective == pytest.approx(expected.min(), rel=1e-10)
    assert found.rows == 60
    spread = np.var(TARGET[held])
    assert found.validation.r2 == pytest.approx(1.0 - expected.min() / spread, rel=1e-9)
    assert found.validation.rmse == pytest.approx(np.sqrt(expected.min()), rel=1e-10)


@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("accuracy", ["fast", "high"])
def test_folds(folds: int, accuracy: Literal["fast", "auto", "high"]) -> None:
    found = fit(
        FEATURES,
        TARGET,
        folds=folds,
        seed=2,
        lr=LR,
        standardize=False,
        epochs=EPOCHS,
        accuracy=accuracy,
        ridge=1e-3,
    )
    part = Split.cross_validation(folds, 2).part(np.arange(60))
    expected = np.mean([curve(part == number, ridge=1e-3) for number in range(folds)], axis=0)
    assert found.path.validation is not None
    for k in LOOKED_AT:
        assert found.path.validation(k) == pytest.approx(expected[k], rel=1e-10)
    assert found.epochs == int(expected.argmin())
    assert found.validation is not None
    assert (found.validation.folds, found.validation.rows) == (folds, 60)
    # The coefficients are those of all rows at the chosen epoch.
    whole = fit(FEATURES, TARGET, lr=LR, standardize=False, epochs=found.epochs, ridge=1e-3)
    assert found.step.parameters == pytest.approx(whole.step.parameters, rel=1e-9)


def test_weighted_rows() -> None:
    found = fit(
        FEATURES,
        TARGET,
        weights=WEIGHTS,
        validation=0.3,
        seed=5,
        lr=LR,
        standardize=False,
        epochs=EPOCHS,
    )
    held = Split.validation(0.3, 5).part(np.arange(60)) == 1
    expected = curve(held, weights=WEIGHTS)
    assert found.path.validation is not None
    for k in LOOKED_AT:
        assert found.path.validation(k) == pytest.approx(expected[k], rel=1e-10)


def test_walked_paths_have_the_same_curve() -> None:
    """SGD under a schedule that never decays is walked, and must agree with the closed form."""
    options = {"validation": 0.3, "seed": 5, "standardize": False, "epochs": 60}
    closed = fit(FEATURES, TARGET, lr=LR, **options)  # type: ignore[arg-type]  # mixed options
    walked = fit(FEATURES, TARGET, lr=f"step:{LR},step_size=1000", **options)  # type: ignore[arg-type]  # of several types
    assert closed.path.validation is not None
    assert walked.path.validation is not None
    for k in (0, 1, 30, 60):
        assert walked.path.validation(k) == pytest.approx(closed.path.validation(k), rel=1e-11)
    assert walked.epochs == closed.epochs


def test_a_settled_run_is_kept_where_no_epoch_is_better() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(2000)
    found = fit(x, 3.0 * x + 1e-3 * rng.standard_normal(2000), validation=0.2)
    assert found.verdict.kind == "converged"
    assert found.epochs == found.path.epochs
    assert found.inference is not None


def test_both_at_once_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        fit(FEATURES, TARGET, validation=0.2, folds=3)
    assert str(caught.value) == (
        "validation and folds split the rows in two ways; give one of them"
    )


def test_a_part_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match="no row was left for validation; hold out another"):
        fit([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], validation=1e-9)


def test_a_column_that_varies_in_held_out_rows_alone_is_left_out() -> None:
    features = np.stack([np.arange(20) == 2, np.arange(20)], axis=1).astype(np.float64)
    target = features[:, 1] + np.arange(20) % 3
    found = fit(features, target, validation=0.3)
    alone = fit(features[:, 1], target, validation=0.3)
    assert found.coefficients["x1"] == 0.0
    assert found.coefficients["x2"] == pytest.approx(alone.coefficients["x"], rel=1e-12)
    assert "column 'x1' holds one value only: coefficient 0" in found.notes
