"""Every optimizer through every door (a table, its mini-batches, a function, studies of both, the
estimators, by name) against the same loop in torch.optim.

Each door descends the mean squared error of the same rows from 0, but for the functions of the
library of known ones, which are descended from their own start.
"""

import random
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import steepest
from steepest.arrays import Floats
from steepest.descent.optimizers import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.estimators.regressor import GradientDescentRegressor
from steepest.formula.parse import parse
from steepest.models.mini_batches import MiniBatches
from steepest.problems.known_functions import KNOWN

SOURCE = np.random.default_rng(31)
ROWS, EPOCHS, BATCH = 50, 60, 20
X = SOURCE.standard_normal((ROWS, 3)) * [1.0, 2.0, 0.5] + 0.5
Y = X @ [1.0, -1.0, 2.0] + 0.7 + 0.2 * SOURCE.standard_normal(ROWS)
START = [0.0, 0.0, 0.0, 0.0]

# Each optimizer as torch has it, then with options; and its learning rate.
CASES: list[tuple[Optimizer, float]] = [
    (SGD(), 0.02),
    (SGD(momentum=0.9), 0.01),
    (SGD(momentum=0.9, nesterov=True), 0.01),
    (SGD(momentum=0.8, dampening=0.3, weight_decay=0.01), 0.02),
    (Adagrad(), 0.1),
    (Adagrad(lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1, eps=1e-3), 0.1),
    (RMSprop(), 0.01),
    (RMSprop(alpha=0.9, eps=1e-3, momentum=0.5, weight_decay=0.01, centered=True), 0.01),
    (Adam(), 0.05),
    (Adam(betas=(0.8, 0.99), eps=1e-4, weight_decay=0.01, amsgrad=True), 0.05),
    (AdamW(), 0.05),
    (AdamW(betas=(0.8, 0.9), weight_decay=0.5, amsgrad=True), 0.05),
]
EVERY = pytest.mark.parametrize(("optimizer", "lr"), CASES, ids=lambda value: str(value))

# Rates at which no run on a known function leaves its neighbourhood: what diverges or is chaotic
# magnifies rounding.
ON_FUNCTIONS: list[tuple[Optimizer, float]] = [
    (SGD(), 2e-4),
    (SGD(momentum=0.9), 5e-5),
    (SGD(momentum=0.9, nesterov=True), 5e-5),
    (SGD(momentum=0.5, dampening=0.2, weight_decay=0.01), 1e-4),
    (Adagrad(lr_decay=0.01), 0.1),
    (RMSprop(), 1e-3),
    (RMSprop(centered=True, momentum=0.5), 1e-3),
    (Adam(), 0.01),
    (Adam(betas=(0.8, 0.99), amsgrad=True, weight_decay=0.01), 0.01),
    (AdamW(), 0.01),
]

ROWS_IN_TORCH = torch.tensor(np.column_stack([X, np.ones(ROWS)]))
TARGET_IN_TORCH = torch.tensor(Y)


def mean_square(theta: Tensor, first: int = 0, last: int = ROWS) -> Tensor:
    return (ROWS_IN_TORCH[first:last] @ theta - TARGET_IN_TORCH[first:last]).square().mean()


def torch_steps(
    optimizer: Optimizer,
    lr: float,
    start: list[float],
    objectives: list[Callable[[Tensor], Tensor]],
) -> Floats:
    """The parameters before and after an update for each of these objectives, (n + 1, d)."""
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    theirs = getattr(torch.optim, optimizer.name)([theta], lr=lr, **vars(optimizer))
    steps = [theta.detach().numpy().copy()]
    for objective in objectives:
        theirs.zero_grad()
        objective(theta).backward()
        theirs.step()
        steps.append(theta.detach().numpy().copy())
    return np.array(steps)


@cache
def in_torch(optimizer: Optimizer, lr: float, constant: float = 0.0) -> Floats:
    """Epochs on all rows of the table, from a model that predicts a constant."""
    return torch_steps(optimizer, lr, [0.0, 0.0, 0.0, constant], [mean_square] * EPOCHS)


def parts() -> list[Callable[[Tensor], Tensor]]:
    """The batches of one epoch in the rows' order, the last one smaller."""
    bounds = [(first, min(first + BATCH, ROWS)) for first in range(0, ROWS, BATCH)]
    return [partial(mean_square, first=first, last=last) for first, last in bounds]


@cache
def batches_in_torch(optimizer: Optimizer, lr: float, constant: float = 0.0) -> Floats:
    """The same in batches: the parameters at the end of the last epoch."""
    start = [0.0, 0.0, 0.0, constant]
    return torch_steps(optimizer, lr, start, parts() * EPOCHS)[-1]


def path_of_a_table(optimizer: Optimizer, lr: float) -> Floats:
    fit = steepest.fit(
        X, Y, optimizer=optimizer, lr=lr, epochs=EPOCHS, start=START, standardize=False
    )
    return np.array([step.parameters for step in fit.path])


def path_of_a_function(optimizer: Optimizer, lr: float) -> Floats:
    run = steepest.minimize(mean_square, START, optimizer=optimizer, lr=lr, epochs=EPOCHS)
    return np.array([step.parameters for step in run])


def path_in_a_study_of_a_table(optimizer: Optimizer, lr: float) -> Floats:
    study = steepest.study(
        X, Y, optimizer=[SGD(), optimizer], lr=[lr / 2, lr], epochs=EPOCHS, start=START,
        standardize=False,
    )  # fmt: skip
    return np.array([step.parameters for step in study[3]])


