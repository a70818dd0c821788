"""The smooth pieces that a formula with kinks is put together from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from steepest.formula.to_sympy import Expression, is_marked


@final
@dataclass(frozen=True)
class Piece:
    """A smooth expression, and where it holds: where every one of `margins` is ≥ 0.

    Where one of them is 0 another piece holds as well: there is the kink.
    """

    smooth: Expression
    margins: tuple[Expression, ...]


def pieces(expression: Expression, margins: tuple[Expression, ...] = ()) -> Iterator[Piece]:
    """Every choice of a side for every `abs`, `relu`, `max` and `min` of a marked expression.

    >>> from steepest.formula.to_sympy import marked
    >>> from steepest.formula.tree import Apply, Variable
    >>> list(pieces(marked(Apply("abs", (Variable("x"),)))))
    [Piece(smooth=x, margins=(x,)), Piece(smooth=-x, margins=(-x,))]
    """
    kink = _innermost(expression)
    if kink is None:
        yield Piece(expression, margins)
        return
    for value, needed in _sides(kink):
        uncertain = tuple(margin for margin in needed if not margin.is_nonnegative)
        if not any(margin.is_negative for margin in uncertain):
            yield from pieces(expression.xreplace({kink: value}), margins + uncertain)


def kinks(expression: Expression) -> list[str]:
    """Conditions under which a marked expression may have no derivative, in the order of reading.

    >>> from steepest.formula.to_sympy import marked
    >>> from steepest.formula.tree import Apply, Variable
    >>> kinks(marked(Apply("max", (Variable("x"), Variable("y")))))
    ['x = y']
    """
    import sympy

    found: dict[str, None] = {}
    for part in sympy.preorder_traversal(expression):
        for left, right in _meetings(part):
            if (left - right).is_nonzero is not True:
                found[f"{_words(left)} = {_words(right)}"] = None
    return list(found)


def _meetings(part: Expression) -> list[tuple[Expression, Expression]]:
    """What must be equal for this part to have a kink."""
    import sympy

    zero = sympy.Integer(0)
    if isinstance(part, sympy.Pow) and part.exp.is_Rational and not part.exp.is_Integer:
        inside = part.base.args[0] if isinstance(part.base, sympy.Abs) else part.base
        return [(inside, zero)]
    if not _is_kink(part):
        return []
    if len(part.args) == 1 and part.func.__name__ not in ("max", "min"):
        return [(part.args[0], zero)]
    return [(a, b) for i, a in enumerate(part.args) for b in part.args[i + 1 :]]


def _words(expression: Expression) -> str:
    import sympy

    return str(expression.replace(lambda part: isinstance(part, sympy.Abs), _lower))


def _lower(magnitude: Expression) -> Expression:
    """`Abs(x)` as the user writes it."""
    import sympy

    return sympy.Function("abs", real=True)(*magnitude.args)


def _is_kink(part: Expression) -> bool:
    """Also |a| that SymPy makes of the root of a square."""
    import sympy

    return is_marked(part) or isinstance(part, sympy.Abs)


def _innermost(expression: Expression) -> Expression | None:
    import sympy

    for part in sympy.postorder_traversal(expression):
        if _is_kink(part):
            return part
    return None


def _sides(kink: Expression) -> list[tuple[Expression, tuple[Expression, ...]]]:
    """What a kinked function may be, each with what must then be ≥ 0."""
    import sympy

    name, arguments = kink.func.__name__.lower(), kink.args
    if name == "abs":
        return [(arguments[0], (arguments[0],)), (-arguments[0], (-arguments[0],))]
    if name == "relu":
        return [(arguments[0], (arguments[0],)), (sympy.Integer(0), (-arguments[0],))]
    sign = 1 if name == "max" else -1
    return [
        (a, tuple(sign * (a - b) for j, b in enumerate(arguments) if j != i))
        for i, a in enumerate(arguments)
    ]
