"""What was measured of a model: sentences of the range test and of its curvature."""

from steepest.wording.numbers import number, with_error
from steepest.wording.template import filled

TEMPLATES = {
    "rate is set": "{optimizer} has it now.",
    "no bound of curvature": "On the first batch nothing curves upward: there is no bound.",
    "suggestion above bound": (
        "The suggestion is above that bound: curvature falls on the way, or chance."
    ),
    "curvature not measured": "the curvature cannot be measured, and is measured no more: {error}",
    # None where no rate lowered the loss.
    "rate of fastest fall": (
        "[lr?The loss falls fastest at learning rate {lr:number}.|No rate lowered the loss by more "
        "than 1 % and its scatter: the model may be trained.]"
    ),
    "rates tested": (
        "[blew_up?It blew up at {highest:number}|Up to {highest:number} it did not blow up], in "
        "{steps: step} of {optimizer}."
    ),
    # Of the optimizer if it is SGD, else of plain SGD.
    "bound of curvature": (
        "The curvature of the first batch is λmax = {curvature:number}, so that "
        "[optimizer=SGD?it|plain SGD, not {optimizer},] is stable below "
        "{stable:number}[momentum=0?| with momentum {momentum:g}] ({products} products)."
    ),
}


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
