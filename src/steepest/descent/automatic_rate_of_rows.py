"""`lr="auto"` for losses over rows: from bounds on the curvature."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.automatic_rate import (
    MOST_PARAMETERS,
    NEWTON_RATE,
    automatic_schedule,
    require_sgd,
)
from steepest.descent.interior_point import middle
from steepest.descent.optimizers import InteriorPoint, Newton, Optimizer
from steepest.descent.schedules import Backtracking, Constant, Exponential, InverseTime, Schedule
from steepest.losses import Loss, Multinomial
from steepest.losses.two_classes import TwoClasses
from steepest.problems.design_matrix import design_of
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.row_pieces import by_pieces
from steepest.problems.second_order_sums import LEAST_NUMBERS

# A line search begins at so many times the rate that is safe everywhere.
_ROOM = 4.0
# The rate of a loss with kinks falls to this share of the first over a run. Falling further, it
# would fall too fast to get there.
_END = 1e-5
# The rate of mini-batches is halved after so many epochs.
_HALVED = 10.0
# Of so many rows the norms are taken, for a rate that is tried afterwards.
_ROWS_OF_NORMS = 1 << 14
# Where curvature has no bound, what it is for means within a factor of e² of the rows' mean.
_NEAR = 2.0


def full_batch_schedule(
    problem: LinearModel, start: Floats, optimizer: Optimizer, epochs: int
) -> Schedule:
    """The schedule of a descent with all rows at once from `start` (d,), of at most `epochs`.

    - squared loss: the constant rate that leaves the least objective after those epochs
    - other smooth losses: a line search; with momentum 1/L, where no curvature exceeds L
    - losses with kinks: rates that fall geometrically, under which descent on straight pieces
      converges (Goffin 1977)

    Raises InputError for an optimizer whose rate the curvature does not give.
    """
    if isinstance(optimizer, Newton):
        return NEWTON_RATE
    if isinstance(optimizer, InteriorPoint):
        return Constant(1.0)
    momentum = require_sgd(optimizer).momentum
    if not problem.loss.smooth:
        assert isinstance(problem, LinearProblem)  # rows elsewhere have smooth losses only
        first = (1.0 - momentum) * _reach(problem)
        return Exponential(first, gamma=_END ** (1.0 / epochs))
    bound = problem.curvature_bound()
    small = len(start) <= MOST_PARAMETERS
    if math.isinf(bound) or (small and (problem.is_quadratic or not momentum)):
        # An L1 penalty bends the way: what is left after so many epochs is not known in advance.
        budget = None if problem.penalty.absolute else epochs
        quadratic = problem.is_quadratic
        return automatic_schedule(problem, start, optimizer, quadratic=quadratic, epochs=budget)
    if bound == 0.0:
        return Constant(1.0)
    if momentum or problem.is_quadratic:
        return Constant(1.0 / bound)
    return Backtracking(_ROOM / bound)


def minibatch_schedule(
    problem: LinearProblem,
    optimizer: Optimizer,
    batch: int,
    rows: int | None = None,
    sample: LinearProblem | None = None,
) -> InverseTime:
    """lr / (1 + k/K): K is the number of updates in 10 epochs, and lr = (1 − momentum)/(2L_b).

    L_b = L + (L₁ − L)/b lies between the bounds on the curvature of all rows, L, and of single
    ones, L₁ = c·Σ‖x‖⁴/Σ‖x‖² with c the loss's greatest curvature (Gower et al. 2019; Bach and
    Moulines 2013). For losses with kinks lr moves the predictor of a row by the target's scale.

    - `rows`: of an epoch, where the problem holds some of them only
    - `sample`: some of its rows, where they have been taken already

    Raises InputError for an optimizer whose rate the curvature does not give.
    """
    momentum = require_sgd(optimizer).momentum
    if problem.loss.smooth:
        norms = row_norms(some_rows(sample or problem, _ROWS_OF_NORMS), _ROWS_OF_NORMS)
        curvature = typical_curvature(problem.loss, problem.target, problem.weights)
        single = curvature * float(np.square(norms).sum() / max(norms.sum(), 1e-300))
        single += problem.penalty.curvature
        whole = problem.curvature_bound()
        # A bound on L₁ is one on L, but for that of some rows, and for rounding.
        whole, single = (whole, max(whole, single)) if math.isfinite(whole) else (single, single)
        bound = whole + (single - whole) / batch
        lr = 0.5 / bound if bound > 0.0 else 1.0
    else:
        scale, _ = distance(problem.loss, problem.target, problem.weights)
        lr = scale / max(float(row_norms(problem).mean()), 1e-300)
    updates = math.ceil((rows or len(problem.target)) / batch)
    return InverseTime((1.0 - momentum) * lr, decay=1.0 / (_HALVED * updates))


def some_rows(problem: LinearProblem, most: int) -> LinearProblem:
    """The problem of at most so many rows, evenly spread; of all where those weigh nothing."""
    rows, weights = len(problem.target), problem.weights
    if rows <= most:
        return problem
    places = np.linspace(0, rows - 1, most).round().astype(np.intp)
    kept = None if weights is None else weights[places]
    if kept is not None and not kept.any():
        return problem
    target = problem.target[places]
    return replace(problem, features=problem.features[places], target=target, weights=kept)


def typical_curvature(loss: Loss, y: Floats, weights: Floats | None = None) -> float:
    """A bound on the loss's second derivative, or what it is around the best constant."""
    if loss.greatest_curvature is not None:
        return loss.greatest_curvature
    middle = loss.start(y, weights)
    assert isinstance(middle, float)
    return loss.greatest_curvature_between(middle - _NEAR, middle + _NEAR, y)


