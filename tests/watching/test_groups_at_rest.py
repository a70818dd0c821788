"""Parameters whose group has a learning rate of 0."""

from typing import Any

import pytest
import torch
from torch import nn

import steepest
from steepest.results.watch import Watch

torch.manual_seed(0)
X = torch.randn(64, 4)
Y = X.sum(1, keepdim=True)


def trained(first: float, last: float, kind: type[torch.optim.Optimizer]) -> Watch:
    model, loss_fn = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)), nn.MSELoss()
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "lr": first},
        {"params": model[2].parameters()},
    ]
    optimizer = kind(groups, lr=last)  # type: ignore[call-arg]  # each kind has it
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step in range(60):
            part = slice(16 * (step % 4), 16 * (step % 4) + 16)
            optimizer.zero_grad()
            loss_fn(model(X[part]), Y[part]).backward()
            optimizer.step()
    return run


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_a_group_at_rest_beside_one_that_learns(kind: type[torch.optim.Optimizer]) -> None:
    (finding,) = trained(0.0, 0.01, kind).mistakes()
    assert (finding.kind, finding.step, finding.tensor) == ("rate of 0", 0, "0.weight")
    assert finding.text == (
        "The learning rate of their group is 0 at every recorded step: a gradient comes to "
        "0.weight and 0.bias, and nothing moves."
    )
    assert "requires_grad_(False)" in finding.fix


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_no_rate_at_all_cannot_be_raised_a_thousandfold(kind: type[torch.optim.Optimizer]) -> None:
    run = trained(0.0, 0.0, kind)
    assert [finding.kind for finding in run.mistakes()] == ["rate of 0"]
    assert "of every group is 0" in run.verdict.reason
    assert "thousandfold" not in run.verdict.advice


def test_a_tiny_rate_beside_one_of_0_is_named_with_its_rate() -> None:
    rest, small = trained(0.0, 1e-9, torch.optim.SGD).mistakes()
    assert (rest.kind, small.kind) == ("rate of 0", "updates too small")
    assert "at learning rate 1e-09" in small.text


def test_a_warm_up_from_0_is_no_rest() -> None:
    model, loss_fn = nn.Sequential(nn.Linear(4, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1.0, k / 20))
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(60):
            optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            optimizer.step()
            schedule.step()
    assert run.mistakes() == []
