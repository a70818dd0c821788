"""What was measured of a model: sentences of the range test and of its curvature."""

from steepest.wording.numbers import counted, number, with_error
from steepest.wording.template import filled

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
        return filled(
            "No rate lowered the loss by more than 1 % and its scatter: the model may be trained."
        )
    return filled("The loss falls fastest at learning rate {lr}.", lr=number(lr))


def rates_tested(highest: float, blew_up: bool, steps: int, optimizer: str) -> str:
    if blew_up:
        return filled(
            "It blew up at {highest}, in {steps} of {optimizer}.",
            highest=number(highest),
            steps=counted(steps, "step"),
            optimizer=optimizer,
        )
    return filled(
        "Up to {highest} it did not blow up, in {steps} of {optimizer}.",
        highest=number(highest),
        steps=counted(steps, "step"),
        optimizer=optimizer,
    )


def bound_of_curvature(
    curvature: float, stable: float, momentum: float, optimizer: str, products: int
) -> str:
    """Of the optimizer if it is SGD, else of plain SGD."""
    whose = (
        filled("it")
        if optimizer == "SGD"
        else filled("plain SGD, not {optimizer},", optimizer=optimizer)
    )
    condition = filled(" with momentum {momentum:g}", momentum=momentum) if momentum else ""
    return filled(
        "The curvature of the first batch is λmax = {curvature}, so that {whose} is "
        "stable below {stable}{condition} ({products} products).",
        curvature=number(curvature),
        whose=whose,
        stable=number(stable),
        condition=condition,
        products=products,
    )


def noise_scale(scale: float, error: float) -> str:
    return filled(
        "The gradient noise scale is {scale} rows: batches of that size need about twice "
        "the fewest possible steps and twice the fewest possible rows; smaller ones take "
        "more steps, larger ones more rows.",
        scale=with_error(scale, error),
    )


def noise_scale_unknown(at_least: float | None) -> str:
    """None where there is no bound either."""
    least = None if at_least is None else number(float(f"{at_least:.2g}"))
    bound = "" if least is None else filled(" It is at least about {least} rows.", least=least)
    return filled(
        "The gradient noise scale cannot be told: what the batches' gradients have in "
        "common is within two standard errors of 0.{bound} More or larger batches may "
        "tell.",
        bound=bound,
    )


def noise_scale_measured(
    batches: int, rows: int, variance: float, square: float, error: float
) -> str:
    return filled(
        "Of {batches} batches with {rows} rows in all: the variance of one row's "
        "gradient is tr(Σ) = {variance}, the square of the mean gradient |G|² = {square}.",
        batches=batches,
        rows=rows,
        variance=number(variance),
        square=with_error(square, error),
    )
