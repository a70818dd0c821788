"""Some steps of a path, for a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.path.step import Step
from steepest.pictures.subject import Subject
from steepest.pictures.thin import thin


@final
@dataclass(frozen=True, eq=False)
class StepsView:
    """Some steps of a path for a table, in order; `chosen` is the index of the marked one.

    `minimum` is the least objective, None where it is not known; `omitted` the number of steps
    between that are not listed.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    chosen: int
    minimum: float | None
    omitted: int

    @staticmethod
    def of(subject: Subject, rows: int = 28) -> "StepsView":
        """The first ten steps, then ever wider apart, the last and the chosen one."""
        path = subject.path
        indices = _recorded(path.recorded, thin(path.epochs, 10, rows), subject.chosen)
        return StepsView(
            path.names,
            tuple(path.at(k) for k in indices),
            subject.chosen,
            subject.minimum,
            path.epochs + 1 - len(indices),
        )

    def gradient_norms(self) -> Floats:
        """‖∇J‖ of each step, by the user's parameters, shape (m,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array([float(np.linalg.norm(step.gradient)) for step in self.steps])


def _recorded(recorded: Sequence[int], wanted: Sequence[int], chosen: int) -> list[int]:
    """The recorded steps next to those wanted: a run from a file may have no others."""
    places = np.searchsorted(recorded, wanted).clip(max=len(recorded) - 1)
    return sorted({*(recorded[place] for place in places.tolist()), chosen})
