"""The objectives of several paths, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.path.path import KEPT_ALL
from steepest.path.several import SeveralPaths
from steepest.pictures.objective import (
    Kind,
    Scale,
    axis_for,
    check_scale,
    excess_base,
    excess_label,
    on_axis,
    threshold_of,
)
from steepest.wording.fact import fact, text_of

# How much of what rises above the highest start is shown: of the height below it, or times as high.
_ABOVE, _ABOVE_LOG = 0.6, 1e3
# A logarithmic axis reaches so far below the lowest floor of noise.
_BELOW = 1e3


@final
@dataclass(frozen=True, eq=False)
class ObjectivesView:
    """For each of `labels` its `epochs` and `values`, each (m,), in which `base` is subtracted.

    - `floors`: places of runs, and where noise of their mini-batches holds them, less `base`
    - `minimum`: the least objective, less `base`; None where it is not known
    - `heights`: the part of the axis that the picture shows; None: all, as long as no path that
      diverges presses the others flat
    """

    labels: tuple[str, ...]
    epochs: tuple[Floats, ...]
    values: tuple[Floats, ...]
    floors: tuple[tuple[int, float], ...]
    minimum: float | None
    base: float
    axis: Kind
    threshold: float
    many: int
    heights: tuple[float, float] | None
    label: str
    epoch_label: str
    note: str

    @staticmethod
    def of(study: SeveralPaths, scale: Scale = "auto") -> "ObjectivesView":
        """The curves of the runs of a study; `scale` as in `ObjectiveView`."""
        check_scale(scale)
        minimum = study.minimum if study.minimum_is_known else None
        raw, floors = list(study.objectives), _floors(study)
        axis = axis_for(raw, scale, minimum)
        base = excess_base(raw, minimum) if axis == "log" and (scale == "log" or floors) else 0.0
        drawn = tuple(on_axis(each, base, axis == "log") for each in raw)
        heights = _heights(drawn, axis, [floor - base for _, floor in floors])
        return ObjectivesView(
            labels=study.labels,
            epochs=tuple(epochs for epochs, _ in study.curves),
            values=drawn,
            floors=tuple((place, floor - base) for place, floor in floors),
            minimum=None if minimum is None else minimum - base,
            base=base,
            axis=axis,
            threshold=threshold_of(raw),
            many=KEPT_ALL,
            heights=heights,
            label=excess_label("objective", base),
            epoch_label="epoch" if study.rows is None else "epoch (look at all rows)",
            note=_note(drawn, study.labels, heights, bool(floors)),
        )

    @property
    def log_epochs(self) -> bool:
        """Whether the epochs are so many that the first ones need a logarithmic axis."""
        return max(float(epochs[-1]) for epochs in self.epochs) > self.many


def _floors(study: SeveralPaths) -> list[tuple[int, float]]:
    """The objectives where noise holds runs of mini-batches, by their places."""
    found = [(place, run.noise_floor) for place, run in enumerate(study.runs)]
    return [(place, study.minimum + floor) for place, floor in found if floor]


def _heights(
    curves: Sequence[Floats], axis: Kind, floors: Sequence[float] = ()
) -> tuple[float, float] | None:
    """Room for the starts, for what lies below them, and for some of what lies above.

    On a logarithmic axis what falls far below where noise holds the others leaves the picture.
    """
    starts = [float(values[0]) for values in curves if np.isfinite(values[0])]
    drawn = np.concatenate(list(curves))
    drawn = drawn[np.isfinite(drawn)]
    if not starts or axis == "symlog":
        return None
    low, top = float(drawn.min()), max(starts)
    if axis == "log":
        high = _ABOVE_LOG * top
        deep = low if not len(floors) else max(low, min(*floors, *starts) / _BELOW)
        within = drawn.max() <= high and deep == low
        return None if within else (deep / 2.0, min(float(drawn.max()) * 2.0, high))
    reach = (top - low) or abs(top) or 1.0
    high = top + _ABOVE * reach
    return None if drawn.max() <= high else (low - 0.05 * reach, high)


def _note(
    curves: Sequence[Floats],
    labels: Sequence[str],
    heights: tuple[float, float] | None,
    floors: bool,
) -> str:
    facts = [fact("floors are dashed")] if floors else []
    over = [
        label
        for label, values in zip(labels, curves, strict=True)
        if heights is not None and (values > heights[1]).any()
    ]
    if over:
        facts.append(fact("curves leave the picture", labels=over))
    return text_of(facts)
