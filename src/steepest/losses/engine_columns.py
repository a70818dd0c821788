"""Arithmetic of arrays as expressions that an engine computes.

`Column` stands for a column of a lazy frame. NumPy's functions, called on it, give expressions of
narwhals in place of numbers. What takes long, exp and log, becomes a column of a stage of its own,
so that it is computed once however often a rule mentions it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

import narwhals as nw
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from steepest.tables.frames.lazy_expressions import Expr, Lazy, flag

Operand: TypeAlias = "Column | float"


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
