"""The gradient's norm epoch by epoch."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.axis_scale import SCALES, Scale, at_first, on_axis, only_one
from steepest.pictures.chart import Axis, Chart, epochs_axis, series
from steepest.pictures.picture import LeftOut, checked
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import recorded_steps
from steepest.wording.fact import Fact, fact, phrase, text_of


@final
@dataclass(frozen=True, eq=False)
class GradientView:
    """‖∇J‖ by the user's parameters, `norms` (m,) at `epochs` (m,); `log`: on a logarithmic
    axis. Norms that have no place on it are nan, and `notes` tells of them. `optimizers` (m,) are
    the names of those that made the steps, where there are several: each has a curve of its own, in
    this `order`, which is that of the objectives.
    """

    epochs: Floats
    norms: Floats
    log: bool
    many: int
    notes: tuple[Fact, ...]
    unit: str
    optimizers: tuple[str, ...]
    order: tuple[str, ...]

    @staticmethod
    def of(subject: Subject, scale: Scale = "auto") -> "GradientView":
        """The gradient norms of a path, logarithmic unless `scale` is "linear". Raises LeftOut
        where none can be drawn.
        """
        path, log = subject.path, checked(scale, SCALES, "scale") != "linear"
        steps = [s for s in recorded_steps(path, subject.chosen) if path.knows_gradient(s.index)]
        if not steps:
            raise LeftOut(fact("no gradient recorded"))
        norms = np.array([path.gradient_norm(step) for step in steps])
        epochs = np.array([subject.epoch(step.index) for step in steps])
        visible = on_axis(norms, 0.0, log)
        lost = np.isnan(visible) & (norms != 0.0)

        def zero(epoch: float) -> Fact:
            return fact("gradient is zero", unit=path.unit, epoch=epoch)

        def too_large(epoch: float) -> Fact:
            return fact("gradient too large", unit=path.unit, epoch=epoch)

        notes = (
            *only_one(np.isfinite(visible), epochs, path.unit),
            *at_first(log & (norms == 0.0), epochs, zero),
            *at_first(lost, epochs, too_large),
        )
        if np.isnan(visible).all():
            raise LeftOut(notes[0])
        owners = tuple(path.optimizer_of(step.index) for step in steps)
        order = tuple(dict.fromkeys([*(each.name for each in path.objective_curves), *owners]))
        return GradientView(epochs, visible, log, subject.many, notes, path.unit, owners, order)

    def until(self, m: int) -> "GradientView":
        """The same picture of the first m steps."""
        return replace(
            self, epochs=self.epochs[:m], norms=self.norms[:m], optimizers=self.optimizers[:m]
        )

    @property
    def curves(self) -> list[tuple[str, Floats, Floats]]:
        """Of each optimizer its name, epochs and norms, in the order in which they were given."""
        owners = np.array(self.optimizers)
        return [
            (name, self.epochs[owners == name], self.norms[owners == name])
            for name in self.order
            if name in self.optimizers
        ]


def chart(view: GradientView) -> Chart:
    """The norm at every step."""
    curves = [
        series(epochs, norms, name, colour=place)
        for place, (name, epochs, norms) in enumerate(view.curves)
    ]
    norm, last = phrase("norm of the gradient"), float(view.epochs[-1])
    return Chart(
        epochs_axis(view.unit, last, last > view.many),
        Axis(norm, "log" if view.log else "linear"),
        curves,
        note=text_of(view.notes),
    )
