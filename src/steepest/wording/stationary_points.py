"""The stationary points that were found, and why some may be missing."""

from collections.abc import Mapping, Sequence

from steepest.translation import translated
from steepest.wording.numbers import first_few, in_turn
from steepest.wording.template import filled

_LISTED = 4

# The kinds of points.
WORDS = {
    "minimum": "a minimum",
    "maximum": "a maximum",
    "saddle": "a saddle",
    "flat": "a flat",
    "inflection": "an inflection",
    "undecided": "of a kind that is not decided",
}

# Why some may be missing: parts of a sentence.
TEMPLATES = {
    "too many combinations": "there are up to {total}, of which {examined} were looked at",
    "too many variables": "a numerical search goes up to {most} variables",
    "too many kinks": "there are too many kinks to look at every smooth piece",
    # `search`: what limits the numerical search instead.
    "no closed form": "there is no closed form; {search}",
    "search timed out": "the time limit of {seconds:g} s was reached",
    "no process": "no process could be started ({error})",
    "calculus": "{derivatives}. {points}",
    "search not finished": "The search for stationary points was not finished: {reason}.",
    "others possible": "There may be others: {reason}.",
}


def any_value(free: Sequence[str], where: Sequence[str]) -> str:
    """The gradient does not depend on the variables `free`."""
    names = first_few(free, len(free))
    if not where:
        return filled("every value of {names} will do", names=names)
    return filled("every value of {names} will do where {where}", names=names, where=_and(where))


def _and(equations: Sequence[str]) -> str:
    return filled(" and ").join(equations)


def _or(equations: Sequence[str]) -> str:
    return filled(" or ").join(equations)


def not_single_points(equations: Sequence[str]) -> str:
    zero = _and(equations)
    if len(zero) > 120:
        zero = filled("on a curve or a surface")
    return filled("not at single points only: the gradient is zero where {zero}", zero=zero)


def infinitely_many(name: str, reach: float) -> str:
    return filled(
        "infinitely many; listed are those with {low} <= {name} <= {reach}",
        low=-reach,
        name=name,
        reach=reach,
    )


def numerical_search(reach: float, on_curves: bool = False, lowest: int | None = None) -> str:
    """`on_curves`: degenerate points were left out; `lowest`: how many are listed, if not all."""
    said = filled(
        "what is listed was found by a numerical search between {low} and {reach} in every "
        "variable",
        low=-reach,
        reach=reach,
    )
    if on_curves:
        said += filled(", without the degenerate points, which seem to lie on curves")
    return said if lowest is None else said + filled(", of which the lowest {most}", most=lowest)


def sympy_gave_up(last: str, status: int) -> str:
    """`last`: the last line it printed."""
    return filled(
        "SymPy gave up ({last})", last=last or filled("exit status {status}", status=status)
    )


# Of the terminal.


def points_found(points: Sequence[tuple[Mapping[str, float], float, str]], complete: bool) -> str:
    """The points, the objective and the kind of each, of which four are listed; `complete`: there
    are no others.

    >>> points_found([({"x": 2.0}, 1.0, "minimum")], True)
    'Stationary point x = 2, f = 1, a minimum.'
    """
    if not points:
        return filled("No stationary point." if complete else "No stationary point was found.")
    if len(points) == 1:
        ((at, value, called),) = points
        return filled(
            "Stationary point {at:assigned}, f = {value:.9g}, {kind}.",
            at=at,
            value=value,
            kind=translated(WORDS.get(called, called)),
        )
    said = [_point(*point) for point in points[:_LISTED]]
    if len(points) > _LISTED:
        said.append(filled("and {more} more", more=len(points) - _LISTED))
    return filled("{count} stationary points: {points}.", count=len(points), points=in_turn(said))


def _point(at: Mapping[str, float], value: float, called: str) -> str:
    return filled(
        "{at:assigned} (f = {value:.6g}, {called:translated})", at=at, value=value, called=called
    )


def derivative_missing(kinks: Sequence[str]) -> str:
    return filled("There may be no derivative where {kinks}.", kinks=_or(kinks[:_LISTED]))
