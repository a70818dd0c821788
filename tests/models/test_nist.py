"""Certified regressions of NIST's Statistical Reference Datasets, digit by digit.

Powers of x are formed in float64 before steepest sees them. For Filip that alone leaves the exact
least-squares answer of the rounded powers with 7.6 certified digits in the coefficients, 7.6 in the
standard errors and 9.5 in the residual's standard deviation: no program that is handed the powers
can be held to more. Its standard errors are therefore held against exact arithmetic on the same
powers, and its residual standard deviation to 8 digits.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steepest.api.fit import fit
from steepest.results.fit import Fit

Digits = Callable[..., list[float]]
FOLDER = Path(__file__).parent.parent / "data"
SETTLED = 10**18


@dataclass(frozen=True)
class Certified:
    """Rows and certified answers, coefficients first and the intercept, if any, last."""

    features: np.ndarray
    target: np.ndarray
    intercept: bool
    estimates: list[float]
    errors: list[float]
    deviation: float
    r2: float


@cache
def certified(name: str, degree: int = 1) -> Certified:
    """Read a file of NIST as it was published; a polynomial's powers are formed here."""
    lines = (FOLDER / f"{name}.dat").read_text().splitlines()
    start = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    rows = np.array(
        [[float(v) for v in line.split()] for line in lines[start + 1 :] if line.strip()]
    )
    features = rows[:, 1:]
    if degree > 1:
        features = np.column_stack([rows[:, 1] ** k for k in range(1, degree + 1)])
    found = [re.fullmatch(r"\s+B(\d+)\s+(\S+)\s+(\S+)\s*", line) for line in lines[:60]]
    pairs = [(float(m[2]), float(m[3])) for m in found if m]
    intercept = any(m[1] == "0" for m in found if m)
    if intercept:
        pairs = [*pairs[1:], pairs[0]]

    def value(label: str) -> float:
        (text,) = [m[1] for m in (re.match(rf"\s+{label}\s+(\d\S*)", s) for s in lines[:60]) if m]
        return float(text)

    return Certified(
        features,
        rows[:, 0],
        intercept,
        [estimate for estimate, _ in pairs],
        [error for _, error in pairs],
        value("Standard Deviation"),
        value("R-Squared"),
    )


def run(table: Certified, **options: Any) -> Fit:
    return fit(table.features, table.target, intercept=table.intercept, **options)


def estimates(found: Fit) -> list[float]:
    return [found.step[name] for name in found.names]


def errors(found: Fit) -> list[float]:
    assert found.inference is not None
    return [found.inference[name].standard_error for name in found.names]


SETS = [
    ("Norris", 1, 11),
    ("NoInt1", 1, 11),
    ("Longley", 1, 11),
    ("Wampler1", 5, 9),
    ("Wampler4", 5, 7),
]


@pytest.mark.parametrize("accuracy", ["auto", "high"])
@pytest.mark.parametrize(("name", "degree", "required"), SETS)
def test_coefficients_once_settled(
    name: str, degree: int, required: int, accuracy: str, digits_of: Digits
) -> None:
    table = certified(name, degree)
    found = run(table, epochs=SETTLED, accuracy=accuracy)
    assert found.verdict.kind == "converged"
    assert min(digits_of(estimates(found), table.estimates)) >= required


@pytest.mark.parametrize(("name", "degree", "required"), SETS)
def test_coefficients_with_the_default_settings(
    name: str, degree: int, required: int, digits_of: Digits
) -> None:
    table = certified(name, degree)
    found = run(table)
    assert found.verdict.kind == "converged"
    assert min(digits_of(estimates(found), table.estimates)) >= required


@pytest.mark.parametrize(("name", "degree"), [(n, k) for n, k, _ in SETS if n != "Wampler1"])
def test_deviations_and_standard_errors(name: str, degree: int, digits_of: Digits) -> None:
    table = certified(name, degree)
    found = run(table)
    assert digits_of([found.residual_deviation], [table.deviation])[0] >= 9
    assert min(digits_of(errors(found), table.errors)) >= 9
    assert found.r2 == pytest.approx(table.r2, rel=1e-9)


def test_a_perfect_fit_has_no_residual() -> None:
    table = certified("Wampler1", 5)
    found = run(table, epochs=SETTLED)
    assert found.residual_deviation is not None
    assert found.residual_deviation < 1e-9
    assert max(errors(found)) < 1e-9
    assert found.r2 == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("accuracy", ["auto", "high"])
def test_filip_with_the_default_settings(accuracy: str, digits_of: Digits) -> None:
    table = certified("Filip", 10)
    found = run(table, accuracy=accuracy)
    assert found.verdict.kind == "converged"
    assert found.reduced is not None
    assert found.reduced.training.method == "qr"
    assert min(digits_of(estimates(found), table.estimates)) >= 7
    assert digits_of([found.residual_deviation], [table.deviation])[0] >= 9
    assert found.r2 == pytest.approx(table.r2, rel=1e-9)
    assert min(digits_of(errors(found), table.errors)) >= 7


