"""What an exhaustive search over a grid came to."""

from collections.abc import Mapping, Sequence

from steepest.wording.numbers import assigned


def best_of_points(points: int, best: Mapping[str, float], objective: float) -> str:
    return f"Best of {points:,} points: {assigned(best)}, objective {objective:.9g}."


def as_low_to_rounding(points: int, first: Sequence[Mapping[str, float]]) -> str:
    """`first`: some of them, which are named."""
    named = "; ".join(map(assigned, first)) + ("; …" if points > len(first) else "")
    return f"As low, to rounding: {points:,} more ({named})."


def outside_domain(points: int) -> str:
    return f"{points:,} points lie outside the domain."


def search_interrupted(points: int) -> str:
    return f"Interrupted: {points:,} points were not looked at."
