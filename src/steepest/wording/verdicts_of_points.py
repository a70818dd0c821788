"""Where a run came to rest: sentences of verdicts."""

from collections.abc import Sequence

from steepest.wording.numbers import sentence
from steepest.wording.template import filled

TEMPLATES = {
    "start is minimum": "The start is already [only?the|a] minimum.",
    # `left` of the way, by the curvature there.
    "near minimum": (
        "The gradient [share=0?is 0|has shrunk to {share:.2g} of its largest]; by the curvature "
        "there, {left:.2g} of the way to a minimum is left."
    ),
    "saddle": (
        "The gradient [vanished?has vanished|is small beside its largest] at a saddle, {place}: "
        "the function curves up along {up} and down along {down} (curvature {curvature:number})."
    ),
    "maximum": (
        "The gradient [vanished?has vanished|is small beside its largest] at a maximum, {place}: "
        "the function curves down on all sides."
    ),
    "inflection": (
        "The gradient [vanished?has vanished|is small beside its largest] at {place}, and that is "
        "no minimum: along {axis} the objective falls further."
    ),
    "flat region": (
        "Around {place} the function is flat: [slope=0?there is no slope|the slope is "
        "{slope:number}], and a step leads nowhere."
    ),
}


def held_by_bounds(names: Sequence[str], walls: Sequence[float]) -> str:
    """The first four parameters and their bounds."""
    held = [*zip(names[:4], walls, strict=False)]
    said = [filled("{name} at its bound {wall:g}", name=name, wall=wall) for name, wall in held]
    said[0] = filled("{name} stands at its bound {wall:g}", name=held[0][0], wall=held[0][1])
    if len(names) > 4:
        said.append(filled("{more} more at theirs", more=len(names) - 4))
    if len(names) == 1:
        return filled("{held}; the objective would fall further beyond it.", held=said[0])
    return filled("{held:listed}; the objective would fall further beyond them.", held=said)


def gradient_shrunk(share: float) -> str:
    return sentence(_shrunk(share))


def minimum_reached(
    share: float, several: bool, level: Sequence[str] = (), flat: bool = False
) -> str:
    """`several` directions curve up; `level`: those in which nothing changes; `flat`: some have no
    curvature, and rise all the same.
    """
    if level:
        shape = filled(
            "the function curves up but for {level:listed}, where it is level: one minimum of many",
            level=list(level),
        )
    elif flat:
        shape = filled("the function rises on every side: a minimum")
    elif several:
        shape = filled("the function curves up in every direction: a minimum")
    else:
        shape = filled("the function curves up: a minimum")
    return filled("{shrunk}, and {shape}.", shrunk=_shrunk(share), shape=shape)


def known_minimum(place: str = "", here: float | None = None, there: float | None = None) -> str:
    """It is the known one, or as low as that at `place`, or a local one."""
    if here is not None and there is not None:
        return filled(
            "It is a local one: the objective is {here:number} here, and {there:number} at "
            "{place}.",
            here=here,
            there=there,
            place=place,
        )
    if not place:
        return filled("It is the known one.")
    return filled("It is as low as the known one, at {place}.", place=place)


def _shrunk(share: float) -> str:
    if share == 0.0:
        return filled("The gradient is 0")
    return filled("The gradient has shrunk to {share:.2g} of its largest", share=share)
