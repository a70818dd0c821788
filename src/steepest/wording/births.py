"""Where a number that is not finite was born: forward or backward, in which operation and line."""

from collections.abc import Sequence

from steepest.translation import translated
from steepest.wording.numbers import listed, number
from steepest.wording.template import filled

TEMPLATES = {
    # Between two recorded steps; `loss`: the step from which on the loss is not finite.
    "not finite between": (
        "[loss?The loss became not finite at step {loss}, and {name} is not finite either at step "
        "{last}: of the steps after {first} nothing but the loss was looked at.|{name} became not "
        "finite between step {first} and step {last}: the steps between were not looked at.]"
    ),
}

_SYMBOLS = {"add": "+", "sub": "-", "mul": "·", "div": "/", "pow": "to the power"}


def born_in_forward(
    step: int,
    operation: str,
    value: str,
    given: Sequence[float] = (),
    count: int = 0,
    size: int = 0,
    module: str = "",
    place: str = "",
    text: str = "",
    numbers: str = "",
) -> str:
    """`given`: the numbers that the operation had there; `numbers`: their type."""
    what = _call(operation, given)
    finite = all(abs(each) < float("inf") for each in given)
    large = (
        filled(", too large for {numbers}", numbers=numbers)
        if finite and "inf" in value and _overflows(given)
        else ""
    )
    inputs = "" if given else filled(", from inputs that are finite")
    return filled(
        "The loss is not finite at step {step}. The first such number: {what} is "
        "{value}{large}{inputs}{count}{module}.",
        step=step,
        what=what,
        value=value,
        large=large,
        inputs=inputs,
        count=_share(count, size),
        module=_where(module, place, text),
    )


def born_in_backward(
    step: int,
    operation: str,
    value: str,
    given: Sequence[float] = (),
    count: int = 0,
    size: int = 0,
    unused: bool = False,
    module: str = "",
    place: str = "",
    text: str = "",
    numbers: str = "",
) -> str:
    """`unused`: whether nothing depends on the result there."""
    what = _call(operation, given) if given else operation
    rest = ""
    if unused:
        rest = filled(
            ", though the result there is not used: the gradient 0 meets a slope that is infinite"
        )
    return filled(
        "The gradient is not finite at step {step}, though the loss is. It becomes "
        "{value} in the backward pass of {what}{count}{rest}{module}.",
        step=step,
        value=value,
        what=what,
        count=_share(count, size),
        rest=rest,
        module=_where(module, place, text),
    )


def brought_in_not_finite(
    step: int,
    operation: str,
    value: str,
    count: int = 0,
    size: int = 0,
    row: int | None = None,
    module: str = "",
    place: str = "",
    text: str = "",
) -> str:
    """A tensor that no operation of the step has made."""
    first = "" if row is None else filled(", first in row {row}", row=row)
    return filled(
        "The loss is not finite at step {step}. It comes from the data: a tensor that "
        "goes into {operation} holds {value}{first}{count}{module}.",
        step=step,
        operation=operation,
        value=value,
        first=first,
        count=_share(count, size),
        module=_where(module, place, text),
    )


def gradient_not_finite(step: int, name: str, loss: float) -> str:
    """Where the operation is not known: the gradient of a tensor, and the loss of the step."""
    although = (
        filled(", though the loss is: {loss}", loss=number(loss))
        if abs(loss) < float("inf")
        else ""
    )
    return filled(
        "The gradient of {name} is not finite at step {step}{although}. In which "
        "operation it became so did not show again.",
        name=name,
        step=step,
        although=although,
    )


def parameter_not_finite(
    step: int,
    name: str,
    gradient_finite: bool | None = None,
    optimizer: str = "",
    eps: float = 0.0,
    numbers: str = "",
) -> str:
    """`eps` of the `optimizer`, where it is 0 in the parameter's own `numbers`."""
    if gradient_finite is None:
        whose = filled(": its gradient or update was not")
    elif gradient_finite:
        whose = filled(", though its gradient was: the update made it so")
    else:
        whose = filled(": its gradient was not")
    divisor = ""
    if optimizer and eps:
        divisor = filled(
            " {optimizer}'s eps {eps:g} is 0 in {numbers}: where the square of the gradient ",
            optimizer=optimizer,
            eps=eps,
            numbers=numbers,
        )
        divisor += filled("is 0 too, the update divides by 0.")
    elif optimizer:
        divisor = filled(
            " {optimizer}'s eps is 0: where the gradient is 0, the update is 0 / 0.",
            optimizer=optimizer,
        )
    return filled(
        "{name} is not finite after step {step}{whose}.{divisor}",
        name=name,
        step=step,
        whose=whose,
        divisor=divisor,
    )


def _call(operation: str, given: Sequence[float]) -> str:
    shown = [number(each) for each in given]
    if len(shown) == 2 and operation in _SYMBOLS:
        return f"{shown[0]} {translated(_SYMBOLS[operation])} {shown[1]}"
    return (
        filled("{operation} of {shown}", operation=operation, shown=listed(shown))
        if shown
        else filled("the result of {operation}", operation=operation)
    )


def _overflows(given: Sequence[float]) -> bool:
    return all(each != 0.0 for each in given)


def _share(count: int, size: int) -> str:
    return filled(" (in {count} of {size} numbers)", count=count, size=size) if size > 1 else ""


def _where(module: str, place: str, text: str) -> str:
    parts = [filled("in {module}", module=module)] if module else []
    parts += [filled("at {place}", place=place)] if place else []
    return filled("[parts?, {parts:joined}][text?: {text}]", parts=parts, text=text)
