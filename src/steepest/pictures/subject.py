"""What a picture is of: a path, its marked step, and the labels of its axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import check_known
from steepest.losses import Loss, Tweedie
from steepest.models.fit_data import FitData
from steepest.number_checks import names_of
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import KEPT_ALL, DescentPath
from steepest.pictures.thinned_steps import thin
from steepest.problems.linear_model import LinearModel
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import phrase

_VISIBLE, _MANY = 60, 50


@final
@dataclass(frozen=True, eq=False)
class Subject:
    """A path to be drawn, and what its picture says of where it came from.

    - `chosen`: the step that is marked, and `chosen_name` what it is called: "last", or a fit's
      "chosen"
    - `labels` (d,): the parameters in the descent's own coordinates; `objective`: what is minimised
    - `curve`: the name of the objective's curve; `held_out`: of that on held-out rows
    - `features`: the parameters that a picture chooses from by itself: not a fit's intercept
    - `indices`: the steps that a picture over parameters may show
    - `many`: beyond so many epochs their axis is logarithmic
    - `convex`: there is no minimum but the least
    - `slopes`: pictures show slopes too: tangents, arrows down the gradient
    - `may_swap`: a picture over two parameters that were not asked for may swap its axes
    - `noun`: "fit" or "path", for messages

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3], [2, 4, 6.3], lr=0.1, epochs=3)
    >>> Subject.of_fit(fit).labels[0]
    'coefficient of x, per standard deviation'
    """

    path: DescentPath
    chosen: int
    chosen_name: str
    labels: tuple[str, ...]
    objective: str
    curve: str
    held_out: str
    features: tuple[int, ...]
    indices: tuple[int, ...]
    many: int
    convex: bool
    slopes: bool
    may_swap: bool
    noun: str

    @staticmethod
    def of(path: DescentPath) -> "Subject":
        """Any path; its last step is marked."""
        return Subject(
            path=path,
            chosen=path.epochs,
            chosen_name="last",
            labels=_labels(path),
            objective=phrase("objective"),
            curve=phrase("objective"),
            held_out=phrase("held out"),
            features=tuple(range(len(path.names))),
            indices=tuple(path.recorded),
            many=KEPT_ALL,
            convex=path.problem.is_quadratic,
            slopes=True,
            may_swap=False,
            noun="path",
        )

    @staticmethod
    def of_fit(fit: FitData) -> "Subject":
        """The path of a fit; the step that was chosen is marked, or the last where the fit is the
        mean of several.
        """
        path, folds, chosen = fit.path, fit.settings.folds, fit.step.index
        return Subject(
            path=path,
            chosen=chosen,
            chosen_name="chosen" if fit.reduced is not None or fit.is_early else "last",
            labels=tuple(parameter_label(fit, i) for i in range(len(fit.names))),
            objective=objective_label(fit),
            curve=phrase("training"),
            held_out=_held_out(folds),
            features=_features(fit),
            indices=tuple(sorted({*_visible(fit), chosen})),
            many=_MANY,
            convex=_is_convex(fit.loss),
            slopes=False,
            may_swap=True,
            noun="fit",
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.path.names

    def epoch(self, index: int) -> float:
        """How many times the rows had been looked at by a step; within an epoch of mini-batches a
        part of it.
        """
        path = self.path
        if not isinstance(path, MinibatchPath):
            return float(index)
        whole = path.epoch_of(index)
        end, first = path.first_of_epoch(whole), path.first_of_epoch(1)
        if first is None or end is None:
            return float(whole)
        # An epoch that was taken back has fewer updates than others.
        return whole + min((index - end.updates) * first.epoch / first.updates, 0.999)

    def mark(self, index: int) -> str:
        """What the legend says of the marked step."""
        values = {"called": self.chosen_name, "unit": self.path.unit, "epoch": self.epoch(index)}
        return phrase("marked step", **values)

    @property
    def minimizer(self) -> Floats | None:
        """Where the objective is least, in the descent's coordinates, where that is known."""
        return self.path.minimizer

    @property
    def minimum(self) -> float | None:
        """The least objective, where it is known."""
        return self.path.minimum

    def positions(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where the named parameters stand. Raises InputError for one that is not there."""
        for name in names_of("parameters", names):
            check_known(
                name,
                self.names,
                "this {noun} has no parameter {name!r}; it has {known}.",
                noun=self.noun,
            )
        return tuple(self.names.index(name) for name in names)


def objective_label(fit: FitData) -> str:
    """What the objective of a fit is, in words."""
    settings, loss = fit.settings, fit.loss.name
    strengths = (("L1", settings.l1), ("ridge", settings.ridge))
    penalties = [name for name, strength in strengths if strength]
    summed = settings.reduction == "sum"
    return phrase("objective of fit", loss=loss, summed=summed, penalties=penalties)


def parameter_label(fit: FitData, position: int) -> str:
    """What a fit's parameter is in the descent's own coordinates."""
    problem, name = fit.problem, fit.names[position]
    assert isinstance(problem, LinearModel | Quadratic)
    raw = bool((problem.coordinates.spread == 1.0).all())
    if isinstance(problem, Quadratic):
        raw = not problem.standardized
    if not problem.penalized[position]:
        return name if raw else phrase("at the means", name=name)
    if raw:
        return phrase("coefficient of", name=name)
    centred = problem.coordinates.intercept
    spread = phrase("standard deviation" if centred else "root mean square")
    return phrase("coefficient of", name=name, spread=spread)


def _held_out(folds: int | None) -> str:
    return phrase("held out") if folds is None else phrase("held out in folds", folds=folds)


def _visible(fit: FitData) -> set[int]:
    """Steps that a picture over parameters may show: of those that are recorded, if only they are
    at hand.
    """
    wanted = thin(fit.path.epochs, _VISIBLE // 2, _VISIBLE)
    if fit.reduced is not None:
        return set(wanted)
    recorded = tuple(fit.path.recorded)
    near = np.searchsorted(recorded, wanted)
    return {recorded[min(place, len(recorded) - 1)] for place in near.tolist()}


def _features(fit: FitData) -> tuple[int, ...]:
    """The coefficients that a picture chooses from by itself: of least squares all. Of others the
    two that moved most: curvature tells coefficients of one scale apart by chance, and what an L1
    penalty leaves at 0 makes no picture.
    """
    problem, path = fit.problem, fit.path
    assert isinstance(problem, LinearModel | Quadratic)
    places = np.flatnonzero(problem.penalized)
    if fit.reduced is not None:
        return tuple(places.tolist())
    with np.errstate(invalid="ignore"):
        end = path.descent_parameters(fit.step.index)
        motion = np.abs(end - path.descent_parameters(0))
    order = np.argsort(-np.nan_to_num(motion[places]), kind="stable")[:2]
    return tuple(sorted(places[order].tolist()))


def _is_convex(loss: Loss) -> bool:
    return not isinstance(loss, Tweedie) or loss.power <= 2.0


def _labels(path: DescentPath) -> tuple[str, ...]:
    """The names, where the descent's coordinates are the user's own."""
    ones = np.ones(len(path.names))
    if np.array_equal(path.problem.to_user(ones), ones):
        return path.names
    return tuple(phrase("in the descents coordinates", name=name) for name in path.names)
