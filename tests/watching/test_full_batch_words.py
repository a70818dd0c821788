"""What is said of a loop's fall: on the same rows at every step there is no noise of batches."""

import pytest
import torch
from torch import nn

import steepest
from steepest.results.watch import Watch

ROWS = torch.linspace(-2.0, 2.0, 12).reshape(-1, 1)


def descent(lr: float, momentum: float, steps: int) -> Watch:
    """Least squares on all rows, from 30 off in the slope; momentum lets the objective swing."""
    model = nn.Linear(1, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    loss_fn = nn.MSELoss()
    noise = 0.3 * torch.cos(7.0 * ROWS)
    whole = nn.Sequential(model, nn.Identity())
    with steepest.watch(whole, optimizer, loss_fn) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(whole(ROWS), 30.0 * ROWS + 5.0 + noise).backward()
            optimizer.step()
    return run


def noise(seed: int) -> Watch:
    """Objectives that are independent random numbers, of a parameter that they do not depend on."""
    generator = torch.Generator().manual_seed(seed)
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer) as run:
        for _ in range(24):
            optimizer.zero_grad()
            level = 1.0 + 0.3 * torch.randn(1, generator=generator)
            run.loss((level + 1e-9 * w).sum()).backward()
            optimizer.step()
    return run


@pytest.mark.parametrize(
    ("lr", "momentum"), [(0.1, 0.0), (0.1, 0.5), (0.2, 0.6), (0.2, 0.8), (0.3, 0.8)]
)
@pytest.mark.parametrize("steps", [16, 30])
def test_a_fall_on_the_same_rows_is_said(lr: float, momentum: float, steps: int) -> None:
    run = descent(lr, momentum, steps)
    reason = str(run.verdict)
    assert run.recorder.inspector.same_rows and run.objective[-1] < 0.1 * run.objective[0]
    assert "noise of" not in reason and "cannot be told from its" not in reason


@pytest.mark.parametrize("seed", range(10))
def test_noise_is_no_fall(seed: int) -> None:
    reason = str(noise(seed).verdict)
    assert "cannot be told from the noise of the batches" in reason
