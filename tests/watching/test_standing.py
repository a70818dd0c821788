"""A loss that has fallen and stands in the noise of its batches is not blamed for that."""

import numpy as np
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


def test_a_gradient_that_fell_from_where_the_loss_leapt_to_is_not_settled() -> None:
    # It leaps to 10^7 and comes down to log 10, which is what no knowledge at all costs.
    torch.manual_seed(0)
    x = 1e4 * torch.rand(704, 64)
    y = (x @ torch.randn(64, 10)).argmax(1)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(8):
            for part in torch.randperm(704).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[part]), y[part]).backward()
                optimizer.step()
    assert run.verdict.kind == "max steps"
    assert [mistake.kind for mistake in run.mistakes()] == ["inputs not scaled"]


def test_a_last_batch_that_asks_for_nothing_is_not_convergence() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(640, 4)
    side = torch.sign(x @ torch.ones(4, 1) + torch.randn(640, 1))
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(6):
            for part in torch.randperm(640).split(32):
                optimizer.zero_grad()
                torch.relu(1.0 - side[part] * model(x[part])).mean().backward()
                optimizer.step()
        optimizer.zero_grad()  # a row far on its side has a hinge loss of 0, and no gradient
        torch.relu(1.0 - model(torch.full((1, 4), 9.0))).mean().backward()
        optimizer.step()
    assert run.verdict.kind == "max steps"


def test_without_a_gradient_a_loss_that_stands_may_be_at_its_minimum() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 5))
    y = x @ np.arange(1.0, 6.0) + 0.1 * generator.normal(size=200)
    parameters = {"w": np.zeros(5)}
    with steepest.watch(parameters) as run:
        for _ in range(150):
            errors = x @ parameters["w"] - y
            run.step(parameters, float((errors**2).mean()))
            parameters["w"] = parameters["w"] - 0.1 * x.T @ errors / 200
    least = np.linalg.lstsq(x, y)[0]
    assert np.allclose(parameters["w"], least, atol=1e-4)
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])
    assert "no gradient is known" in run.verdict.reason
    assert not run.verdict.advice
