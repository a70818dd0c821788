"""A primal-dual interior point method for losses made of two straight pieces (absolute, quantile,
hinge), with ridge, L1 and bounds.

What is minimised is a sum over rows, r = t − Zθ (`problems/kinked_rows.py`),

    J(θ) = Σ aᵢ max(rᵢ, 0) + bᵢ max(−rᵢ, 0) + ½θᵀDθ

and the dual is to maximise tᵀλ − ½θᵀDθ where Zᵀλ = Dθ and −b ≤ λ ≤ a. With c = a + b,
x = (λ + b)/c, s = 1 − x and r = u − v, all of x, s, u, v ≥ 0, both meet where xᵢvᵢ = sᵢuᵢ = 0 for
every row. The method follows the points where all these products are δ, towards δ = 0: Newton's
step with a predictor and a corrector (Mehrotra 1992; for quantiles Portnoy and Koenker 1997). A
step takes one weighted cross product ZᵀCWZ of the rows, W = 1/(u/s + v/x). Σ cᵢ(xᵢvᵢ + sᵢuᵢ) is the
duality gap, how far J can be above its minimum; nothing cancels in it, however far an outlier is.
Where a parabola r²/2γ joins the pieces (Huber's), r − γλ = u − v and W = 1/(u/s + v/x + γc).

It begins at the δ of the mean residual, larger for rows that are far off, from which no minimum is
out of reach, and ends by the middle residual, for which outliers do not count; so nothing depends
on units. Towards the end `active_rows.py` finds the minimum itself, to rounding.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.descent.active_rows import Solved, solve_active_rows, solver
from steepest.descent.interruption import ending_at_interruption
from steepest.descent.penalized_update import Proximal
from steepest.descent.step_record import Step, StepRecord
from steepest.descent.stepwise import Progress, RunSettings, checked_start
from steepest.descent.stopping import Stop, StoppingRule, StoppingRun
from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError
from steepest.losses.loss import ScalarLoss
from steepest.problems.kinked_rows import KinkedRows
from steepest.problems.linear import LinearProblem
from steepest.wording.fact import fact

# Steps go so far of the way to where the first of x, s, u, v would be 0.
_SHARE = 0.9995
# The gap counts as closed at this share of the objective, outliers counted as the middle residual.
_CLOSED = 1e-13
# Zᵀλ = Dθ holds at this share of Σ|λᵢzᵢ|.
_FEASIBLE = 1e-12
# Residuals below this share of the first δ are 0 but for what is still to come.
_NOTHING = 1e-9
# Active rows are looked for from this share of the first δ on.
_NEAR = 1e-2
# A smooth loss is nearly straight where its mean curvature is below this share of the largest.
_STRAIGHT = 0.1
_EPS = float(np.finfo(float).eps)
# After so many steps that brought nothing, rounding is all there is.
_PATIENCE = 15


class _Inner(NamedTuple):
    """An inner point: x, s (n,) of the dual, u, v (n,) of the residuals."""

    parameters: Floats
    x: Floats
    s: Floats
    u: Floats
    v: Floats


def descend_interior(
    problem: LinearProblem,
    run: RunSettings,
    stopping: Sequence[StoppingRule],
    *,
    proximal: Proximal | None = None,
    progress: Progress | None = None,
) -> Trajectory:
    """Inner points from the run's start to the minimum, or until a stopping rule fires; all are
    kept. The run's rate is left alone: steps are as long as inner points allow.

    The stop is "duality gap" where the minimum was reached. Raises InputError for a wrong start and
    for a loss that is not made of two straight pieces.
    """
    if problem.loss.smooth:
        raise InputError(
            "an interior point method needs a loss of two straight pieces (absolute, "
            "quantile, hinge), not {name}.",
            name=problem.loss.name,
        )
    rows = KinkedRows.of(problem, None if proximal is None else proximal.sides)
    record = StepRecord(problem, run, StoppingRun(stopping), proximal, progress)
    with np.errstate(all="ignore"):
        walk = _Walk(record, rows, checked_start(problem, run.start))
        with ending_at_interruption(lambda: True):
            record.stop = walk.run()
    return record.trajectory()


def descend_nearly_straight(record: StepRecord, start: Floats) -> Stop | None:
    """Inner points towards the minimum of a smooth loss that is nearly straight for most rows at
    the start (d,), where its curvature does not tell how far to go: Huber's and log-cosh's beside
    residuals that are far larger than their bend. None where it is not so.

    The stop is "duality gap" where the minimum is near, for a loss of parabola and lines.
    """
    problem = record.problem
    if not isinstance(problem, LinearProblem) or not _nearly_straight(problem, start):
        return None
    proximal = record.proximal
    rows = KinkedRows.of(problem, None if proximal is None else proximal.sides)
    return _Walk(record, rows, start).run()


def _nearly_straight(problem: LinearProblem, at: Floats) -> bool:
    loss, y = problem.loss, problem.target
    if not isinstance(loss, ScalarLoss) or loss.kinks(y[:1]) is None:
        return False
    curvature = loss.curvature(problem.linear_predictors(at), y)
    return float(np.average(curvature, weights=problem.weights)) < _STRAIGHT


class _Walk:
    """A descent under way."""

    def __init__(self, record: StepRecord, rows: KinkedRows, start: Floats) -> None:
        self.record, self.steps, self.rows = record, record.steps, rows
        at = rows.from_descent(start)
        sizes = np.abs(rows.residuals(at)[: rows.own])
        self.unit, delta = middle(sizes), float(sizes.mean())  # the first δ
        inside = rows.inside(at, delta)
        self.inner = _centred(inside, rows.residuals(inside), delta * rows.share * rows.reach)
        self.active = 0
        self.best, self.best_at = math.inf, 0
        self.steps.append(self._evaluated(start))

    def run(self) -> Stop:
        """Step until the run ends."""
        rows, record = self.rows, self.record
        while True:
            k = len(self.steps) - 1
            stop = self._closed(k) or record.due() or self._nowhere(k)
            if stop is None:
                solved = self._solved()
                if solved is None:
                    self.inner = self._step()
                    self.steps.append(self._evaluated(rows.to_descent(self.inner.parameters)))
                else:
                    self.steps.append(self._evaluated(rows.to_descent(solved.parameters)))
                    stop = _at_minimum(k + 1, solved.gap, self.steps[-1].objective)
            if stop is not None:
                if stop.rule == "duality gap" and record.progress is not None:
                    record.progress(len(self.steps) - 1, self.steps[-1].objective)
                return stop

    def _evaluated(self, parameters: Floats) -> Step:
        if self.record.proximal is not None:
            parameters = np.clip(parameters, *self.record.proximal.sides)
        objective, gradient = self.record.problem.objectives_and_gradient(parameters)
        return self.record.step(parameters, float(objective), gradient)

    def _closed(self, k: int) -> Stop | None:
        """The end of a run whose gap is closed."""
        if self.unit == 0.0:
            return _at_minimum(k, 0.0, self.steps[-1].objective)
        inner, rows = self.inner, self.rows
        gap, infeasibility = self._gap(inner), self._infeasibility(inner)
        sizes = np.abs(inner.u - inner.v)
        usual = middle(sizes[sizes > _NOTHING * self.unit])
        size = float((rows.weight * np.minimum(sizes, usual)).sum()) + self.unit * _EPS
        if k > 0 and gap <= _CLOSED * size and infeasibility <= _FEASIBLE:
            return _at_minimum(k, gap, self.steps[-1].objective)
        return None

    def _nowhere(self, k: int) -> Stop | None:
        """The end of a run that gets nowhere."""
        inner = self.inner
        gap = self._gap(inner)
        if not self._stuck(gap, self._infeasibility(inner), k):
            return None
        left = gap + float(np.abs(self._missing(inner)) @ np.abs(inner.parameters))
        objective = self.steps[-1].objective
        return Stop("line search", fact("no step led on", epoch=k, left=left, objective=objective))

    def _solved(self) -> Solved | None:
        inner, before = self.inner, self.active
        if self.rows.bend.any():
            return None
        if self._gap(inner) > 2.0 * _NEAR * self.unit * self.rows.total:
            return None
        active = (inner.u < inner.s * self.unit) & (inner.v < inner.x * self.unit)
        self.active = int(active.sum())
        if self.active > len(inner.parameters) and self.active != before:
            return None
        return solve_active_rows(self.rows, inner.parameters, inner.x, inner.s, active, self.unit)

    def _step(self) -> _Inner:
        """The next inner point, by predictor and corrector."""
        rows, inner = self.rows, self._aligned()
        _, x, s, u, v = inner
        stiffness = 1.0 / (u / s + v / x + rows.bend * rows.weight)
        matrix = rows.cross_products(rows.weight * stiffness) + np.diag(rows.curvature)
        solve = solver(matrix)
        missing = self._missing(inner)

        def direction(low: Floats, high: Floats) -> _Inner:
            """Newton's step towards xv + low = 0 and su + high = 0: their changes."""
            wish = low / x - high / s
            move = solve(rows.pulled(rows.weight * stiffness * wish) - missing)
            change = stiffness * (wish - rows.times(move))
            return _Inner(move, change, -change, (high + u * change) / s, (low - v * change) / x)

        predictor = direction(-x * v, -s * u)
        gap = self._gap(inner)
        primal, dual = self._lengths(inner, predictor, 1.0)
        reached = _after(inner, predictor, primal, dual)
        # What is missing of Zᵀλ = Dθ shrinks with the dual's length alone: a gap that closed before
        # would leave no room for it.
        left = min(1.0, max(self._gap(reached) / gap, 1.0 - dual))
        target = left**3 * gap / (2.0 * float((rows.weight * rows.share).sum())) * rows.share
        bend = min(primal, dual)
        step = direction(
            target - x * v - bend * predictor.x * predictor.v,
            target - s * u - bend * predictor.s * predictor.u,
        )
        lengths = self._lengths(inner, step, _SHARE)
        return _after(inner, step, *lengths)

    def _infeasibility(self, inner: _Inner) -> float:
        """How far Zᵀλ is from Dθ, as a share of what it sums: the gap bounds what is left only
        where this is rounding.
        """
        size = self.rows.pull + self.rows.curvature * np.abs(inner.parameters)
        return float((np.abs(self._missing(inner)) / size).max(initial=0.0))

    def _stuck(self, gap: float, infeasibility: float, k: int) -> bool:
        """Whether many steps have brought neither the gap nor Zᵀλ nearer."""
        merit = max(gap / (self.unit * self.rows.total), infeasibility)
        if merit < 0.9 * self.best:
            self.best, self.best_at = merit, k
        return not math.isfinite(merit) or k - self.best_at > _PATIENCE

    def _missing(self, inner: _Inner) -> Floats:
        """Dθ − Zᵀλ (d,)."""
        multipliers = self.rows.multipliers(inner.x, inner.s)
        return self.rows.curvature * inner.parameters - self.rows.pulled(multipliers)

    def _gap(self, inner: _Inner) -> float:
        """The duality gap, Σ c(xv + su)."""
        return float((self.rows.weight * (inner.x * inner.v + inner.s * inner.u)).sum())

    def _aligned(self) -> _Inner:
        """The inner point with u − v = r − γλ to rounding: the larger of both takes what is
        missing.
        """
        theta, x, s, u, v = self.inner
        residuals = self.rows.residuals(theta) - self.rows.bend * self.rows.multipliers(x, s)
        above = residuals > 0.0
        return _Inner(
            theta, x, s, np.where(above, v + residuals, u), np.where(above, v, u - residuals)
        )

    def _lengths(self, inner: _Inner, step: _Inner, share: float) -> tuple[float, float]:
        """How far x, s and u, v may go; with ridge or parabolas both go as far."""
        dual = share * min(_room(inner.x, step.x), _room(inner.s, step.s))
        primal = share * min(_room(inner.u, step.u), _room(inner.v, step.v))
        dual, primal = min(1.0, dual), min(1.0, primal)
        if self.rows.curvature.any() or self.rows.bend.any():
            dual = primal = min(dual, primal)
        return primal, dual


