"""What is said below curves over the steps, or in their place."""

from steepest.wording.numbers import count, number, with_minus


def no_loss_came_in() -> str:
    return "No loss came in."


def no_gradient_recorded() -> str:
    return "No gradient was recorded."


def objective_never_drawable(unit: str, is_number: bool) -> str:
    what = "a place on this axis" if is_number else "a number for its value"
    return f"At no {unit} has the objective {what}."


def one_value_drawn(unit: str, epoch: float) -> str:
    return f"Only {unit} {count(epoch)} has a value that can be drawn."


def nothing_more_to_see(unit: str, epoch: float, last: float, linear: bool) -> str:
    scale = "linear" if linear else "logarithmic"
    return f"From {unit} {count(epoch)} to {count(last)} a {scale} scale shows nothing more."


def few_logarithms() -> str:
    return "Too few of the objectives have a place on a logarithmic axis."


def objective_too_large(unit: str, epoch: float, limit: float) -> str:
    when = f"From {unit} {count(epoch)} on"
    return f"{when} the objective is above {number(limit)}, too large to be drawn."


def objective_too_low(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on the objective is too far below 0 to be drawn."


def objective_is_not_a_number(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the objective is not a number."


def objective_off_the_axis(unit: str, epoch: float, base: float) -> str:
    value = with_minus(number(base)) + " to rounding" * (base != 0.0)
    return f"At {unit} {count(epoch)} the objective is {value}, which this axis cannot show."


def gradient_is_zero(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the gradient is 0, which this axis cannot show."


def gradient_too_large(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on the gradient is not finite or too large to be drawn."


def parameters_too_large(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on parameters are not finite or too large to be drawn."


def parameters_that_move_most(shown: int, of: int) -> str:
    return f"The {shown} that move most of {of} parameters are shown."


def shades_of_histograms() -> str:
    return (
        "The darker, the more of a tensor's numbers lie there at that step; of all steps one in a "
        "hundred lies outside."
    )


def largest_tensors(shown: int, of: int) -> str:
    return f"The {shown} largest of {of} tensors are shown."


def number_of_parameters(count: int) -> str:
    return f"of {count}"


def objective_from_to(start: float, first: float, end: float, last: float, unit: str) -> str:
    return f"from {number(start)} at {unit} {count(first)} to {number(end)} at {unit} {count(last)}"
