"""The fit as a torch module."""

from typing import Any

import numpy as np
import pytest
import torch

from steepest.api.fit import fit
from steepest.arrays import Floats
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor

RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((30, 3))
TARGET = FEATURES @ [1.0, 2.0, 3.0] + 4.0 + RNG.standard_normal(30)


def test_the_same_parameters_and_predictions() -> None:
    found = fit(FEATURES, TARGET)
    linear = found.to_torch()
    assert isinstance(linear, torch.nn.Linear)
    assert (linear.in_features, linear.out_features) == (3, 1)
    assert linear.weight.dtype == torch.float64
    assert linear.weight[0].tolist() == list(found.coefficients.values())
    assert linear.bias.item() == found.intercept
    said = linear(torch.tensor(FEATURES))[:, 0].detach().numpy()
    assert said == pytest.approx(found.predict(FEATURES), rel=1e-12)


def test_without_intercept_there_is_no_bias() -> None:
    linear = fit(FEATURES, TARGET, intercept=False).to_torch()
    assert linear.bias is None
    assert list(linear.state_dict()) == ["weight"]


def test_columns_that_were_left_out_weigh_0() -> None:
    features = np.column_stack([FEATURES[:, 0], np.ones(30), FEATURES[:, 1]])
    linear = fit(features, TARGET).to_torch()
    assert linear.weight[0, 1].item() == 0.0
    assert linear.in_features == 3


def test_training_can_go_on() -> None:
    linear = fit(FEATURES, TARGET, epochs=1).to_torch()
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.01)
    before = linear.weight.detach().clone()
    torch.nn.functional.mse_loss(
        linear(torch.tensor(FEATURES))[:, 0], torch.tensor(TARGET)
    ).backward()
    optimizer.step()
    assert not torch.equal(before, linear.weight)


FAR = np.array([1e9, -1e9, 3e8])
SORTS = (FEATURES @ [1.0, -2.0, 0.5] + RNG.logistic(size=30) > 0.0).astype(np.float64)


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({}, TARGET),
        ({"ridge": 0.1}, TARGET),
        ({"l1": 0.1}, TARGET),
        ({"loss": "huber"}, TARGET),
        ({"loss": "logistic"}, SORTS),
        ({"loss": "multinomial", "ridge": 0.01}, SORTS),
    ],
)
def test_columns_far_from_zero_cost_no_digits(options: Any, target: Floats) -> None:
    """Module, estimator and fit predict what is predicted of the same columns about 0."""
    columns = FEATURES + FAR
    near, far = fit(columns - FAR, target, **options), fit(columns, target, **options)
    eta = near.predictor(columns - FAR)
    close = pytest.approx(eta, rel=1e-12, abs=1e-12 * np.abs(eta).max())
    assert far.predictor(columns) == close
    assert far.to_torch()(torch.tensor(columns)).detach().numpy() == close
    if "loss" not in options or options["loss"] == "huber":
        model = GradientDescentRegressor(tol=None, **options).fit(columns, target)
        predicted = model.predict(columns)[:, None]
        assert model.score(columns, target) == pytest.approx(far.score(columns, target), rel=1e-9)
    elif options["loss"] == "logistic":
        sorts = GradientDescentClassifier(**options).fit(columns, target)
        predicted = sorts.decision_function(columns)[:, None]
    else:
        return
    assert predicted == pytest.approx(eta, rel=1e-12, abs=1e-11 * np.abs(eta).max())


def test_the_estimators_follow_coefficients_that_someone_sets() -> None:
    model = GradientDescentRegressor().fit(FEATURES, TARGET)
    model.coef_ = np.array([1.0, 0.0, 0.0])
    model.intercept_ = 2.0
    assert model.predict(FEATURES) == pytest.approx(FEATURES[:, 0] + 2.0)


def test_gradients_far_from_zero_are_those_of_a_plain_module() -> None:
    columns = torch.tensor(FEATURES + FAR)
    linear = fit(columns.numpy(), TARGET).to_torch()
    linear(columns).sum().backward()
    assert linear.weight.grad is not None and linear.bias.grad is not None
    assert linear.weight.grad[0].tolist() == pytest.approx(columns.sum(dim=0).tolist())
    assert linear.bias.grad.item() == 30.0
    assert list(linear.state_dict()) == ["weight", "bias"]
