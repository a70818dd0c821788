"""Coefficients with their intervals, on one scale."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.inference import Inference
from steepest.pictures.chart import BLUE, Axis, Chart, marks, names_down, spread, upright
from steepest.pictures.coefficients import changed, effects_of, greatest, spread_name
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import shortened
from steepest.wording.fact import Fact, fact, phrase, text_of


@final
@dataclass(frozen=True, eq=False)
class IntervalsView:
    """What one spread of each feature adds to the target: coefficient × spread, shape (m,).

    `spread` is the standard deviation, or the root mean square in a fit without intercept. `low`
    and `high` are the ends of the 95 % intervals, None where the theory does not apply. The
    greatest effects come first; `notes` tells of those that are not shown, and of missing ones.
    """

    names: tuple[str, ...]
    effects: Floats
    low: Floats | None
    high: Floats | None
    target: str
    spread: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(fit: FitData) -> "IntervalsView":
        """The coefficients of the chosen step. Raises LeftOut where none can be drawn."""
        if fit.is_multinomial:
            raise LeftOut(fact("intervals of classes"))
        names, spread, (effects,) = effects_of(fit)
        order = greatest(effects)
        low = high = None
        inference = fit.inference
        if inference is not None:
            ends = [_ends(inference, name) for name in names]
            low, high = (np.array(side) * spread for side in zip(*ends, strict=True))
        notes = [] if inference is None else [fact("bars are intervals")]
        if len(order) < len(names):
            notes.append(fact("largest coefficients", shown=len(order), of=len(names)))
        if inference is None:
            notes.append(why_no_intervals(fit))
        return IntervalsView(
            tuple(names[i] for i in order),
            effects[order],
            None if low is None else low[order],
            None if high is None else high[order],
            changed(fit),
            spread_name(fit, spread),
            tuple(notes),
        )


def _ends(inference: Inference, name: str) -> tuple[float, float]:
    """The interval of a coefficient; 0 and 0 of one that the rows say nothing of."""
    known = inference.intervals.get(name)
    return (0.0, 0.0) if known is None else (known.low, known.high)


def why_no_intervals(fit: FitData) -> Fact:
    """Why there are no intervals for this fit."""
    return fact("no intervals", why=fit.why_no_inference, loss=fit.loss.name)


def chart(fit: FitData) -> Chart:
    """A dot and a bar for each coefficient, the greatest effect on top."""
    view = IntervalsView.of(fit)
    places = np.arange(len(view.names), dtype=float)
    drawn = [upright(0.0)]
    if view.low is not None and view.high is not None:
        left, right = np.column_stack([view.low, places]), np.column_stack([view.high, places])
        drawn.append(spread(left, right, "spans", colour=BLUE))
    drawn.append(marks(np.column_stack([view.effects, places]), "", "dots", BLUE))
    x = Axis(phrase("change of", what=shortened(view.target), spread=view.spread))
    y = names_down([shortened(name) for name in view.names])
    return Chart(x, y, drawn, note=text_of(view.notes))
