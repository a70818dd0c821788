"""Coefficients of a fit on one scale; those that are exactly 0 are marked."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.losses import Multinomial
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.models.fit_data import FitData
from steepest.pictures.chart import BLUE, Axis, Chart, marks, names_down, spread, upright
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import shortened
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import LinearModel
from steepest.wording.fact import Fact, fact, phrase, text_of

MOST_BARS = 30
_BAR = 0.3  # half a bar, of the distance between two
_LARGEST = 1e200


@final
@dataclass(frozen=True, eq=False)
class CoefficientsView:
    """What one spread of each feature adds to the linear predictor: coefficient × spread, (m,).

    The greatest come first, zeros last. `label` says what is changed; `classes` (m,) are the
    classes whose score it is, where each has one.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...] | None
    effects: Floats
    label: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(fit: FitData) -> "CoefficientsView":
        """The coefficients of the fit. Raises LeftOut where none can be drawn."""
        names, spread, effects = effects_of(fit)
        order = greatest(effects.ravel())
        predictor, column = np.divmod(order, len(names))
        labels = fit.classes if fit.is_multinomial else None
        return CoefficientsView(
            tuple(names[i] for i in column),
            None if labels is None else tuple(labels[i] for i in predictor),
            effects.ravel()[order],
            phrase("change of", what=changed(fit)),
            _notes(effects.ravel(), len(order), spread_name(fit, spread)),
        )

    @property
    def rows(self) -> list[str]:
        """What each coefficient is called beside its bar."""
        if self.classes is None:
            return [shortened(name) for name in self.names]
        both = zip(self.names, self.classes, strict=True)
        return [f"{shortened(name, 18)}, {shortened(of, 14)}" for name, of in both]


def effects_of(fit: FitData) -> tuple[tuple[str, ...], Floats, Floats]:
    """The features that were fitted, their spreads (p,), and coefficient × spread (k, p).

    Raises LeftOut where no feature was left, or the coefficients are too large.
    """
    names = tuple(name for name in fit.features if name not in fit.left_out)
    if not names:
        raise LeftOut(fact("no feature was left"))
    spread = _spread(fit)
    places = [fit.features.index(name) for name in names]
    effects: Floats = fit.lines[:, places] * spread
    if not (np.abs(effects) <= _LARGEST).all():
        raise LeftOut(fact("coefficients too large"))
    return names, spread, effects


def greatest(effects: Floats) -> NDArray[np.intp]:
    """The places of the greatest effects, in order; no more than can be drawn."""
    return np.argsort(-np.abs(effects), kind="stable")[:MOST_BARS]


def spread_name(fit: FitData, spread: Floats) -> str:
    """What a feature's spread is called."""
    if (spread == 1.0).all():
        return phrase("unit")
    return phrase("standard deviation" if fit.settings.intercept else "root mean square")


def changed(fit: FitData) -> str:
    """What a coefficient changes, in words."""
    of = fit.classes[1] if fit.classes else ""
    if isinstance(fit.loss, TwoClasses):
        is_logistic = isinstance(fit.loss, Logistic)
        return phrase("log odds", of=of) if is_logistic else phrase("score", of=of)
    if isinstance(fit.loss, Multinomial):
        return phrase("the class's score")
    return phrase("logarithm", of=fit.target) if isinstance(fit.loss, LogMean) else fit.target


def chart(fit: FitData) -> Chart:
    """A bar for each coefficient, the greatest effect on top; a diamond is exactly 0."""
    view = CoefficientsView.of(fit)
    places, zero = np.arange(len(view.effects), dtype=float), view.effects == 0.0
    feet = np.column_stack([np.zeros(len(places)), places - _BAR])[~zero]
    tops = np.column_stack([view.effects, places + _BAR])[~zero]
    drawn = [upright(0.0), spread(feet, tops, "boxes", colour=BLUE)]
    if zero.any():
        drawn.append(
            marks(np.column_stack([view.effects, places])[zero], phrase("exactly 0"), "last")
        )
    low, high = (-1.0, 1.0) if zero.all() else (None, None)
    x = Axis(shortened(view.label, 48), low=low, high=high)
    return Chart(x, names_down(view.rows), drawn, note=text_of(view.notes))


def _spread(fit: FitData) -> Floats:
    """Of least squares the rows' own, whatever the descent ran in; else the descent's."""
    if fit.reduced is not None:
        intercept = fit.settings.intercept
        return Coordinates.of(fit.reduced.training, standardize=True, intercept=intercept).spread
    problem = fit.problem
    assert isinstance(problem, LinearModel)
    return problem.coordinates.spread


def _notes(effects: Floats, visible: int, per: str) -> tuple[Fact, ...]:
    zeros = int((effects == 0.0).sum())
    notes = [fact("bars per spread", spread=per)]
    if visible < len(effects):
        notes.append(fact("largest coefficients", shown=visible, of=len(effects)))
    if zeros:
        notes.append(fact("coefficients are zero", zeros=zeros, of=len(effects)))
    return tuple(notes)
