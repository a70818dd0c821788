"""Penalties: their formulas, and proximal steps against brute force and optimality conditions."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from steepest.errors import InputError
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet, Penalized

RANDOM = np.random.default_rng(23)
W = np.array([3.0, -0.5, 0.0, 1.25])
PENALTIES = [L2(0.7), L1(0.4), ElasticNet(0.8, 0.25), ElasticNet(0.8), L1(0.0)]


def test_values_are_those_of_the_formulas() -> None:
    # Σ|w| = 4.75 and Σw² = 10.8125.
    assert L2(0.7).value(W) == pytest.approx(0.7 * 10.8125)
    assert L1(0.4).value(W) == pytest.approx(0.4 * 4.75)
    expected = 0.8 * 0.25 * 4.75 + 0.5 * 0.8 * 0.75 * 10.8125
    assert ElasticNet(0.8, 0.25).value(W) == pytest.approx(expected)
    assert ElasticNet(0.8, 1.0).value(W) == L1(0.8).value(W)
    assert ElasticNet(0.8, 0.0).value(W) == L2(0.4).value(W)
    assert L1(1.0).value(np.array([W, 2 * W])).tolist() == [4.75, 9.5]


def test_l2_is_the_ridge_of_fit() -> None:
    from steepest.moments.qr_factor import factor_moments
    from steepest.problems.squared_loss import Quadratic
    from steepest.results.moments import Moments

    rows = factor_moments(Moments.of([[1.0, 2], [2, 1], [4, 3]], [2.0, 4, 6]))
    plain, ridged = (Quadratic.of(rows, standardize=False, ridge=a) for a in (0.0, 0.3))
    penalized = Penalized(L2(0.3), np.array([True, True, False]))
    w = np.array([0.7, -1.5, 4.0])
    assert ridged.objective(w) - plain.objective(w) == pytest.approx(penalized.value(w))
    assert ridged.gradient(w) - plain.gradient(w) == pytest.approx(penalized.gradient(w))
    assert np.diag(ridged.hessian(w) - plain.hessian(w)) == pytest.approx([0.6, 0.6, 0])


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_the_gradient_is_that_of_the_smooth_part(penalty: Any) -> None:
    w, h = RANDOM.normal(size=5), 1e-6
    for j in range(5):
        step = np.zeros(5)
        step[j] = h

        def smooth(at: Any) -> Any:
            return penalty.value(at) - penalty.absolute * np.abs(at).sum()

        slope = (smooth(w + step) - smooth(w - step)) / (2 * h)
        assert penalty.gradient(w)[j] == pytest.approx(slope, abs=1e-8)
    assert penalty.gradient(w + 1) - penalty.gradient(w) == pytest.approx(penalty.curvature)


def by_brute_force(w: Any, threshold: Any, lower: Any = -math.inf, upper: Any = math.inf) -> Any:
    """The least of ½(z − w)² + threshold·|z|, on ever finer grids that hold 0 and the bounds."""
    left, right = max(lower, -abs(w) - 1), min(upper, abs(w) + 1)
    left, right = min(left, upper), max(right, lower)
    for _ in range(12):
        z = np.append(np.linspace(left, right, 401), np.clip([0.0, w], lower, upper))
        best = z[np.argmin(0.5 * (z - w) ** 2 + threshold * np.abs(z))]
        width = (right - left) / 100
        left, right = max(lower, best - width), min(upper, best + width)
    return best


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("step", [0.1, 1.0, 5.0])
def test_prox_is_the_minimum_that_brute_force_finds(penalty: Any, step: Any) -> None:
    w = np.array([-4.0, -1.0, -0.3, -0.01, 0.0, 0.02, 0.4, 0.9, 3.0])
    found = penalty.prox(w, step)
    expected = [by_brute_force(value, step * penalty.absolute) for value in w]
    assert found == pytest.approx(np.array(expected), abs=1e-7)


@given(
    w=st.floats(-5, 5),
    threshold=st.floats(0, 4),
    sides=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
)
def test_prox_within_bounds_is_the_minimum_that_brute_force_finds(
    w: Any, threshold: Any, sides: Any
) -> None:
    bounds = Bounds.of("w", {"w": sorted(sides)})
    rule = Penalized(L1(threshold), np.array([True]), bounds)
    found = float(rule.prox(np.array([w]), 1.0)[0])
    expected = by_brute_force(w, threshold, *sorted(sides))

    def objective(z: Any) -> Any:
        return 0.5 * (z - w) ** 2 + threshold * abs(z)

    assert min(sides) <= found <= max(sides)
    assert objective(found) <= objective(expected) + 1e-12


def test_zeros_are_exact_and_positive() -> None:
    w = np.array([-0.5, -0.2, 0.0, 0.2, 0.5, np.nextafter(0.5, 1)])
    found = L1(0.5).prox(w, 1.0)
    assert found.tolist() == [0, 0, 0, 0, 0, np.nextafter(0.5, 1) - 0.5]
    assert not np.signbit(found).any()
    assert L2(3.0).prox(w, 1.0).tolist() == w.tolist()


def test_prox_takes_a_rate_for_each_run() -> None:
    w = np.array([[1.0, -1.0], [1.0, -1.0]])
    found = L1(1.0).prox(w, np.array([[0.25], [2.0]]))
    assert found.tolist() == [[0.75, -0.75], [0, 0]]


def test_what_is_not_a_number_stays_so() -> None:
    found = L1(1.0).prox(np.array([np.nan, np.inf, -np.inf]), 0.5)
    np.testing.assert_array_equal(found, [np.nan, np.inf, -np.inf])
    assert L2(1.0).value(np.array([1e200, 0.0])) == math.inf
    assert L1(1.0).value(np.array([1e200, 0.0])) == 1e200
    assert L2(0.0).value(np.array([np.inf])) == 0


def test_an_intercept_goes_free() -> None:
    rule = Penalized(ElasticNet(2.0, 0.5), np.array([True, False, True]))
    w = np.array([[3.0, 100.0, -0.5], [0.0, -7.0, 0.0]])
    assert rule.value(w) == pytest.approx([3.5 + 0.5 * 9.25, 0])
    assert rule.gradient(w).tolist() == [[3, 0, -0.5], [0, 0, 0]]
    assert rule.prox(w, 1.0).tolist() == [[2, 100, 0], [0, -7, 0]]


def test_an_intercept_may_be_bounded_all_the_same() -> None:
    bounds = Bounds.of("ab", {"b": (None, 1)})
    rule = Penalized(L1(1.0), np.array([True, False]), bounds)
    assert rule.prox(np.array([2.0, 5.0]), 0.5).tolist() == [1.5, 1]


def proximal_descent(
    x: np.ndarray, y: np.ndarray, rule: Penalized, steps: int = 6000
) -> np.ndarray:
    """Descent on mean (xw − y)² plus the rule's penalty, at the largest rate that is safe."""
    n = len(y)
    lr = 1.0 / (2.0 * float(np.linalg.norm(x, 2)) ** 2 / n + rule.penalty.curvature)
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        slope = 2.0 / n * x.T @ (x @ w - y) + rule.gradient(w)
        w = rule.prox(w - lr * slope, lr)
    return w


