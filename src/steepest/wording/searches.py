"""What an exhaustive search over a grid came to."""

from collections.abc import Mapping, Sequence

from steepest.wording.numbers import assigned, in_turn
from steepest.wording.template import filled

TEMPLATES = {
    "best of points": "Best of {points:, point}: {best:assigned}, objective {objective:.9g}.",
    "outside domain": "{points:, point} [points=1?lies|lie] outside the domain.",
    "search interrupted": "Interrupted: {points:, point} [points=1?was|were] not looked at.",
}


def as_low_to_rounding(points: int, first: Sequence[Mapping[str, float]]) -> str:
    """`first`: some of them, which are named."""
    named = in_turn([*map(assigned, first), *(["…"] if points > len(first) else [])])
    return filled("As low, to rounding: {points:,} more ({named}).", points=points, named=named)
