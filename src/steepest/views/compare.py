"""Batch sizes side by side: how far each run is above the minimum, at equal rows seen."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.results.batch_comparison import Comparison
from steepest.wording.numbers import listed

# The excess axis reaches so far below the lowest floor, and so far above the highest start.
_BELOW, _ABOVE = 1e3, 30.0
# Below this, against the start's excess, an objective is at its least but for rounding.
_TINY = 1e-300
_ROUNDING = 1e-14


@final
@dataclass(frozen=True, eq=False)
class ComparisonView:
    """For each of `labels` its `epochs` (m,), looks at all rows, and `excess` (m,) over the least
    objective, below the picture where that is not above 0. Of the steps between looks those of
    the first look are there.

    - `floors`: where noise holds each run; None where that is not known, or nowhere
    - `known`: the least objective is the least there is, not only the lowest of all runs
    - `heights`: what the picture shows of the excess
    """

    labels: tuple[str, ...]
    epochs: tuple[Floats, ...]
    excess: tuple[Floats, ...]
    floors: tuple[float | None, ...]
    known: bool
    heights: tuple[float, float] | None
    note: str

    @staticmethod
    def of(comparison: Comparison) -> "ComparisonView":
        """The curves of a comparison."""
        least = comparison.minimum
        excess, epochs = [], []
        for place, path in enumerate(comparison.paths):
            seen = comparison.epochs_of(place)
            shown = (seen <= 1.0) | (seen % 1.0 == 0.0)
            values = np.array([step.objective for step in path])[shown] - least
            excess.append(np.where(values <= 0.0, _TINY, values))
            epochs.append(seen[shown])
        floors = tuple(run.noise_floor or None for run in comparison.runs)
        heights = _heights(excess, floors)
        if heights is not None:
            # The line to a step at the minimum leaves the picture below.
            excess = [np.where(each == _TINY, heights[0] / 10.0, each) for each in excess]
        which = "the least of all rows" if comparison.minimum_is_known else "the lowest of all runs"
        said = [f"Excess over {which}, on a logarithmic axis."]
        if any(floor is not None for floor in floors):
            said.append("Dashed: where noise holds a run in the long run, as forecast.")
        left = _leaving(comparison.labels, excess, heights)
        if left:
            said.append(f"The curve of {listed(left)} leaves the picture.")
        return ComparisonView(
            comparison.labels,
            tuple(epochs),
            tuple(excess),
            floors,
            comparison.minimum_is_known,
            heights,
            " ".join(said),
        )


def _heights(curves: list[Floats], floors: tuple[float | None, ...]) -> tuple[float, float] | None:
    drawn = [each[np.isfinite(each) & (each > _TINY)] for each in curves]
    if not any(len(each) for each in drawn):
        return None
    starts = [float(each[0]) for each in drawn if len(each)]
    drawn = [each[each > _ROUNDING * max(starts)] for each in drawn]
    lowest = min(float(each.min()) for each in drawn if len(each))
    known = [floor for floor in floors if floor is not None]
    low = max(lowest, min([*known, *starts]) / _BELOW) if known else lowest
    high = min(max(float(each.max()) for each in drawn if len(each)), _ABOVE * max(starts))
    return low / 2.0, 2.0 * high


def _leaving(
    labels: tuple[str, ...], curves: list[Floats], heights: tuple[float, float] | None
) -> list[str]:
    """Who rises above the picture, or is no longer a number."""
    if heights is None:
        return []
    return [
        f"batch {label}" if label != "full" else "all rows"
        for label, values in zip(labels, curves, strict=True)
        if (np.nan_to_num(values, nan=0.0, posinf=np.inf) > heights[1]).any()
    ]
