"""What is said below curves over the steps, or in their place."""

from steepest.wording.numbers import count, number, with_minus

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
}


def objective_never_drawable(unit: str, is_number: bool) -> str:
    what = "a place on this axis" if is_number else "a number for its value"
    return f"At no {unit} has the objective {what}."


def nothing_more_to_see(unit: str, epoch: float, last: float, linear: bool) -> str:
    scale = "linear" if linear else "logarithmic"
    return f"From {unit} {count(epoch)} to {count(last)} a {scale} scale shows nothing more."


def objective_too_large(unit: str, epoch: float, limit: float) -> str:
    when = f"From {unit} {count(epoch)} on"
    return f"{when} the objective is above {number(limit)}, too large to be drawn."


def objective_is_infinite(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on the objective is infinite: too large for its own type."


def objective_off_the_axis(unit: str, epoch: float, base: float) -> str:
    value = with_minus(number(base)) + " to rounding" * (base != 0.0)
    return f"At {unit} {count(epoch)} the objective is {value}, which this axis cannot show."
