"""What no squared loss can be fitted to, and columns that do not determine the answer."""

from collections.abc import Sequence
from typing import final

import numpy as np

from steepest.errors import InputError, NotUniqueError
from steepest.models.options import Settings
from steepest.moments.collinearity import Dependence
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor
from steepest.problems.coordinates import LARGE, beyond
from steepest.translation import joined, say


def check_rows(moments: CentredMoments, settings: Settings, dropped: int = 0) -> None:
    """Refuse rows that no squared loss can be fitted to: too few, too large, or all alike. So many
    were `dropped` before.
    """
    if moments.weight <= 0.0:
        raise InputError("the weights add up to 0: no row counts; give some rows a weight above 0")
    if moments.rows < 2:
        raise InputError("1 row was found; a fit needs at least 2")
    if not 1.0 / LARGE < moments.weight < LARGE:
        raise InputError(
            "the weights add up to {weight:g}: scale them nearer to 1", weight=moments.weight
        )
    _check_sizes(moments)
    variance = float(moments.products[-1, -1])
    size = abs(float(moments.shift[-1] * moments.scale[-1] + moments.mean[-1]))
    flat = variance / moments.weight <= (8.0 * np.finfo(float).eps * size) ** 2
    if flat and settings.intercept:
        value = moments.means[moments.target]
        here = (
            say("every row")
            if not dropped
            else say("each of the {rows: row} without a gap", rows=moments.rows)
        )
        others = (
            ""
            if not dropped
            else say("; missing='mean' uses some of the {dropped} others", dropped=dropped)
        )
        raise InputError(
            "the target {target!r} is {value:g} in {here}: there is nothing to fit{others}",
            target=moments.target,
            value=value,
            here=here,
            others=others,
        )


def _check_sizes(moments: CentredMoments) -> None:
    """Refuse columns whose squares float64 cannot hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.sqrt(moments.products.diagonal() / moments.weight) / moments.scale
        size = np.abs(moments.shift) + np.abs(moments.mean / moments.scale) + spread
    fits = (size < LARGE) & ((spread == 0.0) | (spread > 1.0 / LARGE))
    for index in np.flatnonzero(~fits)[:1]:
        raise beyond(moments.names[index], float(size[index]))


def check_parts(parts: Sequence[CentredMoments], settings: Settings) -> None:
    """Refuse a part without rows."""
    for number, part in enumerate(parts):
        if len(parts) > 1 and (part.rows == 0 or part.weight <= 0.0):
            raise no_row_left(number, settings)


def no_row_left(number: int, settings: Settings) -> InputError:
    """The error for a part without rows: training rows, or held-out ones, or a fold."""
    if settings.validation:
        what = ("training", "validation")[number]
        return InputError("no row was left for {what}; hold out another fraction", what=what)
    return InputError("no row was left for fold {number}; use fewer folds", number=number + 1)


@final
class TooFewRowsError(NotUniqueError):
    """`rows` do not determine the parameters."""

    def __init__(self, message: str, rows: int) -> None:
        super().__init__(message)
        self.rows = rows


def refuse(
    dependence: Dependence, training: Factor, settings: Settings, *, has_norm: bool = True
) -> None:
    """Refuse what several columns explain, and columns that there are no rows for; `has_norm`:
    whether there is a minimum-norm answer to ask for.
    """
    advice = (
        say("add ridge, or ask for the minimum-norm answer") if has_norm else say("or add ridge")
    )
    needed = len(training.names) - 1 + settings.intercept
    if training.rows < needed:
        raise TooFewRowsError(
            say(
                "{rows} rows do not determine {needed: parameter}: the answer is not unique",
                rows=training.rows,
                needed=needed,
            ),
            training.rows,
        )
    for column in dependence.explained:
        why = "" if column.told else say(", as far as sums of products can tell")
        raise NotUniqueError(
            "columns {value} are linearly dependent{why}: the answer is not unique; leave "
            "one out, {advice}",
            value=joined((column.name, *column.of)),
            why=why,
            advice=advice,
        )


def check_unique(factor: Factor, settings: Settings) -> None:
    """Refuse a triangle of a file that leaves the answer open, where that is not asked for."""
    if settings.minimum_norm or settings.ridge > 0.0:
        return
    lost = factor.inverse(settings.intercept) is None
    if lost:
        raise NotUniqueError("its columns are linearly dependent: the answer is not unique")
