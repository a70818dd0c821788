"""What is said below curves over the steps, or in their place."""

from steepest.wording.numbers import number, with_minus
from steepest.wording.template import filled

TEMPLATES = {
    "no loss came in": "No loss came in.",
    "no gradient recorded": "No gradient was recorded.",
    "one value drawn": "Only {unit} {epoch:count} has a value that can be drawn.",
    "few logarithms": "Too few of the objectives have a place on a logarithmic axis.",
    "objective too low": (
        "From {unit} {epoch:count} on the objective is too far below 0 to be drawn."
    ),
    "objective is not a number": "At {unit} {epoch:count} the objective is not a number.",
    "gradient is zero": "At {unit} {epoch:count} the gradient is 0, which this axis cannot show.",
    "gradient too large": (
        "From {unit} {epoch:count} on the gradient is not finite or too large to be drawn."
    ),
    "parameters too large": (
        "From {unit} {epoch:count} on parameters are not finite or too large to be drawn."
    ),
    "parameters that move most": "The {shown} that move most of {of} parameters are shown.",
    "shades of histograms": (
        "The fuller the colour, the more of a tensor's numbers lie there at that step; of all "
        "steps one in a hundred lies outside."
    ),
    "largest tensors": "The {shown} largest of {of} tensors are shown.",
    "objective from to": (
        "from {start:number} at {unit} {first:count} to {end:number} at {unit} {last:count}"
    ),
    "objective never drawable": (
        "At no {unit} has the objective a [is_number?place on this axis|number for its value]."
    ),
    "nothing more to see": (
        "From {unit} {epoch:count} to {last:count} a [linear?linear|logarithmic] scale shows "
        "nothing more."
    ),
    "objective too large": (
        "From {unit} {epoch:count} on the objective is above {limit:number}, too large to be drawn."
    ),
    "objective is infinite": (
        "From {unit} {epoch:count} on the objective is infinite: too large for its own type."
    ),
}


def objective_off_the_axis(unit: str, epoch: float, base: float) -> str:
    return filled(
        "At {unit} {epoch:count} the objective is {value} to rounding, which this axis cannot show."
        if base
        else "At {unit} {epoch:count} the objective is {value}, which this axis cannot show.",
        unit=unit,
        epoch=epoch,
        value=with_minus(number(base)),
    )
