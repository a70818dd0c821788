"""A penalty's strength is chosen along its path, by rows that are held out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.descent.penalty_path import Minima, NewtonMinima, walk_down
from steepest.descent.stepwise import Progress
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.metrics import Metrics
from steepest.models.options import Settings
from steepest.models.regularization import RegularizationPath
from steepest.models.validation import Validation
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_streamed import StreamedProblem
from steepest.wording.fact import Fact, fact


class Judged(NamedTuple):
    """The minima of rows to train on, and what rows held out from them lose at parameters (m, d)
    in the same coordinates, (m,).
    """

    minima: Minima
    losses: Callable[[Floats], Floats]


class Choice(NamedTuple):
    """The settings with the strength that was chosen, and its path; `points` are the parameters
    (d,) there of each of the parts that were judged, `looks` how often rows that are not in memory
    were looked at.
    """

    settings: Settings
    path: RegularizationPath
    points: list[Floats]
    looks: int | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What was chosen, what limits it, and how often rows elsewhere were looked at for it."""
        looks = self.looks
        looked = [] if looks is None else [fact("rows looked at along path", looks=looks)]
        return (*self.path.facts, *looked)

    def told(self, fit: FitData, held_out: Metrics | None) -> FitData:
        """The fit with its path. `held_out` are the metrics of folds, each by the other rows' fit;
        None where one part was held out, of which the fit says so itself.
        """
        fit = replace(fit, regularization=self.path)
        if held_out is None:
            return fit
        loss = float(self.path.held_out[self.path.chosen])
        folds = self.settings.folds
        found = Validation(held_out.rows, folds, loss, fit.epochs, loss, held_out)
        return replace(fit, validation=found)


def choose_by_newton(
    request: FitRequest,
    problem: LinearModel,
    rows: int,
    parts: Sequence[tuple[LinearModel, LinearModel]],
) -> Choice:
    """The choice for a problem of `rows` rows, by the minima of Newton's method.

    `parts` are problems of rows to train on, and of those held out from them, without penalty, in
    the same coordinates; where these are no folds, the problem itself is trained on.
    """
    settings = request.settings

    def minima(of: LinearModel) -> NewtonMinima:
        return NewtonMinima(of, settings.plan, *settings.varied)

    main = minima(problem)
    judged = [
        Judged(main if settings.folds is None else minima(training), held.objectives)
        for training, held in parts
    ]
    # What progress is told takes a pass over a stream.
    told = None if isinstance(problem, StreamedProblem) else request.on_epoch
    return choose_strength(main, rows, judged, settings, told)


def choose_strength(
    main: Minima,
    rows: int,
    judged: Sequence[Judged],
    settings: Settings,
    progress: Progress | None = None,
) -> Choice:
    """Walk along the path of all rows to train on, `rows` in number, and of each part that is
    judged, side by side, and choose. Ctrl-C ends the path where it is.
    """
    assert settings.penalty_path is not None
    strengths = main.grid(rows)
    others = [part.minima for part in judged if part.minima is not main]
    points, arrived, interrupted = walk_down([main, *others], strengths, progress)
    strengths = strengths[: len(arrived)]
    walked = points[1:] if others else points
    losses = np.array([part.losses(at) for part, at in zip(judged, walked, strict=True)])
    spread = losses.std(axis=0, ddof=1) / np.sqrt(len(losses)) if len(losses) > 1 else None
    path = RegularizationPath(
        settings.penalty_path,
        strengths,
        main.names,
        main.to_user(points[0]),
        np.count_nonzero(points[0][:, main.penalized], axis=1).astype(np.int64),
        main.losses(points[0]) + _penalties(points[0][:, main.penalized], strengths, settings),
        losses.mean(axis=0),
        spread,
        arrived,
        settings.path_rule,
        settings.folds,
        interrupted,
    )
    chosen = settings.at_strength(path.strength)
    points_chosen = [at[path.chosen] for at in walked]
    return Choice(chosen, path, points_chosen, _looks(main, judged))


def _looks(main: Minima, judged: Sequence[Judged]) -> int | None:
    """How often rows that are elsewhere were looked at along the path."""
    parts = {id(part.minima): part.minima for part in judged} | {id(main): main}
    walked = [part for part in parts.values() if isinstance(part, NewtonMinima) and part.elsewhere]
    return sum(part.looks for part in walked) or None


def _penalties(coefficients: Floats, strengths: Floats, settings: Settings) -> Floats:
    """The penalty (m,) of coefficients (m, p), each row at its strength."""
    varies = settings.penalty_path == "l1"
    l1 = strengths if varies else settings.l1
    ridge = settings.ridge if varies else strengths
    sizes, squares = np.abs(coefficients).sum(axis=1), np.square(coefficients).sum(axis=1)
    return np.asarray(l1 * sizes + ridge * squares)
