"""A loss that has fallen and stands in the noise of its batches is not blamed for that."""

import pytest
import torch
from torch import nn

import steepest
from steepest.results.watch import Watch


def noisy(seed: int, *, steps: int = 240, falls: bool = False) -> Watch:
    """Linear regression with noise of variance 1 in the targets: no loss is below 1 for long."""
    torch.manual_seed(seed)
    model, loss_fn = nn.Sequential(nn.Linear(3, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps if falls else 10**9)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(steps):
            x = torch.randn(256, 3)
            y = x.sum(1, keepdim=True) + torch.randn(256, 1)
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            schedule.step()
    return run


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("falls", [False, True])
def test_a_loss_that_stands_in_its_noise_is_no_plateau(seed: int, falls: bool) -> None:
    run = noisy(seed, falls=falls)
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])
    since = next(fact for fact in run.verdict.reasons if fact.kind == "stands in noise")
    step = since.values["step"]
    assert isinstance(step, int)
    # In 30 steps the squared error has shrunk to (1 - 2·0.1)^60 = 2e-6 of it.
    assert 30 <= step <= 150
    assert "The objective fell from " in run.verdict.reason
    assert f"Since step {step} it stands within the noise of its batches." in run.verdict.reason
    assert ("A smaller learning rate" in run.verdict.advice) == (not falls)


def test_weight_decay_balances_the_gradient_where_its_minimum_is() -> None:
    torch.manual_seed(0)
    x = torch.randn(16, 4)
    y = x.sum(1, keepdim=True) + 0.1 * torch.randn(16, 1)
    model, loss_fn = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(400):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    assert (run.verdict.kind, run.mistakes()) == ("converged", [])
    assert "the updates, for their learning rate, are" in run.verdict.reason
