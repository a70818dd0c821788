"""Loops that learn nothing are told why, and not that they diverge."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.diagnosis.course import change_of
from steepest.results.watch import Watch

torch.manual_seed(0)
X = torch.randn(32, 4)
Y = X.sum(1, keepdim=True)


def full_batch(model: nn.Module, loss_fn: nn.Module, y: Tensor) -> Watch:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(60):
            optimizer.zero_grad()
            loss_fn(model(X), y).backward()
            optimizer.step()
    return run


class Clamp(nn.Module):
    """Holds every number between 50 and 60."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(50.0, 60.0)


def at_rest() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1), nn.ReLU())
    nn.init.constant_(model[2].bias, -50.0)  # type: ignore[arg-type]  # the bias of a Linear
    return model


@pytest.mark.parametrize(
    ("make", "loss_fn", "y", "kind"),
    [
        (at_rest, nn.MSELoss(), Y, "output at rest"),
        (lambda: nn.Sequential(nn.Linear(4, 1), Clamp()), nn.MSELoss(), Y, "output at rest"),
        (lambda: nn.Sequential(nn.Linear(4, 1), nn.Softmax(1)), nn.MSELoss(), Y, "one class"),
        (lambda: nn.Linear(4, 1), nn.CrossEntropyLoss(), torch.zeros(32).long(), "one class"),
    ],
)
def test_a_gradient_of_exactly_0_is_not_blamed_on_zero_grad(
    make: Callable[[], nn.Module], loss_fn: nn.Module, y: Tensor, kind: str
) -> None:
    run = full_batch(make(), loss_fn, y)
    assert [finding.kind for finding in run.mistakes()] == [kind]
    assert "fallen from 0 to 0" not in str(run.verdict)


def test_a_gradient_of_0_whose_cause_is_not_seen_is_said_as_it_is() -> None:
    class Rounded(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.round()

    run = full_batch(nn.Sequential(nn.Linear(4, 1), Rounded()), nn.MSELoss(), Y)
    assert [finding.kind for finding in run.mistakes()] == ["no gradient at all"]


def test_a_model_that_starts_at_its_minimum_has_no_mistake() -> None:
    model = nn.Linear(4, 1)
    run = full_batch(model, nn.MSELoss(), model(X).detach().clone())
    assert (run.verdict.kind, run.mistakes()) == ("converged", [])


def test_gradients_cleared_before_the_step_are_still_named() -> None:
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(60):
            loss_fn(model(X), Y).backward()
            optimizer.zero_grad()
            optimizer.step()
    assert [finding.kind for finding in run.mistakes()] == ["gradients cleared before the step"]


def classified(seed: int, lr: float, clip: float | None = None) -> Watch:
    """Two epochs of a small net on batches of images of 64 numbers, in ten classes."""
    torch.manual_seed(seed)
    centres = torch.randn(10, 64)
    labels = torch.randint(10, (1024,))
    rows = centres[labels] + torch.randn(1024, 64)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(2):
            for x, y in DataLoader(TensorDataset(rows, labels), batch_size=32, shuffle=True):
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                if clip is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
    return run


@pytest.mark.parametrize("seed", range(12))
def test_steps_that_are_too_small_are_never_a_divergence(seed: int) -> None:
    run = classified(seed, lr=1e-6)
    assert run.verdict.kind == "max steps"
    assert [finding.kind for finding in run.mistakes()] == ["updates too small"]
    assert "at learning rate 1e-06" in run.verdict.reason


def test_so_are_steps_that_a_clip_makes_small() -> None:
    run = classified(0, lr=1e-3, clip=1e-3)
    assert [finding.kind for finding in run.mistakes()] == ["updates too small"]


@pytest.mark.parametrize("seed", range(5))
def test_steps_that_learn_have_no_mistake(seed: int) -> None:
    run = classified(seed, lr=0.1)
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_no_change(seed: int) -> None:
    values = np.random.default_rng(seed).normal(2.3, 0.1, 400)
    change, error = change_of(values)
    assert error == pytest.approx(0.1 * np.sqrt(2.0 / 100), rel=0.2)
    assert abs(change) < 3.0 * error


def test_a_trend_beyond_the_noise_is_a_change() -> None:
    random = np.random.default_rng(0)
    change, error = change_of(np.linspace(2.0, 1.0, 100) + random.normal(0.0, 0.05, 100))
    assert change == pytest.approx(-0.75, abs=0.05)
    assert change < -20.0 * error
