"""The objectives of several paths, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.path.path import KEPT_ALL
from steepest.views.objective import (
    Kind,
    Scale,
    axis_for,
    check_scale,
    excess_base,
    excess_label,
    on_axis,
    threshold_of,
)
from steepest.views.subject import Subject

# How much of what rises above the highest start is shown: of the height below it, or times as high.
_ABOVE, _ABOVE_LOG = 0.6, 1e3


@final
@dataclass(frozen=True, eq=False)
class ObjectivesView:
    """For each of `labels` its `epochs` and `values`, each (m,), in which `base` is subtracted.

    - `minimum`: the least objective, less `base`; None where it is not known
    - `heights`: the part of the axis that the picture shows; None: all, as long as no path that
      diverges presses the others flat
    """

    labels: tuple[str, ...]
    epochs: tuple[Floats, ...]
    values: tuple[Floats, ...]
    minimum: float | None
    base: float
    axis: Kind
    threshold: float
    many: int
    heights: tuple[float, float] | None
    label: str
    note: str

    @staticmethod
    def of(
        subjects: Sequence[Subject], labels: Sequence[str], scale: Scale = "auto"
    ) -> "ObjectivesView":
        """The curves of several paths of one problem; `scale` as in `ObjectiveView`."""
        steps = [list(subject.path) for subject in subjects]
        first = subjects[0]
        return _curves(
            labels,
            [np.array([float(step.index) for step in path]) for path in steps],
            [np.array([step.objective for step in path]) for path in steps],
            scale,
            first.minimum,
            first.many,
            first.objective,
        )

    @staticmethod
    def of_epochs(
        objectives: Sequence[Floats], labels: Sequence[str], scale: Scale = "auto"
    ) -> "ObjectivesView":
        """The curves of objectives (epochs + 1,), of epoch 0 and each after it."""
        epochs = [np.arange(len(each), dtype=np.float64) for each in objectives]
        return _curves(labels, epochs, list(objectives), scale, None, KEPT_ALL, "objective")

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return max(float(epochs[-1]) for epochs in self.epochs) > self.many


def _curves(
    labels: Sequence[str],
    epochs: Sequence[Floats],
    raw: list[Floats],
    scale: Scale,
    minimum: float | None,
    many: int,
    objective: str,
) -> ObjectivesView:
    check_scale(scale)
    axis = axis_for(raw, scale, minimum)
    base = excess_base(raw, minimum) if axis == scale == "log" else 0.0
    values = tuple(on_axis(each, base, axis == "log") for each in raw)
    heights = _heights(values, axis)
    return ObjectivesView(
        labels=tuple(labels),
        epochs=tuple(epochs),
        values=values,
        minimum=None if minimum is None else minimum - base,
        base=base,
        axis=axis,
        threshold=threshold_of(raw),
        many=many,
        heights=heights,
        label=excess_label(objective, base),
        note=_note(values, labels, heights),
    )


def _heights(curves: Sequence[Floats], axis: Kind) -> tuple[float, float] | None:
    """Room for the starts, for what lies below them, and for some of what lies above."""
    starts = [float(values[0]) for values in curves if np.isfinite(values[0])]
    drawn = np.concatenate(list(curves))
    drawn = drawn[np.isfinite(drawn)]
    if not starts or axis == "symlog":
        return None
    low, top = float(drawn.min()), max(starts)
    if axis == "log":
        high = _ABOVE_LOG * top
        return None if drawn.max() <= high else (low / 2.0, high)
    reach = (top - low) or abs(top) or 1.0
    high = top + _ABOVE * reach
    return None if drawn.max() <= high else (low - 0.05 * reach, high)


def _note(
    curves: Sequence[Floats], labels: Sequence[str], heights: tuple[float, float] | None
) -> str:
    if heights is None:
        return ""
    over = [
        label for label, values in zip(labels, curves, strict=True) if (values > heights[1]).any()
    ]
    return f"{', '.join(over)}: the curve leaves the picture."
