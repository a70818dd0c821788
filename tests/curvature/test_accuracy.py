"""The digits that are stated are never more than the digits that are true.

The true digits come from least squares in fractions, on the very float64 numbers that were fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest

from steepest.api.fit import fit
from steepest.errors import NotUniqueError
from steepest.results.fit import Fit
from steepest.results.moments import Moments

MARGIN = 0.3
PROBLEMS = 200


@dataclass(frozen=True)
class Rows:
    """A table that is hard in one of five ways."""

    features: np.ndarray
    target: np.ndarray
    weights: np.ndarray | None
    intercept: bool


def problem(number: int) -> Rows:
    """Condition numbers from 1 to 1e12, offsets to 1e9, scales from 1e-12 to 1e12, weights."""
    rng = np.random.default_rng(1000 + number)
    columns = int(rng.integers(1, 6))
    rows = int(rng.integers(columns + 3, 30))
    features = MAKERS[number % len(MAKERS)](rng, rows, columns, 10.0 ** rng.uniform(0.0, 12.0))
    slopes = rng.standard_normal(columns) / np.abs(features).max(axis=0)
    noise = 10.0 ** rng.uniform(-12.0, 1.0) * rng.standard_normal(rows)
    target = features @ slopes + noise + rng.choice([0.0, 1.0, 1e6])
    weights = rng.uniform(0.1, 3.0, rows) if number % 7 == 0 else None
    return Rows(features, target, weights, intercept=bool(number % 4))


def graded(rng: np.random.Generator, rows: int, columns: int, condition: float) -> np.ndarray:
    """Singular values from 1 down to 1 / condition."""
    left = np.linalg.qr(rng.standard_normal((rows, columns)))[0]
    right = np.linalg.qr(rng.standard_normal((columns, columns)))[0]
    return (left * np.geomspace(1.0, 1.0 / condition, columns)) @ right.T


def alike(rng: np.random.Generator, rows: int, columns: int, condition: float) -> np.ndarray:
    """The last column is the first but for a part of 1 / condition."""
    features = rng.standard_normal((rows, columns))
    if columns > 1:
        features[:, -1] = features[:, 0] + features[:, -1] / condition
    return features


def far(rng: np.random.Generator, rows: int, columns: int, condition: float) -> np.ndarray:
    """Columns of spread 1 far from zero."""
    signs = rng.choice([-1.0, 1.0], columns)
    return rng.standard_normal((rows, columns)) + signs * 10.0 ** rng.uniform(0.0, 9.0, columns)


def whole(rng: np.random.Generator, rows: int, columns: int, condition: float) -> np.ndarray:
    """Integers, some of them far from zero."""
    offsets = rng.integers(0, 2, columns) * rng.integers(0, 10**9, columns)
    return rng.integers(-50, 50, (rows, columns)).astype(np.float64) + offsets


def scaled(rng: np.random.Generator, rows: int, columns: int, condition: float) -> np.ndarray:
    """Units from 1e-12 to 1e12."""
    return rng.standard_normal((rows, columns)) * 10.0 ** rng.uniform(-12.0, 12.0, columns)


Accuracy = Literal["moments", "auto", "high"]
ACCURACIES: tuple[Accuracy, ...] = ("moments", "high")
SETTLED = 10**18
MAKERS = (graded, alike, far, whole, scaled)


@cache
def answer(number: int, accuracy: Accuracy, epochs: int | None) -> Fit | None:
    """The fit of a problem, None where it is refused as not unique: said, not claimed."""
    rows = problem(number)
    try:
        if accuracy == "moments":
            moments = Moments.of(rows.features, rows.target, weights=rows.weights)
            return fit(moments, intercept=rows.intercept, epochs=epochs)
        return fit(
            rows.features,
            rows.target,
            weights=rows.weights,
            intercept=rows.intercept,
            accuracy=accuracy,
            epochs=epochs,
        )
    except NotUniqueError:
        return None


def chosen(epochs: int | None) -> list[int]:
    """Half of the problems: twenty in turn have every maker with and without an intercept."""
    return [k for k in range(PROBLEMS) if (k // 20) % 2 == (epochs is None)]


def overclaim(found: Fit, exact: Any, digits_of: Any) -> float:
    """By how many digits the worst claim exceeds the truth; a column left out counts as claimed."""
    kept = [*found.features, *(["intercept"] if found.settings.intercept else [])]
    values = [found.intercept if n == "intercept" else found.coefficients[n] for n in kept]
    true = digits_of(values, exact.parameters)
    assert found.digits is not None
    return max(
        found.digits.get(name, 0.0) - max(digits, 0.0)
        for name, digits in zip(kept, true, strict=True)
    )


@pytest.mark.parametrize("epochs", [None, SETTLED], ids=["default", "settled"])
@pytest.mark.parametrize("accuracy", ["moments", "auto", "high"])
def test_two_hundred_problems(
    accuracy: Accuracy,
    epochs: int | None,
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    worst, where, answered = -np.inf, -1, 0
    numbers = chosen(epochs)
    for number in numbers:
        found = answer(number, accuracy, epochs)
        if found is None:
            continue
        answered += 1
        exact = exact_answer(number, exactly)
        excess = overclaim(found, exact, digits_of)
        if excess > worst:
            worst, where = excess, number
    assert worst <= MARGIN, f"problem {where} claims {worst:.2f} digits too many"
    assert answered >= (len(numbers) if accuracy != "moments" else 0.85 * len(numbers))


_EXACT: dict[int, Any] = {}


def exact_answer(number: int, exactly: Callable[..., Any]) -> Any:
    """The exact answer to a problem, worked out once."""
    if number not in _EXACT:
        rows = problem(number)
        _EXACT[number] = exactly(
            rows.features, rows.target, intercept=rows.intercept, weights=rows.weights
        )
    return _EXACT[number]


def slack_of(found: Fit, exact: Any, digits_of: Any) -> list[float]:
    """How many digits each parameter has beyond those that are stated; from 0 to 16 count."""
    true = digits_of([found.step[name] for name in found.names], exact.parameters)
    assert found.digits is not None
    return [min(max(t, 0.0), 16.0) - s for t, s in zip(true, found.digits.values(), strict=True)]


def test_digits_of_rows_are_within_one_of_the_truth(
    exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    """The last correction tells them: of the columns that are fitted, at the settled end."""
    slack = []
    for number in range(PROBLEMS):
        found = answer(number, "auto", SETTLED)
        if found is not None and not found.left_out:
            slack += slack_of(found, exact_answer(number, exactly), digits_of)
    assert len(slack) > 3 * PROBLEMS
    assert min(slack) > -MARGIN
    assert np.mean(np.array(slack) <= 1.0) > 0.97 and max(slack) < 2.0


@pytest.mark.parametrize("ridge", [1e-9, 1e-3, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
def test_digits_of_ridge_are_within_one_of_the_truth(
    ridge: float, weighted: bool, standardize: bool
) -> None:
    """Against the normal equations in fractions, of float32 rows far from 0."""
    rng = np.random.default_rng(3)
    features = (rng.standard_normal((40, 3)) * [1.0, 50.0, 1e-3] + [0.0, 4e3, 7.0]).astype("f4")
    target = features @ [1.0, 0.1, 30.0] + rng.standard_normal(40)
    weights = rng.integers(1, 5, 40).astype(np.float64) if weighted else np.ones(40)
    given = weights if weighted else None
    found = fit(features, target, weights=given, ridge=ridge, standardize=standardize)
    exact = ridge_in_fractions(features.astype(np.float64), target, weights, ridge, standardize)
    true = [-np.log10(max(abs(float(found.step[n] - v) / float(v)), 1e-16)) for n, v in
            zip(found.names, exact, strict=True)]  # fmt: skip
    assert found.digits is not None
    slack = np.array(true) - list(found.digits.values())
    assert slack.min() > -MARGIN and slack.max() < 1.3 and np.median(slack) < 1.0


def ridge_in_fractions(
    features: np.ndarray, target: np.ndarray, weights: np.ndarray, ridge: float, standardize: bool
) -> list[Fraction]:
    """The minimum of Σ w r² / Σ w + α Σ s² b², with s² = the weighted variance, or 1."""
    columns = [*(list(map(Fraction, column)) for column in features.T.tolist())]
    columns.append([Fraction(1)] * len(target))
    rates, y = list(map(Fraction, weights.tolist())), list(map(Fraction, target.tolist()))
    whole = sum(rates)

    def mean(a: list[Fraction], b: list[Fraction]) -> Fraction:
        terms = (w * u * v for w, u, v in zip(rates, a, b, strict=True))
        return Fraction(sum(terms)) / whole

    rows = [[*(mean(a, b) for b in columns), mean(a, y)] for a in columns]
    for j in range(len(columns) - 1):
        middle = rows[j][-2]
        rows[j][j] += Fraction(ridge) * (rows[j][j] - middle**2 if standardize else 1)
    for j in range(len(rows)):
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for k in range(len(rows)):
            if k != j:
                rows[k] = [a - rows[k][j] * b for a, b in zip(rows[k], rows[j], strict=True)]
    return [row[-1] for row in rows]


@pytest.mark.parametrize("follows", ["another column", "the difference", "both", "far from 0"])
@pytest.mark.parametrize("rounded", ["float32", "to 1e-9", "to 1e-11"])
def test_an_exact_fit_on_a_rounded_difference(
    follows: str, rounded: str, exactly: Callable[..., Any]
) -> None:
    """The direction in which the columns hardly differ moves the objective by less than rounding,
    and yet its share of the coefficients is known: what converged is as in fractions.
    """
    rng = np.random.default_rng(7)
    a, b, other = rng.normal(size=55).round(1), rng.normal(size=55).round(1) * 3.0, rng.random(55)
    step = {"float32": None, "to 1e-9": 1e-9, "to 1e-11": 1e-11}[rounded]
    noise = 0.0 if step is None else step * rng.integers(-5, 6, 55)
    difference = np.float32(a) - np.float32(b) if step is None else a - b + noise
    features = np.column_stack([a, b, difference, other]).astype(np.float64)
    targets = {
        "another column": other - a,
        "the difference": features[:, 2],
        "both": 2.0 * features[:, 2] + other - 3.0,
        "far from 0": other + 1e6,
    }
    found = fit(features, targets[follows])
    exact = exactly(features, targets[follows], intercept=True).parameters
    assert found.verdict.kind == "converged" and found.digits is not None
    assert not found.left_out and min(found.digits.values()) > 5.0
    assert found.reduced is not None
    for name, true, least in zip(found.names, exact, found.reduced.accuracy.least, strict=True):
        gap = abs(float(Fraction(found.step[name]) - true))
        assert gap <= 2.0 * 10.0 ** -found.digits[name] * max(abs(float(true)), least)
        written = found.written(name, found.step[name])
        assert abs(float(written) - float(true)) <= 1e-8 * abs(float(true)) + 1e4 * least


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 2e-7, 1e-7, 1e-10])
@pytest.mark.parametrize("intercept", [True, False])
def test_moments_have_not_converged_to_what_they_leave_no_digit_of(
    distance: float, intercept: bool
) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(200)
    features = np.column_stack([x, x + distance * rng.standard_normal(200), rng.random(200)])
    target = x + 2.0 * features[:, 2] + 0.1 * rng.standard_normal(200)
    found = fit(Moments.of(features, target), intercept=intercept)
    assert found.digits is not None
    few = min(found.digits.values()) < 0.5
    assert few == (distance < 1e-6)
    assert found.verdict.kind == ("plateau" if few else "converged")
    if few:
        assert "rounding leaves no digit of x1" in found.verdict.reason
        assert "fit the rows themselves" in found.verdict.advice
    fast = fit(features, target, intercept=intercept, accuracy="fast")
    assert fast.digits is not None and fast.verdict.kind == "converged"
    assert min(fast.digits.values()) > 8.0


def test_digits_of_the_least_norm(digits_of: Callable[..., list[float]]) -> None:
    """Of columns that are sums of others and of few rows, against NumPy's pinv in longer rows."""
    rng = np.random.default_rng(4)
    features = rng.integers(-9, 9, (12, 3)).astype(np.float64)
    features = np.column_stack([features, features[:, 0] - features[:, 1]])
    target = rng.integers(-9, 9, 12).astype(np.float64)
    options: Any = {"dependent": "minimum_norm", "standardize": False, "intercept": False}
    found = fit(features, target, **options)
    # With b = B c of a basis B of the row space, c solves a regular problem in fractions.
    basis = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0]])
    inner, outer = features[:, :3].T @ features[:, :3], basis.T @ basis
    exact = basis @ np.linalg.solve(outer, np.linalg.solve(inner, features[:, :3].T @ target))
    assert found.digits is not None
    stated, true = list(found.digits.values()), digits_of(found.step.parameters, exact.tolist())
    assert all(9.0 < s <= t + MARGIN for s, t in zip(stated, true, strict=True))
    assert found.verdict.kind == "converged"


