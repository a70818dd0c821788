"""What counts as a number where a user gives one as an option."""

import math
from numbers import Integral, Real
from typing import TypeGuard

from steepest.errors import InputError


def is_number(value: object) -> TypeGuard[float]:
    """A finite real number; True and False are not numbers.

    >>> is_number(0.5), is_number(True), is_number("0.5"), is_number(float("nan"))
    (True, False, False, False)
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond float64
        return False


def is_whole(value: object, least: int) -> TypeGuard[int]:
    """A whole number of at least `least`, of any size; True and False are not.

    >>> is_whole(10**18, 1), is_whole(1.0, 1), is_whole(0, 1)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def check_seed(seed: object) -> None:
    """Raise InputError for what is no seed.

    >>> check_seed(0)
    """
    if not is_whole(seed, least=0):
        raise InputError(f"seed is {seed!r}; give a whole number, 0 or more")
