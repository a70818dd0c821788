"""The objective epoch by epoch, on training rows and on held-out rows."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.model.fit import Fit
from steepest.path.step import Step
from steepest.path.words import count, number
from steepest.rows.gram import Floats
from steepest.views.steps import recorded_steps

# What lies beyond cannot be put on an axis with margins around it.
LARGEST, SMALLEST = 1e250, 1e-250
_MANY_EPOCHS = 50
_WIDE = 20.0


@final
@dataclass(frozen=True, eq=False)
class ObjectiveView:
    """The objective `training` (m,) at `epochs` (m,), and `validation` (m,) on held-out rows.

    `minimum` is the least objective on the training rows, `chosen` the fit's epoch. Values that no
    axis can hold are nan, and `notes` tells of them.
    """

    epochs: Floats
    training: Floats
    validation: Floats | None
    minimum: float
    chosen: int
    label: str
    held_out: str
    notes: tuple[str, ...]

    @staticmethod
    def of(fit: Fit) -> "ObjectiveView":
        """The curve of a fit's path."""
        steps = recorded_steps(fit.path, fit.epochs)
        training, notes = _drawable(steps, [step.objective for step in steps])
        validation = None
        if fit.path.validation is not None:
            held_out = [np.nan if s.validation is None else s.validation for s in steps]
            validation, _ = _drawable(steps, held_out)
        return ObjectiveView(
            np.array([float(step.index) for step in steps]),
            training,
            validation,
            fit.path.problem.minimum,
            fit.epochs,
            objective_label(fit),
            _held_out(fit),
            notes,
        )

    @property
    def values(self) -> Floats:
        """All finite values of both curves."""
        both = self.training if self.validation is None else [*self.training, *self.validation]
        return np.asarray(both)[np.isfinite(both)]

    @property
    def log_objective(self) -> bool:
        """Whether the values span so much that a logarithmic axis shows them better."""
        values = self.values
        return len(values) > 0 and values.min() > 0.0 and values.max() > _WIDE * values.min()

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return bool(self.epochs[-1] > _MANY_EPOCHS)

    @property
    def shows_minimum(self) -> bool:
        """Whether the least objective has a place on the axis."""
        values = self.values
        return len(values) > 0 and (
            not self.log_objective or self.minimum > max(SMALLEST, 1e-12 * values.max())
        )

    @property
    def chosen_objective(self) -> float:
        """The training objective at the chosen epoch; nan where it cannot be drawn."""
        return float(self.training[np.searchsorted(self.epochs, float(self.chosen))])


def objective_label(fit: Fit) -> str:
    """What the objective is, in words."""
    what = "mean squared error" if fit.settings.reduction == "mean" else "sum of squared errors"
    return what + (" + ridge penalty" if fit.settings.ridge else "")


def _held_out(fit: Fit) -> str:
    folds = fit.settings.folds
    return "held out" if folds is None else f"held out, mean of {folds} folds"


def _drawable(steps: list[Step], values: list[float]) -> tuple[Floats, tuple[str, ...]]:
    result, notes = np.array(values, dtype=np.float64), []
    large = ~(result <= LARGEST)
    if large.any():
        k = steps[int(large.argmax())].index
        notes.append(
            f"From epoch {count(float(k))} on the objective is above {number(LARGEST)}, too large "
            "to be drawn."
        )
    small = (result < SMALLEST) & (np.nanmax(result, initial=0.0) > SMALLEST)
    if small.any():
        k = steps[int(small.argmax())].index
        notes.append(f"At epoch {count(float(k))} the objective is 0, which this axis cannot show.")
    result[large | small] = np.nan
    return result, tuple(notes)
