"""The objective epoch by epoch, and that on held-out rows where there are any."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError, nearest
from steepest.path.step import Step
from steepest.pictures.left_out import LeftOut
from steepest.pictures.subject import Subject
from steepest.pictures.thin import recorded_steps
from steepest.wording.numbers import count, number

Scale: TypeAlias = Literal["auto", "linear", "log"]
Kind: TypeAlias = Literal["linear", "log", "symlog"]
SCALES: tuple[Scale, ...] = ("auto", "linear", "log")

# What lies beyond cannot be put on an axis with margins around it.
LARGEST, SMALLEST = 1e250, 1e-250
_WIDE = 20.0
_FAR = 1e3


@final
@dataclass(frozen=True, eq=False)
class ObjectiveView:
    """The objective `training` (m,) at `epochs` (m,), and `validation` (m,) on held-out rows.

    `base` has been subtracted from both, and from `minimum`, the least objective (None where it is
    not known): 0, unless a logarithmic axis shows how far the objective is above its least.
    `axis` is "symlog", linear up to `threshold` on both sides of 0, where it falls far below 0.
    `chosen` is the marked epoch, `many` how many epochs a linear axis has room for. Values that no
    axis can hold are nan, and `notes` tells of them.
    """

    epochs: Floats
    training: Floats
    validation: Floats | None
    minimum: float | None
    base: float
    axis: Kind
    threshold: float
    many: int
    chosen: float
    chosen_name: str
    label: str
    curve: str
    held_out: str
    notes: tuple[str, ...]
    unit: str = "epoch"

    @staticmethod
    def of(subject: Subject, scale: Scale = "auto") -> "ObjectiveView":
        """The curve of a path.

        `scale` of the objective: "linear"; "log", of the excess over the least objective where
        that is known or the objective falls below 0; "auto", of the objective itself, logarithmic
        where it spans much. Raises InputError for another.
        """
        check_scale(scale)
        path = subject.path
        steps = [s for s in recorded_steps(path, subject.chosen) if path.knows_objective(s.index)]
        if not steps:
            raise LeftOut("No loss came in.")
        chosen = subject.chosen if path.knows_objective(subject.chosen) else steps[-1].index
        values = np.array([step.objective for step in steps])
        held_out = _held_out(subject, steps)
        axis = axis_for([values, held_out], scale, subject.minimum)
        base = excess_base([values], subject.minimum) if axis == scale == "log" else 0.0
        epochs = np.array([subject.epoch(step.index) for step in steps])
        training, notes = _drawable(epochs, values, base, axis == "log", path.unit)
        validation = on_axis(held_out, base, axis == "log")
        least = subject.minimum
        return ObjectiveView(
            epochs=epochs,
            training=training,
            validation=None if subject.path.validation is None else validation,
            minimum=None if least is None else least - base,
            base=base,
            axis=axis,
            threshold=threshold_of([values]),
            many=subject.many,
            chosen=subject.epoch(chosen),
            chosen_name=subject.chosen_name,
            label=excess_label(subject.objective, base),
            curve=subject.curve,
            held_out=subject.held_out,
            notes=notes,
            unit=path.unit,
        )

    @property
    def values(self) -> Floats:
        """All finite values of both curves."""
        both = self.training if self.validation is None else [*self.training, *self.validation]
        return np.asarray(both)[np.isfinite(both)]

    @property
    def log_objective(self) -> bool:
        """Whether the objective's axis is logarithmic."""
        return self.axis == "log"

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return bool(self.epochs[-1] > self.many)

    @property
    def shows_minimum(self) -> bool:
        """Whether the least objective has a place on the axis."""
        values = self.values
        if self.minimum is None or not len(values):
            return False
        return not self.log_objective or self.minimum > max(SMALLEST, 1e-12 * values.max())

    @property
    def chosen_objective(self) -> float:
        """The training objective at the chosen epoch; nan where it cannot be drawn."""
        return float(self.training[np.searchsorted(self.epochs, float(self.chosen))])


