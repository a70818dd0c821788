"""A formula's tree as a SymPy expression, node by node. Text never reaches SymPy: `sympify` would
evaluate it.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from steepest.errors import InputError
from steepest.formula.tree import Apply, Constant, Node, Number, Variable, walk

# SymPy ships no types.
Expression: TypeAlias = Any

NODES = 2000  # SymPy takes about a second for so many; a formula that a person writes has under 100
BITS = 10_000  # of an exact number: 9**9**9 would fill the memory
_SAME_NAME = (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "exp", "log", "sqrt", "erf",
)  # fmt: skip
KINKED = ("abs", "relu", "max", "min")


@contextmanager
def within_depth() -> Iterator[None]:
    """SymPy calls itself for every level of a formula, and Python has a limit to that."""
    try:
        yield
    except RecursionError:
        raise InputError("The formula is nested too deeply for symbolic work.") from None


def symbols(names: Iterable[str]) -> dict[str, Expression]:
    """The real symbol of each name."""
    import sympy

    return {name: sympy.Symbol(name, real=True) for name in names}


def marked(tree: Node) -> Expression:
    """The expression in which `abs`, `relu`, `max` and `min` stand as functions without a meaning,
    for `spelled` to replace or for a solver to take piece by piece.

    >>> from steepest.formula.tree import Apply, Number, Variable
    >>> marked(Apply("mul", (Number("0.1"), Apply("relu", (Variable("x"),)))))
    relu(x)/10

    Numbers are exact. InputError: too many nodes; a constant part that has no finite real value.
    """
    nodes = list(walk(tree))
    if len(nodes) > NODES:
        raise InputError(
            "The formula has {count} parts; symbolic work goes up to {NODES}. Use a shorter "
            "formula, or the numerical gradient.",
            count=len(nodes),
            NODES=NODES,
        )
    built: list[Expression] = []
    # Read backwards, the arguments of a node come before it, the last of them first.
    for node in reversed(nodes):
        count = len(node.arguments) if isinstance(node, Apply) else 0
        built.append(_built(node, [built.pop() for _ in range(count)]))
    return built.pop()


def spelled(expression: Expression) -> Expression:
    """The expression with |a| for `abs`, and `relu`, `max`, `min` written out as cases.

    >>> x = symbols(["x"])["x"]
    >>> from steepest.formula.tree import Apply, Variable
    >>> spelled(marked(Apply("relu", (Variable("x"),))))
    Piecewise((x, x > 0), (0, True))
    """
    return expression.replace(is_marked, _cases)


def is_marked(expression: Expression) -> bool:
    """Whether this is one of the functions that `marked` leaves without a meaning."""
    from sympy.core.function import AppliedUndef

    return isinstance(expression, AppliedUndef)


def _built(node: Node, arguments: list[Expression]) -> Expression:
    import sympy

    match node:
        case Number():
            return _exact(node)
        case Constant():
            return {"pi": sympy.pi, "e": sympy.E}[node.name]
        case Variable():
            return sympy.Symbol(node.name, real=True)
        case Apply():
            return _applied(node, arguments)


def _exact(node: Number) -> Expression:
    import sympy

    if math.isinf(node.value):
        raise InputError(
            "Column {column}: {text} is beyond the numbers of a computer.",
            column=node.column,
            text=node.text,
        )
    # 1e-999999999 is 0 as a float64, and would fill the memory as a fraction.
    return sympy.Rational(node.text) if node.value else sympy.Integer(0)


def _applied(node: Apply, arguments: list[Expression]) -> Expression:
    if node.function == "pow":
        _check_power(node, *arguments)
    result = _rules()[node.function](*arguments)
    if not result.free_symbols:
        _check_constant(node, result)
    return result


def _check_power(node: Apply, base: Expression, exponent: Expression) -> None:
    """SymPy writes out whole powers of numbers: (2x)**n becomes 2**n x**n."""
    number = base.as_coeff_Mul()[0]
    if not (exponent.is_Rational and number.is_Rational):
        return
    bits = max(abs(number.p), number.q).bit_length()
    if abs(number) != 1 and bits * abs(exponent) > BITS:
        raise InputError(
            "Column {column}: this power is too large to be worked out exactly.", column=node.column
        )


def _check_constant(node: Apply, result: Expression) -> None:
    """Stops at the first constant part without a value; what is built on it could take for ever."""
    try:
        finite = math.isfinite(float(result.evalf(15)))
    except (TypeError, OverflowError):  # TypeError: a complex number
        finite = False
    if not finite:
        raise InputError(
            "Column {column}: the result of {function} is no finite real number.",
            column=node.column,
            function=node.function,
        )


def _rules() -> dict[str, Callable[..., Expression]]:
    """What each function of the table is in SymPy."""
    import sympy

    one = sympy.Integer(1)
    return {
        **{name: getattr(sympy, name) for name in _SAME_NAME},
        **{name: _mark(name) for name in KINKED},
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "neg": lambda a: -a,
        "log2": lambda a: sympy.log(a) / sympy.log(2),
        "log10": lambda a: sympy.log(a) / sympy.log(10),
        "sigmoid": lambda a: one / (one + sympy.exp(-a)),
        "softplus": lambda a: sympy.log(one + sympy.exp(a)),
        "norm": lambda *a: sympy.sqrt(sympy.Add(*(each**2 for each in a))),
    }


def _mark(name: str) -> Callable[..., Expression]:
    import sympy

    def mark(*arguments: Expression) -> Expression:
        function = sympy.Function(name, real=True)(*arguments)
        return function if function.free_symbols else _cases(function)

    return mark


def _cases(function: Expression) -> Expression:
    """The meaning of a marked function."""
    import sympy

    name, arguments = function.func.__name__, function.args
    if not function.free_symbols:
        zero = [sympy.Integer(0)] if name == "relu" else []
        return {"abs": sympy.Abs, "min": sympy.Min}.get(name, sympy.Max)(*arguments, *zero)
    if name == "abs":
        return _magnitude(arguments[0])
    if name == "relu":
        return sympy.Piecewise((arguments[0], arguments[0] > 0), (sympy.Integer(0), True))
    return sympy.Piecewise(
        *(
            (a, sympy.And(*(a >= b if name == "max" else a <= b for b in arguments[i + 1 :])))
            for i, a in enumerate(arguments)
        )
    )


def _magnitude(argument: Expression) -> Expression:
    import sympy

    if argument.is_extended_real:
        return sympy.Abs(argument)
    # SymPy derives |a| by way of complex numbers where it cannot tell that a is real, as in log x.
    return sympy.Piecewise((argument, argument >= 0), (-argument, True))
