"""What is expected of a run: sentences of forecasts."""

import math

from steepest.wording.numbers import (
    alike,
    capitalized,
    counted,
    counted_as,
    epochs,
    factor,
    number,
    rate,
    rounded,
    stable_and_best,
    with_article,
)

TEMPLATES = {
    "curvature unknown": "The curvature at the start is not known: no forecast is made.",
    "curvature not finite": "The curvature at the end is not finite: no forecast is made.",
    "stable rate by bounds": (
        "Rates below {stable:rate} are stable for batches of {batch: row}, by bounds on the "
        "curvature."
    ),
    "overshooting rates": "Rates above {stable:rate} overshoot there; elsewhere it may differ.",
    "no rate settles": "With momentum {momentum:g} no rate settles: no step is forgotten.",
    "rate changes": "The learning rate changes on the way: what the run will do is not forecast.",
    "measured on sample": "Measured on {measured} of {rows} rows, drawn at random.",
    "too many parameters": "For more than {most} parameters no more is forecast.",
    "no measured weight": "No row that was measured has weight: no forecast is made.",
    "rate will adapt": (
        "lr auto halves the rate after every epoch that does not lead lower: the noise dies out "
        "with it."
    ),
    "no noise": "There is no noise at the minimum: the run goes all the way.",
    "lower floors": (
        "Half the rate would leave {half_rate:number}, twice the batch {twice_batch:number}."
    ),
    "rows in their order": "That is so for rows in random order; in their own order it may differ.",
}


def curvature(
    low: float,
    high: float,
    axes: tuple[str, str] = ("", ""),
    condition: float | None = None,
    at: str = "",
    directions: int = 2,
    raw: float | None = None,
    standardized: float | None = None,
) -> str:
    """The ends of the spectrum, `at` the "start", "minimum" or "end"; "" where it is the same
    everywhere. `raw`, `standardized`: the condition number with the features so, if it differs.
    """
    if directions == 1:
        text = f"is {number(low)}"
    elif alike(low, high):
        text = f"is {number(high)} in every direction"
    else:
        text = f"runs from {number(low)}, along {axes[0]}, to {number(high)}, along {axes[1]}"
    if condition is not None:
        text += f": condition number {number(condition)}"
    for value, features in ((raw, "raw"), (standardized, "standardised")):
        text += "" if value is None else f" ({number(value)} on {features} features)"
    return f"{_the(at)} curvature {text}."


def objective_is_flat(at: str = "", every_direction: bool = False) -> str:
    return f"{_the(at)} objective is flat{' in every direction' if every_direction else ''}."


def function_without_curvature(sloped: bool, at: str = "") -> str:
    shape = "has a slope but no curvature" if sloped else "is level"
    return f"{_the(at)} function {shape}."


def start_without_slope(maximum: bool) -> str:
    kind = "a maximum" if maximum else "a saddle"
    return f"The start is {kind}: without a slope, descent stays there."


def curves_down(axis: str, everywhere: bool) -> str:
    if everywhere:
        return f"The function curves down along {axis}: it has no minimum."
    return f"The start lies where the function curves down along {axis}."


def stable_rates(stable: float, best: float, unit: str = "epoch") -> str:
    below, fewest = stable_and_best(stable, best)
    return f"Rates below {below} are stable; {fewest} needs the fewest {unit}s."


def stable_rates_of_batches(stable: float, best: float, batch: int, about: bool) -> str:
    """`about`: with momentum they are known roughly."""
    near = "about " if about else ""
    return (
        f"For batches of {counted(batch, 'row')} rates below {near}{rate(stable)} are stable; "
        f"{near}{number(best)} needs the fewest epochs."
    )


def rate_against_limit(lr: float, above: bool) -> str:
    return f"Learning rate {rate(lr)} is {'above' if above else 'below'} that."


def not_forecast(optimizer: str, changing_rate: bool = False, batches: bool = False) -> str:
    """`changing_rate`: SGD may also have a rate that changes; `batches`: they have no closed form
    anyway.
    """
    why = "scales its steps itself"
    if optimizer == "SGD":
        changes = f"{'a changing rate, ' if changing_rate else ''}dampening or weight decay"
        why = f"with {changes}{'' if batches else ' has no closed form'}"
    return f"{optimizer} {why}: what it will do is not forecast."


def newton_of_many(parameters: int, formed: bool) -> str:
    size = f"a second derivative of {parameters} x {parameters} numbers"
    if formed:
        return f"Newton's steps form {size}, {number(8e-6 * parameters**2)} MB: that takes a while."
    return f"Newton's steps are found by conjugate gradients: {size} is not formed."


