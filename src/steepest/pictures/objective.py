"""The objective epoch by epoch, and that on held-out rows where there are any."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.path.objective_curve import ObjectiveCurve
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.pictures.axis_scale import (
    LARGEST,
    SCALES,
    SMALLEST,
    Kind,
    Scale,
    at_first,
    axis_for,
    excess_base,
    on_axis,
    only_one,
    threshold_of,
)
from steepest.pictures.chart import BLUE, Axis, Chart, epochs_axis, level, marks, series
from steepest.pictures.epoch_window import EpochWindow, deep_heights
from steepest.pictures.picture import LeftOut, checked
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import recorded_steps
from steepest.wording.fact import Fact, fact, phrase, text_of


@final
@dataclass(frozen=True, eq=False)
class ObjectiveView:
    """The objective `training` (m,) at `epochs` (m,), and `validation` (m,) on held-out rows.

    `others` are the names, epochs and objectives of further optimizers, each of which has its own.
    `base` has been subtracted from all, and from `minimum`, the least objective (None where it is
    not known): 0, unless a logarithmic axis shows how far the objective is above its least.
    `axis` is "symlog", linear up to `threshold` on both sides of 0, where it falls far below 0.
    `chosen` is the marked epoch, `window` which epochs the picture shows, `heights` the part of a
    logarithmic axis that is above rounding, None: all. Values that no axis can hold are nan, and
    `notes` tells of them.
    """

    epochs: Floats
    training: Floats
    validation: Floats | None
    minimum: float | None
    base: float
    axis: Kind
    threshold: float
    window: EpochWindow
    heights: tuple[float, float] | None
    chosen: float
    chosen_label: str
    label: str
    curve: str
    held_out: str
    notes: tuple[Fact, ...]
    unit: str
    others: tuple[tuple[str, Floats, Floats], ...] = ()

    @staticmethod
    def of(subject: Subject, scale: Scale = "auto") -> "ObjectiveView":
        """The curve of a path.

        `scale` of the objective: "linear"; "log", of the excess over the least objective where
        that is known or the objective falls below 0; "auto", of the objective itself, logarithmic
        where it spans much. Raises InputError for another, and LeftOut where nothing was recorded.
        """
        checked(scale, SCALES, "scale")
        path, least = subject.path, subject.minimum
        curves = [curve.drawn() for curve in path.objective_curves]
        steps = [] if curves else _known(recorded_steps(path, subject.chosen), path)
        if not curves and not steps:
            raise LeftOut(fact("no loss came in"))
        first, *others = curves or [_curve_of(steps)]
        chosen = subject.chosen if subject.chosen in first.steps else int(first.steps[-1])
        all_values = [curve.values for curve in (first, *others)]
        held_out = _held_out(subject, steps)
        axis = axis_for([*all_values, held_out], scale, least)
        base = excess_base(all_values, least) if axis == scale == "log" else 0.0
        epochs = [_epochs(subject, curve) for curve in (first, *others)]
        heights = [on_axis(values, base, axis == "log") for values in all_values]
        validation = on_axis(held_out, base, axis == "log")
        names = [curve.name for curve in others]
        seen = list(zip([*epochs, epochs[0]], [*heights, validation], strict=True))
        marked = np.nan if others else subject.epoch(chosen)
        early = marked if marked < epochs[0][-1] else 0.0
        tall = deep_heights([values for _, values in seen], axis)
        window = EpochWindow.around(seen, axis, tall, early)
        return ObjectiveView(
            epochs=epochs[0],
            training=heights[0],
            validation=None if path.validation is None else validation,
            minimum=None if least is None else least - base,
            base=base,
            axis=axis,
            threshold=threshold_of(all_values),
            window=window,
            heights=tall,
            chosen=marked,
            chosen_label=subject.mark(chosen),
            label=phrase("objective above", objective=subject.objective, base=base),
            curve=first.name or subject.curve,
            held_out=subject.held_out,
            notes=(
                *_notes(
                    np.concatenate(epochs),
                    np.concatenate(all_values),
                    np.isnan(np.concatenate(heights)),
                    base,
                    path.unit,
                ),
                *window.notes(path.unit),
            ),
            unit=path.unit,
            others=tuple(zip(names, epochs[1:], heights[1:], strict=True)),
        )

    @staticmethod
    def drawable(subject: Subject, scale: Scale = "auto") -> "ObjectiveView":
        """The same, if it has a value to show. Raises LeftOut where it has none."""
        view, path = ObjectiveView.of(subject, scale), subject.path
        if not len(view.values):
            curves = [curve.values for curve in path.objective_curves]
            values = np.concatenate(curves or [np.array([step.objective for step in path])])
            is_number = not np.isnan(values).all()
            raise LeftOut(fact("objective never drawable", unit=path.unit, is_number=is_number))
        return view

    @staticmethod
    def logarithmic(subject: Subject) -> "ObjectiveView | None":
        """The same on a logarithmic axis; None where too few values have a place there."""
        view = ObjectiveView.of(subject, "log")
        return view if len(view.values) >= min(2, len(view.epochs)) else None

    def until(self, m: int) -> "ObjectiveView":
        """The same picture of the first m steps of the first curve."""
        last = self.epochs[m - 1]
        return replace(
            self,
            epochs=self.epochs[:m],
            training=self.training[:m],
            validation=None if self.validation is None else self.validation[:m],
            chosen=self.chosen if self.chosen <= last else np.nan,
            others=tuple(
                (name, epochs[epochs <= last], heights[epochs <= last])
                for name, epochs, heights in self.others
            ),
        )

    @property
    def values(self) -> Floats:
        """All finite values of all curves."""
        held_out = [] if self.validation is None else [self.validation]
        further = [heights for _, _, heights in self.others]
        values = np.concatenate([self.training, *held_out, *further])
        return np.asarray(values[np.isfinite(values)])

    @property
    def shows_minimum(self) -> bool:
        """Whether the least objective has a place on the axis."""
        values = self.values
        if self.minimum is None or not len(values):
            return False
        return self.axis != "log" or self.minimum > max(SMALLEST, 1e-12 * values.max())

    @property
    def chosen_objective(self) -> float:
        """The training objective at the chosen epoch; nan where it is not drawn."""
        if np.isnan(self.chosen) or self.chosen > self.window.last:
            return float(np.nan)
        return float(self.training[np.searchsorted(self.epochs, float(self.chosen))])


def chart(view: ObjectiveView) -> Chart:
    """Training and validation objective, the least one, and the marked epoch."""
    shown = view.epochs <= view.window.last
    named = [(view.curve, view.epochs[shown], view.training[shown]), *view.others]
    curves = [
        series(epochs, values, label, colour=place)
        for place, (label, epochs, values) in enumerate(named)
    ]
    if view.validation is not None:
        held_out = view.validation[shown]
        curves.append(series(view.epochs[shown], held_out, view.held_out, "dashes", BLUE))
    if view.minimum is not None and view.shows_minimum:
        curves.append(level(view.minimum, phrase("least value", objective=view.minimum)))
    if np.isfinite(view.chosen_objective):
        curves.append(marks([view.chosen, view.chosen_objective], view.chosen_label, "last"))
    low, high = view.heights or (None, None)
    heights = Axis(view.label, view.axis, low, high, view.threshold)
    epochs = epochs_axis(view.unit, view.window.last, view.window.logarithmic)
    return Chart(epochs, heights, curves, note=text_of(view.notes))


def _known(steps: list[Step], path: DescentPath) -> list[Step]:
    return [step for step in steps if path.knows_objective(step.index)]


def _curve_of(steps: list[Step]) -> ObjectiveCurve:
    """The objective at some steps."""
    indices = np.array([step.index for step in steps], dtype=object)  # they may be beyond int64
    return ObjectiveCurve(indices, np.array([s.objective for s in steps]), np.zeros(len(steps)))


def _epochs(subject: Subject, curve: ObjectiveCurve) -> Floats:
    return np.array([subject.epoch(index) for index in curve.steps.tolist()])


def _held_out(subject: Subject, steps: list[Step]) -> Floats:
    curve = subject.path.validation
    if curve is None:
        return np.empty(0)
    return np.array([curve(s.index) if s.validation is None else s.validation for s in steps])


def _notes(
    epochs: Floats, values: Floats, lost: Booleans, base: float, unit: str
) -> tuple[Fact, ...]:
    small = lost & (np.abs(values) <= LARGEST)
    infinite, low = values == np.inf, values < -LARGEST
    large = (values > LARGEST) & ~infinite
    infinite &= not large.any()  # what follows on those is no news

    def too_large(epoch: float) -> Fact:
        return fact("objective too large", unit=unit, epoch=epoch, limit=LARGEST)

    def too_large_for_its_type(epoch: float) -> Fact:
        return fact("objective is infinite", unit=unit, epoch=epoch)

    def off_the_axis(epoch: float) -> Fact:
        return fact("objective off the axis", unit=unit, epoch=epoch, base=base)

    def no_number(epoch: float) -> Fact:
        return fact("objective is not a number", unit=unit, epoch=epoch)

    def too_low(epoch: float) -> Fact:
        return fact("objective too low", unit=unit, epoch=epoch)

    cases = (
        (large, too_large),
        (infinite, too_large_for_its_type),
        (np.isnan(values), no_number),
        (small, off_the_axis),
        (low, too_low),
    )
    found = [note for mask, make in cases for note in at_first(mask, epochs, make)]
    return (*only_one(~lost, epochs, unit), *found)
