"""Coefficients of a fit of any loss on one scale; those that are exactly 0 are told."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Multinomial
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.problems.linear_model import LinearModel
from steepest.results.linear_fit import LinearFit
from steepest.views.left_out import LeftOut

MOST_BARS = 30
_LARGEST = 1e200


@final
@dataclass(frozen=True, eq=False)
class EffectsView:
    """What one spread of each feature adds to the linear predictor: coefficient × spread, (m,).

    The greatest come first, zeros last. `label` says what is changed; `classes` (m,) are the
    classes whose score it is, where each has one.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...] | None
    effects: Floats
    label: str
    note: str

    @staticmethod
    def of(fit: LinearFit) -> "EffectsView":
        """The coefficients of the fit. Raises LeftOut where none can be drawn."""
        problem = fit.path.problem
        assert isinstance(problem, LinearModel)
        places = np.flatnonzero(problem.penalized)
        if not len(places):
            raise LeftOut("There is no coefficient to draw: no feature was left.")
        spread = np.tile(problem.coordinates.spread, problem.predictors)
        effects = fit.step.parameters[places] * spread
        if not (np.abs(effects) <= _LARGEST).all():
            raise LeftOut("The coefficients are too large to be drawn.")
        order = np.argsort(-np.abs(effects), kind="stable")[:MOST_BARS]
        predictor, column = np.divmod(places[order], problem.width)
        labels = fit.classes if fit.is_multinomial else None
        return EffectsView(
            tuple(fit.features[i] for i in column),
            None if labels is None else tuple(labels[i] for i in predictor),
            effects[order],
            f"change of {changed(fit)}",
            _note(effects, len(order), problem),
        )


def changed(fit: LinearFit) -> str:
    """What a coefficient changes, in words."""
    if isinstance(fit.loss, Logistic):
        return f"the log odds of {fit.classes[1]}" if fit.classes else "the log odds"
    if isinstance(fit.loss, TwoClasses):
        return f"the score of {fit.classes[1]}" if fit.classes else "the score"
    if isinstance(fit.loss, Multinomial):
        return "the class's score"
    return f"log {fit.target}" if isinstance(fit.loss, LogMean) else fit.target


def _note(effects: Floats, shown: int, problem: LinearModel) -> str:
    per, zeros = "unit", int((effects == 0.0).sum())
    if (problem.coordinates.spread != 1.0).any():
        per = "standard deviation" if problem.coordinates.intercept else "root mean square"
    notes = [f"Bars show what one {per} of the feature adds."]
    if shown < len(effects):
        notes.append(f"The {shown} largest of {len(effects)} are shown.")
    if zeros:
        verb = "is" if zeros == 1 else "are"
        notes.append(f"{zeros} of {len(effects)} coefficients {verb} exactly 0.")
    return " ".join(notes)