X = RANDOM.normal(size=(40, 6))
Y = X @ np.array([2.0, -1.0, 0.0, 0.0, 0.5, -3.0]) + 0.3 * RANDOM.normal(size=40)
ALL = np.ones(6, dtype=bool)


@pytest.mark.parametrize("penalty", [L1(0.9), ElasticNet(1.5, 0.6)], ids=str)
def test_proximal_descent_meets_the_conditions_of_a_minimum(penalty: Any) -> None:
    w = proximal_descent(X, Y, Penalized(penalty, ALL))
    slope = 2 / 40 * X.T @ (X @ w - Y) + penalty.gradient(w)
    zero = w == 0.0
    assert 1 <= zero.sum() <= 4
    assert slope[~zero] == pytest.approx(-penalty.absolute * np.sign(w[~zero]), abs=1e-12)
    assert np.abs(slope[zero]).max() <= penalty.absolute


def test_proximal_descent_with_l2_is_ridge_in_closed_form() -> None:
    w = proximal_descent(X, Y, Penalized(L2(0.3), ALL))
    assert w == pytest.approx(np.linalg.solve(X.T @ X + 40 * 0.3 * np.eye(6), X.T @ Y))


def test_non_negative_coefficients_are_those_of_scipy() -> None:
    names = tuple("abcdef")
    bounds = Bounds.of(names, {name: (0, None) for name in names})
    w = proximal_descent(X, Y, Penalized(L1(0.0), ALL, bounds))
    expected, _ = nnls(X, Y)
    assert w == pytest.approx(expected, abs=1e-10)
    assert (w == 0.0).tolist() == (expected == 0.0).tolist()


def test_the_compiled_step_is_the_same() -> None:
    from steepest.losses.kernel import proximal

    for w in (*RANDOM.normal(size=50) * 2, 0.0, -0.5, 0.5, math.inf):
        for lower, upper in ((-math.inf, math.inf), (0.0, math.inf), (-1.0, 0.25)):
            rule = Penalized(L1(0.5), np.array([True]), Bounds.of("w", {"w": (lower, upper)}))
            assert proximal(w, 0.5, lower, upper) == rule.prox(np.array([w]), 1.0)[0]
    assert math.isnan(proximal(math.nan, 0.5, 0.0, 1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L1(-1), "L1: alpha must be a number of 0 or more, not -1."),
        (lambda: L2(math.nan), "L2: alpha must be a number of 0 or more, not nan."),
        (lambda: L2("1"), "L2: alpha must be a number of 0 or more, not '1'."),  # type: ignore[arg-type]  # refused
        (lambda: L2(10**400), "L2: alpha must be a number of 0 or more, not 1000"),
        (lambda: ElasticNet(1, 1.5), "ElasticNet: l1_ratio must be a number from 0 to 1, not 1.5."),
        (lambda: ElasticNet(True), "ElasticNet: alpha must be a number of 0 or more, not True."),
        (
            lambda: Penalized(L1(1.0), np.array([True, True]), Bounds.of("w", {})),
            "there are bounds of 1 parameters, but there are 2.",
        ),
    ],
)
def test_what_cannot_be_made(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        make()
