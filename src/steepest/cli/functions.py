"""The known functions, listed."""

from steepest.cli.wrapped import labelled
from steepest.problems.known_functions import KNOWN, KnownFunction
from steepest.wording.numbers import number


def known_functions() -> str:
    """A paragraph for each: its formula and where it is least."""
    width = max(map(len, KNOWN)) + 2
    return "\n".join(labelled(name, _told(each), width) for name, each in KNOWN.items())


def _told(function: KnownFunction) -> str:
    if function.minimum is None:
        return f"{function.formula}; it has no least value"
    points = " and ".join(f"({_numbers(point)})" for point in function.minima)
    return f"{function.formula}; least, {number(function.minimum)}, at {points}"


def _numbers(point: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in point)
