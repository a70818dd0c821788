"""A penalty's strength is chosen along its path, by rows that are held out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.descent.penalty_path import Minima, StrengthProgress, walk_down
from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.models.metrics import Metrics
from steepest.models.options import Settings
from steepest.models.regularization import RegularizationPath
from steepest.models.validation import Validation


class Judged(NamedTuple):
    """The minima of rows to train on, and what rows held out from them lose at parameters (m, d)
    in the same coordinates, (m,).
    """

    minima: Minima
    losses: Callable[[Floats], Floats]


class Choice(NamedTuple):
    """The settings with the strength that was chosen, and its path; `points` are the parameters
    (d,) there of each of the parts that were judged.
    """

    settings: Settings
    path: RegularizationPath
    points: list[Floats]

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


def choose_strength(
    main: Minima,
    rows: int,
    judged: Sequence[Judged],
    settings: Settings,
    progress: StrengthProgress | None = None,
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
    return Choice(chosen, path, [at[path.chosen] for at in walked])


def path_needs_rows(description: str, settings: Settings) -> InputError:
    """The error where rows that are looked at again and again are not in memory."""
    name, loss = settings.penalty_path, settings.loss.name
    return InputError(
        f"{description}: a path of {name} looks at the rows of {loss} loss hundreds of times, and "
        f"they are not in memory; choose {name} on some of the rows, then fit all with that number"
    )


def _penalties(coefficients: Floats, strengths: Floats, settings: Settings) -> Floats:
    """The penalty (m,) of coefficients (m, p), each row at its strength."""
    varies = settings.penalty_path == "l1"
    l1 = strengths if varies else settings.l1
    ridge = settings.ridge if varies else strengths
    sizes, squares = np.abs(coefficients).sum(axis=1), np.square(coefficients).sum(axis=1)
    return np.asarray(l1 * sizes + ridge * squares)
