"""How many decimal digits of each coefficient can be trusted, to first order and on the safe side.

With unit roundoff u, rounding factor ρ, columns of norm ‖z_j‖ as they were summed, the inverse
G = (ZᵀZ)⁻¹ of the centred products, coefficients w and residual r, the coefficients change by

    moments (products are perturbed):     |δw| ≤ ρu |G| d (d·|w| + ‖z_y‖),   d_j = ‖z_j‖
    QR (columns are perturbed, Wedin):    |δw| ≤ ρu [ √diag(G) (d·|w| + ‖z_y‖) + |G| d ‖r‖ ]

See Higham, Accuracy and Stability of Numerical Algorithms (2002), chapters 10, 19 and 20.
"""

from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats
from steepest.moments.moments import UNIT_ROUNDOFF
from steepest.moments.qr_factor import Factor
from steepest.moments.solution import Solution
from steepest.problems.squared_loss import Quadratic

MOST_DIGITS = 15.5
TRUSTED = 8.0
# Where fewer digits could be promised, the rows are asked for the rest.
ENOUGH = 10.0
# A coefficient that moves predictions by less than this share of the target's spread is as good as
# 0: what counts is how near to 0 it is known to be.
NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Bounds on the rounding error of the least-squares coefficients and of their residual.

    `errors` (d,) is in the user's units, coefficients then intercept; `residual_digits` are the
    correct digits of the residual's root sum of squares. `least` (d,) are coefficients that are as
    good as 0: with the column's spread s_j and the target's s_y, 1e-12 s_y / s_j.
    """

    errors: Floats
    residual_digits: float
    least: Floats

    def digits(self, parameters: Floats, distance: Floats | float = 0.0) -> Floats:
        """Correct decimal digits of `parameters` (d,), each known to `errors` + `distance`: of the
        coefficient b, or of `least` where b is smaller and has no digit, as of one that is 0.

            digits = −log10(error / |b|), or −log10(error / max(|b|, least))
        """
        error, itself = self.errors + distance, np.abs(parameters)
        size = np.where(error < 0.1 * itself, itself, np.maximum(itself, self.least))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            relative = error / size
            digits = -np.log10(np.where(size > 0.0, relative, 1.0))
        digits = np.nan_to_num(digits, nan=0.0)
        clipped: Floats = np.clip(digits, 0.0, MOST_DIGITS) + 0.0  # no -0
        return clipped


def least_sizes(factor: Factor, intercept: bool) -> Floats:
    """Coefficients, and the intercept, that are as good as 0 (d,), in the user's units."""
    whole = factor.triangle if intercept else factor.about_zero()
    spread = np.sqrt(np.square(whole).sum(axis=0)) / factor.scale
    sizes = NOTHING * spread[-1] / np.where(spread[:-1] > 0.0, spread[:-1], np.inf)
    if not intercept:
        return np.asarray(sizes)
    return np.append(sizes, NOTHING * spread[-1] / np.sqrt(factor.weight))


def refined_errors(factor: Factor, solution: Solution) -> Accuracy:
    """The bounds that the last correction of a refined answer gives."""
    least = least_sizes(factor, solution.intercept)
    return Accuracy(solution.errors, solution.residual_digits, least)


