"""Least squares to all digits of float64: refinement with residuals in twice the precision.

With r = y − f(x) of the line so far and RᵀR ≈ XᵀX, its coefficients change by

    δ = R⁻¹R⁻ᵀ Xᵀr

r and Xᵀr are formed in twice the working precision, and the coefficients are kept in it, so that
each pass over the rows leaves of the error the share that R's rounding is of R's smallest
direction. What the last correction was, times that share, is what is left (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, chapter 20).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats
from steepest.moments.exact_residuals import Line, Sums
from steepest.moments.moments import UNIT_ROUNDOFF
from steepest.moments.qr_factor import Factor
from steepest.moments.solution import Solution
from steepest.moments.twice_precision import Twice, plus, times, total

# What the residuals of a line add up to, by a pass over the rows.
Measure = Callable[[Line], Sums]
# The rounding of a residual that is formed in twice the working precision.
TWICE = (4.0 * UNIT_ROUNDOFF) ** 2

# A pass that leaves a larger share of the correction before it leads nowhere.
_SHRINKS = 0.25
_MOST_PASSES = 12
# So many times the rounding of the residuals a correction may be that is nothing else.
_FLOOR = 64.0
# What is left makes no difference below this part of a coefficient's own rounding.
_NOTHING = 0.125
_MOST_DIGITS = 15.5


def refine(
    measure: Measure, factor: Factor, intercept: bool, unit: float = TWICE
) -> Solution | None:
    """The least-squares answer of rows whose triangle is known, by passes that `measure` a line;
    each residual is formed with rounding `unit`. None where the triangle says too little of some
    direction.
    """
    way = _Way.of(factor, intercept, unit)
    if way is None:
        return None
    line, before = way.start, np.inf
    for count in range(_MOST_PASSES):
        sums = measure(line)
        slopes, level = way.correction(sums)
        gain = float(slopes @ sums.slopes) + level * sums.rest
        size = float(np.sqrt(max(gain, 0.0)))
        if not np.isfinite(size) or size > before:
            # Where rounding is all there is, it may grow.
            rounded = max(size, before) <= _FLOOR * way.blur
            return way.solution(line, size, sums.squares) if rounded else None
        share = min(size / before, 1.0) if count else min(way.contraction, 1.0)
        line = _moved(line, slopes, level)
        squares = max(sums.squares - gain, 0.0)
        told = gain <= 1e-3 * squares + way.least
        if (told and way.arrived(line, share * size)) or (count > 1 and share > _SHRINKS):
            return way.solution(line, share * size, squares)
        before = size
    return None


def measured_errors(
    measure: Measure, factor: Factor, parameters: Floats, intercept: bool, held: Floats
) -> Floats | None:
    """What `parameters` (d,) are off by, in one pass: the correction that they need. They are the
    least-squares ones with Σ h_j b_j² beside the sum of squares; `held` (p,) are the h_j.
    """
    inverse = factor.inverse(intercept, held * np.square(factor.scale[:-1]))
    if inverse is None:
        return None
    inverse = inverse * factor.scale[:-1, None]
    slopes, p = Twice.of(parameters[: len(inverse)]), len(inverse)
    centre = factor.shift[:-1] if intercept else np.zeros(p)
    level = total(times(slopes, Twice.of(centre)))
    if intercept:
        level = plus(level, Twice.of(parameters[p]))
    sums, pull = measure(Line(centre, slopes, level)), held * slopes.high
    sums = sums._replace(slopes=sums.slopes - pull)
    mean = factor.mean[:-1] / factor.scale[:-1] if intercept else None
    change, lift = _correction(inverse, mean, factor.weight, sums)
    errors = np.abs(change)
    # The pull is rounded, and so is the spread that it is measured in.
    errors += np.abs(inverse @ inverse.T) @ (4.0 * UNIT_ROUNDOFF * np.abs(pull))
    if intercept:
        errors = np.append(errors, abs(lift - float(centre @ change)))
    return np.asarray(errors + UNIT_ROUNDOFF * np.abs(parameters))


def _correction(
    inverse: Floats, mean: Floats | None, weight: float, sums: Sums
) -> tuple[Floats, float]:
    """What slopes (p,) and level change by, by sums of residuals: B Bᵀ is the inverse of the
    products about the columns' `mean`, which without an intercept is None.
    """
    if mean is None:
        return np.asarray(inverse @ (inverse.T @ sums.slopes)), 0.0
    slopes = np.asarray(inverse @ (inverse.T @ (sums.slopes - mean * sums.rest)))
    return slopes, float(sums.rest / weight - mean @ slopes)


def _moved(line: Line, slopes: Floats, level: float) -> Line:
    moved = plus(line.slopes, Twice.of(slopes))
    return Line(line.centre, moved, plus(line.level, Twice.of(np.asarray(level))))


@dataclass(frozen=True, eq=False)
class _Way:
    """How sums of residuals become a correction of p slopes and a level, in the user's units.

    - `inverse` (p, ·): B with B Bᵀ = (XᵀX)⁻¹;   `means` (p,): of the columns less their centre
    - `contraction`: the share of a correction that the triangle's own rounding leaves, at most
    - `blur`: what the residuals' rounding may leave of the root of their sum of squares
    - `least`: a sum of squares that is nothing beside the target's
    """

    factor: Factor
    start: Line
    intercept: bool
    inverse: Floats
    means: Floats
    blur: float
    contraction: float
    least: float

    @staticmethod
    def of(factor: Factor, intercept: bool, unit: float) -> "_Way | None":
        inverse = factor.inverse(intercept)
        if inverse is None or not inverse.size:
            return None
        p, to_user = len(inverse), factor.scale[:-1] / factor.scale[-1]
        triangle = factor.triangle if intercept else factor.about_zero()
        weights = inverse @ triangle[:p, -1]
        norms = np.hypot(factor.norms, np.sqrt(np.square(triangle).sum(axis=0)))
        reach = float(norms[:-1] @ np.abs(weights) + norms[-1]) / float(factor.scale[-1])
        rounding = UNIT_ROUNDOFF * (factor.roundings + p)
        lengths = np.sqrt(np.square(inverse).sum(axis=1)) * norms[:-1]
        squared = factor.method == "moments"
        mean = factor.mean if intercept else np.zeros(p + 1)
        level = (mean[-1] - mean[:-1] @ weights) / factor.scale[-1]
        level += factor.shift[-1] if intercept else 0.0
        centre = factor.shift[:-1] if intercept else np.zeros(p)
        return _Way(
            factor,
            Line(centre, Twice.of(weights * to_user), Twice.of(np.asarray(level))),
            intercept,
            inverse * factor.scale[:-1, None],
            mean[:-1] / factor.scale[:-1],
            unit * (p + 4.0) * reach,
            rounding * float(np.square(lengths).sum() if squared else lengths.sum()),
            (UNIT_ROUNDOFF * float(norms[-1]) / float(factor.scale[-1])) ** 2,
        )

    def correction(self, sums: Sums) -> tuple[Floats, float]:
        """What the slopes and the level change by."""
        mean = self.means if self.intercept else None
        return _correction(self.inverse, mean, self.factor.weight, sums)

    def arrived(self, line: Line, left: float) -> bool:
        """Whether an error of this size, in the root of the sum of squares, is nothing."""
        rounding = _NOTHING * UNIT_ROUNDOFF * np.abs(line.slopes.high)
        return bool((self._reach(left) <= np.maximum(rounding, self._reach(self.blur))).all())

    def _reach(self, size: float) -> Floats:
        """How far an error of this size may move each slope."""
        moved: Floats = size * np.sqrt(np.square(self.inverse).sum(axis=1))
        return moved

    def solution(self, line: Line, left: float, squares: float) -> Solution:
        """The answer, whose error is of the size `left`."""
        size = left + self.blur
        moved = self._reach(size)
        found = Solution(line, self.intercept, moved, squares, self._digits(squares, size))
        if self.intercept:
            # The level, and the slopes from the centre to 0.
            root = np.append(-line.centre @ self.inverse, 1.0 / np.sqrt(self.factor.weight))
            moved = np.append(moved, size * float(np.linalg.norm(root)))
        errors = moved + UNIT_ROUNDOFF * np.abs(found.parameters)
        return Solution(line, self.intercept, errors, squares, found.residual_digits)

    def _digits(self, squares: float, size: float) -> float:
        """The digits of √squares: errors of the line enter its square squared."""
        root = max(float(np.sqrt(squares)), 0.1 * size, 1e-300)
        error = 4.0 * UNIT_ROUNDOFF + self.blur / root + (size / root) ** 2
        return float(np.clip(-np.log10(error), 0.0, _MOST_DIGITS))
