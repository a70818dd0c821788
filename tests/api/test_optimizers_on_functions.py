"""Every optimizer on every known function, against the same loop in torch.optim."""

from typing import Any

import numpy as np
import pytest
import torch

import steepest
from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.formula.parse import parse
from steepest.problems.known_functions import KNOWN

# Rates at which no run leaves the neighbourhood: what diverges or is chaotic magnifies rounding.
CASES: list[tuple[Optimizer, float]] = [
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
STEPS = 200


def torch_steps(formula: str, optimizer: Optimizer, lr: float, start: Any) -> np.ndarray:
    """The parameters of every step, shape (STEPS + 1, d)."""
    function = parse(formula).to_torch()
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    options = vars(optimizer)
    theirs = getattr(torch.optim, optimizer.name)([point], lr=lr, **options)
    steps = [point.detach().numpy().copy()]
    for _ in range(STEPS):
        theirs.zero_grad()
        function(point).backward()
        theirs.step()
        steps.append(point.detach().numpy().copy())
    return np.array(steps)


@pytest.mark.parametrize("name", KNOWN)
def test_all_optimizers_at_once_equal_torch_one_by_one(name: str) -> None:
    function = KNOWN[name]
    for optimizer, lr in CASES:
        theirs = torch_steps(function.formula, optimizer, lr, function.start)
        alone = steepest.minimize(name, lr=lr, optimizer=optimizer, epochs=STEPS)
        ours = np.array([step.parameters for step in alone])
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10, err_msg=str(optimizer))


@pytest.mark.parametrize("name", KNOWN)
def test_a_study_equals_its_runs_alone(name: str) -> None:
    rates = [1e-4, 3e-4, 5e-4]
    optimizers = ["sgd", "adam", "rmsprop"]
    study = steepest.study(name, lr=rates, optimizer=optimizers, epochs=STEPS)
    assert len(study) == 9
    pairs = [(kind, rate) for kind in optimizers for rate in rates]
    for (kind, rate), path in zip(pairs, study, strict=True):
        alone = steepest.minimize(name, lr=rate, optimizer=kind, epochs=STEPS)
        ours = np.array([step.parameters for step in path])
        theirs = np.array([step.parameters for step in alone])
        # Vectors of a batch go through other instructions of the processor than single numbers.
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_labels_name_what_varies() -> None:
    study = steepest.study("booth", lr=[0.01, 0.02], optimizer=["sgd", "adam"], epochs=2)
    assert study.labels == ("SGD, lr 0.01", "SGD, lr 0.02", "Adam, lr 0.01", "Adam, lr 0.02")
    starts = steepest.study("booth", starts=[(0, 0), (1, -2)], lr=0.01, epochs=2)
    assert starts.labels == ("start (0, 0)", "start (1, -2)")
    with pytest.raises(steepest.InputError, match=r"no run 'lr 0.3'; it has SGD, lr 0.01"):
        study["lr 0.3"]
