"""The noise floor of shuffled epochs whose last batch is short, against epochs that were run."""

from typing import Any

import numpy as np
import pytest
import torch

from steepest.curvature.gradient_noise import GradientNoise
from steepest.curvature.shuffled_batches import Draw
from steepest.losses import Squared
from steepest.problems.linear import LinearProblem

ROWS = 500


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((ROWS, 3))
    return features, features @ [1.0, 2.0, 3.0] + rng.standard_normal(ROWS)


def observed(
    lr: float,
    batch: int,
    momentum: float = 0.0,
    nesterov: bool = False,
    seeds: int = 1000,
    epochs: int = 60,
    begun: int = 20,
) -> float:
    """The mean excess at the ends of epochs, over seeds, from the minimum on."""
    features, target = rows()
    least = np.linalg.lstsq(features, target, rcond=None)[0]
    hessian = 2.0 * features.T @ features / ROWS
    rng, theta, found = np.random.default_rng(1), np.tile(least, (seeds, 1)), []
    velocity = np.zeros_like(theta)
    for epoch in range(epochs):
        order = np.argsort(rng.random((seeds, ROWS)), axis=1)
        for first in range(0, ROWS, batch):
            at = order[:, first : first + batch]
            x = features[at]
            residual = np.einsum("sbd,sd->sb", x, theta) - target[at]
            gradient = 2.0 * np.einsum("sbd,sb->sd", x, residual) / at.shape[1]
            theta, velocity = stepped(theta, velocity, gradient, lr, momentum, nesterov)
        if epoch >= begun:
            gap = theta - least
            found.append(0.5 * np.einsum("sd,de,se->s", gap, hessian, gap).mean())
    return float(np.mean(found))


def stepped(
    theta: Any, velocity: Any, gradient: Any, lr: float, momentum: float, nesterov: bool
) -> tuple[Any, Any]:
    """The update of torch.optim.SGD."""
    velocity = momentum * velocity + gradient
    return theta - lr * (gradient + momentum * velocity if nesterov else velocity), velocity


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_updates_that_are_observed_are_those_of_torch(nesterov: bool) -> None:
    theta, velocity = np.array([1.0, -2.0]), np.zeros(2)
    weights = torch.nn.Parameter(torch.tensor(theta))
    optimizer = torch.optim.SGD([weights], lr=0.1, momentum=0.7, nesterov=nesterov)
    for k in range(20):
        gradient = np.cos(k + theta)
        weights.grad = torch.tensor(gradient)
        optimizer.step()
        theta, velocity = stepped(theta, velocity, gradient, 0.1, 0.7, nesterov)
    assert theta == pytest.approx(weights.detach().numpy(), rel=1e-14)


@pytest.mark.parametrize(
    ("lr", "batch", "momentum", "nesterov"),
    [
        (0.02, 50, 0.9, False),
        (0.05, 32, 0.5, False),
        (0.05, 32, 0.5, True),
        (0.01, 100, 0.9, True),
        (0.005, 48, 0.95, False),
    ],
)
def test_noise_floor_with_momentum_within_five_percent(
    lr: float, batch: int, momentum: float, nesterov: bool
) -> None:
    features, target = rows()
    problem = LinearProblem.of(features, target, loss=Squared(), intercept=False, standardize=False)
    noise = GradientNoise.at(problem, np.linalg.lstsq(features, target, rcond=None)[0])
    assert noise is not None
    floor = noise.shuffled_floor(lr, Draw(ROWS, batch, momentum, nesterov))
    ran = observed(lr, batch, momentum, nesterov, seeds=200, epochs=110, begun=40)
    assert floor == pytest.approx(ran, rel=0.05)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_of_zero_joins_none(nesterov: bool) -> None:
    """The equations with momentum go over into those without, which are summed in closed form."""
    features, target = rows()
    problem = LinearProblem.of(features, target, loss=Squared(), intercept=False, standardize=False)
    noise = GradientNoise.at(problem, np.linalg.lstsq(features, target, rcond=None)[0])
    assert noise is not None
    for batch in (32, 50, 450):
        tiny = Draw(ROWS, batch, 1e-9, nesterov)
        plain = Draw(ROWS, batch)
        for of in (noise.shuffled_floor, noise.independent_floor):
            assert of(0.05, tiny) == pytest.approx(of(0.05, plain), rel=1e-6)


@pytest.mark.parametrize(("lr", "batch"), [(0.1, 32), (0.05, 48), (0.02, 50)])
def test_noise_floor_within_three_percent(lr: float, batch: int) -> None:
    features, target = rows()
    problem = LinearProblem.of(features, target, loss=Squared(), intercept=False, standardize=False)
    least = np.linalg.lstsq(features, target, rcond=None)[0]
    noise = GradientNoise.at(problem, least)
    assert noise is not None
    floor = noise.shuffled_floor(lr, Draw(ROWS, batch))
    assert floor == pytest.approx(observed(lr, batch), rel=0.03)


def test_small_rates_join_the_others() -> None:
    """Where the share is taken from its expansion, it goes on from where it is summed."""
    features, target = rows()
    problem = LinearProblem.of(features, target, loss=Squared(), intercept=False, standardize=False)
    noise = GradientNoise.at(problem, np.linalg.lstsq(features, target, rcond=None)[0])
    assert noise is not None
    rates = 1e-3 / ROWS * np.array([0.5, 1.0, 8.0, 14.0, 16.0, 18.0, 40.0])
    floors = np.array([noise.shuffled_floor(float(lr), Draw(ROWS, 32)) for lr in rates])
    assert np.ptp(floors / rates) < 0.01 * (floors / rates).mean()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_the_stable_rate_is_where_the_mean_square_settles_no_more(
    momentum: float, nesterov: bool, columns: int
) -> None:
    """An update by one row maps error and momentum (e, v) by K; their second moments go on by the
    mean of K ⊗ K over the rows, whose largest eigenvalue is 1 at the stable rate.
    """
    rng = np.random.default_rng(columns)
    rows = rng.normal(size=(40, columns)) * np.geomspace(1.0, 2.0, columns)
    line = LinearProblem.of(
        rows, rng.normal(size=40), loss=Squared(), standardize=False, intercept=False
    )
    noise = GradientNoise.at(line, np.zeros(columns))
    assert noise is not None
    rate = noise.stable_rate(Draw(40, 1, momentum, nesterov))

    def largest(lr: float) -> float:
        reach, keep = (lr * (1.0 + momentum), lr * momentum**2) if nesterov else (lr, lr * momentum)
        same, total = np.eye(columns), np.zeros((4 * columns**2, 4 * columns**2))
        for row in rows:
            curved = 2.0 * np.outer(row, row)
            moved = np.block([[same - reach * curved, -keep * same], [curved, momentum * same]])
            total += np.kron(moved, moved) / 40.0
        return float(np.abs(np.linalg.eigvals(total)).max())

    assert largest(0.98 * rate) < 1.0 < largest(1.02 * rate)
