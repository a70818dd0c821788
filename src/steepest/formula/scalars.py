"""The functions of a formula on plain floats: Python's own, made total as IEEE 754 has it.

Where Python raises or answers with a complex number, these give inf or nan.
"""

import math
from collections.abc import Callable


def div(a: float, b: float) -> float:
    """a / b; by zero it is ±inf, and 0/0 is nan."""
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a ** b; nan where Python gives a complex number.

    >>> power(-8.0, 1 / 3), power(0.0, -2.0), power(-10.0, 999.0)
    (nan, inf, -inf)
    """
    if a < 0.0 and math.isfinite(a) and math.isfinite(b) and not b.is_integer():
        return math.nan  # Python's answer is complex
    negative = math.copysign(1.0, a) < 0.0 and b % 2.0 == 1.0
    try:
        return float(a**b)
    except (OverflowError, ZeroDivisionError):
        return -math.inf if negative else math.inf


def total(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, nan where it is not defined."""

    def defined(a: float) -> float:
        try:
            return function(a)
        except ValueError:
            return math.nan

    return defined


def logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, −inf at zero and nan below."""

    def defined(a: float) -> float:
        if a > 0.0:
            return function(a)
        return -math.inf if a == 0.0 else math.nan

    return defined


def exp(a: float) -> float:
    """eᵃ."""
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def sinh(a: float) -> float:
    """(eᵃ − e⁻ᵃ)/2."""
    try:
        return math.sinh(a)
    except OverflowError:
        return math.copysign(math.inf, a)


def cosh(a: float) -> float:
    """(eᵃ + e⁻ᵃ)/2."""
    try:
        return math.cosh(a)
    except OverflowError:
        return math.inf


def sigmoid(a: float) -> float:
    """1/(1 + e⁻ᵃ), without overflow."""
    small = math.exp(-abs(a))
    return (1.0 if a >= 0.0 else small) / (1.0 + small)


def relu(a: float) -> float:
    """The greater of a and 0."""
    return 0.0 if a <= 0.0 else a


def softplus(a: float) -> float:
    """log(1 + eᵃ), without overflow."""
    return math.log1p(math.exp(-abs(a))) + relu(a)


def least(*arguments: float) -> float:
    """The least; nan if one is nan."""
    return math.nan if any(map(math.isnan, arguments)) else min(arguments)


def greatest(*arguments: float) -> float:
    """The greatest; nan if one is nan."""
    return math.nan if any(map(math.isnan, arguments)) else max(arguments)


def norm(*arguments: float) -> float:
    """√(a² + b² + …); like torch's it overflows where a square does, but for one argument."""
    if len(arguments) == 1:
        return abs(arguments[0])
    return math.sqrt(sum(a * a for a in arguments))
