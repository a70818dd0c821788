"""The minima of a linear model along the strength of a penalty, from the largest to the smallest.

One strength, of L1 or of ridge, varies over a logarithmic grid; the other stays. Each minimum is
begun at the last (Friedman, Hastie and Tibshirani 2010), by Newton's method with its proximal step;
those of squared loss with ridge alone come from one singular value decomposition.

    L1      from the least strength at which all coefficients are 0, max |∂J/∂wⱼ| there, down to
            1e-4 of it, or 1e-2 where there are fewer rows than columns
    ridge   a strength α leaves e/(e + 2α) of what a direction of curvature e tells: from 1000 times
            the largest curvature, where all is nearly 0, to a thousandth of the smallest; to a
            tenth of it where there are fewer rows than columns, which it lets follow every row
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats, principal
from steepest.descent.automatic_rate import NEWTON_RATE
from steepest.descent.newton import descend_newton
from steepest.descent.optimizers import Newton
from steepest.descent.plan import Plan, penalty_of
from steepest.descent.stepwise import Progress, RunSettings
from steepest.descent.stopping import Epochs
from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError
from steepest.penalties.penalties import L1, L2, Penalty
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.squared_loss import Quadratic, RidgeMinima

Varied: TypeAlias = Literal["l1", "ridge"]
POINTS = 100
# Of rows that are elsewhere each look takes long: fewer strengths, and steps until what is left is
# this share of a standard error, which is enough to choose.
POINTS_ELSEWHERE = 20
_ENOUGH_TO_CHOOSE = 1e-3
_DEPTH, _DEPTH_OF_FEW_ROWS = 1e-4, 1e-2
_BEYOND, _BEYOND_OF_FEW_ROWS = 1e3, 1e1
# Directions with less than this share of the largest curvature count as having none.
_FLAT = 1e-10
_MOST_STEPS, _MOST_STEPS_ELSEWHERE = 200, 10
# An elastic net is kept as two other numbers: what rounding takes off the largest strength.
_ABOVE = 1.0 + 8.0 * float(np.finfo(np.float64).eps)


class Minima(ABC):
    """The minima of one set of rows, asked for one strength after the other, the largest first."""

    names: tuple[str, ...]
    penalized: NDArray[np.bool_]

    @abstractmethod
    def at(self, strength: float) -> tuple[Floats, bool]:
        """The minimum (d,), in the descent's coordinates, and whether it was arrived at. Raises
        KeyboardInterrupt where Ctrl-C ended the way to it.
        """

    @abstractmethod
    def losses(self, points: Floats) -> Floats:
        """The objective without its penalty, (m,), at parameters (m, d)."""

    @abstractmethod
    def to_user(self, points: Floats) -> Floats:
        """Parameters (m, d) in the user's units."""

    @abstractmethod
    def grid(self, rows: int) -> Floats:
        """The strengths (100,), the largest first. Raises InputError where there is no largest."""


@final
class NewtonMinima(Minima):
    """Of any smooth loss, each begun where the last was found.

    `fixed` is the strength of the penalty that does not vary; `looks` counts how often the rows
    were looked at.
    """

    def __init__(self, problem: LinearModel, plan: Plan, varied: Varied, fixed: float) -> None:
        self.problem, self.plan, self.looks = problem, plan, 0
        self.elsewhere = not isinstance(problem, LinearProblem | MomentsProblem)
        self.varied, self.fixed = varied, fixed
        self.names, self.penalized = problem.names, problem.penalized
        self.point: Floats | None = None

    def at(self, strength: float) -> tuple[Floats, bool]:
        both = (strength, self.fixed) if self.varied == "l1" else (self.fixed, strength)
        walked = self._walked(penalty_of(*both))
        self.point = walked.parameters[-1]
        return self.point, walked.stop.rule == "decrement"

    def losses(self, points: Floats) -> Floats:
        self.looks += 1 if isinstance(self.problem, StreamedProblem) else len(points)
        return self._with(L2(0.0)).objectives(points)

    def to_user(self, points: Floats) -> Floats:
        return self.problem.to_user(points)

    def grid(self, rows: int) -> Floats:
        slope, curvature = self._at_null()
        points = POINTS_ELSEWHERE if self.elsewhere else POINTS
        if self.varied == "ridge":
            return ridge_grid(np.asarray(np.linalg.eigvalsh(curvature)), rows, points)
        if self.plan.positive:
            slope = np.minimum(slope, 0.0)
        largest = float(np.abs(slope).max(initial=0.0))
        return l1_grid(largest, rows, self.problem.columns, points)

    def _at_null(self) -> tuple[Floats, Floats]:
        """Where all p coefficients are 0 and intercepts are best: the slopes (p,), and the second
        derivative (p, p), intercepts following.
        """
        free = self._with(L2(0.0))
        start, held = free.start(), self.penalized
        enough = 2.0 * np.abs(free.gradient(start)[held]).max(initial=0.0)
        if enough > 0.0:  # the best constant of some losses is rounded
            start = self._walked(L1(enough), start).parameters[-1]
        self.point = start
        known = free.second_order(start)
        self.looks += 3
        inner = principal(known.hessian, held)
        across = known.hessian[np.ix_(held, ~held)]
        if across.size:
            inner = inner - across @ np.linalg.pinv(principal(known.hessian, ~held)) @ across.T
        return known.gradient[held], inner

    def _walked(self, penalty: Penalty, start: Floats | None = None) -> Trajectory:
        problem = self._with(penalty)
        if start is None:
            start = problem.start() if self.point is None else self.point
        enough = _ENOUGH_TO_CHOOSE if self.elsewhere else 0.0
        most = _MOST_STEPS_ELSEWHERE if self.elsewhere else _MOST_STEPS
        run = RunSettings(Newton(), NEWTON_RATE, start, enough=enough)
        proximal = replace(self.plan, penalty=penalty).proximal(problem)
        walked = descend_newton(problem, run, [Epochs(most)], proximal=proximal)
        self.looks += len(walked.parameters)
        if walked.stop.rule == "interrupted":
            raise KeyboardInterrupt
        return walked

    def _with(self, penalty: Penalty) -> LinearModel:
        return replace(self.problem, penalty=penalty)


