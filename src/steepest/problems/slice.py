"""A line or a plane through parameter space: where it lies and what the objective is on it."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.problem import Problem

# Beyond so many parameters the second derivative is not computed for a picture.
MOST_PARAMETERS = 1000
_ITERATIONS = 30


@final
@dataclass(frozen=True, eq=False)
class Slice:
    """The points `origin` + u `directions`, u of shape (p,): a line (p = 1) or a plane (p = 2).

    `origin` (d,) and the orthonormal rows of `directions` (p, d) are in the descent's coordinates.
    """

    problem: Problem
    origin: Floats
    directions: Floats

    @staticmethod
    def over(problem: Problem, positions: tuple[int, ...], base: Floats) -> "Slice":
        """The slice over the parameters at `positions`, the others held at their values in `base`.

        Its coordinates are those parameters themselves.
        """
        chosen = list(positions)
        origin = np.array(base, dtype=np.float64)
        origin[chosen] = 0.0
        directions = np.zeros((len(chosen), len(base)))
        directions[np.arange(len(chosen)), chosen] = 1.0
        return Slice(problem, origin, directions)

    def full(self, points: Floats) -> Floats:
        """All parameters (…, d) at points (…, p) of the slice."""
        return np.asarray(self.origin + points @ self.directions)

    def project(self, full: Floats) -> Floats:
        """The points (…, p) of the slice that are nearest to parameters (…, d)."""
        return np.asarray((full - self.origin) @ self.directions.T)

    def distances(self, full: Floats) -> Floats:
        """How far parameters (…, d) are from the slice, shape (…)."""
        gap = full - self.full(self.project(full))
        return np.asarray(np.linalg.norm(gap, axis=-1), dtype=np.float64)

    def objectives(self, points: Floats) -> Floats:
        """What is minimised at points (…, p) of the slice, shape (…), an L1 penalty included."""
        with np.errstate(all="ignore"):
            return self.problem.minimised(self.full(points))

    def gradient(self, points: Floats) -> Floats:
        """Its derivatives along the slice's axes, at points (…, p), shape (…, p); at a kink the
        mean of both sides'.
        """
        full, strengths = self.full(points), self.problem.absolute
        with np.errstate(all="ignore"):
            gradient = self.problem.gradient(full)
            if strengths is not None:
                gradient = gradient + strengths * np.sign(full)
            return np.asarray(gradient @ self.directions.T)

    def hessian(self, point: Floats) -> Floats:
        """The second derivatives along the slice's axes (p, p); nan where they are too many."""
        if len(self.origin) > MOST_PARAMETERS:
            return np.full((len(self.directions),) * 2, np.nan)
        with np.errstate(all="ignore"):
            square = self.problem.hessian(self.full(point))
        return np.asarray(self.directions @ square @ self.directions.T)

    def local_minimum(self, start: Floats) -> Floats | None:
        """The minimum (p,) of the slice that Newton's method finds from `start`, if it does.

        Steps that would rise are halved. Flat directions are not walked along, and must be level.
        Across the kinks of an L1 penalty it does not look.
        """
        if self.problem.absolute is not None:
            return None
        point = np.asarray(start, dtype=np.float64)
        slope = float(np.abs(self.gradient(point)).max(initial=0.0))
        level = 1e-9 * slope + 1e-12 * (1.0 + abs(float(self.objectives(point))))
        for _ in range(_ITERATIONS):
            step = self._newton(point, level)
            if step is None:
                return None
            with np.errstate(over="ignore"):
                settled = np.linalg.norm(step) <= 1e-9 * (1.0 + np.linalg.norm(point))
            lower = self._lower(point, step)
            if lower is None:
                return point if settled else None
            point = lower
            if settled:
                return point
        return None

    def margin(self, point: Floats) -> Floats:
        """How far along each axis J doubles, shape (p,): a scale where there is no other."""
        curvature = np.abs(np.diag(self.hessian(point)))
        height = abs(float(self.objectives(point)))
        usable = (curvature > 0.0) & (height > 0.0) & np.isfinite(height)
        root = np.sqrt(2.0 * height / np.where(usable, curvature, 1.0))
        return np.where(usable, root, 1.0)

    def _newton(self, point: Floats, level: float) -> Floats | None:
        """Newton's step, where the curvature is nowhere downwards and what is flat is level."""
        hessian, gradient = self.hessian(point), self.gradient(point)
        if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
            return None
        values, vectors = np.linalg.eigh(hessian)
        floor = np.finfo(float).eps * len(values) * float(np.abs(values).max(initial=0.0))
        if values.min() < -1e-9 * np.abs(values).max():
            return None
        curved = values > floor
        slopes = vectors.T @ gradient
        if np.abs(slopes[~curved]).max(initial=0.0) > level:
            return None
        return np.asarray(-vectors @ np.where(curved, slopes / np.where(curved, values, 1.0), 0.0))

    def _lower(self, point: Floats, step: Floats) -> Floats | None:
        here = float(self.objectives(point))
        for halving in range(20):
            there = np.asarray(point + 0.5**halving * step)
            if float(self.objectives(there)) <= here:
                return there
        return None
