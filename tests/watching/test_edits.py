"""Changes that the loop makes itself, between steps."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

import steepest
from steepest.results.watch import Watch

X = torch.linspace(-1.0, 1.0, 64).reshape(16, 4)
Y = 0.2 * X.sum(1, keepdim=True)


def trained(after: Callable[[nn.Linear, int], object], steps: int = 30) -> Watch:
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    nn.init.constant_(model.bias, 0.0)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[3.0, -0.5, 0.2, 0.4]]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step in range(steps):
            optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            optimizer.step()
            after(model, step)
    return run


def clamped(model: nn.Linear, _: int) -> object:
    return model.weight.data.clamp_(-1.0, 1.0)


def all_clamped(model: nn.Linear, _: int) -> None:
    for parameter in model.parameters():
        parameter.data.clamp_(-1.0, 1.0)


def held_in_a_ball(model: nn.Linear, _: int) -> object:
    size = model.weight.data.norm()
    return model.weight.data.mul_(min(1.0, 1.5 / float(size)))


def kept_above(model: nn.Linear, _: int) -> object:
    return model.weight.data.clamp_(min=0.01)


def clamped_in_place(model: nn.Linear, _: int) -> None:
    with torch.no_grad():
        model.weight.clamp_(-1.0, 1.0)


@pytest.mark.parametrize(
    "bound", [clamped, all_clamped, held_in_a_ball, kept_above, clamped_in_place]
)
def test_a_bound_that_acts_at_few_steps_is_no_edit(
    bound: Callable[[nn.Linear, int], object],
) -> None:
    run = trained(bound)
    assert any(record.edited for record in run.path.records)
    assert run.mistakes() == []


def set_once(model: nn.Linear, step: int) -> None:
    if step == 4:
        model.weight.data[0, 1] = 7.0


def started_anew(model: nn.Linear, step: int) -> None:
    if step == 4:
        model.weight.data.zero_()


@pytest.mark.parametrize("edit", [set_once, started_anew])
def test_parameters_that_are_set_once_are_named(edit: Callable[[nn.Linear, int], object]) -> None:
    (finding,) = trained(edit).mistakes()
    assert (finding.kind, finding.step, finding.tensor) == ("edit", 5, "weight")