@final
class QuadraticMinima(Minima):
    """Of squared loss with ridge alone."""

    def __init__(self, problem: Quadratic) -> None:
        self.problem, self.found = problem, RidgeMinima.of(problem)
        self.names, self.penalized = problem.names, problem.penalized

    def at(self, strength: float) -> tuple[Floats, bool]:
        return self.found.at(strength), True

    def losses(self, points: Floats) -> Floats:
        return self.problem.loss.value(points)

    def to_user(self, points: Floats) -> Floats:
        return self.problem.to_user(points)

    def grid(self, rows: int) -> Floats:
        return ridge_grid(self.found.curvatures, rows)


def l1_grid(largest: float, rows: int, columns: int, points: int | None = None) -> Floats:
    """Strengths (100,), or so many `points`, of L1 downwards from the least that leaves all
    coefficients at 0.

    >>> l1_grid(2.0, 50, 3)[[0, -1]].round(12).tolist()
    [2.0, 0.0002]
    """
    if not 0.0 < largest < np.inf:
        raise InputError(
            "no feature lowers the objective from where all coefficients are 0: there is no "
            "path of l1; give it a number"
        )
    depth = _DEPTH if rows > columns else _DEPTH_OF_FEW_ROWS
    return np.geomspace(largest * _ABOVE, largest * depth, points or POINTS)


def ridge_grid(curvatures: Floats, rows: int, points: int | None = None) -> Floats:
    """Strengths (100,), or so many `points`, of ridge about the eigenvalues of the second
    derivative of the loss.

    >>> ridge_grid(np.array([0.5, 2.0]), 50)[[0, -1]].tolist()
    [1000.0, 0.00025]
    """
    largest = float(curvatures.max(initial=0.0))
    if not 0.0 < largest < np.inf:
        raise InputError(
            "no feature lowers the objective: there is no path of ridge; give it a number"
        )
    least = float(curvatures[curvatures > _FLAT * largest].min())
    beyond = _BEYOND if rows > len(curvatures) else _BEYOND_OF_FEW_ROWS
    return np.geomspace(0.5 * largest * _BEYOND, 0.5 * least / beyond, points or POINTS)


def walk_down(
    parts: Sequence[Minima], strengths: Floats, progress: Progress | None = None
) -> tuple[list[Floats], NDArray[np.bool_], bool]:
    """The minima (m, d) of each of the parts, which of the m strengths all parts arrived at, and
    whether Ctrl-C ended the walk: the strengths until then are kept. `progress` is told how many
    strengths are done, and the objective at the last.
    """
    done: list[list[tuple[Floats, bool]]] = []
    interrupted = False
    try:
        for strength in strengths.tolist():
            done.append([part.at(strength) for part in parts])
            if progress is not None:
                progress(len(done), float(parts[0].losses(done[-1][0][0][None])[0]))
    except KeyboardInterrupt:
        if not done:
            raise
        interrupted = True
    arrived = np.array([all(came for _, came in found) for found in done])
    points = [np.array([found[i][0] for found in done]) for i in range(len(parts))]
    return points, arrived, interrupted
