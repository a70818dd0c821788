"""What a picture is of: a path, the step that matters in it, and the words of its axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.errors import InputError, nearest
from steepest.model.fit import Fit
from steepest.path.path import KEPT_ALL, DescentPath
from steepest.rows.gram import Floats
from steepest.views.slice import Slice
from steepest.views.thin import thin

_SHOWN, _MANY = 60, 50


@final
@dataclass(frozen=True, eq=False)
class Subject:
    """A path to be drawn, and all that a picture says of where it came from.

    - `chosen`: the step that is marked, and `chosen_name` what it is called: "last", or a fit's
      "chosen"
    - `labels` (d,): the parameters in the descent's own coordinates; `objective`: what is minimised
    - `curve`: the name of the objective's curve; `held_out`: of that on held-out rows
    - `features`: the parameters that a picture chooses from by itself: not a fit's intercept
    - `indices`: the steps that a picture over parameters may show
    - `many`: beyond so many epochs their axis is logarithmic
    - `convex`: there is no minimum but the least
    - `turns`: a picture over two parameters that were not asked for may swap its axes
    - `noun`: "fit" or "path", for messages

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3], [2, 4, 6.3], lr=0.1, epochs=3)
    >>> Subject.of_fit(fit).labels[0]
    'coefficient of x, per standard deviation'
    """

    path: DescentPath
    chosen: int
    chosen_name: str
    labels: tuple[str, ...]
    objective: str
    curve: str
    held_out: str
    features: tuple[int, ...]
    indices: tuple[int, ...]
    many: int
    convex: bool
    turns: bool
    noun: str

    @staticmethod
    def of(path: DescentPath) -> "Subject":
        """Any path; its last step is marked."""
        return Subject(
            path=path,
            chosen=path.epochs,
            chosen_name="last",
            labels=_labels(path),
            objective="objective",
            curve="objective",
            held_out="held out",
            features=tuple(range(len(path.names))),
            indices=tuple(path.recorded),
            many=KEPT_ALL,
            convex=path.problem.is_quadratic,
            turns=False,
            noun="path",
        )

    @staticmethod
    def of_fit(fit: Fit) -> "Subject":
        """The path of a fit; the epoch that was chosen is marked."""
        folds = fit.settings.folds
        shown = {*thin(fit.path.epochs, _SHOWN // 2, _SHOWN), fit.epochs}
        return Subject(
            path=fit.path,
            chosen=fit.epochs,
            chosen_name="chosen",
            labels=tuple(parameter_label(fit, i) for i in range(len(fit.names))),
            objective=objective_label(fit),
            curve="training",
            held_out="held out" if folds is None else f"held out, mean of {folds} folds",
            features=tuple(range(len(fit.names) - fit.settings.intercept)),
            indices=tuple(sorted(shown)),
            many=_MANY,
            convex=True,
            turns=True,
            noun="fit",
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.path.names

    @cached_property
    def minimizer(self) -> Floats | None:
        """Where the objective is least, in the descent's coordinates, where that is known.

        A quadratic that does not say has it where its gradient vanishes, if it curves upwards.
        """
        problem = self.path.problem
        if problem.minimizer is not None or not problem.is_quadratic:
            return problem.minimizer
        start = self.path.descent_parameters(0)
        return Slice.over(problem, tuple(range(len(start))), start).local_minimum(start)

    @cached_property
    def minimum(self) -> float | None:
        """The least objective, where it is known."""
        return None if self.minimizer is None else self.path.problem.objective(self.minimizer)

    def positions(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where the named parameters stand. Raises InputError for one that is not there."""
        for name in names:
            if name not in self.names:
                raise InputError(
                    f"this {self.noun} has no parameter {name!r}; it has {', '.join(self.names)}."
                    f"{nearest(name, self.names)}"
                )
        return tuple(self.names.index(name) for name in names)


def objective_label(fit: Fit) -> str:
    """What the objective of a fit is, in words."""
    what = "mean squared error" if fit.settings.reduction == "mean" else "sum of squared errors"
    return what + (" + ridge penalty" if fit.settings.ridge else "")


def parameter_label(fit: Fit, position: int) -> str:
    """What a fit's parameter is in the descent's own coordinates."""
    name = fit.names[position]
    standardized = fit.settings.standardize
    if name == "intercept" and fit.settings.intercept:
        return "intercept, at the features' means" if standardized else "intercept"
    if not standardized:
        return f"coefficient of {name}"
    spread = "standard deviation" if fit.settings.intercept else "root mean square"
    return f"coefficient of {name}, per {spread}"


def _labels(path: DescentPath) -> tuple[str, ...]:
    """The names, where the descent's coordinates are the user's own."""
    ones = np.ones(len(path.names))
    if np.array_equal(path.problem.to_user(ones), ones):
        return path.names
    return tuple(f"{name}, in the descent's coordinates" for name in path.names)