def check_scale(scale: str) -> None:
    """Raise InputError for a scale that there is not."""
    if scale not in SCALES:
        raise InputError(
            f"there is no scale {scale!r}; choose one of {', '.join(SCALES)}."
            f"{nearest(scale, SCALES)}"
        )


def spans_much(curves: list[Floats]) -> bool:
    """Whether a logarithmic axis shows these values better."""
    values = np.concatenate(curves)
    values = values[np.isfinite(values) & (np.abs(values) <= LARGEST)]
    if not len(values) or values.min() < 0.0:
        return False
    values = values[values >= SMALLEST]
    return len(values) > 0 and bool(values.max() > _WIDE * values.min())


def axis_for(curves: list[Floats], scale: Scale, minimum: float | None) -> Kind:
    """The axis that shows curves (m,) of objectives best, or that was asked for."""
    if scale == "linear":
        return "linear"
    if minimum is None and _falls_far(np.concatenate(curves), threshold_of(curves)):
        return "symlog"
    return "log" if scale == "log" or spans_much(curves) else "linear"


def threshold_of(curves: list[Floats]) -> float:
    """The size of the objectives that curves start from, at least 1."""
    starts = np.abs([values[0] for values in curves if len(values)])
    return max(1.0, float(starts[np.isfinite(starts)].max(initial=0.0)))


def _falls_far(values: Floats, threshold: float) -> bool:
    finite = values[np.abs(values) <= LARGEST]
    return bool(finite.min(initial=0.0) < -_FAR * threshold)


def excess_base(curves: list[Floats], minimum: float | None) -> float:
    """What is subtracted for a logarithmic axis: the least objective, where that is known; where
    values fall to 0 or below, the lowest of them; else 0.
    """
    values = np.concatenate(curves)
    lowest = float(values[np.isfinite(values)].min(initial=np.inf))
    if minimum is not None and minimum <= lowest + 1e-12 * abs(minimum):
        return minimum
    return lowest if -LARGEST <= lowest <= 0.0 else 0.0


def excess_label(objective: str, base: float) -> str:
    """The name of an axis from which `base` was subtracted.

    >>> excess_label("objective", -1.25), excess_label("objective", 0.0)
    ('objective, above −1.25', 'objective')
    """
    return f"{objective}, above {base:.6g}".replace("-", "−") if base else objective


def on_axis(values: Floats, base: float, log: bool) -> Floats:
    """The values less `base`, nan where they have no place on the axis.

    On a logarithmic axis that is what is no farther above the base than rounding.
    """
    floor = max(SMALLEST, 4.0 * np.finfo(float).eps * abs(base))
    with np.errstate(all="ignore"):
        above = np.asarray(values, dtype=np.float64) - base
        gone = ~(np.abs(above) <= LARGEST) | (log & (above < floor))
    return np.where(gone, np.nan, above)


def _held_out(subject: Subject, steps: list[Step]) -> Floats:
    curve = subject.path.validation
    if curve is None:
        return np.empty(0)
    told = (curve(s.index) if s.validation is None else s.validation for s in steps)
    return np.array(list(told))


def _drawable(
    epochs: Floats, values: Floats, base: float, log: bool, unit: str
) -> tuple[Floats, tuple[str, ...]]:
    result = on_axis(values, base, log)
    lost = np.isnan(result)
    no_number = np.isnan(values)
    small = lost & (np.abs(values) <= LARGEST)
    sentences = (
        (
            values > LARGEST,
            f"From {unit} {{}} on the objective is above {number(LARGEST)}, too large to be drawn.",
        ),
        (no_number, f"At {unit} {{}} the objective is not a number."),
        (
            small,
            f"At {unit} {{}} the objective is "
            + f"{number(base)}{' to rounding' if base else ''}, which this axis cannot show.",
        ),
        (values < -LARGEST, f"From {unit} {{}} on the objective is too far below 0 to be drawn."),
    )
    notes = [
        sentence.format(count(float(epochs[int(found.argmax())])))
        for found, sentence in sentences
        if found.any()
    ]
    return result, tuple(notes)
