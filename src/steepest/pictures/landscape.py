"""The landscape around a path of a model: contours on a plane, and the steps on it."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.pictures.objective_grid import LARGEST, Ground, levels_of
from steepest.pictures.thin import thin
from steepest.watching.measure.landscape import MeasuredLandscape
from steepest.wording.numbers import number

ON_PLANE = 1e-6  # of the path's extent: a step nearer to the plane lies on it
_FIRST, _SHOWN = 40, 120


@final
@dataclass(frozen=True, eq=False)
class LandscapeView:
    """The surface `ground`, and the steps `index` on it, at `steps` (m, 2).

    `exact` (m,): the steps that lie on the plane; the others are projections, of which the surface
    does not show the objective. `note` says how much of the path's motion the plane holds, and how
    far from it the steps lie.
    """

    ground: Ground
    index: tuple[int, ...]
    steps: Floats
    exact: NDArray[np.bool_]
    note: str

    @staticmethod
    def of(landscape: MeasuredLandscape) -> "LandscapeView":
        """The view of a landscape; of a long path evenly spread steps."""
        surface = landscape.objective
        surface = np.where(np.isfinite(surface) & (np.abs(surface) <= LARGEST), surface, np.nan)
        ground = Ground(
            labels=_labels(landscape),
            objective_label="objective",
            x=landscape.x,
            y=landscape.y,
            objective=surface,
            levels=levels_of(surface, np.inf),
            equal=_equal(landscape),
        )
        shown = _evenly(len(landscape.index))
        return LandscapeView(
            ground=ground,
            index=tuple(landscape.index[place] for place in shown),
            steps=landscape.points[shown],
            exact=landscape.distances[shown] <= ON_PLANE * _extent(landscape),
            note=_note(landscape),
        )


def _labels(landscape: MeasuredLandscape) -> tuple[str, str]:
    if landscape.kind == "random":
        return "random direction 1, filters as long as the model's", "random direction 2"
    held = landscape.held
    first, second = (
        f"main direction {place}" + (f": {share} of the motion" if np.isfinite(held[0]) else "")
        for place, share in zip((1, 2), map(_percent, held), strict=True)
    )
    return first, second


def _note(landscape: MeasuredLandscape) -> str:
    if landscape.kind == "path":
        where = "The plane of the path's two main directions, through its last step."
    else:
        where = (
            "A plane of two random directions, in which every filter is as long as the model's and "
            "biases stay."
        )
    if not len(landscape.index):
        return f"{where} The model stands in the middle."
    extent, largest = _extent(landscape), float(landscape.distances.max())
    if largest <= ON_PLANE * extent:
        return f"{where} Every step lies on it."
    held = float(landscape.held.sum())
    return (
        f"{where} It holds {_percent(held)} of the path's motion. The steps lie up to "
        f"{number(largest)} off it, {largest / extent:.2g} of the path's extent. Hollow steps are "
        "projections: the picture does not show their objective."
    )


def _extent(landscape: MeasuredLandscape) -> float:
    """About the path's extent: its greatest distance from the origin."""
    along = np.linalg.norm(landscape.points @ landscape.directions, axis=1)
    return float(np.hypot(along, landscape.distances).max(initial=0.0)) or 1.0


def _percent(share: float) -> str:
    """A share in percent, never rounded to all or nothing.

    >>> _percent(0.99996), _percent(0.25), _percent(1e-9)
    ('>99.9 %', '25 %', '<0.1 %')
    """
    if share < 1e-3:
        return "<0.1 %"
    return ">99.9 %" if 0.999 < share < 1.0 - 1e-12 else f"{100.0 * share:.3g} %"


def _equal(landscape: MeasuredLandscape) -> bool:
    """Whether both axes have one scale: the grid was laid out that way."""
    return bool(
        landscape.kind == "path"
        and np.isclose(np.ptp(landscape.x) / np.ptp(landscape.y), 4.0 / 3.0)
    )


def _evenly(count: int) -> list[int]:
    if count <= _SHOWN:
        return list(range(count))
    return list(thin(count - 1, _FIRST, _SHOWN))
