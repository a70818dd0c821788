"""What plain descent would have needed, against torch's, walked."""

from typing import Any

import numpy as np
import pytest
import torch

import steepest
from steepest.estimators import GradientDescentRegressor
from steepest.problems.linear import LinearProblem

ROWS = 400
SOURCE = np.random.default_rng(1)
X = SOURCE.normal(size=(ROWS, 4)) @ (np.eye(4) + 0.6 * SOURCE.normal(size=(4, 4)))
ETA = X @ [0.4, -0.3, 0.2, 0.3] + 0.2
TARGETS: dict[str, Any] = {
    "logistic": (SOURCE.random(ROWS) < 1.0 / (1.0 + np.exp(-ETA))).astype(int),
    "poisson": SOURCE.poisson(np.exp(ETA)).astype(float),
    "huber": ETA + SOURCE.standard_t(2, ROWS),
    "gamma": SOURCE.gamma(2.0, np.exp(ETA) / 2.0),
    "log-cosh": ETA + SOURCE.standard_t(3, ROWS),
}


def walked(problem: LinearProblem, start: Any, end: Any, lr: float) -> int:
    """Epochs of torch's SGD until a millionth of the excess is left."""
    theta = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=lr)
    least = problem.objective(end)
    first = problem.objective(start) - least
    for epoch in range(100_000):
        objective, gradient = problem.objectives_and_gradient(theta.detach().numpy())
        if objective - least <= 1e-6 * first:
            return epoch
        theta.grad = torch.tensor(gradient)
        optimizer.step()
    raise AssertionError


@pytest.mark.parametrize("loss", TARGETS)
def test_plain_descent_needs_about_as_many_epochs_as_said(loss: str) -> None:
    fit = steepest.fit(X, TARGETS[loss], loss=loss)
    known, path = fit.forecast, fit.path
    assert isinstance(fit.problem, LinearProblem)
    assert known.plain_rate is not None and known.plain_epochs is not None
    start, end = path.descent_parameters(0), path.descent_parameters(path.epochs)
    needed = walked(fit.problem, start, end, known.plain_rate)
    assert known.plain_epochs == pytest.approx(needed, rel=0.25)
    said = f"{float(f'{known.plain_epochs:.2g}'):.0f}"
    assert f"would need about {said} epochs" in str(known)
    assert f"about {said} epochs" in " ".join(fit.summary().split())


def test_estimators_and_files_say_it_too(tmp_path: Any) -> None:
    model = GradientDescentRegressor("poisson").fit(X, TARGETS["poisson"])
    fit = steepest.fit(X, TARGETS["poisson"], loss="poisson")
    assert model.path_.forecast.plain_epochs == fit.forecast.plain_epochs
    fit.save(tmp_path / "fit.steepest")
    again = steepest.load(tmp_path / "fit.steepest")
    assert str(again.forecast) == str(fit.forecast)
    assert again.forecast.plain_rate == fit.forecast.plain_rate


def test_nothing_is_said_of_what_is_not_known() -> None:
    for options in ({"l1": 0.01}, {"positive": True}, {"lr": 0.1, "epochs": 5}):
        assert (
            steepest.fit(X, TARGETS["poisson"], loss="poisson", **options).forecast.plain_epochs
            is None
        )
    apart = (X[:, 0] > 0.0).astype(int)
    assert steepest.fit(X, apart, loss="logistic").forecast.plain_epochs is None
