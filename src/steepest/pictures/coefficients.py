"""Coefficients of a fit on one scale; those that are exactly 0 are told."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.losses import Multinomial
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.models.fit_data import FitData
from steepest.pictures.left_out import LeftOut
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import LinearModel

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
    def of(fit: FitData) -> "EffectsView":
        """The coefficients of the fit. Raises LeftOut where none can be drawn."""
        names, spread, effects = effects_of(fit)
        order = greatest(effects.ravel())
        predictor, column = np.divmod(order, len(names))
        labels = fit.classes if fit.is_multinomial else None
        return EffectsView(
            tuple(names[i] for i in column),
            None if labels is None else tuple(labels[i] for i in predictor),
            effects.ravel()[order],
            f"change of {changed(fit)}",
            _note(effects.ravel(), len(order), spread_name(fit, spread)),
        )


def effects_of(fit: FitData) -> tuple[tuple[str, ...], Floats, Floats]:
    """The features that were fitted, their spreads (p,), and coefficient × spread (k, p).

    Raises LeftOut where no feature was left, or the coefficients are too large.
    """
    names = tuple(n for n in fit.features if fit.reduced is None or n in fit.names)
    if not names:
        raise LeftOut("There is no coefficient to draw: no feature was left.")
    spread = _spread(fit)
    places = [fit.features.index(name) for name in names]
    effects: Floats = fit.lines[:, places] * spread
    if not (np.abs(effects) <= _LARGEST).all():
        raise LeftOut("The coefficients are too large to be drawn.")
    return names, spread, effects


def greatest(effects: Floats) -> NDArray[np.intp]:
    """The places of the greatest effects, in order; no more than can be drawn."""
    return np.argsort(-np.abs(effects), kind="stable")[:MOST_BARS]


def spread_name(fit: FitData, spread: Floats) -> str:
    """What a feature's spread is called."""
    if (spread == 1.0).all():
        return "unit"
    return "standard deviation" if fit.settings.intercept else "root mean square"


def changed(fit: FitData) -> str:
    """What a coefficient changes, in words."""
    if isinstance(fit.loss, Logistic):
        return f"the log odds of {fit.classes[1]}" if fit.classes else "the log odds"
    if isinstance(fit.loss, TwoClasses):
        return f"the score of {fit.classes[1]}" if fit.classes else "the score"
    if isinstance(fit.loss, Multinomial):
        return "the class's score"
    return f"log {fit.target}" if isinstance(fit.loss, LogMean) else fit.target


def _spread(fit: FitData) -> Floats:
    """Of least squares the rows' own, whatever the descent ran in; else the descent's."""
    if fit.reduced is not None:
        intercept = fit.settings.intercept
        return Coordinates.of(fit.reduced.training, standardize=True, intercept=intercept).spread
    problem = fit.problem
    assert isinstance(problem, LinearModel)
    return problem.coordinates.spread


def _note(effects: Floats, shown: int, per: str) -> str:
    zeros = int((effects == 0.0).sum())
    notes = [f"Bars show what one {per} of the feature adds."]
    if shown < len(effects):
        notes.append(f"The {shown} largest of {len(effects)} are shown.")
    if zeros:
        verb = "is" if zeros == 1 else "are"
        notes.append(f"{zeros} of {len(effects)} coefficients {verb} exactly 0.")
    return " ".join(notes)
