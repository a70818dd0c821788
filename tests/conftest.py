"""What several tests need: seeds, least squares in exact rational arithmetic, published tables."""

import random
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Every run draws the same examples; on a busy machine one may take any time.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# A shell ignores SIGINT in what it runs in the background, and every child would inherit that:
# those that tests interrupt would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TABLES = Path(__file__).parent / "data"
# What agrees to every digit that float64 holds counts as 16.
ALL_DIGITS = 16.0


@dataclass(frozen=True)
class Exact:
    """A least-squares answer without rounding: what float64 rows say, read as the numbers they are.

    `parameters` are coefficients, then the intercept where there is one; `variances` the diagonal
    of (XᵀWX)⁻¹; `squares` the weighted sum of squared residuals.
    """

    parameters: list[Fraction]
    variances: list[Fraction]
    squares: Fraction
    degrees: int

    @property
    def residual_deviation(self) -> float:
        """√(S/(n − d)), correct to every digit of float64."""
        return root(self.squares / self.degrees)

    @property
    def standard_errors(self) -> list[float]:
        """√(S/(n − d) · diag (XᵀWX)⁻¹), correct to every digit of float64."""
        return [root(self.squares / self.degrees * value) for value in self.variances]


def root(value: Fraction) -> float:
    """The square root of a fraction, to 50 digits, then to float64."""
    with localcontext() as context:
        context.prec = 50
        return float((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def solve_exactly(
    features: object,
    target: object,
    *,
    intercept: bool = True,
    weights: object = None,
    ridge: Fraction = Fraction(0),
) -> Exact:
    """Normal equations in fractions; `ridge` is added to the diagonal but for the intercept."""
    rows = [[Fraction(v) for v in row] for row in np.asarray(features).tolist()]
    if intercept:
        rows = [[*row, Fraction(1)] for row in rows]
    y = [Fraction(v) for v in np.asarray(target).tolist()]
    w = [Fraction(1)] * len(y) if weights is None else [Fraction(v) for v in weights]  # type: ignore[attr-defined]  # not None
    d = len(rows[0])
    system = [
        [total(wi * row[i] * row[j] for row, wi in zip(rows, w, strict=True)) for j in range(d)]
        for i in range(d)
    ]
    for i in range(d - intercept):
        system[i][i] += ridge
    right = [
        total(wi * row[i] * yi for row, yi, wi in zip(rows, y, w, strict=True)) for i in range(d)
    ]
    for i in range(d):
        system[i] += [*(Fraction(int(i == j)) for j in range(d)), right[i]]
    solved = eliminate(system)
    parameters = [row[-1] for row in solved]
    squares = total(
        wi * (yi - total(a * b for a, b in zip(row, parameters, strict=True))) ** 2
        for row, yi, wi in zip(rows, y, w, strict=True)
    )
    return Exact(parameters, [solved[i][d + i] for i in range(d)], squares, len(y) - d)


def total(terms: Iterable[Fraction]) -> Fraction:
    return sum(terms, start=Fraction(0))


def eliminate(system: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss and Jordan, in fractions: the left square becomes the identity."""
    d = len(system)
    for column in range(d):
        best = max(range(column, d), key=lambda i: abs(system[i][column]))
        system[column], system[best] = system[best], system[column]
        pivot = system[column][column]
        system[column] = [value / pivot for value in system[column]]
        for i in range(d):
            if i != column and system[i][column]:
                factor = system[i][column]
                system[i] = [a - factor * b for a, b in zip(system[i], system[column], strict=True)]
    return system


def correct_digits(found: Sequence[float], exact: Sequence[Fraction | float]) -> list[float]:
    """−log10 of the relative error of each number, at most 16."""
    digits = []
    for value, true in zip(found, exact, strict=True):
        if not np.isfinite(value):
            digits.append(0.0)
            continue
        gap = abs(Fraction(value) - Fraction(true))
        relative = gap / abs(Fraction(true)) if true else gap
        digits.append(
            min(ALL_DIGITS, -float(np.log10(float(relative)))) if relative else ALL_DIGITS
        )
    return digits


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Global generators draw the same numbers for a test, whichever tests ran before."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def exactly() -> Callable[..., Exact]:
    """`solve_exactly`, as a fixture: test modules do not import each other."""
    return solve_exactly


@pytest.fixture(scope="session")
def digits_of() -> Callable[..., list[float]]:
    """`correct_digits`, as a fixture."""
    return correct_digits


@pytest.fixture(scope="session")
def tables() -> Path:
    """The folder of published tables."""
    return TABLES
