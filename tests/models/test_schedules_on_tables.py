"""Schedules on a whole table, against torch.optim.lr_scheduler, and steps that are replayed."""

from typing import Any

import numpy as np
import pytest
import torch

from steepest.api.fit import fit
from steepest.errors import InputError

RNG = np.random.default_rng(31)
FEATURES = RNG.standard_normal((50, 3)) * [1.0, 2.0, 0.5] + 0.5
TARGET = FEATURES @ [1.0, -1.0, 2.0] + 0.7 + 0.2 * RNG.standard_normal(50)
EPOCHS = 300
LOOKED_AT = (1, 2, 50, 137, EPOCHS)


def torch_steps(make: Any, schedule: Any = None) -> dict[int, np.ndarray]:
    linear = torch.nn.Linear(3, 1, dtype=torch.float64)
    torch.nn.init.zeros_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    optimizer = make(linear.parameters())
    scheduler = schedule(optimizer) if schedule else None
    x, y = torch.tensor(FEATURES), torch.tensor(TARGET)[:, None]
    found = {}
    for k in range(1, EPOCHS + 1):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(linear(x), y).backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        if k in LOOKED_AT:
            parameters = [linear.weight.detach().numpy()[0], linear.bias.detach().numpy()]
            found[k] = np.concatenate(parameters)
    return found


def agree(path: Any, expected: dict[int, np.ndarray], tolerance: float = 1e-10) -> None:
    for k, parameters in expected.items():
        gap = np.abs(path.at(k).parameters - parameters).max()
        assert gap <= tolerance * np.abs(parameters).max(), k


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        (
            "step:0.05,step_size=60,gamma=0.5",
            lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=60, gamma=0.5),
        ),
        (
            "exponential:0.05,gamma=0.99",
            lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.99),
        ),
        ("cosine:0.05,epochs=300", lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 300)),
    ],
)
def test_schedules(text: str, schedule: Any) -> None:
    path = fit(FEATURES, TARGET, lr=text, epochs=EPOCHS, standardize=False).path
    agree(path, torch_steps(lambda p: torch.optim.SGD(p, lr=0.05), schedule))


def test_steps_between_kept_ones_are_replayed() -> None:
    found = fit(FEATURES, TARGET, optimizer="adam", lr=0.05, epochs=EPOCHS)
    steps = list(found.path)
    assert [step.index for step in steps] == list(range(EPOCHS + 1))
    assert found.path.at(123).parameters.tolist() == steps[123].parameters.tolist()
    assert found.path.at(123).objective == steps[123].objective


def test_a_step_that_was_not_made_is_refused() -> None:
    found = fit(FEATURES, TARGET, optimizer="adam", lr=0.05, epochs=10)
    with pytest.raises(InputError):
        found.path.at(11)


def test_no_rate_is_forecast_and_none_is_guessed() -> None:
    found = fit(FEATURES, TARGET, optimizer="adam", lr=0.05, epochs=10)
    assert "Adam scales its steps itself: what it will do is not forecast." in str(found.forecast)
    with pytest.raises(InputError) as caught:
        fit(FEATURES, TARGET, optimizer="adam")
    assert str(caught.value) == (
        "lr auto is computed from the curvature for SGD; give Adam a number, for example torch's "
        "default, 0.001"
    )


def test_an_unknown_optimizer() -> None:
    with pytest.raises(InputError, match=r"Did you mean 'adam'\?"):
        fit(FEATURES, TARGET, optimizer="adan", lr=0.1)
