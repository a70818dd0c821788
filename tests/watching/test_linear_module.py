"""One linear module under squared loss is seen through, however its output meets the target."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.results.watch import Watch

FORMS: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "squeeze": lambda output, y: (output.squeeze(1), y),
    "first column": lambda output, y: (output[:, 0], y),
    "column": lambda output, y: (output, y[:, None]),
    "row": lambda output, y: (output.T, y[None]),
}


def watched(form: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> tuple[Watch, float]:
    torch.manual_seed(0)
    x = torch.rand(20, 2)
    y = x @ torch.tensor([1.0, 2.0]) + 0.5
    model, loss_fn = nn.Linear(2, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(50):
            optimizer.zero_grad()
            loss_fn(*form(model(x), y)).backward()
            optimizer.step()
    design = np.column_stack([x.double().numpy(), np.ones(20)])
    return run, float(2.0 / np.linalg.eigvalsh(2.0 * design.T @ design / 20)[-1])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_output_is_seen_through_in_each_shape(
    form: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
) -> None:
    run, stable = watched(form)
    assert len(run) > 10
    assert run.verdict.kind == "max steps"
    assert run.forecast.stable_rate == pytest.approx(stable, rel=1e-5)


def test_a_part_of_the_output_is_not_taken_for_the_whole() -> None:
    run, _ = watched(lambda output, y: (output[:10, 0], y[:10]))
    assert np.isnan(run.forecast.stable_rate)
    assert run.verdict.kind == "max steps"


def test_a_function_beside_the_loss_module_does_not_disturb_the_loop() -> None:
    torch.manual_seed(0)
    x, model, loss_fn = torch.rand(20, 2), nn.Linear(2, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for step in range(9):
            optimizer.zero_grad()
            loss = loss_fn if step % 2 else nn.functional.mse_loss
            loss(model(x), x.sum(1, keepdim=True)).backward()
            optimizer.step()
    assert all(record.losses == 1 for record in run.path.records[:-1])
