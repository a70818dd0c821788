"""Standard errors of every smooth loss but squared loss, from the curvature at its minimum.

With weights s, losses ℓ and rows x̃: of a likelihood the covariance is φH⁻¹, with H = Σ s w x̃x̃ᵀ
where w is the expected curvature (Fisher's information, as R and statsmodels' GLM take it): of
logistic, multinomial and Poisson loss the curvature itself, of gamma and Tweedie μ²⁻ᵖ. φ is 1, of
gamma and Tweedie Pearson's χ²/(n − d) with χ² = Σ s (y − μ)²/μᵖ. See McCullagh and Nelder,
Generalized Linear Models (1989), chapters 2 and 8.

The sandwich (HC0) is H⁻¹ (Σ s² ℓ'ℓ'ᵀ x̃x̃ᵀ) H⁻¹ with the curvature as observed, and HC1 that times
n/(n − d); it does not trust the
loss to be the likelihood of the rows, and is what losses have that are none: Huber, log-cosh,
squared hinge. See White, Maximum likelihood estimation of misspecified models (1982); Huber and
Ronchetti, Robust Statistics (2009), chapter 3.

Of the multinomial loss without a penalty only differences between classes are determined: the
standard errors are those of coefficients that add up to 0 over the classes.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.certificate import inverse_root, linear_map
from steepest.losses import Gamma, Multinomial, Tweedie
from steepest.models.inference import (
    ErrorKind,
    Errors,
    Inference,
    has_classical,
    intervals_of,
    kind_of_errors,
    needs_rows,
)
from steepest.models.metrics import deviance_power
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel


class _Sums(NamedTuple):
    """Σ over the rows: the information (d, d), the products of the slopes (d, d) or None, and
    Pearson's χ² or None.
    """

    information: Floats
    slopes: Floats | None
    chi_squared: float | None


def infer_at_minimum(
    problem: LinearModel, parameters: Floats, rounding: Floats, rows: int, asked: Errors
) -> Inference | None:
    """Intervals at the minimum `parameters` (d,), in the descent's coordinates, of so many rows
    with weight; None where they do not determine it, or are no more than parameters.

    `rounding` (d,): a bound on what rounding changed, in the user's units.
    """
    user = problem.to_user(parameters)
    parameters, problem = problem.points_in(problem.centred, parameters), problem.centred
    loss, kind = problem.loss, kind_of_errors(problem.loss, asked)
    with np.errstate(all="ignore"):
        sums = _sums(problem, parameters, kind)
        free = sums.information.diagonal() > 0.0
        roots = inverse_root(problem, sums.information, free)
    if roots.shape[1] < free.sum() or not np.isfinite(roots).all():
        return None
    level = problem.level_directions
    degrees = rows - int(free.sum())
    degrees += 0 if level is None else int((level[:, free] != 0.0).any(axis=1).sum())
    if degrees <= 0:
        return None
    dispersion = None if sums.chi_squared is None else sums.chi_squared / degrees
    if dispersion is None and has_classical(loss):
        dispersion = 1.0
    to_user = linear_map(problem) @ roots
    if sums.slopes is None:
        variances = (dispersion or 0.0) * np.square(to_user).sum(axis=1)
    else:
        middle = roots.T @ sums.slopes @ roots
        variances = ((to_user @ middle) * to_user).sum(axis=1)
        variances *= rows / degrees if kind == "HC1" else 1.0
    errors = np.where(free, np.sqrt(np.maximum(variances, 0.0)), np.nan)
    intervals = intervals_of(problem.names, user, errors, rounding, None)
    return Inference(intervals, degrees, kind, "normal", dispersion)


def _sums(problem: LinearModel, parameters: Floats, kind: ErrorKind) -> _Sums:
    """What the errors are made of, from the rows: those at hand, those of a stream in one pass, or
    an engine's answer to one query.
    """
    if not isinstance(problem, LinearProblem) or isinstance(problem.loss, Multinomial):
        scale = 1.0 if problem.reduction == "sum" else problem.total_weight
        information = scale * problem.second_order(parameters).hessian
        if not needs_rows(problem.loss, kind):
            return _Sums(information, None, None)
        if not isinstance(problem, LinearProblem):
            return _elsewhere(problem, parameters, kind, information)
        return _Sums(information, _products_of_slopes(problem, parameters), None)
    loss, y = problem.loss, problem.target
    weights = np.ones(len(y)) if problem.weights is None else problem.weights
    eta = problem.linear_predictors(parameters)
    power = deviance_power(loss)
    chi_squared = None
    if isinstance(loss, Gamma | Tweedie) and power is not None:
        mean = loss.mean(eta)
        chi_squared = float((weights * np.square(y - mean) / mean**power).sum())
    if kind == "classical":
        curvature = loss.curvature(eta, y) if power is None else loss.mean(eta) ** (2.0 - power)
        return _Sums(problem.cross_products(weights * curvature), None, chi_squared)
    information = problem.cross_products(weights * loss.curvature(eta, y))
    slopes = problem.cross_products(np.square(weights * loss.slope(eta, y)))
    return _Sums(information, slopes, chi_squared)


def _elsewhere(
    problem: LinearModel, parameters: Floats, kind: ErrorKind, information: Floats
) -> _Sums:
    """The same of rows in a stream, or in an engine, where the curvature is known."""
    from steepest.losses.engine_columns import Column, Stages, exp
    from steepest.problems.linear_in_engine import LazyLinearProblem, RowProducts
    from steepest.problems.linear_streamed import StreamedProblem

    if isinstance(problem, StreamedProblem):
        found: _Sums = problem.summed(partial(_of_block, parameters=parameters, kind=kind))
        return found
    assert isinstance(problem, LazyLinearProblem)
    power = deviance_power(problem.loss) or 0.0

    def pearson(stages: Stages, etas: list[Column], y: Column) -> dict[str, Column]:
        error = y - exp(etas[0])
        return {"chi": error * error * exp(-power * etas[0])}

    scaled = isinstance(problem.loss, Gamma | Tweedie)
    by: RowProducts = power if kind == "classical" else "slopes"
    square, sums = problem.row_sums(parameters, by, pearson if scaled else None)
    chi_squared = sums["chi"] if scaled else None
    if kind == "classical":
        return _Sums(square, None, chi_squared)
    return _Sums(information, square, chi_squared)


def _of_block(problem: LinearProblem, parameters: Floats, kind: ErrorKind) -> _Sums | None:
    """The sums of a block; None of one without weight."""
    return _sums(problem, parameters, kind) if problem.total_weight > 0.0 else None


def _products_of_slopes(problem: LinearProblem, parameters: Floats) -> Floats:
    """Σ s² ggᵀ (d, d) with g (d,) the gradient of a row's loss."""
    total = np.zeros((parameters.size, parameters.size))
    for terms in problem.row_terms(parameters):
        gradients = terms.gradients()
        total += gradients.T @ gradients
    return total * (problem.total_weight / len(problem.target)) ** 2
