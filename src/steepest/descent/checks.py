"""What counts as a number where a user gives one as an option."""

import math
from numbers import Integral, Real
from typing import TypeGuard

from steepest.errors import InputError

# What 64 bits hold: counters of compiled code and of arrays go no further.
MOST_WHOLE = 2**63 - 1


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


def is_whole(value: object, least: int, most: int = MOST_WHOLE) -> TypeGuard[int]:
    """A whole number from `least` to `most`, by default what 64 bits hold; True and False are not.

    >>> is_whole(10**18, 1), is_whole(1.0, 1), is_whole(0, 1), is_whole(10**19, 1)
    (True, False, False, False)
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        return False
    return least <= int(value) <= most


def given(value: object) -> str:
    """A value as a message shows it: of a number that 64 bits do not hold, its size.

    >>> given(-3), given("x"), given(10**400)
    ('-3', "'x'", 'a number of 401 digits, which is too large')
    """
    if isinstance(value, int) and abs(value) > MOST_WHOLE:
        digits = math.floor(math.log10(abs(value))) + 1
        return f"a number of {digits} digits, which is too large"
    return repr(value)


def check_seed(seed: object) -> None:
    """Raise InputError for what is no seed.

    >>> check_seed(0)
    """
    if not is_whole(seed, least=0):
        raise InputError(f"seed is {given(seed)}; give a whole number, 0 or more")