def _reach(problem: LinearProblem) -> float:
    """Twice the rate at which a step that all rows agree on makes up the whole distance."""
    scale, slope = distance(problem.loss, problem.target, problem.weights)
    square = float(row_norms(problem).mean()) * problem.predictors / len(problem.names)
    return 2.0 * scale / (slope * square) if square > 0.0 else 1.0


def distance(loss: Loss, y: Floats, weights: Floats | None = None) -> tuple[float, float]:
    """How far predictors have to go, and the mean size of the slope there: 1 for classes; else the
    middle distance of the target from the best constant, for which no outlier counts.
    """
    if isinstance(loss, TwoClasses | Multinomial):
        return 1.0, 1.0
    eta = np.full(y.shape, loss.start(y, weights))
    sizes = np.abs(y - eta)
    if weights is not None:
        sizes = sizes[weights > 0.0]
    return middle(sizes) or 1.0, float(np.abs(loss.slope(eta, y)).mean()) or 1.0


def row_norms(problem: LinearProblem, many: int = LEAST_NUMBERS) -> Floats:
    """‖(x − m)/s‖² of each row, and 1 for the intercept, times its weight over the mean; (n,). Of
    `many` numbers compiled code takes them.
    """
    coordinates = problem.coordinates
    shares = np.square(1.0 / coordinates.spread)
    dense = isinstance(problem.features, np.ndarray)
    if dense and problem.features.size > many:
        norms = _compiled_norms(problem.features, coordinates.centre, shares)
    elif dense:
        blocks = design_of(problem.features, coordinates.centre).blocks()
        norms = np.concatenate([np.square(block.dense()) @ shares for block in blocks])
    else:
        centre = coordinates.centre
        norms = problem.features.power(2) @ shares - 2.0 * (problem.features @ (centre * shares))
        norms = np.maximum(norms + np.square(centre) @ shares, 0.0)
    norms = norms + float(coordinates.intercept)
    weights = problem.weights
    return norms if weights is None else norms * (weights / weights.mean())


def _compiled_norms(features: NDArray[Any], centre: Floats, shares: Floats) -> Floats:
    from steepest.problems.stream_survey_kernel import squared_norms

    return np.concatenate(
        by_pieces(len(features), lambda at: squared_norms(features[at], centre, shares))
    )
