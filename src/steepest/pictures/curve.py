"""The objective along one parameter, as a curve with the path on it."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective_grid import LARGEST
from steepest.pictures.projected_path import Shown, limits, outside, undefined
from steepest.pictures.subject import Subject
from steepest.wording.numbers import count

TANGENTS = 4
_POINTS = 481
_APART = 0.05  # of the picture's width, between tangents


@final
@dataclass(frozen=True, eq=False)
class SectionView:
    """`objective` (n,) over `values` (n,) of the parameter, nan where it is not a finite number.

    - `index`: the steps drawn, at `steps` (m,) and `step_objectives` (m,); `exact` (m,): those that
      lie on the curve, as all do that have a finite objective where there is one parameter
    - `origin` (d,): the other parameters of the section, 0 at the one that is drawn
    - `minimum`: the point (parameter, objective) where the curve is least, if that is known;
      `local`: it is a minimum, but not known to be the least
    - `tangents` (t, 3): parameter, objective and slope at some of the first steps
    - `heights`: the part of the objective's axis that the picture shows
    """

    label: str
    objective_label: str
    values: Floats
    objective: Floats
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    exact: NDArray[np.bool_]
    origin: Floats
    minimum: tuple[float, float] | None
    local: bool
    tangents: Floats
    heights: tuple[float, float]
    chosen: int
    chosen_epoch: float
    chosen_name: str
    unit: str
    note: str

    @staticmethod
    def of(subject: Subject, name: str | None = None, tangents: int = TANGENTS) -> "SectionView":
        """The curve over the one parameter, or over a named one of several.

        The others are held at their values at the marked step. Raises LeftOut for several
        parameters and no name.
        """
        if name is None and len(subject.names) != 1:
            raise LeftOut(
                f"A curve is drawn for one parameter; this {subject.noun} has {len(subject.names)}."
            )
        shown = shown_along(subject, name)
        return section(subject, shown, curve_window([shown]), tangents)

    def until(self, m: int) -> "SectionView":
        """The same picture of the first m steps shown."""
        return replace(
            self,
            index=self.index[:m],
            steps=self.steps[:m],
            step_objectives=self.step_objectives[:m],
            exact=self.exact[:m],
        )


def shown_along(subject: Subject, name: str | None = None) -> Shown:
    """The steps on the line of one parameter."""
    return Shown.of(subject, (0,) if name is None else subject.positions([name]))


def curve_window(several: list[Shown]) -> tuple[float, float]:
    """The limits of a curve with the steps of several paths; what lies opposite a start shows the
    valley whole."""
    low, high = (float(limit[0]) for limit in limits(several))
    minimum = next((s.minimum for s in several if s.minimum is not None), None)
    if minimum is None:
        return low, high
    centre = float(minimum[0])
    half = max(centre - low, high - centre)
    return centre - half, centre + half


def section(
    subject: Subject, shown: Shown, window: tuple[float, float], tangents: int
) -> SectionView:
    """The curve within a window, and the steps of one path on it."""
    values = np.linspace(*window, _POINTS)
    objective = shown.slice.objectives(values[:, None])
    objective = np.where(np.isfinite(objective) & (np.abs(objective) <= LARGEST), objective, np.nan)
    position = int(shown.slice.directions[0].argmax())
    minimum = _minimum(shown)
    return SectionView(
        label=subject.labels[position],
        objective_label=subject.objective,
        values=values,
        objective=objective,
        index=shown.index,
        steps=shown.points[:, 0],
        step_objectives=shown.objectives,
        exact=shown.exact,
        origin=shown.slice.origin,
        minimum=minimum,
        local=shown.local,
        tangents=_tangents(shown, tangents, window[1] - window[0]),
        heights=_heights(objective, shown, minimum),
        chosen=subject.chosen,
        chosen_epoch=subject.epoch(subject.chosen),
        chosen_name=subject.chosen_name,
        unit=subject.path.unit,
        note=_note(subject, shown),
    )


def _minimum(shown: Shown) -> tuple[float, float] | None:
    if shown.minimum is None:
        return None
    return float(shown.minimum[0]), shown.least


def _tangents(shown: Shown, most: int, width: float) -> Floats:
    """Of the first steps that lie on the curve, apart from one another."""
    slopes = shown.slice.gradient(shown.points)[:, 0]
    kept: list[int] = []
    for i in np.flatnonzero(shown.exact & np.isfinite(slopes)).tolist():
        gaps = np.abs(shown.points[kept, 0] - shown.points[i, 0])
        if len(kept) < most and gaps.min(initial=np.inf) >= _APART * width:
            kept.append(i)
    return np.column_stack([shown.points[kept, 0], shown.objectives[kept], slopes[kept]])


def _heights(
    objective: Floats, shown: Shown, minimum: tuple[float, float] | None
) -> tuple[float, float]:
    """From the lowest to the highest step, and some of the curve beyond them."""
    recorded = shown.objectives[np.isfinite(shown.objectives)]
    known = [*recorded.tolist(), *([] if minimum is None else [minimum[1]])]
    curve = objective[np.isfinite(objective)]
    if not len(recorded):
        raise LeftOut("No step has a finite objective, so that there is no curve to draw.")
    if np.abs(recorded).max() > LARGEST or not len(curve):
        raise LeftOut("The objective is too large for its curve to be drawn.")
    low, high = min(known), max(known)
    reach = (high - low) or float(np.ptp(curve)) or 1.0
    low = min(low, max(float(curve.min()), low - 0.6 * reach))
    high = max(high, min(float(curve.max()), high + 0.6 * reach))
    pad = 0.05 * ((high - low) or abs(high) or 1.0)
    return low - pad, high + pad


def _note(subject: Subject, shown: Shown) -> str:
    notes = []
    rest = len(subject.names) - 1
    if rest:
        others = "The other parameter is" if rest == 1 else f"The other {rest} parameters are"
        where = f"{subject.path.unit} {count(subject.epoch(shown.epoch))}"
        notes.append(f"{others} held at the values of {where}.")
    if (~shown.exact & np.isfinite(shown.objectives)).any():
        notes.append("Hollow steps lie off this section: the curve does not show their objective.")
    return " ".join(
        filter(None, [*notes, undefined(subject, shown), outside(subject, shown.index)])
    )
