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
        coefficient b, or of `least` where b is smaller, as of one that is 0.

            digits = −log10(error / max(|b|, least))
        """
        size = np.maximum(np.abs(parameters), self.least)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            relative = (self.errors + distance) / size
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


def bound_errors(factor: Factor, coefficients: Floats, intercept: bool) -> Accuracy:
    """The bound for coefficients (p,) in the user's units, fitted to this triangle."""
    features = len(factor.names) - 1
    scale = factor.scale[:-1] / factor.scale[-1]
    weights = coefficients[:features] / scale
    norms = factor.norms
    triangle = factor.triangle
    if not intercept:
        # Without an intercept the fit is about zero: the means come back into the triangle.
        triangle = factor.about_zero()
        norms = np.hypot(norms, np.sqrt(factor.weight) * np.abs(factor.means) * factor.scale)
    inverse, least = factor.inverse(intercept), least_sizes(factor, intercept)
    if inverse is None:
        return Accuracy(np.full(features + intercept, np.inf), 0.0, least)
    gram = np.abs(inverse @ inverse.T)
    unit = UNIT_ROUNDOFF * (factor.roundings + features)
    reach = norms[:-1] @ np.abs(weights) + norms[-1]
    residual = 0.0
    if len(triangle) > features:
        residual = factor.residual_of(intercept=intercept) * float(factor.scale[-1])
    if factor.method == "moments":
        errors = unit * (gram @ norms[:-1]) * reach
        blur = unit * (reach / max(residual, 1e-150 * reach, 1e-300)) ** 2
        contraction = unit * float((gram @ norms[:-1]) @ norms[:-1])
    else:
        lengths = np.sqrt(np.diag(gram))
        errors = unit * (lengths * reach + (gram @ norms[:-1]) * residual)
        blur = unit * reach / max(residual, 1e-150 * reach, 1e-300)
        contraction = unit * float(lengths @ norms[:-1])
    # To first order the bound holds while the perturbation is far from making columns dependent.
    errors = errors / (1.0 - contraction) if contraction < 0.5 else np.full(features, np.inf)
    user = errors * scale + np.abs(coefficients[:features]) * UNIT_ROUNDOFF * 4.0
    digits = float(np.clip(-np.log10(max(blur, 1e-16)), 0.0, MOST_DIGITS))
    if not intercept:
        return Accuracy(user, digits, least)
    offset = _intercept_error(factor, coefficients[:features], user, unit, norms)
    return Accuracy(np.append(user, offset), digits, least)


def _intercept_error(
    factor: Factor, slopes: Floats, errors: Floats, unit: float, norms: Floats
) -> float:
    """Error of ȳ − Σ b_j x̄_j: of the slopes, of the means, and of the sum itself."""
    means = np.abs(factor.means)
    spread = unit * norms / (np.sqrt(factor.weight) * factor.scale)
    terms = np.abs(slopes) * means[:-1]
    total = float(errors @ means[:-1] + np.abs(slopes) @ spread[:-1] + spread[-1])
    return total + UNIT_ROUNDOFF * (4.0 + len(slopes)) * float(terms.sum() + means[-1])
