"""The gradient's norm epoch by epoch."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective import on_axis
from steepest.pictures.subject import Subject
from steepest.pictures.thin import recorded_steps
from steepest.wording.numbers import count


@final
@dataclass(frozen=True, eq=False)
class GradientView:
    """‖∇J‖ by the user's parameters, `norms` (m,) at `epochs` (m,), for a logarithmic axis.

    Norms that have no place on it are nan, and `notes` tells of them.
    """

    epochs: Floats
    norms: Floats
    many: int
    notes: tuple[str, ...]
    unit: str = "epoch"

    @staticmethod
    def of(subject: Subject) -> "GradientView":
        """The gradient norms of a path."""
        path = subject.path
        steps = [s for s in recorded_steps(path, subject.chosen) if path.knows_gradient(s.index)]
        if not steps:
            raise LeftOut("No gradient was recorded.")
        norms = np.array([path.gradient_norm(step) for step in steps])
        drawn = on_axis(norms, 0.0, log=True)
        sentences = (
            (norms == 0.0, "At {} {} the gradient is 0, which this axis cannot show."),
            (
                np.isnan(drawn) & (norms != 0.0),
                "From {} {} on the gradient is not finite or too large to be drawn.",
            ),
        )
        notes = [
            sentence.format(path.unit, count(float(steps[int(found.argmax())].index)))
            for found, sentence in sentences
            if found.any()
        ]
        epochs = np.array([subject.epoch(step.index) for step in steps])
        return GradientView(epochs, drawn, subject.many, tuple(notes), path.unit)

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return bool(self.epochs[-1] > self.many)
