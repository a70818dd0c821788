"""What several tests need: seeds, least squares in exact rational arithmetic, published tables."""

import gc
import importlib
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

# Tests have small matrices and a process for each core: threads of BLAS and torch would only wait
# for each other, for ten times as long where the machine is busy. NumPy reads this when imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Pictures are drawn, and no window opens.
os.environ["MPLBACKEND"] = "Agg"
# Sentences are compared in English, whatever the system speaks.
os.environ["STEEPEST_LANG"] = "en"

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from steepest.errors import SteepestError
from steepest.models.fit_data import FitData
from steepest.tables.table import LazyTable

# Every run draws the same examples; on a busy machine one may take any time.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# A shell ignores SIGINT in what it runs in the background, and every child would inherit that:
# those that tests interrupt would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# While all modules and tests are loaded nothing of them becomes garbage, and afterwards they stay:
# to look for garbage among them took a fifth of the time until the first test.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


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
        # `torch.manual_seed` also notes a traceback for each kind of accelerator, to seed it later.
        sys.modules["torch"].default_generator.manual_seed(0)


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


# Fits of more rows are not read again for it.
_MOST_ROWS = 20_000
# How far R², RMSE and objective may be from those of the predictions.
_RELATIVE = 1e-9


@pytest.fixture(autouse=True)
def consistent_fits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fit of every test states R², RMSE and objective of its own predictions; a test that
    counts how often its rows are read is marked `counts_reads`.
    """
    if "counts_reads" in request.keywords:
        return
    module = importlib.import_module("steepest.api.fit")
    train = module.train

    def checked(table: Any, request: Any) -> Any:
        found = train(table, request)
        if found.classes is None and not isinstance(table, LazyTable):
            _check_own_predictions(found, table)
        return found

    monkeypatch.setattr(module, "train", checked)


def _check_own_predictions(fit: FitData, table: Any) -> None:
    interrupted = fit.reduced is not None and fit.reduced.interrupted
    if interrupted or fit.rows > _MOST_ROWS or not np.isfinite(fit.objective):
        return
    if "interrupted" in fit.verdict.kind or not np.isfinite(fit.metrics.mean_loss):
        return
    split, parts = fit.settings.split, []
    try:
        blocks = list(fit.encoding.blocks(table, 4096))
    except (SteepestError, KeyboardInterrupt):  # a source that is gone, or breaks off on purpose
        return
    for block in blocks:
        weights = np.ones(len(block)) if block.weights is None else np.array(block.weights)
        if split.fraction is not None:
            weights = weights * (split.part(block.keys) == 0)
        eta = fit.predictor(block.features)[:, 0]
        offsets = np.abs(np.asarray(block.features, dtype=np.float64) - fit.predictor.centre)
        terms = offsets @ np.abs(fit.predictor.slopes[0])
        parts.append((eta, np.asarray(block.target, dtype=np.float64), weights, terms))
    eta, y, w, terms = (np.concatenate(each) for each in zip(*parts, strict=True))
    mean = fit.loss.mean(eta)
    squares = float(w @ np.square(y - mean)) / w.sum()
    # Predictions are rounded, as the target is.
    relative = _RELATIVE
    if fit.reduced is not None and fit.settings.accuracy == "fast":  # sums of products alone
        relative = max(relative, 10.0 ** (0.3 - fit.reduced.accuracy.residual_digits))
    rounding = 64.0 * np.finfo(float).eps * float(np.abs([y[w > 0], mean[w > 0]]).max())
    if fit.verdict.kind != "converged":  # on the way the triangle's rounding is in the objective
        rounding += 16.0 * np.finfo(float).eps * float(terms.max())
    if fit.rmse is not None:
        assert np.sqrt(squares) == pytest.approx(fit.rmse, rel=relative, abs=rounding)
    if fit.r2 is not None:
        about = 0.0 if fit.quality is not None and not fit.settings.intercept else w @ y / w.sum()
        spread = float(w @ np.square(y - about)) / w.sum()
        slack = relative * max(1.0, abs(1.0 - fit.r2)) + 2.0 * rounding * np.sqrt(squares) / spread
        assert 1.0 - squares / spread == pytest.approx(fit.r2, abs=slack + rounding**2 / spread)
    if not fit.settings.average:
        own = float(w @ fit.loss.value(eta, y))
        _check_objective(fit, own, float(w.sum()), rounding, 2.0 * relative)


def _check_objective(
    fit: FitData, total: float, weight: float, rounding: float, relative: float
) -> None:
    at, settings = fit.path.descent_parameters(fit.step.index), fit.settings
    free = at[: len(at) - settings.intercept]
    penalty = settings.ridge * np.square(free).sum() + settings.l1 * np.abs(free).sum()
    own = total if settings.reduction == "sum" else total / weight
    factor = weight if settings.reduction == "sum" else 1.0
    slope = 2.0 * np.sqrt(abs(own) / factor) + 1.0 + rounding
    assert own + penalty == pytest.approx(
        fit.objective, rel=relative, abs=rounding * slope * factor
    )


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Pictures that a test has drawn are gone after it."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
