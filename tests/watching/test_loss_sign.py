"""Whether a loss is negated is said only where nothing but a minus stands before it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import steepest
from steepest.watching.record.loss_sign import sign_of

Policy = Callable[[Tensor, Tensor, float], Tensor]


@pytest.mark.parametrize(
    "loss",
    [
        lambda scores, a, cost: -scores.log_softmax(1).gather(1, a[:, None]).squeeze() * cost,
        lambda scores, a, cost: -(scores.log_softmax(1).gather(1, a[:, None]).mean() / cost),
        lambda scores, a, cost: functional.cross_entropy(scores, a) * cost,
        lambda scores, a, cost: torch.tensor(cost) * functional.cross_entropy(scores, a),
        lambda scores, a, cost: 1.0 - functional.cross_entropy(scores, a) * cost,
    ],
)
def test_a_return_below_0_is_no_missing_minus(loss: Policy) -> None:
    torch.manual_seed(0)
    policy = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(policy.parameters(), lr=0.01)
    with steepest.watch(policy, optimizer) as run:
        for k in range(12):
            optimizer.zero_grad()
            loss(policy(torch.randn(1, 3)), torch.tensor([k % 2]), -1.0 - k).backward()
            optimizer.step()
    assert run.recorder.faults == []
    assert "sign of the loss" not in [each.kind for each in run.mistakes()]


def test_signs() -> None:
    x = torch.ones(2, 3, requires_grad=True) * 0.5
    square, picked = x.square().mean(), x.log_softmax(1)[[0, 1], [1, 0]].mean()
    assert sign_of(1.0 - square) == ("squared error", True)  # above 0, and still falls as it grows
    assert sign_of((-square).neg()) == ("squared error", False)
    assert sign_of(1.0 - (1.0 - square)) == ("squared error", False)
    assert sign_of(picked) == ("likelihood", True)
    assert sign_of(-picked) == ("likelihood", False)
    assert sign_of(-3.0 * square) is None
    assert sign_of(square * torch.tensor(-3.0)) is None
    assert sign_of(square / -3.0) is None
