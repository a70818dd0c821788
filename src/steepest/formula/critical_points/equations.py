"""Where the gradient of a smooth expression is zero, exactly.

Equations that share no variable are solved apart. Polynomials with rational coefficients go by a
Gröbner basis, which gives for each variable one polynomial that its values are among; of their
combinations those stay that solve the equations. One equation of another kind is left to SymPy's
`solveset`, which answers with a set, or says that it cannot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.formula.critical_points.pieces import Piece
from steepest.formula.to_sympy import Expression
from steepest.wording.fact import Fact, fact

Point: TypeAlias = Mapping[Expression, Expression]

WINDOW = 10  # where there are infinitely many, those between -10 and 10
LISTED = 256
COMBINATIONS = 100_000
DIGITS = 50


class NoClosedForm(Exception):
    """The equations are of no kind that is solved here."""


@final
@dataclass(frozen=True)
class Solutions:
    """Points where the gradient is zero; `more`: why there are others, if there are."""

    points: list[Point]
    more: tuple[Fact, ...] = ()


def solutions(piece: Piece, symbols: Sequence[Expression]) -> Solutions:
    """The real points where the gradient of the piece is zero, wherever the piece holds.

    >>> import sympy
    >>> x, y = sympy.symbols("x y", real=True)
    >>> solutions(Piece((x - 1) ** 2 + sympy.exp(y**2), ()), [x, y])
    Solutions(points=[{x: 1, y: 0}], more=())

    NoClosedForm: the equations are not polynomial, and not each in one variable.
    """
    equations = [_without_factors(piece.smooth.diff(symbol)) for symbol in symbols]
    equations = [equation for equation in equations if equation != 0]
    if any(equation.is_number for equation in equations):
        return Solutions([])
    groups = [_solved(group) for group in _apart(equations)]
    if any(not group.points and not group.more for group in groups):
        return Solutions([])
    reasons = [reason for group in groups for reason in group.more]
    free = [str(s) for s in symbols if not any(s in e.free_symbols for e in equations)]
    if free:
        return Solutions([], (_any_value(free, piece, groups), *reasons))
    return _combined(groups, reasons)


def _any_value(free: Sequence[str], piece: Piece, groups: Sequence[Solutions]) -> Fact:
    """The gradient does not depend on the variables `free`."""
    only = [group.points[0] for group in groups if len(group.points) == 1]
    where = [f"{symbol} = {value}" for point in only for symbol, value in point.items()]
    where += [f"{margin} >= 0" for margin in piece.margins]
    return fact("any value", free=list(free), where=where)


def _combined(groups: Sequence[Solutions], reasons: list[Fact]) -> Solutions:
    total = prod(len(group.points) for group in groups)
    if total > LISTED:
        reasons = [*reasons, fact("too many combinations", total=total, examined=LISTED)]
    chosen = islice(product(*(group.points for group in groups)), LISTED)
    points = [{s: value for part in parts for s, value in part.items()} for parts in chosen]
    return Solutions(list(points), tuple(reasons))


def _without_factors(derivative: Expression) -> Expression:
    """A numerator with the same zeros, without factors that are never zero, such as exp(x)."""
    import sympy

    numerator = sympy.factor(sympy.together(derivative).as_numer_denom()[0])
    factors = [factor.as_base_exp()[0] for factor in sympy.Mul.make_args(numerator)]
    return sympy.Mul(*(factor for factor in factors if not _never_zero(factor)))


def _never_zero(factor: Expression) -> bool:
    import sympy

    return bool(factor.is_nonzero) or isinstance(factor, sympy.exp) or factor == sympy.E


def _apart(equations: Sequence[Expression]) -> list[list[Expression]]:
    """The equations in groups that share no variable."""
    groups: list[list[Expression]] = []
    for equation in equations:
        names = equation.free_symbols
        touched = [g for g in groups if any(names & other.free_symbols for other in g)]
        merged = [other for group in touched for other in group]
        groups = [group for group in groups if group not in touched] + [[*merged, equation]]
    return groups


def _solved(equations: Sequence[Expression]) -> Solutions:
    symbols = sorted(set().union(*(e.free_symbols for e in equations)), key=str)
    polynomials = _polynomials(equations, symbols)
    if polynomials is not None:
        return _solved_polynomials(polynomials, symbols)
    if len(symbols) == 1 and len(equations) == 1:
        return _solved_alone(equations[0], symbols[0])
    raise NoClosedForm


def _polynomials(
    equations: Sequence[Expression], by: Sequence[Expression]
) -> list[Expression] | None:
    import sympy
    from sympy.polys.polyerrors import BasePolynomialError

    try:
        return [sympy.Poly(equation, *by, domain="QQ") for equation in equations]
    except BasePolynomialError:
        return None


def _solved_polynomials(
    polynomials: Sequence[Expression], symbols: Sequence[Expression]
) -> Solutions:
    import sympy

    if len(symbols) == 1 and len(polynomials) == 1:
        return Solutions([{symbols[0]: root} for root in _real_roots(polynomials[0])])
    basis = sympy.groebner(polynomials, *symbols, order="grevlex")
    if basis.exprs == [1]:
        return Solutions([])
    if not basis.is_zero_dimensional:
        equations = [f"{expression} = 0" for expression in basis.exprs]
        return Solutions([], (fact("not single points", equations=equations),))
    roots = [_real_roots(_polynomial_of(basis, symbol)) for symbol in symbols]
    if prod(map(len, roots)) > COMBINATIONS:
        raise NoClosedForm
    points = [dict(zip(symbols, point, strict=True)) for point in product(*roots)]
    return Solutions([points[i] for i in _solving(polynomials, symbols, points)])


def _real_roots(polynomial: Expression) -> list[Expression]:
    return list(dict.fromkeys(polynomial.real_roots()))


def _polynomial_of(basis: Expression, symbol: Expression) -> Expression:
    """The polynomial of least degree in one variable that is zero at every solution: the last of
    the lexicographic basis with that variable at the end (Faugère, Gianni, Lazard and Mora 1993).
    """
    import sympy

    order = [*(other for other in basis.gens if other != symbol), symbol]
    lexicographic = sympy.groebner(basis.exprs, *order, order="grevlex").fglm("lex")
    return sympy.Poly(lexicographic.exprs[-1], symbol, domain="QQ")


def _solving(
    polynomials: Sequence[Expression], symbols: Sequence[Expression], points: Sequence[Point]
) -> Iterator[int]:
    """Which of the combinations solve the equations, by float64 and then to many digits."""
    if not points:
        return
    exact = {value: value.evalf(DIGITS) for point in points for value in point.values()}
    table = np.array([[float(exact[point[symbol]]) for symbol in symbols] for point in points])
    near = np.all([_nearly_zero(polynomial, table) for polynomial in polynomials], axis=0)
    for i in map(int, np.flatnonzero(near)):
        values = {symbol: exact[points[i][symbol]] for symbol in symbols}
        if all(_is_zero(polynomial, values) for polynomial in polynomials):
            yield i


def _nearly_zero(polynomial: Expression, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the terms at each point (n, d) cancel to single precision."""
    value = np.zeros(len(points))
    size = np.zeros(len(points))
    for powers, coefficient in polynomial.terms():
        term = float(coefficient) * np.prod(points ** np.array(powers), axis=1)
        value, size = value + term, size + np.abs(term)
    return np.abs(value) <= 1e-7 * size


def _is_zero(polynomial: Expression, values: Point) -> bool:
    terms = [
        coefficient * prod((values[s] ** p for s, p in zip(polynomial.gens, powers, strict=True)))
        for powers, coefficient in polynomial.terms()
    ]
    return bool(abs(sum(terms)) <= 10.0 ** (10 - DIGITS) * sum(map(abs, terms)))


def _solved_alone(equation: Expression, symbol: Expression) -> Solutions:
    import sympy

    try:
        solved = sympy.solveset(equation, symbol, sympy.S.Reals)
        window = sympy.Interval(-WINDOW, WINDOW)
        listed = solved if isinstance(solved, sympy.FiniteSet) else solved.intersect(window)
    except (NotImplementedError, ValueError, TypeError):
        raise NoClosedForm from None
    if listed is not sympy.S.EmptySet and not isinstance(listed, sympy.FiniteSet):
        raise NoClosedForm
    infinite = fact("infinitely many", name=str(symbol), reach=WINDOW)
    return Solutions([{symbol: v} for v in listed], () if listed == solved else (infinite,))