def test_filip_against_exact_arithmetic_on_the_same_powers(
    exactly: Callable[..., Any], digits_of: Digits
) -> None:
    table = certified("Filip", 10)
    exact = exactly(table.features, table.target)
    assert 7.5 < min(digits_of([float(v) for v in exact.parameters], table.estimates)) < 8.0
    found = run(table)
    assert min(digits_of(estimates(found), exact.parameters)) >= 7
    assert min(digits_of(errors(found), exact.standard_errors)) >= 7


@pytest.mark.parametrize("name", [name for name, *_ in SETS] + ["Filip"])
@pytest.mark.parametrize("accuracy", ["auto", "high", "fast"])
def test_stated_digits_are_within_one_of_the_true_ones(
    name: str, accuracy: str, exactly: Callable[..., Any], digits_of: Digits
) -> None:
    """Against fractions, of the powers as float64 has them."""
    degree = {"Wampler1": 5, "Wampler4": 5, "Filip": 10}.get(name, 1)
    table = certified(name, degree)
    found = run(table, accuracy=accuracy)
    exact = exactly(table.features, table.target, intercept=table.intercept)
    true = np.minimum(digits_of(estimates(found), exact.parameters), 16.0)
    assert found.digits is not None
    slack = true - list(found.digits.values())
    assert slack.min() > -0.3 and slack.max() < 1.0


def test_filip_states_how_far_it_is_when_it_has_not_settled(digits_of: Digits) -> None:
    """At 10^18 epochs plain descent on Filip has most of its slowest direction before it."""
    table = certified("Filip", 10)
    found = run(table, epochs=SETTLED)
    assert found.verdict.kind == "max steps"
    assert "directions has settled." in found.verdict.reason
    assert re.search(r"0\.\d+ of it is left", found.verdict.reason)
    assert found.inference is None
    settled = found.forecast.epochs_to_settle
    assert settled is not None
    assert settled > SETTLED
    for name, estimate in zip(found.names, table.estimates, strict=True):
        assert found.distance is not None
        assert found.distance[name] == pytest.approx(abs(found.step[name] - estimate), rel=1e-5)


def test_settled_steps_no_longer_move() -> None:
    table = certified("Longley")
    path = run(table).path
    assert path.at(SETTLED).parameters.tolist() == path.at(10 * SETTLED).parameters.tolist()


def solved_exactly(features: np.ndarray, target: np.ndarray) -> list[Fraction]:
    """Least squares with an intercept, first, of the numbers as they are, in fractions."""
    rows = [[Fraction(1), *map(Fraction, row)] for row in features.tolist()]
    goal, width = [*map(Fraction, target.tolist())], len(rows[0])
    table = [
        [sum(row[i] * row[j] for row in rows) for j in range(width)]
        + [sum(row[i] * y for row, y in zip(rows, goal, strict=True))]
        for i in range(width)
    ]
    for i in range(width):
        for j in range(width):
            if j != i:
                share = Fraction(table[j][i]) / table[i][i]
                table[j] = [a - share * b for a, b in zip(table[j], table[i], strict=True)]
    return [Fraction(table[i][width]) / table[i][i] for i in range(width)]


def ill_conditioned(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Tables like NIST's, and worse."""
    rng = np.random.default_rng(3)
    if name.startswith("powers"):
        x = {"unit": np.linspace(0.0, 1.0, 30), "raw": np.arange(1.0, 26.0)}[name.split()[1]]
        return np.column_stack([x**k for k in range(1, 13)]), np.sin(x) + rng.normal(size=len(x))
    if name == "years":
        x = np.arange(1950.0, 2021.0)
        return np.column_stack([x, x**2]), 0.003 * (x - 1980.0) ** 2 + rng.normal(size=71)
    if name == "hilbert":
        rows = 1.0 / (np.arange(20.0)[:, None] + np.arange(1.0, 8.0) + 1.0)
        return rows, rows.sum(axis=1) + 0.1 * rng.normal(size=20)
    a, b, noise, rest = rng.normal(size=(4, 40))
    return np.column_stack([a, b, a + b + 1e-9 * noise]), a - b + 0.1 * rest


@pytest.mark.parametrize("accuracy", ["auto", "high"])
@pytest.mark.parametrize("name", ["powers unit", "powers raw", "years", "hilbert", "sum"])
def test_ill_conditioned_tables_of_our_own(name: str, accuracy: Any) -> None:
    """NumPy has 7.3, none, 11.6, 9.5 and 6.7 digits of them."""
    features, target = ill_conditioned(name)
    found, known = fit(features, target, accuracy=accuracy), solved_exactly(features, target)
    ours = [found.intercept, *found.coefficients.values()]
    shares = [abs((Fraction(a) - b) / b) for a, b in zip(ours, known, strict=True)]
    true = [-math.log10(max(float(share), 1e-16)) for share in shares]
    assert found.verdict.kind == "converged"
    assert min(true) >= 15.0
    assert found.digits is not None
    stated = [found.digits[each] for each in ("intercept", *found.coefficients)]
    assert all(a - 1.0 <= b <= a + 0.3 for a, b in zip(true, stated, strict=True))
