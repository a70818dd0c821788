"""Which steps of a path are shown, and those that are."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.model.fit import Fit
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.rows.gram import Floats

# Steps farther from the minimum than this many times the start's distance leave a picture.
REACH = 20.0


def thin(last: int, first: int, total: int) -> tuple[int, ...]:
    """About `total` indices from 0 to `last`: the `first` ones, then ever wider apart, the last.

    >>> thin(10**6, 3, 8)
    (0, 1, 2, 3, 38, 486, 6178, 78600, 1000000)
    """
    if last < total:
        return tuple(range(last + 1))
    wide = np.geomspace(float(first), float(last), total - first + 1)
    return tuple(sorted({*range(first), *(min(int(k + 0.5), last) for k in wide.tolist()), last}))


def recorded_steps(path: DescentPath, chosen: int) -> list[Step]:
    """The recorded steps of a path, and the chosen one."""
    steps = list(path)
    if all(step.index != chosen for step in steps):
        steps.append(path.at(chosen))
    return sorted(steps, key=lambda step: step.index)


def nearby(path: DescentPath, chosen: int, total: int = 60) -> tuple[tuple[int, ...], Floats]:
    """Indices (m,), and descent parameters (m, d), of the steps a picture over parameters shows.

    Those are about `total` steps and the chosen one, up to the first that has gone so far that the
    rest of the picture would shrink to a point.
    """
    minimum = path.problem.minimizer
    kept: list[int] = []
    points: list[Floats] = []
    limit = 0.0
    for k in sorted({*thin(path.epochs, total // 2, total), chosen}):
        point = path.descent_parameters(k)
        with np.errstate(over="ignore", invalid="ignore"):
            distance = float(np.linalg.norm(point - minimum))
        if k == 0:
            limit = REACH * distance + 1e-6 * (1.0 + float(np.linalg.norm(minimum)))
        elif not distance <= limit:
            break
        kept.append(k)
        points.append(point)
    return tuple(kept), np.array(points)


@final
@dataclass(frozen=True, eq=False)
class StepsView:
    """Some steps of a path for a table, in order; `chosen` is the index of the fit's own.

    `minimum` is the least objective, `omitted` the number of steps between that are not listed.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    chosen: int
    minimum: float
    omitted: int

    @staticmethod
    def of(fit: Fit, rows: int = 28) -> "StepsView":
        """The first ten steps, then ever wider apart, the last and the chosen one."""
        path = fit.path
        indices = sorted({*thin(path.epochs, 10, rows), fit.epochs})
        return StepsView(
            path.names,
            tuple(path.at(k) for k in indices),
            fit.epochs,
            path.problem.minimum,
            path.epochs + 1 - len(indices),
        )

    def gradient_norms(self) -> Floats:
        """‖∂J/∂(coefficients, intercept)‖ of each step, in the user's units, shape (m,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array([float(np.linalg.norm(step.gradient)) for step in self.steps])
