"""Whether a stationary point is a minimum, a maximum or a saddle."""

from collections.abc import Iterable, Mapping, Sequence

from steepest.formula.to_sympy import Expression

ORDERS = 20  # of derivatives that are tried where the second is zero
DIGITS = 30
ZERO = 1e-15


def kind_at(
    smooth: Expression,
    symbols: Sequence[Expression],
    values: Mapping[Expression, Expression],
) -> str:
    """The kind of the stationary point at `values`, which have more than 30 digits.

    Variables that never meet in a second derivative are judged apart: f is a sum over such groups.
    A group of one variable is judged by the first derivative that is not zero, a larger one by the
    eigenvalues of its Hessian.

    >>> import sympy
    >>> x, y = sympy.symbols("x y", real=True)
    >>> kind_at(x**4 + y**2, [x, y], {x: sympy.Integer(0), y: sympy.Integer(0)})
    'minimum'
    """
    hessian = {(a, b): smooth.diff(a, b) for a in symbols for b in symbols}
    kinds = []
    for group in _groups(hessian, symbols):
        if len(group) == 1:
            kinds.append(_kind_along(smooth.diff(group[0]), group[0], values))
        else:
            kinds.append(kind_of(_eigenvalues(hessian, group, values), ZERO))
    return together(kinds)


def kind_of(eigenvalues: Iterable[float], zero: float) -> str:
    """By the signs of the Hessian's eigenvalues; those below `zero` times the largest have none.

    >>> kind_of([2.0, -1.0, 0.0], 1e-9), kind_of([2.0, 0.0], 1e-9)
    ('saddle', 'undecided')
    """
    eigenvalues = list(eigenvalues)
    floor = zero * max(map(abs, eigenvalues))
    return together(
        "minimum" if each > floor else "maximum" if each < -floor else "undecided"
        for each in eigenvalues
    )


def together(kinds: Iterable[str]) -> str:
    """The kind of a sum of functions of different variables."""
    different = set(kinds)
    if "saddle" in different or different >= {"minimum", "maximum"}:
        return "saddle"
    return different.pop() if len(different) == 1 else "undecided"


def _groups(
    hessian: Mapping[tuple[Expression, Expression], Expression], symbols: Sequence[Expression]
) -> list[list[Expression]]:
    groups: list[list[Expression]] = []
    for symbol in symbols:
        touched = [g for g in groups if any(hessian[symbol, other] != 0 for other in g)]
        merged = [other for group in touched for other in group]
        groups = [group for group in groups if group not in touched] + [[*merged, symbol]]
    return groups


def _kind_along(
    slope: Expression, symbol: Expression, values: Mapping[Expression, Expression]
) -> str:
    """By the first derivative that is not zero: of even order a minimum or a maximum."""
    for order in range(2, ORDERS + 1):
        slope = slope.diff(symbol)
        number = slope.evalf(DIGITS, subs=values)
        if not (number.is_number and number.is_extended_real and number.is_finite):
            return "undecided"
        # A derivative that does not vary is exact, however small.
        if abs(number) > (0 if slope.is_number else ZERO):
            return "saddle" if order % 2 else "minimum" if number > 0 else "maximum"
    return "undecided"


def _eigenvalues(
    hessian: Mapping[tuple[Expression, Expression], Expression],
    group: Sequence[Expression],
    values: Mapping[Expression, Expression],
) -> list[float]:
    import mpmath

    numbers = [[hessian[a, b].evalf(DIGITS, subs=values) for b in group] for a in group]
    if not all(n.is_extended_real and n.is_finite for row in numbers for n in row):
        return [0.0]
    with mpmath.workdps(DIGITS):
        return [float(each) for each in mpmath.eigsy(mpmath.matrix(numbers), eigvals_only=True)]