@pytest.mark.parametrize("distance", [1e-4, 1e-6, 1e-8, 1e-10])
def test_near_copies_are_told_apart_by_the_second_pass(
    distance: float,
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal(60)
    features = np.column_stack([x, x + distance * rng.standard_normal(60)])
    target = features @ [3.0, -2.0] + 1.0 + 1e-12 * rng.standard_normal(60)
    found = fit(features, target, epochs=10**30)
    exact = exactly(features, target)
    assert overclaim(found, exact, digits_of) <= MARGIN
    assert found.reduced is not None
    assert found.reduced.training.method == "qr"
    assert min(digits_of(list(found.coefficients.values()), exact.parameters[:2])) > 3.0


def test_auto_reads_again_only_where_it_must() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((50, 3))
    target = features @ [1.0, 2.0, 3.0] + rng.standard_normal(50)
    easy = fit(features, target)
    assert easy.reduced is not None
    assert easy.reduced.training.method == "moments"
    assert easy.digits is not None
    assert min(easy.digits.values()) > 8.0
    features[:, 2] = features[:, 0] + 1e-6 * features[:, 1] ** 2
    hard = fit(features, target)
    assert hard.reduced is not None
    assert hard.reduced.training.method == "qr"
    assert any("read twice" in note for note in hard.notes)
    fast = fit(features, target, accuracy="fast")
    assert fast.reduced is not None
    assert fast.reduced.training.method == "moments"


def test_residual_digits_do_not_overclaim(
    exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    """Of the least-squares residual, as the triangle holds it."""
    for number in range(0, PROBLEMS, 3):
        for accuracy in ACCURACIES:
            found = answer(number, accuracy, 10**30)
            if found is None:
                continue
            reduced = found.reduced
            assert reduced is not None
            if reduced.dependence.left_out or found.residual_deviation is None:
                continue
            exact = exact_answer(number, exactly)
            true = digits_of([found.residual_deviation], [exact.residual_deviation])[0]
            stated = reduced.accuracy.residual_digits
            assert stated <= max(true, 0.0) + MARGIN, (number, accuracy)


@pytest.mark.parametrize(
    ("offset", "lr"),
    [(0.0, 2.0**-6), (0.0, 2.0**-4), (0.0, 0.5), (1e3, 2.0**-24), (1e3, 1.0), (1e6, 2.0**-44)],
)
def test_an_unsettled_run_states_digits_of_its_own_epoch(
    offset: float, lr: float, digits_of: Callable[..., list[float]]
) -> None:
    """Steps of a path, settling, slow or diverging, replayed in fractions."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        features = rng.integers(-9, 9, (12, 2)).astype(np.float64) + offset
        target = rng.integers(-9, 9, 12).astype(np.float64)
        found = fit(features, target, standardize=False, lr=lr, epochs=30)
        rows = [[*map(Fraction, row), Fraction(1)] for row in features.tolist()]
        theta = [Fraction(0)] * 3
        for _ in range(30):
            residual = [
                sum(a * b for a, b in zip(row, theta, strict=True)) - Fraction(y)
                for row, y in zip(rows, target.tolist(), strict=True)
            ]
            slope = [
                2
                * sum((r * row[j] for r, row in zip(residual, rows, strict=True)), Fraction(0))
                / len(rows)
                for j in range(3)
            ]
            theta = [t - Fraction(lr) * g for t, g in zip(theta, slope, strict=True)]
        true = digits_of(found.step.parameters.tolist(), theta)
        assert found.digits is not None
        excess = max(s - t for s, t in zip(found.digits.values(), true, strict=True))
        assert excess <= MARGIN, seed
