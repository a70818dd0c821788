"""The fit as a torch module."""

import numpy as np
import pytest
import torch

from steepest.api.fit import fit

RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((30, 3))
TARGET = FEATURES @ [1.0, 2.0, 3.0] + 4.0 + RNG.standard_normal(30)


def test_the_same_parameters_and_predictions() -> None:
    found = fit(FEATURES, TARGET)
    linear = found.to_torch()
    assert isinstance(linear, torch.nn.Linear)
    assert (linear.in_features, linear.out_features) == (3, 1)
    assert linear.weight.dtype == torch.float64
    assert linear.weight[0].tolist() == list(found.coefficients.values())
    assert linear.bias.item() == found.intercept
    said = linear(torch.tensor(FEATURES))[:, 0].detach().numpy()
    assert said == pytest.approx(found.predict(FEATURES), rel=1e-12)


def test_without_intercept_there_is_no_bias() -> None:
    linear = fit(FEATURES, TARGET, intercept=False).to_torch()
    assert linear.bias is None
    assert list(linear.state_dict()) == ["weight"]


def test_columns_that_were_left_out_weigh_0() -> None:
    features = np.column_stack([FEATURES[:, 0], np.ones(30), FEATURES[:, 1]])
    linear = fit(features, TARGET).to_torch()
    assert linear.weight[0, 1].item() == 0.0
    assert linear.in_features == 3


def test_training_can_go_on() -> None:
    linear = fit(FEATURES, TARGET, epochs=1).to_torch()
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.01)
    before = linear.weight.detach().clone()
    torch.nn.functional.mse_loss(
        linear(torch.tensor(FEATURES))[:, 0], torch.tensor(TARGET)
    ).backward()
    optimizer.step()
    assert not torch.equal(before, linear.weight)
