"""Coefficients with their intervals, on one scale."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.coordinates import Coordinates
from steepest.results.fit import Fit
from steepest.views.left_out import LeftOut

MOST_BARS = 30
_LARGEST = 1e200


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
    def of(fit: Fit) -> "IntervalsView":
        """The coefficients of the chosen epoch. Raises LeftOut where none can be drawn."""
        names = tuple(name for name in fit.names if name in fit.coefficients)
        if not names:
            raise LeftOut("There is no coefficient to draw: no feature was left.")
        spreads = Coordinates.of(
            fit.reduced.training, standardize=True, intercept=fit.settings.intercept
        ).spread
        effects = np.array([fit.coefficients[name] for name in names]) * spreads
        if not (np.abs(effects) <= _LARGEST).all():
            raise LeftOut("The coefficients are too large to be drawn.")
        order = np.argsort(-np.abs(effects), kind="stable")[:MOST_BARS]
        low = high = None
        inference = fit.inference
        if inference is not None:
            low = np.array([inference[name].low for name in names]) * spreads
            high = np.array([inference[name].high for name in names]) * spreads
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
            fit.target,
            "standard deviation" if fit.settings.intercept else "root mean square",
            " ".join(notes),
        )


def why_no_intervals(fit: Fit) -> str:
    """Why least-squares theory gives no intervals for this fit, in a sentence."""
    if fit.settings.ridge > 0.0:
        return "There are no intervals: least-squares theory does not hold with a ridge penalty."
    if fit.settings.minimum_norm:
        return "There are no intervals: the rows may not determine the coefficients."
    if fit.verdict.kind != "converged":
        return "There are no intervals: the run did not converge to the least squares."
    if fit.epochs != fit.path.epochs:
        return "There are no intervals: an epoch before the least squares was chosen."
    return "There are no intervals: there are no more rows than parameters."