def middle(sizes: Floats) -> float:
    """The median of sizes (n,), or the first higher quantile that is not 0; 0 if all are."""
    for share in (0.5, 0.75, 0.9, 0.99, 1.0):
        found = float(np.quantile(sizes, share)) if len(sizes) else 0.0
        if found > 0.0:
            return found
    return 0.0


def _at_minimum(k: int, gap: float, objective: float) -> Stop:
    closed = fact("duality gap closed", epoch=k, gap=gap, objective=objective)
    return Stop("duality gap", closed)


def _centred(start: Floats, residuals: Floats, delta: Floats) -> _Inner:
    """The point with xv = su = δ (n,) at these residuals (n,)."""
    size = np.abs(residuals)
    small = delta + 2.0 * delta * delta / (np.hypot(residuals, 2.0 * delta) + size)
    large = small + size
    above = residuals > 0.0
    u, v = np.where(above, large, small), np.where(above, small, large)
    return _Inner(start, delta / v, delta / u, u, v)


def _room(at: Floats, change: Floats) -> float:
    """The length at which the first of `at` (n,) would be 0."""
    falling = change < 0.0
    return float((-at[falling] / change[falling]).min(initial=math.inf))


def _after(at: _Inner, step: _Inner, primal: float, dual: float) -> _Inner:
    return _Inner(
        at.parameters + primal * step.parameters,
        at.x + dual * step.x,
        at.s + dual * step.s,
        at.u + primal * step.u,
        at.v + primal * step.v,
    )
