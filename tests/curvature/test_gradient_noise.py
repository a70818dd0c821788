"""The noise floor of shuffled epochs whose last batch is short, against epochs that were run."""

import numpy as np
import pytest

from steepest.curvature.gradient_noise import Draw, GradientNoise
from steepest.losses import Squared
from steepest.problems.linear import LinearProblem

ROWS = 500


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((ROWS, 3))
    return features, features @ [1.0, 2.0, 3.0] + rng.standard_normal(ROWS)


def observed(lr: float, batch: int, seeds: int = 1000, epochs: int = 60, begun: int = 20) -> float:
    """The mean excess at the ends of epochs, over seeds, from the minimum on."""
    features, target = rows()
    least = np.linalg.lstsq(features, target, rcond=None)[0]
    hessian = 2.0 * features.T @ features / ROWS
    rng, theta, found = np.random.default_rng(1), np.tile(least, (seeds, 1)), []
    for epoch in range(epochs):
        order = np.argsort(rng.random((seeds, ROWS)), axis=1)
        for first in range(0, ROWS, batch):
            at = order[:, first : first + batch]
            x = features[at]
            residual = np.einsum("sbd,sd->sb", x, theta) - target[at]
            theta = theta - lr * 2.0 * np.einsum("sbd,sb->sd", x, residual) / at.shape[1]
        if epoch >= begun:
            gap = theta - least
            found.append(0.5 * np.einsum("sd,de,se->s", gap, hessian, gap).mean())
    return float(np.mean(found))


@pytest.mark.parametrize(("lr", "batch"), [(0.02, 32), (0.1, 32), (0.05, 48), (0.02, 50)])
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