def path_in_a_study_of_a_function(optimizer: Optimizer, lr: float) -> Floats:
    study = steepest.study(
        mean_square, start=START, optimizer=["sgd", optimizer], lr=lr, epochs=EPOCHS
    )
    return np.array([step.parameters for step in study[1]])


DOORS = [
    path_of_a_table,
    path_of_a_function,
    path_in_a_study_of_a_table,
    path_in_a_study_of_a_function,
]


@EVERY
@pytest.mark.parametrize("door", DOORS)
def test_all_rows(
    door: Callable[[Optimizer, float], Floats], optimizer: Optimizer, lr: float
) -> None:
    expected = in_torch(optimizer, lr)
    np.testing.assert_allclose(door(optimizer, lr), expected, rtol=1e-9, atol=1e-12)


def batches_of_a_table(optimizer: Optimizer, lr: float) -> Floats:
    fit = steepest.fit(
        X, Y, optimizer=optimizer, lr=lr, epochs=EPOCHS, start=START, standardize=False,
        batch_size=MiniBatches(BATCH, shuffle=False),
    )  # fmt: skip
    return fit.path.last.parameters


def batches_in_a_study(optimizer: Optimizer, lr: float) -> Floats:
    study = steepest.study(
        X, Y, optimizer=[SGD(), optimizer], lr=[lr / 2, lr], epochs=EPOCHS, start=START,
        standardize=False, batch_size=MiniBatches(BATCH, shuffle=False),
    )  # fmt: skip
    return study[3].last.parameters


@EVERY
@pytest.mark.parametrize("door", [batches_of_a_table, batches_in_a_study])
def test_batches(
    door: Callable[[Optimizer, float], Floats], optimizer: Optimizer, lr: float
) -> None:
    expected = batches_in_torch(optimizer, lr)
    np.testing.assert_allclose(door(optimizer, lr), expected, rtol=1e-9, atol=1e-12)


@EVERY
def test_estimators(optimizer: Optimizer, lr: float) -> None:
    """From the best constant, where the intercept's slope is rounding that Adagrad enlarges."""
    options: dict[str, Any] = {"optimizer": optimizer, "lr": lr, "max_iter": EPOCHS, "tol": None}
    model = GradientDescentRegressor(standardize=False, **options).fit(X, Y)
    steps = np.array([step.parameters for step in model.path_])
    mean = Y.mean()
    np.testing.assert_allclose(steps, in_torch(optimizer, lr, mean), rtol=1e-9, atol=1e-8)
    assert [*model.coef_, model.intercept_] == pytest.approx(steps[-1], rel=1e-12)
    model = GradientDescentRegressor(
        standardize=False, batch_size=BATCH, shuffle=False, **options
    ).fit(X, Y)
    found = [*model.coef_, model.intercept_]
    expected = batches_in_torch(optimizer, lr, mean)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_by_name(name: str) -> None:
    optimizer, lr = OPTIMIZERS[name](), 0.01
    fit = steepest.fit(
        X, Y, optimizer=name.lower(), lr=lr, epochs=EPOCHS, start=START, standardize=False
    )
    run = steepest.minimize(mean_square, START, optimizer=name.lower(), lr=lr, epochs=EPOCHS)
    for path in (fit.path, run):
        assert path.epochs == EPOCHS
        steps = np.array([step.parameters for step in path])
        np.testing.assert_allclose(steps, in_torch(optimizer, lr), rtol=1e-9, atol=1e-12)
    model = GradientDescentRegressor(
        optimizer=name.lower(), lr=lr, max_iter=EPOCHS, tol=None, standardize=False
    ).fit(X, Y)
    steps = np.array([step.parameters for step in model.path_])
    np.testing.assert_allclose(steps, in_torch(optimizer, lr, Y.mean()), rtol=1e-9, atol=1e-8)


# Three optimizers for each function, all of them tried on several, drawn once.
_DRAWN = random.Random(7)
PAIRS = [
    pytest.param(name, optimizer, lr, id=f"{name}-{optimizer}")
    for k, name in enumerate(KNOWN)
    for optimizer, lr in [ON_FUNCTIONS[k % len(ON_FUNCTIONS)], *_DRAWN.sample(ON_FUNCTIONS, 2)]
]


@pytest.mark.parametrize(("name", "optimizer", "lr"), PAIRS)
def test_known_functions(name: str, optimizer: Optimizer, lr: float) -> None:
    function, steps = KNOWN[name], 200
    objective = parse(function.formula).to_torch()
    expected = torch_steps(optimizer, lr, list(function.start), [objective] * steps)
    run = steepest.minimize(name, lr=lr, optimizer=optimizer, epochs=steps)
    ours = np.array([step.parameters for step in run])
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["Rosenbrock", "bowl", "Rastrigin"])
def test_a_study_of_a_known_function_equals_its_runs_alone(name: str) -> None:
    rates = [1e-4, 3e-4, 5e-4]
    optimizers = ["sgd", "adam", "rmsprop"]
    study = steepest.study(name, lr=rates, optimizer=optimizers, epochs=200)
    assert len(study) == 9
    pairs = [(kind, rate) for kind in optimizers for rate in rates]
    for (kind, rate), path in zip(pairs, study, strict=True):
        alone = steepest.minimize(name, lr=rate, optimizer=kind, epochs=200)
        ours = np.array([step.parameters for step in path])
        theirs = np.array([step.parameters for step in alone])
        # Vectors of a batch go through other instructions of the processor than single numbers.
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
