"""What one answer for all rows costs, and loops whose loss comes no lower."""

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import log_loss, mean_squared_error
from torch import nn

from steepest.watching.record.targets import targets_of


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
