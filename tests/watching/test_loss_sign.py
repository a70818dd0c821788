"""Whether a loss is negated is said where a minus or the same number below 0 stands before it."""

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
    drawn = torch.distributions.Categorical(logits=x).log_prob(torch.tensor([1, 0]))
    assert sign_of(drawn.mean()) == ("likelihood", True)
    assert sign_of(-drawn.mean()) == ("likelihood", False)
    assert sign_of((drawn * torch.tensor([1.0, -2.0])).mean()) is None  # a policy and its returns
    assert sign_of((x - x.exp().sum(1, keepdim=True))[[0, 1], [1, 0]].mean()) is None
    assert sign_of(-3.0 * square) is None
    assert sign_of(square * torch.tensor(-3.0)) is None
    assert sign_of(square / -3.0) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda loss: -loss / 2,
        lambda loss: -(loss * 0.1),
        lambda loss: loss * -1,
        lambda loss: loss / -4.0,
        lambda loss: torch.tensor(-0.5) * loss,
        lambda loss: 0 - loss,
        lambda loss: 1 - loss,
        torch.neg,
    ],
)
def test_a_loss_times_a_number_below_0_is_negated(
    change: Callable[[Tensor], Tensor],
) -> None:
    torch.manual_seed(0)
    x, model, loss_fn = torch.randn(32, 3), torch.nn.Linear(3, 1), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for meant in (False, True):
        with steepest.watch(model, optimizer, loss_fn) as run:
            for _ in range(20):
                optimizer.zero_grad()
                loss = change(loss_fn(model(x), x.sum(1, keepdim=True)))
                (-loss if meant else loss).backward()
                optimizer.step()
        assert ("sign of the loss" in [each.kind for each in run.mistakes()]) != meant


TARGETS = torch.linspace(-1.0, 2.0, 32)[:, None]
normal, laplace = torch.distributions.Normal, torch.distributions.Laplace


def trained(loss: Callable[[Tensor], Tensor]) -> list[str]:
    """The mistakes of a model of two outputs, by their kinds; watch is handed no loss."""
    torch.manual_seed(0)
    x, model = torch.randn(32, 3), torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer) as run:
        for _ in range(12):
            optimizer.zero_grad()
            loss(model(x)).backward()
            optimizer.step()
    assert run.recorder.faults == []
    return [each.kind for each in run.mistakes()]


@pytest.mark.parametrize(
    "loss",
    [
        lambda out: -functional.mse_loss(out, TARGETS.expand(32, 2)) / 2,
        lambda out: 0.5 * -((out - TARGETS) ** 2).mean(),
        lambda out: ((TARGETS - out) ** 2).mean() * -0.1,
        lambda out: -functional.cross_entropy(out, torch.arange(32) % 2) / 3,
        lambda out: normal(out, 1.0).log_prob(TARGETS).mean(),
        lambda out: normal(out[:, :1], out[:, 1:].exp()).log_prob(TARGETS).mean(),
        lambda out: laplace(out, 1.0).log_prob(TARGETS).mean(),
    ],
)
def test_a_negated_function_is_named(loss: Callable[[Tensor], Tensor]) -> None:
    assert trained(loss) == ["sign of the loss"]
    assert "sign of the loss" not in trained(lambda out: -loss(out))


def test_a_likelihood_may_be_below_0_and_that_of_what_a_model_draws_small() -> None:
    assert trained(lambda out: -normal(out, 0.2).log_prob(out.detach() + 0.1).mean()) == []
    drawn = trained(lambda out: normal(out, 1.0).log_prob(out * 2.0 + 1.0).mean())
    assert "sign of the loss" not in drawn


def test_a_loss_may_be_made_large_in_the_inputs() -> None:
    torch.manual_seed(0)
    model, x, y = torch.nn.Linear(3, 2), torch.randn(8, 3), torch.arange(8) % 2
    moved = torch.zeros(8, 3, requires_grad=True)
    optimizer = torch.optim.Adam([moved], lr=0.01)
    with steepest.watch({"moved": moved}, optimizer) as run:
        for _ in range(20):
            optimizer.zero_grad()
            (-functional.cross_entropy(model(x + moved), y)).backward()
            optimizer.step()
    assert "sign of the loss" not in [each.kind for each in run.mistakes()]
