"""Runs with momentum come to their end, whatever the rows."""

import numpy as np
import pytest

import steepest
from steepest import InputError
from steepest.descent.optimizers import SGD


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.3, 0.5, 0.9, 0.99])
def test_every_run_settles_at_least_squares(momentum: float, nesterov: bool) -> None:
    for seed in range(3):
        generator = np.random.default_rng(seed)
        features = generator.standard_normal((40, 6))
        target = features @ generator.standard_normal(6) + generator.standard_normal(40)
        fit = steepest.fit(features, target, momentum=momentum, nesterov=nesterov)
        assert fit.verdict.kind == "converged"
        design = np.column_stack([features, np.ones(40)])
        expected = np.linalg.lstsq(design, target, rcond=None)[0]
        np.testing.assert_allclose(fit.step.parameters, expected, rtol=1e-10, atol=1e-12)
        assert fit.forecast.epochs_to_settle is not None
        assert fit.forecast.epochs_to_settle <= fit.epochs


def test_an_end_that_is_asked_for_is_kept() -> None:
    generator = np.random.default_rng(5)
    features = generator.standard_normal((40, 6))
    target = features @ generator.standard_normal(6)
    assert steepest.fit(features, target, momentum=0.5, epochs=100).epochs == 100


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (SGD(momentum=1.0), "no rate settles"),
        (SGD(weight_decay=0.1), "not weight decay"),
        (SGD(momentum=0.5, dampening=0.1), "dampening"),
    ],
)
def test_auto_is_refused_where_curvature_does_not_say(optimizer: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        steepest.fit([1, 2, 3], [1, 2, 4], optimizer=optimizer)


def test_steps_beyond_float64_are_refused() -> None:
    path = steepest.fit([1, 2, 3], [1, 2, 4], lr=0.1).path
    assert path.at(10**300).objective == path.last.objective
    with pytest.raises(InputError, match="beyond 10"):
        path.at(10**400)


def test_standard_errors_wait_for_the_run_to_arrive() -> None:
    generator = np.random.default_rng(6)
    features = generator.standard_normal((50, 2)) * [1.0, 30.0]
    target = features @ [1.0, 2.0] + generator.standard_normal(50)
    early = steepest.fit(features, target, standardize=False, lr=1e-4, tolerance=1e-2)
    assert early.verdict.kind == "plateau"
    assert early.inference is None
    assert "No standard errors" in early.summary()
    late = steepest.fit(features, target, lr=0.3, tolerance=1e-15)
    assert late.inference is not None
    walked = steepest.fit(features, target, lr="exponential:0.5,gamma=0.9999", epochs=2000)
    assert walked.verdict.kind == "converged"
    assert walked.inference is not None
