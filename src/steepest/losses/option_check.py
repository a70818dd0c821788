"""The one number that a loss or a penalty is given, checked."""

import math
from numbers import Real
from reprlib import repr as shortened

from steepest.errors import InputError


def checked(value: object, what: str, lower: float, upper: float, *, ends: bool) -> float:
    """`value` as a float, from `lower` to `upper`; the ends are allowed only with `ends`.

    >>> checked(1, "alpha", 0, math.inf, ends=True)
    1.0
    >>> checked(1, "quantile", 0, 1, ends=False)
    Traceback (most recent call last):
    steepest.errors.InputError: quantile must be a number above 0 and below 1, not 1.
    """
    wanted = f"a number {_words(lower, upper, ends)}"
    fault = InputError(f"{what} must be {wanted}, not {shortened(value)}.")
    if not isinstance(value, Real) or isinstance(value, bool):
        raise fault
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond float64
        raise fault from None
    inside = lower <= number <= upper if ends else lower < number < upper
    if not (math.isfinite(number) and inside):
        raise fault
    return number


def _words(lower: float, upper: float, ends: bool) -> str:
    if math.isinf(upper):
        return f"of {lower:g} or more" if ends else f"above {lower:g}"
    return f"from {lower:g} to {upper:g}" if ends else f"above {lower:g} and below {upper:g}"
