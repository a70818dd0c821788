"""The compiled sums of objective, gradient and second derivative, against torch's derivatives; the
same however many threads there are.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from steepest.losses import (
    Gamma,
    Huber,
    LogCosh,
    Logistic,
    Poisson,
    ScalarLoss,
    Squared,
    SquaredHinge,
    Tweedie,
)
from steepest.losses.vector_math import exp, log1p
from steepest.penalties.penalties import L2
from steepest.problems import row_pieces, second_order_sums
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear import LinearProblem

F = torch.nn.functional
FORMULAS: dict[str, tuple[ScalarLoss, Callable[[Any, Any], Any]]] = {
    "logistic": (Logistic(), lambda eta, y: F.softplus(eta, threshold=800.0) - y * eta),
    "squared hinge": (SquaredHinge(), lambda eta, y: F.relu(1 - (2 * y - 1) * eta) ** 2),
    "poisson": (Poisson(), lambda eta, y: torch.exp(eta) - y * eta),
    "gamma": (Gamma(), lambda eta, y: eta + y * torch.exp(-eta)),
    "tweedie 1": (Tweedie(1), lambda eta, y: torch.exp(eta) - y * eta),
    "tweedie 1.5": (
        Tweedie(1.5),
        lambda eta, y: 2 * torch.exp(0.5 * eta) + 2 * y * torch.exp(-0.5 * eta),
    ),
    "tweedie 2": (Tweedie(2), lambda eta, y: eta + y * torch.exp(-eta)),
    "huber": (Huber(0.7), lambda eta, y: F.huber_loss(eta, y, reduction="none", delta=0.7)),
    "log-cosh": (LogCosh(), lambda eta, y: torch.log(torch.cosh(eta - y))),
    "squared": (Squared(), lambda eta, y: (eta - y) ** 2),
}
ROWS, COLUMNS = 1001, 5  # five tiles and a part of one


def rows(loss: ScalarLoss, kind: Any) -> tuple[Any, Any, Any]:
    """Features, target, and weights, some of them 0."""
    random = np.random.default_rng(7)
    features = random.normal(1.0, 2.0, (ROWS, COLUMNS)).astype(kind)
    target = random.gamma(2.0, size=ROWS)
    if isinstance(loss, Logistic | SquaredHinge):
        target = random.integers(0, 2, ROWS).astype(float)
    return features, target, random.uniform(0.0, 2.0, ROWS) * (random.random(ROWS) < 0.9)


def place_of(*, intercept: bool) -> Coordinates:
    centre = np.linspace(-1.0, 1.0, COLUMNS) * intercept
    return Coordinates(centre, np.linspace(0.5, 2.0, COLUMNS), intercept)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighs", [True, False])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", FORMULAS)
def test_the_sums_are_those_of_torch(name: str, kind: Any, weighs: bool, intercept: bool) -> None:
    loss, formula = FORMULAS[name]
    features, target, weights = rows(loss, kind)
    place, theta = place_of(intercept=intercept), np.linspace(0.3, -0.2, COLUMNS + intercept)
    found = second_order_sums.compiled_second_sums(
        features, target, weights if weighs else None, place, loss, theta
    )
    x = (features.astype(np.float64) - place.centre) / place.spread
    x = torch.tensor(np.column_stack([x, np.ones(ROWS)]) if intercept else x)
    y, w = torch.tensor(target), torch.tensor(weights if weighs else np.ones(ROWS))

    def total(point: Any) -> Any:
        return w @ formula(x @ point, y)

    at = torch.tensor(theta)
    value, gradient = torch.autograd.functional.vjp(total, at)
    hessian = torch.autograd.functional.hessian(total, at)
    eta = (x @ at).requires_grad_()
    (slope,) = torch.autograd.grad(formula(eta, y).sum(), eta)
    assert found.value[0] == pytest.approx(float(value), rel=1e-12)
    assert found.spread[0] == pytest.approx(float(w @ slope**2), rel=1e-12)
    largest = float(hessian.abs().max())
    np.testing.assert_allclose(found.gradient[0], gradient, rtol=0, atol=1e-12 * largest)
    np.testing.assert_allclose(found.hessian, hessian, rtol=0, atol=1e-12 * largest)
    if intercept:
        assert found.spread[1] == pytest.approx(float(hessian[-1, -1]), rel=1e-12)


@pytest.mark.parametrize("kind", ["compiled", "few"])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_a_look_without_the_curvature_sees_the_same(kind: str, ridge: float) -> None:
    features, target, weights = rows(Logistic(), np.float64)
    known = {"loss": Logistic(), "weights": weights, "penalty": L2(ridge)}
    problem = replace(LinearProblem.of(features, target, **known), compiled=kind == "compiled")
    theta = np.linspace(-0.4, 0.6, COLUMNS + 1)
    found, wanted = problem.first_order(theta), problem.second_order(theta)
    assert found is not None
    assert found[0] == wanted.objective
    np.testing.assert_array_equal(found[1], wanted.gradient)


@pytest.mark.parametrize("order", ["F", "strided"])
def test_rows_may_lie_in_any_order(order: str) -> None:
    features, target, _ = rows(Logistic(), np.float64)
    laid = np.asfortranarray(features) if order == "F" else np.repeat(features, 2, axis=1)[:, ::2]
    place, theta = place_of(intercept=True), np.linspace(-1.0, 1.0, COLUMNS + 1)
    found, wanted = (
        second_order_sums.compiled_second_sums(x, target, None, place, Logistic(), theta)
        for x in (laid, features)
    )
    np.testing.assert_array_equal(found.hessian, wanted.hessian)


def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    features, target, weights = rows(Poisson(), np.float32)
    place, theta = place_of(intercept=True), np.linspace(-0.5, 0.5, COLUMNS + 1)
    monkeypatch.setattr(row_pieces, "PIECE_ROWS", 200)
    sums = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(row_pieces, "cores", lambda cores=cores: cores)
        sums.append(
            second_order_sums.compiled_second_sums(
                features, target, weights, place, Poisson(), theta
            )
        )
    for other in sums[1:]:
        assert other.value == sums[0].value
        np.testing.assert_array_equal(other.gradient, sums[0].gradient)
        np.testing.assert_array_equal(other.hessian, sums[0].hessian)


def test_rows_of_no_weight_count_for_nothing_even_if_infinite() -> None:
    features, target, _ = rows(Poisson(), np.float64)
    weights = np.ones(ROWS)
    weights[::7] = 0.0
    far = features.copy()
    far[::7] = 1e4  # exp(η) is infinite there
    place, theta = place_of(intercept=True), np.full(COLUMNS + 1, 0.1)
    found, wanted = (
        second_order_sums.compiled_second_sums(x, target, weights, place, Poisson(), theta)
        for x in (far, features)
    )
    assert found.value == wanted.value
    np.testing.assert_array_equal(found.hessian, wanted.hessian)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_a_large_problem_asks_the_compiled_sums(
    ridge: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steepest.penalties.penalties import L2

    features, target, weights = rows(Logistic(), np.float32)
    problem = LinearProblem.of(
        features, target, loss=Logistic(), weights=weights, penalty=L2(ridge)
    )
    theta = np.linspace(-0.5, 0.5, COLUMNS + 1)
    few = problem.second_order(theta)
    monkeypatch.setattr(second_order_sums, "LEAST_NUMBERS", 0)
    many = replace(problem).second_order(theta)  # one that remembers nothing
    assert many.objective == pytest.approx(few.objective, rel=1e-14)
    assert many.unit == pytest.approx(few.unit, rel=1e-14)
    np.testing.assert_allclose(many.gradient, few.gradient, rtol=0, atol=1e-15)
    np.testing.assert_allclose(many.hessian, few.hessian, rtol=0, atol=1e-15)


def test_what_is_not_convex_is_not_asked_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_order_sums, "LEAST_NUMBERS", 0)
    features = np.ones((4, 2))
    assert second_order_sums.suits_kernel(features, Tweedie(2))
    assert not second_order_sums.suits_kernel(features, Tweedie(2.5))


def test_exp_and_log1p_err_in_the_last_place_alone() -> None:
    random = np.random.default_rng(3)
    points = [*random.uniform(-745.0, 710.0, 2000), *random.normal(size=2000), 0.0, 1e-300]
    for x in points:
        with np.errstate(over="ignore", under="ignore"):
            assert exp(x) == pytest.approx(float(np.exp(x)), rel=3e-16, abs=5e-324)
    for x in [*random.uniform(0.0, 1.0, 2000), 0.0, 1.0, 0.41, 1e-9, 1e-300, 5e-324]:
        assert log1p(x) == pytest.approx(float(np.log1p(x)), rel=5e-16)
    ends = {np.inf: np.inf, -np.inf: 0.0, 1e300: np.inf, -1e300: 0.0}
    assert {x: exp(x) for x in ends} == ends
    assert np.isnan(exp(np.nan)) and np.isnan(log1p(np.nan))
