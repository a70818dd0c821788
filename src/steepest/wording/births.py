"""Where a number that is not finite was born: forward or backward, in which operation and line."""

from collections.abc import Sequence

from steepest.wording.numbers import number

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
    large = f", too large for {numbers}" if finite and "inf" in value and _overflows(given) else ""
    inputs = "" if given else ", from inputs that are finite"
    return (
        f"The loss is not finite at step {step}. The first such number: {what} is "
        f"{value}{large}{inputs}{_share(count, size)}{_where(module, place, text)}."
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
        rest = (
            ", though the result there is not used: the gradient 0 meets a slope that is infinite"
        )
    return (
        f"The gradient is not finite at step {step}, though the loss is. It becomes {value} in the "
        f"backward pass of {what}{_share(count, size)}{rest}{_where(module, place, text)}."
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
    first = "" if row is None else f", first in row {row}"
    return (
        f"The loss is not finite at step {step}. It comes from the data: a tensor that goes into "
        f"{operation} holds {value}{first}{_share(count, size)}{_where(module, place, text)}."
    )


def gradient_not_finite(step: int, name: str, loss: float) -> str:
    """Where the operation is not known: the gradient of a tensor, and the loss of the step."""
    although = f", though the loss is: {number(loss)}" if abs(loss) < float("inf") else ""
    return (
        f"The gradient of {name} is not finite at step {step}{although}. In which operation it "
        "became so did not show again."
    )


def not_finite_between(first: int, last: int, name: str, loss: int | None = None) -> str:
    """Between two recorded steps; `loss`: the step from which on the loss is not finite."""
    if loss is not None:
        return (
            f"The loss became not finite at step {loss}, and {name} is not finite either at step "
            f"{last}: of the steps after {first} nothing but the loss was looked at."
        )
    return (
        f"{name} became not finite between step {first} and step {last}: the steps between were "
        "not looked at."
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
        whose = ": its gradient or update was not"
    elif gradient_finite:
        whose = ", though its gradient was: the update made it so"
    else:
        whose = ": its gradient was not"
    divisor = ""
    if optimizer and eps:
        divisor = f" {optimizer}'s eps {eps:g} is 0 in {numbers}: where the square of the gradient "
        divisor += "is 0 too, the update divides by 0."
    elif optimizer:
        divisor = f" {optimizer}'s eps is 0: where the gradient is 0, the update is 0 / 0."
    return f"{name} is not finite after step {step}{whose}.{divisor}"


def _call(operation: str, given: Sequence[float]) -> str:
    shown = [number(each) for each in given]
    if len(shown) == 2 and operation in _SYMBOLS:
        return f"{shown[0]} {_SYMBOLS[operation]} {shown[1]}"
    return f"{operation} of {' and '.join(shown)}" if shown else f"the result of {operation}"


def _overflows(given: Sequence[float]) -> bool:
    return all(each != 0.0 for each in given)


def _share(count: int, size: int) -> str:
    return f" (in {count} of {size} numbers)" if size > 1 else ""


def _where(module: str, place: str, text: str) -> str:
    parts = [f"in {module}"] if module else []
    parts += [f"at {place}"] if place else []
    return (", " + ", ".join(parts) if parts else "") + (f": {text}" if text else "")
