"""Loops in which a number is not finite go on bit by bit as without us, while we look for it."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import grad, vmap
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.utils.checkpoint import checkpoint

import steepest

Loop = Callable[[Any], list[Tensor]]

X, Y = torch.linspace(-1.0, 1.0, 64).reshape(16, 4), torch.linspace(-2.0, 2.0, 16).reshape(16, 1)


def root(z: Tensor, step: int) -> Tensor:
    """A root at 0 from step 2 on: its backward pass is infinite."""
    return (z - z.detach()).square().mean().sqrt() if step >= 2 else 0.0 * z.mean()


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))


def trained(watch: Any, model: nn.Module, loss: Callable[[int], Tensor], **options: Any) -> Any:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with watch(model, optimizer, **options):
        for step in range(6):
            optimizer.zero_grad()
            loss(step).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    return [*model.state_dict().values(), torch.rand(3)]


def plain(watch: Any) -> list[Tensor]:
    model = net()
    return trained(watch, model, lambda k: functional.mse_loss(model(X), Y) + root(model(X), k))


def under_a_loss_module(watch: Any) -> list[Tensor]:
    model, loss_fn = net(), nn.MSELoss()
    return trained(
        watch, model, lambda k: loss_fn(model(X) + root(model(X), k), Y), loss_fn=loss_fn
    )


def checkpointed(watch: Any) -> list[Tensor]:
    model = net()

    def loss(k: int) -> Tensor:
        z = checkpoint(model, X, use_reentrant=False)
        return functional.mse_loss(z, Y) + root(z, k)

    return trained(watch, model, loss)


def compiled(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1)
    made = torch.compile(model, backend="eager")
    return trained(watch, model, lambda k: functional.mse_loss(made(X), Y) + root(made(X), k))


def wholly_compiled(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1)
    made = torch.compile(root, backend="eager", fullgraph=True)
    return trained(watch, model, lambda k: functional.mse_loss(model(X), Y) + made(model(X), k))


def gradients_of_rows(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1)

    def loss(k: int) -> Tensor:
        slopes = vmap(grad(lambda x: (x.square().sum()).sqrt()))(0.0 * X)
        assert slopes.isnan().all() or k < 6
        return functional.mse_loss(model(X), Y) + root(model(X), k)

    return trained(watch, model, loss)


def complex_numbers(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1)

    def loss(k: int) -> Tensor:
        spectrum = torch.fft.fft(model(X).squeeze(1))
        return functional.mse_loss(model(X), Y) + root(spectrum.real, k) + spectrum.abs().mean()

    return trained(watch, model, loss)


def sparse_gradients(watch: Any) -> list[Tensor]:
    table, words = nn.Embedding(6, 2, sparse=True), torch.tensor([0, 2, 2])
    optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    with watch(table, optimizer):
        for step in range(6):
            optimizer.zero_grad()
            z = table(words)
            (z.square().mean() + root(z, step)).backward()
            optimizer.step()
    return [table.weight.detach()]


def in_bfloat16(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1).bfloat16()
    x, y = X.bfloat16(), Y.bfloat16()
    return trained(watch, model, lambda k: functional.mse_loss(model(x), y) + root(model(x), k))


def several_modules(watch: Any) -> list[Tensor]:
    first, second = nn.Linear(4, 3), nn.Linear(3, 1)
    both = nn.ModuleList([first, second])
    return trained(
        watch, both, lambda k: functional.mse_loss(second(first(X)), Y) + root(first(X), k)
    )


def averaged(watch: Any) -> list[Tensor]:
    model = nn.Linear(4, 1)
    teacher = torch.optim.swa_utils.AveragedModel(model)

    def loss(k: int) -> Tensor:
        teacher.update_parameters(model)
        with torch.no_grad():
            aim = teacher(X)
        return functional.mse_loss(model(X), aim + Y) + root(model(X), k)

    return [*trained(watch, model, loss), *teacher.state_dict().values()]


def changed_in_place(watch: Any) -> list[Tensor]:
    model, mean = nn.Linear(4, 1), torch.zeros(1)

    def loss(k: int) -> Tensor:
        z = model(X)
        mean.mul_(0.9).add_(z.detach().mean(), alpha=0.1)
        z = z.clone()
        z[0] = 0.0
        z.add_(1.0)
        return functional.mse_loss(z - mean, Y) + root(z, k)

    return [*trained(watch, model, loss), mean]


LOOPS: tuple[Loop, ...] = (
    *(plain, under_a_loss_module, checkpointed, compiled, wholly_compiled, gradients_of_rows),
    *(complex_numbers, sparse_gradients, in_bfloat16, several_modules, averaged, changed_in_place),
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_the_loop_goes_on_as_without_us(loop: Loop) -> None:
    """Of so few steps `every="auto"` records each, as `every=1` does."""
    runs = []

    def watch(model: Any, optimizer: Any, **options: Any) -> Any:
        runs.append(steepest.watch(model, optimizer, **options))
        return runs[-1]

    ends = []
    for each in (lambda *given, **options: nullcontext(), watch):
        torch.manual_seed(0)
        ends.append([tensor.detach().clone() for tensor in loop(each)])
    for bare, watched in zip(*ends, strict=True):
        assert torch.equal(bare.isnan(), watched.isnan())
        assert torch.equal(bare.nan_to_num(), watched.nan_to_num())
    (run,) = runs
    assert run.recorder.faults == []
    found = run.mistakes()[0]
    assert (found.kind, found.step) == ("not finite", 2)
    hidden = loop in (averaged, changed_in_place)  # by a state that has taken what was broken
    assert found.fact.values.get("operation") == (None if hidden else "sqrt")
    assert str(run.verdict)
    assert torch.overrides._get_current_function_mode_stack() == []
