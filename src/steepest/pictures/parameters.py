"""The parameters epoch by epoch."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.axis_scale import LARGEST, SCALES, Scale, at_first, only_one
from steepest.pictures.chart import Axis, Chart, epochs_axis, level, series
from steepest.pictures.picture import LeftOut, checked
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import recorded_steps
from steepest.wording.fact import Fact, fact, phrase, text_of

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
    notes: tuple[Fact, ...]
    unit: str

    @staticmethod
    def of(subject: Subject, scale: Scale = "auto") -> "ParametersView":
        """The parameters of a path; of many, the eight that move most. Raises LeftOut where they
        can be drawn at no step.
        """
        checked(scale, SCALES, "scale")
        steps, unit = recorded_steps(subject.path, subject.chosen), subject.path.unit
        epochs = np.array([subject.epoch(step.index) for step in steps])
        values = np.array([step.parameters for step in steps])
        values = np.where(np.abs(values) <= LARGEST, values, np.nan)
        places, least = _moving_most(values), subject.minimizer
        threshold = max(1.0, float(np.abs(values[0, places]).max(initial=0.0)))
        spans = bool((np.abs(values[:, places]) > _FAR * threshold).any())
        lost = np.isnan(values).any(axis=1)

        def too_large(epoch: float) -> Fact:
            return fact("parameters too large", unit=unit, epoch=epoch)

        notes = [*only_one(~lost, epochs, unit), *at_first(lost, epochs, too_large)]
        if lost.all():
            raise LeftOut(notes[0])
        if len(places) < len(subject.names):
            few = fact("parameters that move most", shown=len(places), of=len(subject.names))
            notes.insert(0, few)
        return ParametersView(
            names=tuple(subject.names[i] for i in places),
            epochs=epochs,
            values=values[:, places],
            minimizer=None if least is None else subject.path.problem.to_user(least)[places],
            wide=scale == "log" or (scale == "auto" and spans),
            threshold=threshold,
            many=subject.many,
            notes=tuple(notes),
            unit=unit,
        )

    def until(self, m: int) -> "ParametersView":
        """The same picture of the first m steps."""
        return replace(self, epochs=self.epochs[:m], values=self.values[:m])


def chart(view: ParametersView) -> Chart:
    """A line for each parameter, and dotted where the objective is least."""
    single = len(view.names) == 1
    curves = [
        series(view.epochs, values, "" if single else name, colour=place)
        for place, (name, values) in enumerate(zip(view.names, view.values.T, strict=True))
    ]
    least = [] if view.minimizer is None else view.minimizer.tolist()
    curves += [level(height, colour=place) for place, height in enumerate(least)]
    label = view.names[0] if single else phrase("parameters")
    values = Axis(label, "symlog" if view.wide else "linear", threshold=view.threshold)
    last = float(view.epochs[-1])
    return Chart(
        epochs_axis(view.unit, last, last > view.many), values, curves, note=text_of(view.notes)
    )


def _moving_most(values: Floats) -> list[int]:
    # Not nanmax, which warns where nothing of a parameter can be drawn.
    extent = np.fmax.reduce(values) - np.fmin.reduce(values)
    order = np.argsort(-extent, kind="stable")[:MOST]
    return sorted(order.tolist())