def plain_descent(lr: float, needed: int) -> str:
    """`needed`: epochs until a millionth of the objective's excess is left.

    >>> plain_descent(2.5, 41234)
    "Plain descent at its best rate, 2.5, would need about 41000 epochs, by the curvature at ..."
    """
    return (
        f"Plain descent at its best rate, {number(lr)}, would need about "
        f"{epochs(float(f'{needed:.2g}'))}, by the curvature at the end, until a millionth of the "
        "objective's excess is left."
    )


def will_arrive(lr: float, unit: str = "epoch", bounded: bool = False) -> str:
    return _until_bound(f"{_at(lr)} the run arrives in 1 {unit}", bounded)


def will_settle(lr: float, thousandth: float, millionth: float, settled: float) -> str:
    """Epochs of the slowest direction, of the objective's excess, and of every direction."""
    return (
        f"{_at(lr)} the slowest direction needs {epochs(thousandth)} for each factor of 1000; the "
        f"objective's excess is down to a millionth after {epochs(millionth)}, and every direction "
        f"has settled, to 1e-12 of its error, after {epochs(settled)}."
    )


def will_shrink(
    lr: float,
    axis: str,
    share: float,
    thousandth: float,
    other_side: bool = False,
    unit: str = "epoch",
    bounded: bool = False,
) -> str:
    """What an epoch leaves of the slowest error, and what a thousandth of it needs."""
    side = ", on the other side" if other_side else ""
    return _until_bound(
        f"{_at(lr)} {with_article(unit)} leaves {factor(share)} of the error along {axis}{side}: "
        f"each factor of 1000 takes {counted_as(thousandth, unit)}",
        bounded,
    )


def will_diverge(
    lr: float, axis: str, growth: float, unit: str = "epoch", bounded: bool = False
) -> str:
    return _until_bound(
        f"{_at(lr)} the error along {axis} grows {factor(growth)} times {with_article(unit)}: the "
        "run diverges",
        bounded,
    )


def will_swing(lr: float, axis: str, bounded: bool = False) -> str:
    return _until_bound(
        f"{_at(lr)} the error along {axis} never dies out: it swings for ever", bounded
    )


def will_fall_faster(
    lr: float, axis: str, growth: float, unit: str = "epoch", bounded: bool = False
) -> str:
    return _until_bound(
        f"{_at(lr)} the steps along {axis} grow {factor(growth)} times {with_article(unit)}",
        bounded,
    )


def will_fall_steadily(axis: str, bounded: bool = False) -> str:
    return _until_bound(f"The objective falls along {axis} at the same pace for ever", bounded)


def kinks(of: str) -> str:
    """`of`: "L1", "bounds", or the name of a loss."""
    known = {"L1": "An L1 penalty has kinks", "bounds": "Bounds cut steps short"}
    what = known.get(of, f"{capitalized(of)} loss has kinks")
    return f"{what}: curvature does not say what the run will do."


def no_minimum_of_rows(sample: bool) -> str:
    if sample:
        return "The rows that were measured have no minimum: what the run will do is not forecast."
    return "The rows have no minimum: the objective falls for ever."


def rate_will_fall(planned: int, lr: float, excess: float, noise: float) -> str:
    """`excess`: what is left above the minimum after the planned epochs; `noise` of it."""
    over = f"Over {epochs(planned)} the learning rate goes to {rate(lr)}"
    if not math.isfinite(excess):
        return f"{over}: what that leaves is not known."
    return f"{over}: about {number(excess)} above the minimum is left, {number(noise)} of it noise."


def batches_will_diverge(lr: float, growth: float, axis: str) -> str:
    return (
        f"{_at(lr)} errors grow {factor(growth)} times an update (root mean square, in the long "
        f"run), most along {axis}: the run diverges."
    )


def pace_of_batches(lr: float, thousandth: float) -> str:
    return f"{_at(lr)} each factor of 1000 of the error takes {epochs(thousandth)}."


def noise_will_hold(floor: float, minimum: float, share: float | None, reached: float) -> str:
    """`share`: the floor against the minimum; `reached`: the epoch at which it is."""
    percent = "" if share is None else f" ({rounded(100.0 * share, 2)} %)"
    return (
        f"Noise keeps the objective about {number(floor)} above its minimum {number(minimum)}"
        f"{percent}; from this start that is reached after about {epochs(reached)}."
    )


def _the(at: str) -> str:
    return f"At the {at} the" if at else "The"


def _at(lr: float) -> str:
    return f"At learning rate {rate(lr)}"


def _until_bound(sentence: str, bounded: bool) -> str:
    return f"{sentence}{', until a bound is met' if bounded else ''}."
