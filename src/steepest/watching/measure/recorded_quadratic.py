"""A quadratic that the recorded points, gradients and objectives of a loop agree with.

The gradient of a quadratic is linear, ∇J(θ) = H·(θ − θ*): d + 1 points in general position give H,
and each further one tests it. So the curvature of a loop of few parameters on the same rows is
known without a look into its model.
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.problem import Problem
from steepest.watching.record.step_record import Record

# More parameters seldom leave points in general position.
_MOST_PARAMETERS = 20
# So many points beyond those that give H must agree with it.
_TESTS = 2
# The error that rounding leaves in H, as a share of its least eigenvalue.
_KNOWN = 0.01


@final
class RecordedQuadratic(Problem):
    """J(θ) = J₀ + ∇J₀·δ + ½ δᵀHδ with δ = θ − θ₀: what `of_records` found to be so.

    - `rounding`: the share by which recorded numbers may be off;   `error`: that of H

    >>> quadratic = RecordedQuadratic(
    ...     ("w",), np.array([1.0]), 4.0, np.array([-8.0]), np.array([[8.0]])
    ... )
    >>> quadratic.objective(np.array([2.0])), quadratic.gradient(np.array([2.0]))
    (0.0, array([0.]))
    """

    def __init__(
        self,
        names: tuple[str, ...],
        centre: Floats,
        value: float,
        slope: Floats,
        hessian: Floats,
        rounding: float = 0.0,
        error: float = 0.0,
    ) -> None:
        self.names, self.centre, self.value = names, centre, value
        self.slope, self.second = slope, hessian
        self.rounding, self.error = rounding, error

    @staticmethod
    def of_records(
        names: tuple[str, ...], records: Sequence[Record], rounding: float
    ) -> "RecordedQuadratic | None":
        """The quadratic, or None where some record disagrees by more than `rounding`, a share of
        the largest number of its kind, or where the points do not determine H.
        """
        known = [
            record
            for record in records
            if record.parameters is not None
            and record.gradient is not None
            and not record.last
            and record.losses > 0
        ]
        size = len(names)
        if size > _MOST_PARAMETERS or len(known) < size + 1 + _TESTS:
            return None
        points = np.array([record.parameters for record in known])
        slopes = np.array([record.gradient for record in known])
        values = np.array([record.objective for record in known])
        if not (np.isfinite(points).all() and np.isfinite(slopes).all()):
            return None
        return _fitted(names, points, slopes, values, rounding)

    @property
    def is_convex(self) -> bool:
        return bool(np.linalg.eigvalsh(self.second)[0] >= 0.0)

    @property
    def is_quadratic(self) -> bool:
        return True

    def objectives(self, parameters: Floats) -> Floats:
        step = np.asarray(parameters) - self.centre
        with np.errstate(over="ignore", invalid="ignore"):
            bend = ((step @ self.second) * step).sum(axis=-1)
            return np.asarray(self.value + step @ self.slope + bend / 2.0)

    def gradient(self, parameters: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.slope + (np.asarray(parameters) - self.centre) @ self.second)

    def hessian(self, parameters: Floats) -> Floats:
        return self.second

    def slope_errors(self, points: Floats, slopes: Floats) -> Floats:
        """How far rounding and H's own error may take the gradient (m, d) at points off, (m,)."""
        norm = np.abs(self.second).max()
        reach = np.abs(points).max(axis=-1) + np.abs(self.centre).max()
        away = np.linalg.norm(points - self.centre, axis=-1)
        size = np.abs(slopes).max(axis=-1) + norm * reach
        return np.asarray(self.rounding * size + self.error * away)

    def tells(self, parameters: Floats) -> bool:
        """Whether the recorded numbers tell the objective there from 0."""
        away = np.linalg.norm(parameters - self.centre)
        off = away * self.slope_errors(parameters, self.slope) + self.rounding * abs(self.value)
        return bool(abs(self.objective(parameters)) > off)


def _fitted(
    names: tuple[str, ...], points: Floats, slopes: Floats, values: Floats, rounding: float
) -> RecordedQuadratic | None:
    """H by least squares, from all points or, where these run away, from the first; all test it."""
    first = len(names) + 1 + _TESTS
    for count in (len(points), first):
        centre = int(np.abs(slopes[:count]).max(axis=1).argmin())
        moves, changes = (part[:count] - part[centre] for part in (points, slopes))
        second, error = _determined(moves, changes, rounding * np.abs(slopes[:count]).max())
        if second is not None:
            quadratic = RecordedQuadratic(
                names,
                points[centre],
                float(values[centre]),
                slopes[centre],
                second,
                rounding,
                error,
            )
            if _agrees(quadratic, points, slopes, values):
                return quadratic
    return None


def _determined(moves: Floats, changes: Floats, noise: float) -> tuple[Floats | None, float]:
    """H with changes = H·moves, if the moves (m, d) tell each of its eigenvalues, and its error."""
    stretch = np.linalg.svd(moves, compute_uv=False)
    if stretch.size < moves.shape[1] or not stretch[-1] > 0.0:
        return None, np.inf
    second = np.linalg.lstsq(moves, changes)[0]
    second = (second + second.T) / 2.0
    least = np.abs(np.linalg.eigvalsh(second)).min()
    error = float(noise / stretch[-1])
    return (second if error <= _KNOWN * least else None), error


def _agrees(quadratic: RecordedQuadratic, points: Floats, slopes: Floats, values: Floats) -> bool:
    """Whether each gradient and objective is the quadratic's, up to rounding and H's own error."""
    near = quadratic.slope_errors(points, slopes)
    reach = np.abs(points).max(axis=1) + np.abs(quadratic.centre).max()
    right = np.abs(quadratic.gradient(points) - slopes).max(axis=1) <= near
    height = quadratic.rounding * (np.abs(values) + abs(quadratic.value))
    level = np.abs(quadratic.objectives(points) - values) <= height + reach * near
    return bool(right.all() and level.all())
