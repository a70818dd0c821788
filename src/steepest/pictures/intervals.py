"""Coefficients with their intervals, on one scale."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.coefficients import changed, effects_of, greatest, spread_name
from steepest.pictures.left_out import LeftOut
from steepest.wording.fact import fact


@final
@dataclass(frozen=True, eq=False)
class IntervalsView:
    """What one spread of each feature adds to the target: coefficient × spread, shape (m,).

    `spread` is the standard deviation, or the root mean square in a fit without intercept. `low`
    and `high` are the ends of the 95 % intervals, None where the theory does not apply. The
    greatest effects come first; `note` tells of those that are not shown, and of missing intervals.
    """

    names: tuple[str, ...]
    effects: Floats
    low: Floats | None
    high: Floats | None
    target: str
    spread: str
    note: str

    @staticmethod
    def of(fit: FitData) -> "IntervalsView":
        """The coefficients of the chosen step. Raises LeftOut where none can be drawn."""
        if fit.is_multinomial:
            raise LeftOut(why_no_intervals(fit))
        names, spread, (effects,) = effects_of(fit)
        order = greatest(effects)
        low = high = None
        inference = fit.inference
        if inference is not None:
            low = np.array([inference[name].low for name in names]) * spread
            high = np.array([inference[name].high for name in names]) * spread
        notes = []
        if len(order) < len(names):
            notes.append(f"The {len(order)} largest of {len(names)} are shown.")
        if inference is None:
            notes.append(why_no_intervals(fit))
        return IntervalsView(
            tuple(names[i] for i in order),
            effects[order],
            None if low is None else low[order],
            None if high is None else high[order],
            changed(fit),
            spread_name(fit, spread),
            " ".join(notes),
        )


def why_no_intervals(fit: FitData) -> str:
    """Why there are no intervals for this fit, in a sentence."""
    return str(fact("no intervals", why=fit.why_no_inference, loss=fit.loss.name))
