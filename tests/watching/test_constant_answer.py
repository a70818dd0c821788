"""What one answer for all rows costs, and loops whose loss comes no lower."""

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import log_loss, mean_squared_error
from torch import nn

import steepest
from steepest.watching.record.targets import targets_of, targets_shown


def test_classes_cost_what_their_frequencies_do() -> None:
    torch.manual_seed(0)
    parts = [torch.randint(0, 2, (30,)), torch.randint(0, 4, (50,))]  # one without some classes
    known = [
        targets_of(nn.functional.cross_entropy(torch.zeros(len(y), 4, requires_grad=True), y))
        for y in parts
    ]
    assert known[0] is not None
    assert known[1] is not None
    y = torch.cat(parts).numpy()
    peer = DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y)
    cost = log_loss(y, peer.predict_proba(np.zeros((len(y), 1))))
    assert (known[0] + known[1]).loss_of_a_constant == pytest.approx(cost, rel=1e-12)


def test_numbers_cost_their_variance_by_column() -> None:
    torch.manual_seed(0)
    y = torch.randn(40, 3, dtype=torch.float64) * torch.tensor([1.0, 2.0, 3.0]) + 5.0
    known = targets_of(nn.functional.mse_loss(torch.zeros_like(y, requires_grad=True), y))
    assert known is not None
    peer = DummyRegressor().fit(np.zeros((40, 1)), y.numpy())
    cost = mean_squared_error(y.numpy(), peer.predict(np.zeros((40, 1))))
    assert known.loss_of_a_constant == pytest.approx(cost, rel=1e-12)


def test_shares_cost_their_entropy() -> None:
    y = torch.tensor([0.0, 1.0, 1.0, 0.25], dtype=torch.float64)[:, None]
    scores = torch.full_like(y, float(torch.logit(y.mean())), requires_grad=True)
    cost = nn.functional.binary_cross_entropy_with_logits(scores, y)
    known = targets_of(cost)
    assert known is not None
    assert known.loss_of_a_constant == pytest.approx(cost.item(), rel=1e-12)


@pytest.mark.parametrize("weights", [None, torch.ones(3)])
def test_weighted_summed_and_used_losses_tell_nothing(weights: torch.Tensor | None) -> None:
    output, y = torch.zeros(4, 3, requires_grad=True), torch.tensor([0, 1, 2, 1])
    way = "mean" if weights is not None else "sum"
    loss = nn.functional.cross_entropy(output, y, weight=weights, reduction=way)
    assert targets_of(loss) is None
    used = nn.functional.cross_entropy(output * 1.0, y)
    used.backward()
    assert targets_of(used) is None


def test_targets_are_known_of_functions_too() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(128, 4), torch.randint(0, 2, (128,))
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer) as run:
        for step in range(20):
            part = slice(16 * (step % 8), 16 * (step % 8) + 16)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[part]), y[part]).backward()
            optimizer.step()
    looked = [each.numbers.targets for each in run.recorder.inspector.looks if each.numbers]
    for look, targets in zip(run.recorder.inspector.looks, looked, strict=True):
        start = 16 * (look.index % 8)
        assert targets is not None
        assert targets.sums.tolist() == y[start : start + 16].bincount(minlength=2).tolist()


def test_targets_shown_by_the_gradient_are_those_of_the_graph() -> None:
    torch.manual_seed(0)
    for kind, y in (("squared error", torch.randn(20, 3)), ("cross entropy", torch.arange(20) % 3)):
        output = torch.randn(20, 3, requires_grad=True)
        squared = kind == "squared error"
        loss = (nn.functional.mse_loss if squared else nn.functional.cross_entropy)(output, y)
        known = targets_of(loss)
        loss.backward()
        assert output.grad is not None
        shown = targets_shown(kind, output, output.grad)
        assert known is not None
        assert shown is not None
        assert shown.rows == known.rows
        assert shown.sums == pytest.approx(known.sums, abs=1e-5)
        assert shown.squares == pytest.approx(known.squares, abs=1e-5)
    output = torch.randn(20, 3, requires_grad=True)
    nn.functional.cross_entropy(output, torch.arange(20) % 3, label_smoothing=0.1).backward()
    assert output.grad is not None
    assert targets_shown("cross entropy", output, output.grad) is None
