"""The gradient's norm epoch by epoch."""

from dataclasses import dataclass, replace
from itertools import chain, cycle, islice
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.axis_scale import SCALES, Scale, at_first, on_axis, only_one
from steepest.pictures.picture import LeftOut, checked
from steepest.pictures.style import BLUE, SERIES, Axes, axes_or_new, label, legend
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import recorded_steps
from steepest.pictures.ticks import epoch_axis, log_heights, marks
from steepest.wording.fact import Fact, fact, phrase


@final
@dataclass(frozen=True, eq=False)
class GradientView:
    """‖∇J‖ by the user's parameters, `norms` (m,) at `epochs` (m,); `log`: on a logarithmic
    axis. Norms that have no place on it are nan, and `notes` tells of them. `optimizers` (m,) are
    the names of those that made the steps, where there are several: each has a curve of its own.
    """

    epochs: Floats
    norms: Floats
    log: bool
    many: int
    notes: tuple[Fact, ...]
    unit: str
    optimizers: tuple[str, ...]

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
        return GradientView(epochs, visible, log, subject.many, notes, path.unit, owners)

    def until(self, m: int) -> "GradientView":
        """The same picture of the first m steps."""
        return replace(
            self, epochs=self.epochs[:m], norms=self.norms[:m], optimizers=self.optimizers[:m]
        )

    @property
    def curves(self) -> list[tuple[str, Floats, Floats]]:
        """Of each optimizer its name, epochs and norms, in the order of their first steps."""
        owners = np.array(self.optimizers)
        return [
            (name, self.epochs[owners == name], self.norms[owners == name])
            for name in dict.fromkeys(self.optimizers)
        ]


def plot(view: GradientView, ax: Axes | None = None) -> Axes:
    """Draw the norm at every step."""
    ax = axes_or_new(ax)
    draw_steps(view, ax)
    finite = view.norms[np.isfinite(view.norms)]
    if view.log and len(finite):
        log_heights(ax, float(finite.min()), float(finite.max()))
    epoch_axis(ax, float(view.epochs[-1]), view.many)
    label(ax, phrase("unit of steps", unit=view.unit), phrase("norm of the gradient"))
    if len(view.curves) > 1:
        legend(ax)
    return ax


def draw_background(view: GradientView, ax: Axes) -> None:
    """Nothing but the axes that the whole was drawn on: those stay."""
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())


def draw_steps(view: GradientView, ax: Axes) -> None:
    """The norm so far."""
    styles = chain([(BLUE, "-")], islice(cycle(SERIES), 1, None))
    for (name, epochs, norms), (color, style) in zip(view.curves, styles, strict=False):
        ax.plot(epochs, norms, color=color, ls=style, label=name or None, **marks(norms))
