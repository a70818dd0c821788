"""What was measured of a model: sentences of the range test and of its curvature."""

from steepest.wording.numbers import number


def rate_of_fastest_fall(lr: float | None) -> str:
    """None where no rate lowered the loss."""
    if lr is None:
        return (
            "No rate lowered the loss by more than 1 % and its scatter: the model may be trained."
        )
    return f"The loss falls fastest at learning rate {number(lr)}."


def rate_is_set(optimizer: str) -> str:
    return f"{optimizer} has it now."


def rates_tested(highest: float, blew_up: bool, steps: int, optimizer: str) -> str:
    if blew_up:
        return f"It blew up at {number(highest)}, in {steps} steps of {optimizer}."
    return f"Up to {number(highest)} it did not blow up, in {steps} steps of {optimizer}."


def no_bound_of_curvature() -> str:
    return "On the first batch nothing curves upward: there is no bound."


def bound_of_curvature(
    curvature: float, stable: float, momentum: float, optimizer: str, products: int
) -> str:
    """Of the optimizer if it is SGD, else of plain SGD."""
    whose = "it" if optimizer == "SGD" else f"plain SGD, not {optimizer},"
    condition = f" with momentum {momentum:g}" if momentum else ""
    return (
        f"The curvature of the first batch is λmax = {number(curvature)}, so that {whose} is "
        f"stable below {number(stable)}{condition} ({products} products)."
    )


def suggestion_above_bound() -> str:
    return "The suggestion is above that bound: curvature falls on the way, or chance."


def curvature_not_measured(error: str) -> str:
    return f"the curvature cannot be measured, and is measured no more: {error}"
