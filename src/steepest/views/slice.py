"""A plane, or a line, through parameter space: where it lies and what the objective is on it."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.model.fit import Fit
from steepest.problems.quadratic import Quadratic
from steepest.rows.gram import Floats
from steepest.views.steps import nearby

# A step whose objective differs from the slice's by no more lies on the slice.
SAME = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Slice:
    """The objective over the parameters at `positions`, the others held at their values in `base`.

    All parameters are in the descent's own coordinates.
    """

    problem: Quadratic
    positions: tuple[int, ...]
    base: Floats

    def objectives(self, points: Floats) -> Floats:
        """J at points (…, p) of the slice, shape (…)."""
        full = np.broadcast_to(self.base, (*points.shape[:-1], len(self.base))).copy()
        full[..., list(self.positions)] = points
        return self.problem.objectives(full)

    def minimum(self) -> Floats:
        """The point of the slice (p,) where J is least."""
        chosen = list(self.positions)
        if len(chosen) == len(self.base):
            return self.problem.minimizer[chosen]
        hessian = self.hessian()
        gradient = self.problem.gradient(self.base)[chosen]
        change = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        return np.asarray(self.base[chosen] - change, dtype=np.float64)

    def hessian(self) -> Floats:
        """The block (p, p) of the second derivative."""
        chosen = list(self.positions)
        vectors = self.problem.eigenvectors[chosen]
        block: Floats = (vectors * self.problem.eigenvalues) @ vectors.T
        return block

    def margin(self) -> Floats:
        """How far along each axis J doubles, shape (p,): a scale where there is no other."""
        curvature = np.diag(self.hessian())
        height = float(self.problem.objectives(self.base))
        usable = (curvature > 0.0) & (height > 0.0)
        root = np.sqrt(2.0 * height / np.where(usable, curvature, 1.0))
        return np.where(usable, root, 1.0)


@final
@dataclass(frozen=True, eq=False)
class Shown:
    """The steps that a slice shows: `index` (m,), `points` (m, p), recorded `objectives` (m,).

    `exact` (m,) tells which of them lie on the slice: there the slice's objective is the recorded
    one. The others are projections. `epoch` is where the slice was taken.
    """

    slice: Slice
    index: tuple[int, ...]
    points: Floats
    objectives: Floats
    exact: NDArray[np.bool_]
    epoch: int

    @staticmethod
    def of(fit: Fit, positions: tuple[int, ...]) -> "Shown":
        """The steps near enough to be drawn, over the parameters at `positions`."""
        problem = fit.path.problem
        index, full = nearby(fit.path, fit.epochs)
        epoch = fit.epochs if fit.epochs in index else index[-1]
        plane = Slice(problem, positions, full[index.index(epoch)])
        points = full[:, list(positions)]
        recorded = problem.objectives(full)
        gap = np.abs(plane.objectives(points) - recorded)
        return Shown(plane, index, points, recorded, gap <= SAME * recorded, epoch)

    def limits(self, pad: float = 0.12) -> tuple[Floats, Floats]:
        """Lower and upper limits (p,) of a picture that holds all points and the minimum."""
        everything = np.vstack([self.points, self.slice.minimum()])
        low, high = everything.min(axis=0), everything.max(axis=0)
        size = high - low
        noise = 1e-9 * np.maximum(np.abs(low), np.abs(high))
        none = size <= noise
        size = np.where(none, np.maximum(self.slice.margin(), 10.0 * noise), size)
        reach = np.where(none, 0.5, pad) * size
        return low - reach, high + reach


def parameter_label(fit: Fit, position: int) -> str:
    """What a parameter is in the descent's own coordinates."""
    name = fit.names[position]
    standardized = fit.settings.standardize
    if name == "intercept" and fit.settings.intercept:
        return "intercept, at the features' means" if standardized else "intercept"
    if not standardized:
        return f"coefficient of {name}"
    spread = "standard deviation" if fit.settings.intercept else "root mean square"
    return f"coefficient of {name}, per {spread}"


def outside(fit: Fit, index: tuple[int, ...]) -> str:
    """A sentence on the steps that went too far to be drawn; nothing where there are none."""
    if index[-1] >= fit.path.epochs:
        return ""
    return f"Steps after epoch {index[-1]} lie too far away to be drawn."
