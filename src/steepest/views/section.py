"""The objective of a problem with one parameter, as a curve with the path on it."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.model.fit import Fit
from steepest.rows.gram import Floats
from steepest.views.left_out import LeftOut
from steepest.views.objective import objective_label
from steepest.views.slice import Shown, outside, parameter_label

_POINTS = 241


@final
@dataclass(frozen=True, eq=False)
class SectionView:
    """`objective` (n,) over `values` (n,) of the parameter, and the steps on it.

    `steps` (m,) and `step_objectives` (m,) belong to the epochs `index`; `minimum` is the point
    (parameter, objective) where the curve is least.
    """

    label: str
    objective_label: str
    values: Floats
    objective: Floats
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    minimum: tuple[float, float]
    chosen: int
    note: str

    @staticmethod
    def of(fit: Fit) -> "SectionView":
        """The curve of a fit with one parameter. Raises LeftOut for more."""
        if len(fit.names) != 1:
            raise LeftOut(f"A curve is drawn for one parameter; this fit has {len(fit.names)}.")
        shown = Shown.of(fit, (0,))
        low, high = shown.limits()
        # What lies opposite the start shows the valley whole.
        centre = float(shown.slice.minimum()[0])
        half = max(centre - float(low[0]), float(high[0]) - centre)
        values = np.linspace(centre - half, centre + half, _POINTS)
        return SectionView(
            parameter_label(fit, 0),
            objective_label(fit),
            values,
            shown.slice.objectives(values[:, None]),
            shown.index,
            shown.points[:, 0],
            shown.objectives,
            (centre, float(shown.slice.objectives(np.array([centre])))),
            fit.epochs,
            outside(fit, shown.index),
        )
