"""What was measured of a model: sentences of the range test and of its curvature."""

from steepest.wording.numbers import counted, number, with_error

TEMPLATES = {
    "rate is set": "{optimizer} has it now.",
    "no bound of curvature": "On the first batch nothing curves upward: there is no bound.",
    "suggestion above bound": (
        "The suggestion is above that bound: curvature falls on the way, or chance."
    ),
    "curvature not measured": "the curvature cannot be measured, and is measured no more: {error}",
}


def rate_of_fastest_fall(lr: float | None) -> str:
    """None where no rate lowered the loss."""
    if lr is None:
        return (
            "No rate lowered the loss by more than 1 % and its scatter: the model may be trained."
        )
    return f"The loss falls fastest at learning rate {number(lr)}."


def rates_tested(highest: float, blew_up: bool, steps: int, optimizer: str) -> str:
    if blew_up:
        return f"It blew up at {number(highest)}, in {counted(steps, 'step')} of {optimizer}."
    return (
        f"Up to {number(highest)} it did not blow up, in {counted(steps, 'step')} of {optimizer}."
    )


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


def noise_scale(scale: float, error: float) -> str:
    return (
        f"The gradient noise scale is {with_error(scale, error)} rows: "
        "batches of that size need about twice the fewest possible steps and twice the fewest "
        "possible rows; smaller ones take more steps, larger ones more rows."
    )


def noise_scale_unknown(at_least: float | None) -> str:
    """None where there is no bound either."""
    least = None if at_least is None else number(float(f"{at_least:.2g}"))
    bound = "" if least is None else f" It is at least about {least} rows."
    return (
        "The gradient noise scale cannot be told: what the batches' gradients have in common is "
        f"within two standard errors of 0.{bound} More or larger batches may tell."
    )


def noise_scale_measured(
    batches: int, rows: int, variance: float, square: float, error: float
) -> str:
    return (
        f"Of {batches} batches with {rows} rows in all: the variance of one row's gradient is "
        f"tr(Σ) = {number(variance)}, the square of the mean gradient |G|² = "
        f"{with_error(square, error)}."
    )
