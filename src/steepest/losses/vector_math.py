"""The functions of NumPy that `losses/rules.py` calls, for numbers, made of arithmetic alone: of a
loop over rows the compiler then takes four or eight at a time. The library's take one by one.
Importing this imports numba: do so where it is used.

`exp` and `log1p` err by less than 2 units in the last place.
"""

import math
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # ships no types, like numba
from numba import njit, types
from numba.extending import intrinsic
from numpy import sign, sinh, tanh

__all__ = ["abs", "exp", "log1p", "maximum", "minimum", "sign", "sinh", "tanh"]

# Sums must not be reordered: they take small differences of large numbers.
_compile = njit(forceinline=True, error_model="numpy", fastmath={"contract"})

_LOG2_E = math.log2(math.e)
# log 2 = _HIGH + _LOW, where _HIGH times a whole number below 2^11 is exact (Cody and Waite 1980).
_HIGH, _LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_MOST, _LEAST = 710.0, -746.0  # beyond, exp is infinite, and 0
# A sum with this has no room for fractions, and the whole number stands in its last bits.
_WHOLE = 1.5 * 2.0**52
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / math.factorial(i) for i in range(2, 14)
)
_LOG_2 = math.log(2.0)
_O1, _O2, _O3, _O4, _O5, _O6, _O7, _O8, _O9, _O10 = (1.0 / (2 * i + 1) for i in range(1, 11))


@intrinsic
def _power_of_two(typing: Any, whole: Any) -> tuple[Any, Any]:
    """2^k for a whole number k from -1022 to 1023: its bits are put together."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits, number = ir.IntType(64), ir.DoubleType()
        biased = builder.fadd(values[0], ir.Constant(number, _WHOLE + 1023.0))
        exponent = builder.shl(builder.bitcast(biased, bits), ir.Constant(bits, 52))
        return builder.bitcast(exponent, number)

    return types.float64(types.float64), emit


@_compile
def exp(x: float) -> Any:
    """e^x = 2^k e^r with k whole and |r| ≤ ½ log 2, where Taylor's series needs 14 terms."""
    x = _MOST if x > _MOST else x
    x = _LEAST if x < _LEAST else x
    k = (x * _LOG2_E + _WHOLE) - _WHOLE
    r = (x - k * _HIGH) - k * _LOW
    square = r * r
    tail = _C12 + r * _C13
    tail = (_C10 + r * _C11) + square * tail
    tail = (_C8 + r * _C9) + square * tail
    tail = (_C6 + r * _C7) + square * tail
    tail = (_C4 + r * _C5) + square * tail
    tail = (_C2 + r * _C3) + square * tail
    # In two halves: 2^k itself may be beyond float64 where e^x is not.
    half = (0.5 * k + _WHOLE) - _WHOLE
    return (1.0 + (r + square * tail)) * _power_of_two(half) * _power_of_two(k - half)


@_compile
def log1p(x: float) -> Any:
    """log(1 + x) for x from 0 to 1, which is all that the rules ask for: 2 artanh(x / (2 + x)), of
    the greater ones from (1 + x) / 2 on, where the series needs 10 terms.
    """
    far = x > 0.41
    near = 0.5 * (x - 1.0) if far else x
    z = near / (2.0 + near)
    square = z * z
    fourth = square * square
    tail = _O9 + square * _O10
    tail = (_O7 + square * _O8) + fourth * tail
    tail = (_O5 + square * _O6) + fourth * tail
    tail = (_O3 + square * _O4) + fourth * tail
    tail = (_O1 + square * _O2) + fourth * tail
    found = 2.0 * (z + z * (square * tail))
    return _LOG_2 + found if far else found


@_compile
def abs(x: float) -> Any:
    """|x|."""
    return math.fabs(x)


@_compile
def maximum(a: float, b: float) -> Any:
    """The greater; nan where one of them is."""
    return a if a > b or a != a else b


@_compile
def minimum(a: float, b: float) -> Any:
    """The smaller; nan where one of them is."""
    return a if a < b or a != a else b