def bound_errors(problem: Quadratic) -> Accuracy:
    """The bound for the least-squares coefficients of a problem, in the user's units."""
    factor, intercept = problem.triangle, problem.coordinates.intercept
    parameters, p = problem.to_user(problem.minimizer), len(factor.names) - 1
    units, norms, triangle = factor.scale[:-1] / factor.scale[-1], factor.norms, factor.triangle
    if not intercept:
        # Without an intercept the fit is about zero: the means come back into the triangle.
        triangle = factor.about_zero()
        norms = np.hypot(norms, np.sqrt(factor.weight) * np.abs(factor.means) * factor.scale)
    penalty = problem.held * np.square(factor.scale[:-1])
    inverse, weights = factor.inverse(intercept, penalty), parameters[:p] / units
    unit = UNIT_ROUNDOFF * (factor.roundings + p)
    if inverse is None:
        errors = _of_least_norm(problem, norms, unit)
        digits = 0.0
    else:
        change = np.diag(units)
        if intercept:  # it follows the means
            change = np.vstack([change, -factor.means[:-1] * units])
        reach = norms[:-1] @ np.abs(weights) + norms[-1]
        residual = factor.residual_of(intercept=intercept) * float(factor.scale[-1])
        if penalty.any():
            residual = float(np.linalg.norm(triangle[:, :p] @ weights - triangle[:, -1]))
        roots, share = change @ inverse, reach / max(residual, 1e-150 * reach, 1e-300)
        gram, moved = np.abs(inverse @ inverse.T), np.abs(roots @ inverse.T)
        if factor.method == "moments":
            errors = unit * (moved @ norms[:-1]) * reach
            blur = unit * share**2
            contraction = unit * float((gram @ norms[:-1]) @ norms[:-1])
        else:
            lengths = np.sqrt(np.square(roots).sum(axis=1))
            errors = unit * (lengths * reach + (moved @ norms[:-1]) * residual)
            blur = unit * share
            contraction = unit * float(np.sqrt(np.diag(gram)) @ norms[:-1])
        # What a column's spread is off by is off in its penalty.
        errors = errors + 2.0 * unit * (moved @ (penalty * np.abs(weights)))
        # The bound is of first order: it holds far from where columns become dependent.
        errors = errors / (1.0 - contraction) if contraction < 0.5 else np.full(len(errors), np.inf)
        digits = float(np.clip(-np.log10(max(blur, 1e-16)), 0.0, MOST_DIGITS))
    errors[:p] += np.abs(parameters[:p]) * UNIT_ROUNDOFF * 4.0
    if intercept:
        errors[p] += _of_means(factor, parameters[:p], unit * norms)
    return Accuracy(errors, digits, least_sizes(factor, intercept))


def _of_least_norm(problem: Quadratic, norms: Floats, unit: float) -> Floats:
    """The same of the answer of least norm in the descent's coordinates: with the smallest singular
    value σ above rounding, 1/σ stands for √diag(G) and 1/σ² for G.
    """
    factor, coordinates, loss = problem.triangle, problem.coordinates, problem.loss
    p, place = len(coordinates.spread), problem.minimizer
    centred = slice(None, -1) if coordinates.intercept else slice(None)
    design, target = loss.design[centred, :p], loss.target[centred]
    singular = np.linalg.svd(design, compute_uv=False)
    above = singular > float(np.finfo(np.float64).eps) * max(design.shape) * singular.max()
    smallest = float(singular[above].min(initial=np.inf))
    sizes = norms[:-1] / factor.scale[:-1] / coordinates.spread
    reach = float(sizes @ np.abs(place[:p]) + norms[-1] / factor.scale[-1])
    residual = float(np.linalg.norm(design @ place[:p] - target))
    length = float(np.linalg.norm(sizes))
    if factor.method == "moments":
        error = unit * length * reach / smallest**2
    else:
        error = unit * (reach / smallest + length * residual / smallest**2)
    errors = error / coordinates.spread
    return (
        np.append(errors, np.abs(factor.means[:-1]) @ errors) if coordinates.intercept else errors
    )


def _of_means(factor: Factor, slopes: Floats, rounding: Floats) -> float:
    """What the errors of the means do to ȳ − Σ b_j x̄_j, and that of the sum itself."""
    spread = rounding / (np.sqrt(factor.weight) * factor.scale)
    means = np.abs(factor.means)
    terms = float(np.abs(slopes) @ means[:-1] + means[-1])
    moved = float(np.abs(slopes) @ spread[:-1] + spread[-1])
    return moved + UNIT_ROUNDOFF * (4.0 + len(slopes)) * terms
