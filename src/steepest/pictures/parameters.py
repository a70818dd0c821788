"""The parameters epoch by epoch."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.objective import LARGEST
from steepest.pictures.subject import Subject
from steepest.pictures.thin import recorded_steps
from steepest.wording.numbers import count

MOST = 8
_FAR = 1e3


@final
@dataclass(frozen=True, eq=False)
class ParametersView:
    """`values` (m, k) of the parameters `names` (k,) at `epochs` (m,), in the user's units.

    `minimizer` (k,) is where the objective is least, None where that is not known. `wide`: the
    values span so much that the axis is logarithmic beyond `threshold`, on both sides of 0. Values
    that no axis can hold are nan; `notes` tells of them, and of parameters that are not shown.
    """

    names: tuple[str, ...]
    epochs: Floats
    values: Floats
    minimizer: Floats | None
    wide: bool
    threshold: float
    many: int
    notes: tuple[str, ...]
    unit: str = "epoch"

    @staticmethod
    def of(subject: Subject) -> "ParametersView":
        """The parameters of a path; of many, the eight that move most."""
        steps = recorded_steps(subject.path, subject.chosen)
        values = np.array([step.parameters for step in steps])
        values = np.where(np.abs(values) <= LARGEST, values, np.nan)
        shown = _moving_most(values)
        threshold = max(1.0, float(np.abs(values[0, shown]).max(initial=0.0)))
        return ParametersView(
            names=tuple(subject.names[i] for i in shown),
            epochs=np.array([subject.epoch(step.index) for step in steps]),
            values=values[:, shown],
            minimizer=_minimizer(subject, shown),
            wide=bool((np.abs(values[:, shown]) > _FAR * threshold).any()),
            threshold=threshold,
            many=subject.many,
            notes=_notes(subject, values, len(shown)),
            unit=subject.path.unit,
        )

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return bool(self.epochs[-1] > self.many)


def _moving_most(values: Floats) -> list[int]:
    # Not nanmax, which warns where nothing of a parameter can be drawn.
    extent = np.fmax.reduce(values) - np.fmin.reduce(values)
    order = np.argsort(-extent, kind="stable")[:MOST]
    return sorted(order.tolist())


def _minimizer(subject: Subject, shown: list[int]) -> Floats | None:
    if subject.minimizer is None:
        return None
    return np.asarray(subject.path.problem.to_user(subject.minimizer)[shown])


def _notes(subject: Subject, values: Floats, shown: int) -> tuple[str, ...]:
    notes = []
    if shown < len(subject.names):
        notes.append(f"The {shown} that move most of {len(subject.names)} parameters are shown.")
    lost = np.isnan(values).any(axis=1)
    if lost.any():
        epoch = recorded_steps(subject.path, subject.chosen)[int(lost.argmax())].index
        since = f"{subject.path.unit} {count(float(epoch))}"
        notes.append(f"From {since} on parameters are too large to be drawn.")
    return tuple(notes)
