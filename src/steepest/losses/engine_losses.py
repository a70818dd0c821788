"""Losses as expressions that an engine computes, from the very rules that arrays go through."""

from collections.abc import Sequence
from typing import TypeVar

from steepest.losses.engine_columns import Column, Stages, choose, exp, log1p, maximum
from steepest.losses.loss import ScalarLoss
from steepest.losses.rules import RULES
from steepest.tables.frames.lazy_expressions import Expr

Term = TypeVar("Term", Expr, Column)


def staged_loss(loss: ScalarLoss, stages: Stages, eta: str, y: str) -> tuple[Column, Column]:
    """Value and slope of a smooth loss, of the columns of these names.

    >>> import narwhals, polars
    >>> from steepest.losses import Logistic
    >>> stages = Stages()
    >>> value, slope = staged_loss(Logistic(), stages, "eta", "y")
    >>> frame = narwhals.from_native(polars.LazyFrame({"eta": [40.0], "y": [1.0]}))
    >>> stages.applied(frame, {"value": value}).collect()["value"].to_list()
    [4.248354255291589e-18]
    """
    rules, columns = RULES[loss.code], (stages.column(eta), stages.column(y))
    return rules.value(*columns, loss.option), rules.slope(*columns, loss.option)


def staged_curvature(loss: ScalarLoss, stages: Stages, eta: str, y: str) -> Column:
    """The curvature of a smooth loss, of the columns of these names."""
    columns = stages.column(eta), stages.column(y)
    curvature: Column = RULES[loss.code].curvature(*columns, loss.option)
    return curvature


def staged_softmax(
    stages: Stages, etas: Sequence[str], y: str
) -> tuple[Column, list[Column], list[Column]]:
    """Value, slopes (k) and probabilities (k) of the multinomial loss of k predictors.

    As `Multinomial` has them: without the largest power, which is 1, the sum keeps its digits; and
    the slope of the own class is what the others leave.
    """
    eta, target = [stages.column(name) for name in etas], stages.column(y)
    own = [target == float(place) for place in range(len(eta))]
    top = eta[0]
    for each in eta[1:]:
        top = stages.kept(maximum(top, each))
    powers = [exp(each - top) for each in eta]
    largest = [each == top for each in eta]
    # Where predictors are alike, the largest is there more than once.
    smaller = total([choose(here, 0.0, power) for here, power in zip(largest, powers, strict=True)])
    others = stages.kept(smaller + (total([here + 0.0 for here in largest]) - 1.0))
    gap = top - total([choose(here, each, 0.0) for here, each in zip(own, eta, strict=True)])
    shares = [stages.kept(power / (1.0 + others)) for power in powers]
    lost = total([choose(here, 0.0, share) for here, share in zip(own, shares, strict=True)])
    lost = stages.kept(lost)
    slopes = [choose(here, -lost, share) for here, share in zip(own, shares, strict=True)]
    return gap + log1p(others), slopes, shares


def total(terms: Sequence[Term]) -> Term:
    """The sum of terms, as a tree as flat as can be: engines do not nest without end."""
    parts = list(terms)
    while len(parts) > 1:
        pairs = [parts[i] + parts[i + 1] for i in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[len(parts) - len(parts) % 2 :]
    return parts[0]
