"""Small functions, written by hand with their derivatives, and descents on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from steepest.arrays import Floats
from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Constant, Schedule
from steepest.descent.stepwise import MOST_KEPT, descend
from steepest.descent.stopping import Epochs, StoppingRule
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_local import forecast_locally
from steepest.diagnosis.judge import judge
from steepest.diagnosis.path_evidence import evidence_of_trajectory
from steepest.diagnosis.verdict import Verdict
from steepest.penalties.bounds import Bounds
from steepest.problems.problem import Problem
from steepest.wording.fact import Fact, fact

Formula = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Written(Problem):
    """A function of the coordinates, with its gradient and second derivative as lists."""

    names: tuple[str, ...]
    value: Formula
    slope: Formula
    curvature: Formula
    quadratic: bool = False
    minimizer: Floats | None = None
    fault: Callable[[Floats], Fact | None] = lambda parameters: None

    def objectives(self, parameters: Floats) -> Floats:
        return np.asarray(self.value(*np.moveaxis(parameters, -1, 0)), dtype=np.float64)

    def gradient(self, parameters: Floats) -> Floats:
        entries = self.slope(*np.moveaxis(parameters, -1, 0))
        return np.stack(np.broadcast_arrays(*entries, parameters[..., 0])[:-1], axis=-1)

    def hessian(self, parameters: Floats) -> Floats:
        return np.array(self.curvature(*parameters), dtype=np.float64)

    def explain(self, parameters: Floats) -> Fact | None:
        return self.fault(parameters)


def fault(operation: str, argument: float, overflow: bool = False) -> Fact:
    return fact(
        "operation not finite", operation=operation, arguments=[argument], overflow=overflow
    )


def one(value: Formula, slope: Formula, curvature: Formula, **more: Any) -> Written:
    """A function of x alone."""
    return Written(("x",), value, lambda x: [slope(x)], lambda x: [[curvature(x)]], **more)


def two(value: Formula, slope: Formula, curvature: Formula, **more: Any) -> Written:
    """A function of x and y."""
    return Written(("x", "y"), value, slope, curvature, **more)


def _sech(x: Floats) -> Floats:
    return 1.0 / np.cosh(x)


FUNCTIONS: Mapping[str, Written] = MappingProxyType(
    {
        # the lessons
        "x^2 - 4x + 5": one(
            lambda x: x**2 - 4 * x + 5, lambda x: 2 * x - 4, lambda x: 2.0, quadratic=True
        ),
        "14/3 (x - 2)^2": one(
            lambda x: 14 / 3 * (x - 2) ** 2,
            lambda x: 28 / 3 * (x - 2),
            lambda x: 28 / 3,
            quadratic=True,
        ),
        # bowls, saddles and flats
        "x^2 + 100 y^2": two(
            lambda x, y: x**2 + 100 * y**2,
            lambda x, y: [2 * x, 200 * y],
            lambda x, y: [[2, 0], [0, 200]],
            quadratic=True,
        ),
        "x^2 - y^2": two(
            lambda x, y: x**2 - y**2,
            lambda x, y: [2 * x, -2 * y],
            lambda x, y: [[2, 0], [0, -2]],
            quadratic=True,
        ),
        "x y": two(
            lambda x, y: x * y, lambda x, y: [y, x], lambda x, y: [[0, 1], [1, 0]], quadratic=True
        ),
        "(x + y)^2": two(
            lambda x, y: (x + y) ** 2,
            lambda x, y: [2 * (x + y), 2 * (x + y)],
            lambda x, y: [[2, 2], [2, 2]],
            quadratic=True,
        ),
        "-x": one(lambda x: -x, lambda x: -1.0, lambda x: 0.0, quadratic=True),
        "(x^2 - 1)^2": one(
            lambda x: (x**2 - 1) ** 2, lambda x: 4 * x * (x**2 - 1), lambda x: 12 * x**2 - 4
        ),
        "x^3": one(lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
        "x^4": one(lambda x: x**4, lambda x: 4 * x**3, lambda x: 12 * x**2),
        "relu x": one(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), lambda x: 0.0),
        "tanh(x)^2": one(
            lambda x: np.tanh(x) ** 2,
            lambda x: 2 * np.tanh(x) * _sech(x) ** 2,
            lambda x: 2 * _sech(x) ** 4 - 4 * np.tanh(x) ** 2 * _sech(x) ** 2,
        ),
        "|x|": one(lambda x: abs(x), lambda x: np.sign(x), lambda x: 0.0),
        # everything else
        "x^4/4 - x^2/2": one(
            lambda x: x**4 / 4 - x**2 / 2, lambda x: x**3 - x, lambda x: 3 * x**2 - 1
        ),
        "x - log x": one(
            lambda x: x - np.log(x),
            lambda x: 1 - 1 / x,
            lambda x: 1 / x**2,
            fault=lambda p: fault("log", p[0]) if p[0] <= 0 else None,
        ),
        "sqrt x": one(np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 * x**-1.5),
        "exp x^2": one(
            lambda x: np.exp(x**2),
            lambda x: 2 * x * np.exp(x**2),
            lambda x: (2 + 4 * x**2) * np.exp(x**2),
            fault=lambda p: fault("exp", p[0] ** 2, overflow=True),
        ),
        "(x - 2)^2 + (y - 3)^2": two(
            lambda x, y: (x - 2) ** 2 + (y - 3) ** 2,
            lambda x, y: [2 * (x - 2), 2 * (y - 3)],
            lambda x, y: [[2, 0], [0, 2]],
            quadratic=True,
        ),
        "rosenbrock": two(
            lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
            lambda x, y: [-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)],
            lambda x, y: [[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200]],
            minimizer=np.array([1.0, 1.0]),
        ),
        # two minima: -1.0575 (the lower) and 0.9304
        "x^4 - 2x^2 + x/2": one(
            lambda x: x**4 - 2 * x**2 + x / 2,
            lambda x: 4 * x**3 - 4 * x + 0.5,
            lambda x: 12 * x**2 - 4,
            minimizer=np.array([-1.0574537760]),
        ),
    }
)


def walk(
    name: str,
    start: float | Sequence[float],
    lr: float | Schedule,
    epochs: int = 100,
    optimizer: Optimizer | None = None,
    stopping: Sequence[StoppingRule] = (),
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    keep: int = MOST_KEPT,
) -> Trajectory:
    """A descent on the function of that name."""
    problem = FUNCTIONS[name]
    return descend(
        problem,
        optimizer or SGD(),
        lr if isinstance(lr, Schedule) else Constant(lr),
        [Epochs(epochs), *stopping],
        np.atleast_1d(start),
        proximal=Proximal.of_bounds(None if bounds is None else Bounds.of(problem.names, bounds)),
        keep=keep,
    )


def verdict_on(name: str, *arguments: Any, **options: Any) -> Verdict:
    """The verdict on that descent."""
    return judge(
        evidence_of_trajectory(
            walk(name, *arguments, **options), quadratic=FUNCTIONS[name].quadratic
        )
    )


def forecast_on(
    name: str,
    start: float | Sequence[float],
    lr: float | Schedule,
    optimizer: Optimizer | None = None,
    bounds: Bounds | None = None,
) -> Forecast:
    """The forecast of that descent."""
    return forecast_locally(
        FUNCTIONS[name],
        np.atleast_1d(start),
        optimizer or SGD(),
        lr if isinstance(lr, Schedule) else Constant(lr),
        bounds,
        quadratic=FUNCTIONS[name].quadratic,
    )


@pytest.fixture
def functions() -> Mapping[str, Written]:
    return FUNCTIONS


@pytest.fixture
def descent() -> Callable[..., Trajectory]:
    return walk


@pytest.fixture
def judged() -> Callable[..., Verdict]:
    return verdict_on


@pytest.fixture
def foretold() -> Callable[..., Forecast]:
    return forecast_on
