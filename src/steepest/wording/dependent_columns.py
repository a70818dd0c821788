"""Columns that depend on each other, and on the target."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from steepest.wording.numbers import first_few
from steepest.wording.template import filled

_SHOWN_NAMES = 6
_LARGEST_DENOMINATOR, _LARGEST_PLAIN = 12, 10_000

TEMPLATES = {
    "copies by sums": (
        "sums of products do not tell a copy from a column that is within 1e-7 of one"
    ),
    "columns not compared": (
        "whether some of the {columns:,} columns are sums of others was not asked of the engine"
    ),
    "constant column": "column {name!r} holds one value only: coefficient 0",
    "copied column": (
        "column {name!r} is a copy of {other!r} (up to offset and scale): coefficient 0"
    ),
    "columns almost alike": (
        "{name!r} and {other!r} follow each other almost exactly (correlation {correlation:.13g}): "
        "are both meant?"
    ),
    "column like target": (
        "{name!r} follows the target {target!r} almost exactly (correlation {correlation:.13g}): "
        "exclude it if it is made of it"
    ),
}


def explained_column(
    name: str, of: Sequence[str], factors: Sequence[float], offset: bool, told: bool
) -> str:
    """A column that others explain: of which it is made.

    >>> explained_column("total", ["north", "south"], [1.0, 1.0], False, True)
    "'total' = 'north' + 'south': coefficient 0"
    >>> explained_column("x3", ["x1", "x2"], [1.0, -2.0], True, True)
    "'x3' = 'x1' − 2 'x2' and a constant: coefficient 0"
    """
    return filled(
        "{made}: coefficient 0"
        if told
        else "whether {made} cannot be told from sums of products: coefficient 0",
        made=_made(name, of, factors, offset),
    )


def shared_column(
    name: str, of: Sequence[str], factors: Sequence[float], offset: bool, told: bool
) -> str:
    """A column that shares coefficients with those of which it is made.

    >>> shared_column("total", ["north", "south"], [1.0, 1.0], False, True)
    "'total' = 'north' + 'south': the coefficients are shared"
    """
    return filled(
        "{made}: the coefficients are shared"
        if told
        else "whether {made} cannot be told from sums of products: the coefficients are shared",
        made=_made(name, of, factors, offset),
    )


def _made(name: str, of: Sequence[str], factors: Sequence[float], offset: bool) -> str:
    made = f"{name!r} = {_sum_of(of, factors)}"
    return made + filled(" and a constant") if offset else made


def columns_beyond_rows(names: Sequence[str]) -> str:
    shown = [repr(name) for name in names[:_SHOWN_NAMES]]
    more = len(names) - _SHOWN_NAMES
    return filled(
        "the rows do not determine further coefficients: coefficient 0 for {shown}{rest}",
        shown=first_few(shown, _SHOWN_NAMES),
        rest=filled(" and {more: more column}", more=more) if more > 0 else "",
    )


def more_parameters_than_rows(rows: int, parameters: int, **ways: Any) -> str:
    """
    >>> ways = {"ridge": 0.43, "levels": 4, "exclude": [], "left": 12}
    >>> print(more_parameters_than_rows(20, 23, **ways))
    20 rows are too few for 23 parameters: ridge=0.43 keeps every column, at the strength that \
held-out rows prefer; read with levels=4, 12 parameters are left
    """
    return filled(
        "{rows: row} [rows=1?is|are] too few for {parameters: parameter}: {ways}",
        rows=rows,
        parameters=parameters,
        ways=ways_to_few_parameters(rows, parameters, **ways),
    )


def ways_to_few_parameters(
    rows: int,
    parameters: int,
    ridge: float | str | None,
    levels: int | None,
    exclude: Sequence[str],
    left: int,
) -> str:
    """`ridge`: the strength that held-out rows prefer, "path" where they have to be asked;
    `levels`, `exclude`: what leaves so many parameters.
    """
    penalty = _penalty(ridge)
    if levels is not None:
        return penalty + filled(
            "; read with levels={levels}, {left: parameter} [left=1?is|are] left",
            levels=levels,
            left=left,
        )
    if exclude:
        return penalty + filled(
            "; with exclude={exclude!r}, {left: parameter} [left=1?is|are] left",
            exclude=list(exclude),
            left=left,
        )
    return penalty + filled("; or use fewer features")


def _penalty(ridge: float | str | None) -> str:
    if ridge is None:
        return filled("a ridge penalty keeps every column")
    return filled(
        "ridge={strength} keeps every column, at the strength that held-out rows prefer",
        strength=f"{ridge:g}" if isinstance(ridge, float) else repr(ridge),
    )


def _sum_of(names: Sequence[str], factors: Sequence[float]) -> str:
    """A sum of multiples of columns."""
    said = ""
    pairs = list(zip(names, factors, strict=True))[:_SHOWN_NAMES]
    for name, factor in pairs:
        sign = ("−" if factor < 0 else "") if not said else (" − " if factor < 0 else " + ")
        said += f"{sign}{_multiple(abs(factor))}{name!r}"
    more = len(names) - len(pairs)
    return said + (filled(" and {more: more term}", more=more) if more else "")


def _multiple(factor: float) -> str:
    """A factor before a name: a small fraction plainly, any other with a few digits."""
    near = Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
    if abs(float(near) - factor) > 1e-6 * factor:
        return f"{factor:.4g} "
    if near == 1:
        return ""
    return f"{near} " if near < _LARGEST_PLAIN else f"{factor:.4g} "
