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


def rested(
    kind: Callable[..., torch.optim.Optimizer], between: Callable[[nn.Module, int], object]
) -> Watch:
    """Of 120 steps every fortieth is recorded."""
    torch.manual_seed(0)
    model, loss_fn = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 1)), nn.MSELoss()
    optimizer = kind(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn, every=40) as run:
        for step in range(120):
            between(model, step)
            optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            optimizer.step()
    return run


_OTHERS = ("Optimizer", "LBFGS", "SparseAdam", "Muon")  # take other gradients, or a closure


@pytest.mark.parametrize(
    "kind",
    [
        each
        for name, each in sorted(vars(torch.optim).items())
        if isinstance(each, type) and name not in _OTHERS
    ],
)
def test_what_an_optimizer_writes_itself_is_no_edit(kind: type[torch.optim.Optimizer]) -> None:
    run = rested(kind, lambda model, step: None)
    assert run.path.edits == ()
    assert len(run.losses["objective"]) == 120


def test_a_part_that_is_thawed_during_a_rest_is_no_edit() -> None:
    def thaws(model: nn.Module, step: int) -> None:
        if step in (0, 55):
            model.get_submodule("0").requires_grad_(step == 55)

    assert rested(torch.optim.SGD, thaws).path.edits == ()


@pytest.mark.parametrize("writings", [1, 5])
def test_an_edit_during_a_rest_is_named(writings: int) -> None:
    def edits(model: nn.Module, step: int) -> None:
        with torch.no_grad():
            for _ in range(writings if step == 55 else 0):
                model.get_parameter("1.bias").add_(1.0)

    run = rested(torch.optim.Adam, edits)
    assert run.path.edits == (80,)
    (finding,) = run.mistakes()
    assert (finding.kind, finding.tensor) == ("edit", "1.bias")
