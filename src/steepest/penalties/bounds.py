"""Bounds on parameters: a box, and what the gradient may still do at its walls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError, nearest
from steepest.number_checks import number_of_text
from steepest.translation import joined, say

Side: TypeAlias = float | None


@final
@dataclass(frozen=True, eq=False)
class Bounds:
    """lower ≤ θ ≤ upper for each of the d parameters; −inf and inf where there is none.

    - `names`; `lower`, `upper` (d,)

    >>> bounds = Bounds.of(("x", "y"), {"x": (0, 1)})
    >>> bounds.lower, bounds.upper
    (array([  0., -inf]), array([ 1., inf]))
    """

    names: tuple[str, ...]
    lower: Floats
    upper: Floats

    @staticmethod
    def of(names: Iterable[str], sides: Mapping[str, Sequence[Side]]) -> "Bounds":
        """Bounds by name, as (lower, upper) with None for a side that is free.

        The name of a vector bounds all its entries, and "v[0]" one of them, which counts more.

        Raises InputError for a name that is no parameter, for sides that are not two numbers, and
        for a lower bound above the upper one.

        >>> Bounds.of(("v[0]", "v[1]"), {"v": (0, None), "v[1]": (-1, 1)}).lower
        array([ 0., -1.])
        """
        if not isinstance(sides, Mapping):
            raise InputError("bounds are {{name: (lower, upper)}}, not {sides!r}.", sides=sides)
        names = tuple(names)
        lower, upper = np.full(len(names), -np.inf), np.full(len(names), np.inf)
        for name in sorted(sides, key=lambda name: "[" in str(name)):
            places = _places(name, names)
            lower[places], upper[places] = _sides(name, sides[name])
        lower.setflags(write=False)
        upper.setflags(write=False)
        return Bounds(names, lower, upper)

    def active(self, parameters: Floats, gradient: Floats) -> NDArray[np.bool_]:
        """Which parameters (…, d) stand at a bound that a step down the gradient would cross.

        >>> Bounds.of("x", {"x": (0, 1)}).active(np.array([0.0]), np.array([3.0]))
        array([ True])
        """
        below = (parameters <= self.lower) & (gradient > 0.0)
        above = (parameters >= self.upper) & (gradient < 0.0)
        return np.asarray(below | above)

    def check_start(self, parameters: Floats) -> None:
        """Raise InputError for parameters (d,) that lie outside."""
        outside = (parameters < self.lower) | (parameters > self.upper)
        for i in np.flatnonzero(outside)[:1]:
            raise InputError(
                "the start {names} = {parameters:g} lies outside its bounds, {lower}: start "
                "inside them, or move them.",
                names=self.names[i],
                parameters=parameters[i],
                lower=_words(self.lower[i], self.upper[i]),
            )


def parse_bounds(texts: Iterable[str]) -> dict[str, tuple[Side, Side]]:
    """Bounds as they are typed on the command line, one text a parameter.

    >>> parse_bounds(["x=0:1", "y=:3"])
    {'x': (0.0, 1.0), 'y': (None, 3.0)}
    """
    sides: dict[str, tuple[Side, Side]] = {}
    for text in texts:
        name, _, interval = (piece.strip() for piece in text.partition("="))
        ends = [end.strip() for end in interval.split(":")]
        if not name or len(ends) != 2 or not any(ends):
            raise InputError(
                "the bounds {text!r} must be name=lower:upper, as in x=0:1, or x=0: or x=:1.",
                text=text,
            )
        if name in sides:
            raise InputError(
                "{name} is bounded twice: give both sides at once, as in {name}=0:1.", name=name
            )
        lower, upper = (
            number_of_text(end, say("a bound of {name}", name=name)) if end else None
            for end in ends
        )
        sides[name] = (lower, upper)
    return sides


def _places(name: str, names: Sequence[str]) -> list[int]:
    places = [i for i, known in enumerate(names) if name in (known, known.partition("[")[0])]
    if not places:
        raise InputError(
            "there is no parameter {name!r} to bound: there are {names}.{name_2}",
            name=name,
            names=joined(names),
            name_2=nearest(str(name), names),
        )
    return places


def _sides(name: str, sides: Any) -> tuple[float, float]:
    try:
        lower, upper = sides
        lower = -np.inf if lower is None else float(lower)
        upper = np.inf if upper is None else float(upper)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            "the bounds of {name} must be (lower, upper), None for a free side, not {sides!r}.",
            name=name,
            sides=sides,
        ) from None
    if not (lower < np.inf and upper > -np.inf):  # nan too
        raise InputError(
            "the bounds of {name} leave it no value: {lower:g} to {upper:g}.",
            name=name,
            lower=lower,
            upper=upper,
        )
    if lower > upper:
        raise InputError(
            "the lower bound of {name}, {lower:g}, is above the upper, {upper:g}.",
            name=name,
            lower=lower,
            upper=upper,
        )
    return lower, upper


def _words(lower: float, upper: float) -> str:
    if np.isinf(upper):
        return say("{lower:g} or more", lower=lower)
    return (
        say("{upper:g} or less", upper=upper)
        if np.isinf(lower)
        else say("{lower:g} to {upper:g}", lower=lower, upper=upper)
    )
