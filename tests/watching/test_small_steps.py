"""Loops that learn nothing are told why, and not that they diverge."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.arrays import Array, Floats
from steepest.diagnosis.course import Course, Level
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


def course(values: Floats, rows: Array | None = None) -> Course:
    """Of a loop of which nothing but objectives is known."""
    rows = np.full(len(values), 32) if rows is None else rows
    nothing = np.zeros(0)
    return Course(
        np.arange(len(values)), values, rows, nothing, nothing, None,
        adds_up=False, momentum=0.0, rising=False,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_no_change(seed: int) -> None:
    seen = course(np.random.default_rng(seed).normal(2.3, 0.1, 400))
    assert seen.noisy
    assert seen.last.error == pytest.approx(0.1 / np.sqrt(100), rel=0.7)
    assert abs(seen.change) < 3.0 * seen.change_error


def test_noise_that_lasts_has_a_larger_error() -> None:
    """An autoregression x′ = 0.9 x + ε: its mean has √((1 + 0.9)/(1 − 0.9)) times the error."""
    errors, off = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        noise = lfilter([1.0], [1.0, -0.9], random.normal(0.0, 1.0, 2000))[1000:]
        noise += random.normal(0.0, 1.0, 1000)
        level = Level.of(noise, np.ones(1000))
        errors.append(level.error)
        off.append(level.mean)
    assert np.median(errors) == pytest.approx(np.std(off), rel=0.25)


def test_a_trend_beyond_the_noise_is_a_change() -> None:
    random = np.random.default_rng(0)
    seen = course(np.linspace(2.0, 1.0, 100) + random.normal(0.0, 0.05, 100))
    assert seen.change == pytest.approx(-0.75, abs=0.05)
    assert seen.change < -10.0 * seen.change_error


def test_a_smooth_course_has_no_noise() -> None:
    seen = course(0.9 ** np.arange(100.0))
    assert (seen.noisy, seen.change_error) == (False, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_levels_are_weighted_by_rows(seed: int) -> None:
    """Losses whose mean is the same on all rows, and every tenth batch has one row only."""
    random = np.random.default_rng(seed)
    rows = np.where(np.arange(400) % 10 == 9, 1, 64)
    means = [random.exponential(2.0, count).mean() for count in rows]
    level = course(np.array(means), rows).last
    assert level.mean == pytest.approx(np.average(means[300:], weights=rows[300:]), rel=1e-12)
    assert level.error == pytest.approx(2.0 / np.sqrt(rows[300:].sum()), rel=0.7)
    assert abs(level.mean - 2.0) < 4.0 * level.error
