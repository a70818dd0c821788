"""The stationary points that were found, and why some may be missing."""

from collections.abc import Mapping, Sequence

from steepest.wording.numbers import assigned, with_article

_LISTED = 4

# Why some may be missing: parts of a sentence.
TEMPLATES = {
    "too many combinations": "there are up to {total}, of which {examined} were looked at",
    "too many variables": "a numerical search goes up to {most} variables",
    "too many kinks": "there are too many kinks to look at every smooth piece",
    # `search`: what limits the numerical search instead.
    "no closed form": "there is no closed form; {search}",
    "search timed out": "the time limit of {seconds:g} s was reached",
    "no process": "no process could be started ({error})",
    "search not finished": "The search for stationary points was not finished: {reason}.",
    "others possible": "There may be others: {reason}.",
}


def any_value(free: Sequence[str], where: Sequence[str]) -> str:
    """The gradient does not depend on the variables `free`."""
    condition = f" where {' and '.join(where)}" if where else ""
    return f"every value of {', '.join(free)} will do{condition}"


def not_single_points(equations: Sequence[str]) -> str:
    zero = " and ".join(equations)
    where = zero if len(zero) <= 120 else "on a curve or a surface"
    return f"not at single points only: the gradient is zero where {where}"


def infinitely_many(name: str, reach: float) -> str:
    return f"infinitely many; listed are those with {-reach} <= {name} <= {reach}"


def numerical_search(reach: float, on_curves: bool = False, lowest: int | None = None) -> str:
    """`on_curves`: degenerate points were left out; `lowest`: how many are listed, if not all."""
    text = (
        f"what is listed was found by a numerical search between {-reach} and {reach} "
        "in every variable"
    )
    if on_curves:
        text += ", without the degenerate points, which seem to lie on curves"
    return text if lowest is None else f"{text}, of which the lowest {lowest}"


def sympy_gave_up(last: str, status: int) -> str:
    """`last`: the last line it printed."""
    return f"SymPy gave up ({last or f'exit status {status}'})"


# Of the terminal.


def points_found(points: Sequence[tuple[Mapping[str, float], float, str]], complete: bool) -> str:
    """The points, the objective and the kind of each, of which four are listed; `complete`: there
    are no others.

    >>> points_found([({"x": 2.0}, 1.0, "minimum")], True)
    'Stationary point x = 2, f = 1, a minimum.'
    """
    if not points:
        return "No stationary point." if complete else "No stationary point was found."
    if len(points) == 1:
        ((at, value, called),) = points
        kind = "of a kind that is not decided" if called == "undecided" else with_article(called)
        return f"Stationary point {assigned(at)}, f = {value:.9g}, {kind}."
    said = [f"{assigned(at)} (f = {value:.6g}, {called})" for at, value, called in points[:_LISTED]]
    more = [f"and {len(points) - _LISTED} more"] if len(points) > _LISTED else []
    return f"{len(points)} stationary points: {'; '.join([*said, *more])}."


def derivative_missing(kinks: Sequence[str]) -> str:
    return f"There may be no derivative where {' or '.join(kinks[:_LISTED])}."
