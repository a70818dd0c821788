"""Lines of the terminal: what is minimised and how, what was written, how far a command is."""

from collections.abc import Mapping, Sequence

from steepest.translation import joined
from steepest.wording.numbers import assigned, counted_as, listed, number
from steepest.wording.template import filled

TEMPLATES = {
    "words explained": "On {words:listed}: steepest help WORD.",
    "optimizer with": "{optimizer} with {options}",
    "best run": "{name}: objective {objective:number} after {after:epochs}.",
    "best at edge": (
        "There {names:listed} [names=1?lies|lie] at the edge of the grid: lower points may be "
        "beyond."
    ),
}


def way_of_runs(starts: Sequence[str], optimizers: Sequence[str], rates: Sequence[str]) -> str:
    """How runs descended: what they have in common, and how many there are of the rest.

    >>> way_of_runs(["x = 7"], ["SGD"], ["learning rate 0.1", "learning rate 0.3"])
    'from x = 7, by SGD, 2 learning rates'
    """
    start = (
        filled("from {starts}", starts=starts[0])
        if len(starts) == 1
        else counted_as(len(starts), "start")
    )
    optimizer = filled("by {optimizers}", optimizers=optimizers[0])
    if len(optimizers) > 1:
        optimizer = counted_as(len(optimizers), "optimizer")
    lr = rates[0] if len(rates) == 1 else counted_as(len(rates), "learning rate")
    return filled("{start}, {optimizer}, {rate}", start=start, optimizer=optimizer, rate=lr)


def known_function(formula: str, minimum: float | None, at: Sequence[Sequence[float]]) -> str:
    """
    >>> known_function("x^2 + y^2", 0.0, [(0.0, 0.0)])
    'x^2 + y^2; least, 0, at (0, 0)'
    """
    if minimum is None:
        return filled("{formula}; it has no least value", formula=formula)
    points = listed([f"({', '.join(f'{value:.6g}' for value in point)})" for point in at])
    return filled(
        "{formula}; least, {minimum}, at {points}",
        formula=formula,
        minimum=number(minimum),
        points=points,
    )


def grid_searched(axes: Sequence[tuple[str, float, float, int]], held: Mapping[str, float]) -> str:
    """`axes`: name, first and last value, and how many there are; `held`: the other parameters."""
    said = [
        filled(
            "{name} from {low:.9g} to {high:.9g} ({values:, value})",
            name=name,
            low=low,
            high=high,
            values=values,
        )
        for name, low, high, values in axes
    ]
    return joined([*said, *([filled("at {held}", held=assigned(held))] if held else [])])


def descent_beside(start: str, end: str, objective: float, best: float) -> str:
    """A descent against the `best` of a grid."""
    gap = objective - best
    compared = filled("as low as")
    if gap != 0.0:
        compared = filled("{gap:.4g} above" if gap > 0.0 else "{gap:.4g} below", gap=abs(gap))
    return filled(
        "From {start} to {end}, objective {objective:.9g}, {compared} the best of the grid.",
        start=start,
        end=end,
        objective=objective,
        compared=compared,
    )
