"""Losses as expressions that an engine computes, from the very rules that arrays go through.

`Column` stands for a column of a lazy frame. NumPy's functions, called on it, give expressions of
narwhals in place of numbers. What takes long, exp and log, becomes a column of a stage of its own,
so that it is computed once however often a rule mentions it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, final

import narwhals as nw
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from steepest.losses.loss import ScalarLoss
from steepest.losses.rules import RULES
from steepest.tables.frames.lazy_expressions import Expr, Lazy, flag

Operand: TypeAlias = "Column | float"
Term = TypeVar("Term", Expr, "Column")


@final
@dataclass(frozen=True, eq=False)
class Stages:
    """Columns that are added to a frame one stage after the other: each may use those before.

    >>> import polars as pl
    >>> stages = Stages()
    >>> grown = np.exp(stages.column("x")) + 1.0
    >>> frame = nw.from_native(pl.DataFrame({"x": [0.0]}).lazy())
    >>> stages.applied(frame, {"y": grown}).collect()["y"].to_list()
    [2.0]
    """

    columns: list[dict[str, Expr]] = field(default_factory=list)

    def column(self, name: str) -> "Column":
        """A column that the frame has from the start."""
        return Column(nw.col(name), 0, self)

    def kept(self, column: "Column", name: str | None = None) -> "Column":
        """The column, computed once, under a new name."""
        while len(self.columns) <= column.stage:
            self.columns.append({})
        if name is None:
            name = f"stage{column.stage}_{len(self.columns[column.stage])}"
        self.columns[column.stage][name] = column.number
        return Column(nw.col(name), column.stage + 1, self)

    def applied(self, frame: Lazy, results: dict[str, "Column"]) -> Lazy:
        """The frame with the results as columns, after all the stages that they need."""
        for stage in self.columns:
            frame = frame.with_columns(*(expr.alias(name) for name, expr in stage.items()))
        return frame.with_columns(*(found.number.alias(name) for name, found in results.items()))


@final
@dataclass(frozen=True, eq=False)
class Column(NDArrayOperatorsMixin):
    """An expression that NumPy's arithmetic works on.

    - `stage`: how many stages must stand before it is computed
    - `condition`: whether it is true or false; in arithmetic, 1 or 0
    """

    expression: Expr
    stage: int
    stages: Stages
    condition: bool = False

    @property
    def number(self) -> Expr:
        """The expression of a number."""
        return flag(self.expression) if self.condition else self.expression

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in _FUNCTIONS:
            return NotImplemented
        return _FUNCTIONS[ufunc](*inputs)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        if function is not np.where or options:
            return NotImplemented
        return choose(*inputs)


def _made(function: Callable[..., Expr], *operands: Operand, condition: bool = False) -> Column:
    """The function of the operands' expressions, at the last of their stages."""
    columns = [operand for operand in operands if isinstance(operand, Column)]
    expressions = [_plain(operand) for operand in operands]
    stage = max(column.stage for column in columns)
    return Column(function(*expressions), stage, columns[0].stages, condition)


def _plain(operand: Operand) -> Expr:
    return operand.number if isinstance(operand, Column) else nw.lit(float(operand))


def _operator(function: Callable[..., Expr], *, condition: bool = False) -> Callable[..., Column]:
    return lambda *operands: _made(function, *operands, condition=condition)


def choose(condition: Column, yes: Operand, no: Operand) -> Column:
    """`yes` where the condition holds, else `no`."""
    # The condition is taken as it is: no number is made of it.
    stage = max(part.stage for part in (condition, yes, no) if isinstance(part, Column))
    chosen = nw.when(condition.expression).then(_plain(yes)).otherwise(_plain(no))
    return Column(chosen, stage, condition.stages)


def maximum(a: Operand, b: Operand) -> Column:
    """The larger of both."""
    return choose(_made(lambda x, y: x > y, a, b, condition=True), a, b)


def minimum(a: Operand, b: Operand) -> Column:
    """The smaller of both."""
    return choose(_made(lambda x, y: x < y, a, b, condition=True), a, b)


def exp(exponent: Column) -> Column:
    """exp(x), computed once."""
    return exponent.stages.kept(_made(lambda x: x.exp(), exponent))


def log(number: Column) -> Column:
    """log(x), computed once, of every row: some engines refuse an x of 0 even where the result is
    not used.
    """
    return number.stages.kept(_made(lambda x: x.log(), number))


def log1p(small: Column) -> Column:
    """log(1 + u) for u above −1 and up to about 1. What u lost when 1 was added, the quotient makes
    up (Kahan); engines have no log1p.
    """
    more = small.stages.kept(small + 1.0)
    added = small.stages.kept(more - 1.0)
    lost = added == 0.0
    return choose(lost, small, log(more) * (small / choose(lost, 1.0, added)))


def expm1(exponent: Column) -> Column:
    """exp(x) − 1 in the same way; below −50 it is −1."""
    exponent = exponent.stages.kept(choose(exponent < -50.0, -50.0, exponent))
    power = exp(exponent)
    flat = power == 1.0
    return choose(flat, exponent, (power - 1.0) * (exponent / choose(flat, 1.0, log(power))))


def _tanh(x: Column) -> Column:
    lost = x.stages.kept(expm1(-2.0 * np.abs(x)))
    size = -lost / (lost + 2.0)
    return choose(x < 0.0, -size, size)


def _sinh(x: Column) -> Column:
    grown = x.stages.kept(expm1(x))
    half: Column = 0.5 * (grown + grown / (grown + 1.0))
    return half


_FUNCTIONS: dict[np.ufunc, Callable[..., Column]] = {
    np.add: _operator(lambda a, b: a + b),
    np.subtract: _operator(lambda a, b: a - b),
    np.multiply: _operator(lambda a, b: a * b),
    np.divide: _operator(lambda a, b: a / b),
    np.negative: _operator(lambda a: a * -1.0),
    np.abs: _operator(lambda a: a.abs()),
    np.equal: _operator(lambda a, b: a == b, condition=True),
    np.less: _operator(lambda a, b: a < b, condition=True),
    np.less_equal: _operator(lambda a, b: a <= b, condition=True),
    np.greater: _operator(lambda a, b: a > b, condition=True),
    np.greater_equal: _operator(lambda a, b: a >= b, condition=True),
    np.maximum: maximum,
    np.minimum: minimum,
    np.exp: exp,
    np.log1p: log1p,
    np.tanh: _tanh,
    np.sinh: _sinh,
}


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
