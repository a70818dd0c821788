"""What is expected of a run: sentences of forecasts."""

import math

from steepest.wording.numbers import (
    alike,
    counted_as,
    rounded,
    sentence,
    stable_and_best,
    with_article,
)
from steepest.wording.template import filled

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
    "start without slope": (
        "The start is a [maximum?maximum|saddle]: without a slope, descent stays there."
    ),
    "curves down": (
        "[everywhere?The function curves down along {axis}: it has no minimum.|The start lies "
        "where the function curves down along {axis}.]"
    ),
    # `about`: with momentum they are known roughly.
    "stable rates of batches": (
        "For batches of {batch: row} rates below [about?about {stable:rate} are stable; "
        "about|{stable:rate} are stable;] {best:number} needs the fewest epochs."
    ),
    "rate against limit": "Learning rate {lr:rate} is [above?above|below] that.",
    # `changing_rate`: SGD may also have a rate that changes; `batches`: they have no closed form
    # anyway.
    "not forecast": (
        "[optimizer=SGD?SGD with [changing_rate?a changing rate, ]dampening or weight "
        "decay[batches?| has no closed form]|{optimizer} scales its steps itself]: what it will do "
        "is not forecast."
    ),
    # Epochs of the slowest direction, of the objective's excess, and of every direction.
    "will settle": (
        "At learning rate {lr:rate} the slowest direction needs {thousandth:epochs} for each "
        "factor of 1000; the objective's excess is down to a millionth after {millionth:epochs}, "
        "and every direction has settled, to 1e-12 of its error, after {settled:epochs}."
    ),
    # `of`: "L1", "bounds", or the name of a loss.
    "kinks": (
        "[of=L1?An L1 penalty has kinks|[of=bounds?Bounds cut steps short|{of:capitalized} loss "
        "has kinks]]: curvature does not say what the run will do."
    ),
    "no minimum of rows": (
        "[sample?The rows that were measured have no minimum: what the run will do is not "
        "forecast.|The rows have no minimum: the objective falls for ever.]"
    ),
    "batches will diverge": (
        "At learning rate {lr:rate} errors grow {growth:factor} times an update (root mean square, "
        "in the long run), most along {axis}: the run diverges."
    ),
    "pace of batches": (
        "At learning rate {lr:rate} each factor of 1000 of the error takes {thousandth:epochs}."
    ),
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
    said = _at_the(at) + _spectrum(low, high, axes, directions)
    if condition is not None:
        said += filled(": condition number {condition:number}", condition=condition)
    if raw is not None:
        said += filled(" ({raw:number} on raw features)", raw=raw)
    if standardized is not None:
        said += filled(" ({raw:number} on standardised features)", raw=standardized)
    return sentence(said)


def _spectrum(low: float, high: float, axes: tuple[str, str], directions: int) -> str:
    if directions == 1:
        return filled("the curvature is {low:number}", low=low)
    if alike(low, high):
        return filled("the curvature is {high:number} in every direction", high=high)
    return filled(
        "the curvature runs from {low:number}, along {flattest}, to {high:number}, along "
        "{steepest}",
        low=low,
        flattest=axes[0],
        high=high,
        steepest=axes[1],
    )


def objective_is_flat(at: str = "", every_direction: bool = False) -> str:
    if every_direction:
        return sentence(_at_the(at) + filled("the objective is flat in every direction"))
    return sentence(_at_the(at) + filled("the objective is flat"))


def function_without_curvature(sloped: bool, at: str = "") -> str:
    if sloped:
        return sentence(_at_the(at) + filled("the function has a slope but no curvature"))
    return sentence(_at_the(at) + filled("the function is level"))


def stable_rates(stable: float, best: float, unit: str = "epoch") -> str:
    below, fewest = stable_and_best(stable, best)
    return filled(
        "Rates below {below} are stable; {fewest} needs the fewest {unit}s.",
        below=below,
        fewest=fewest,
        unit=unit,
    )


def newton_of_many(parameters: int, formed: bool) -> str:
    if formed:
        return filled(
            "Newton's steps form a second derivative of {parameters} x {parameters} numbers, "
            "{megabytes:number} MB: that takes a while.",
            parameters=parameters,
            megabytes=8e-6 * parameters**2,
        )
    return filled(
        "Newton's steps are found by conjugate gradients: a second derivative of {parameters} x "
        "{parameters} numbers is not formed.",
        parameters=parameters,
    )


def plain_descent(lr: float, needed: int) -> str:
    """`needed`: epochs until a millionth of the objective's excess is left.

    >>> plain_descent(2.5, 41234)
    "Plain descent at its best rate, 2.5, would need about 41000 epochs, by the curvature at ..."
    """
    return filled(
        "Plain descent at its best rate, {lr:number}, would need about {needed:epochs}, by the "
        "curvature at the end, until a millionth of the objective's excess is left.",
        lr=lr,
        needed=float(f"{needed:.2g}"),
    )


def will_arrive(lr: float, unit: str = "epoch", bounded: bool = False) -> str:
    return _until_bound(
        filled("At learning rate {lr:rate} the run arrives in 1 {unit}", lr=lr, unit=unit), bounded
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
    shrinks = filled(
        "At learning rate {lr:rate} {per} leaves {share:factor} of the error along {axis}{side}: "
        "each factor of 1000 takes {thousandth}",
        lr=lr,
        per=with_article(unit),
        share=share,
        axis=axis,
        side=filled(", on the other side") if other_side else "",
        thousandth=counted_as(thousandth, unit),
    )
    return _until_bound(shrinks, bounded)


def will_diverge(
    lr: float, axis: str, growth: float, unit: str = "epoch", bounded: bool = False
) -> str:
    grows = filled(
        "At learning rate {lr:rate} the error along {axis} grows {growth:factor} times {per}: the "
        "run diverges",
        lr=lr,
        axis=axis,
        growth=growth,
        per=with_article(unit),
    )
    return _until_bound(grows, bounded)


def will_swing(lr: float, axis: str, bounded: bool = False) -> str:
    swings = filled(
        "At learning rate {lr:rate} the error along {axis} never dies out: it swings for ever",
        lr=lr,
        axis=axis,
    )
    return _until_bound(swings, bounded)


def will_fall_faster(
    lr: float, axis: str, growth: float, unit: str = "epoch", bounded: bool = False
) -> str:
    falls = filled(
        "At learning rate {lr:rate} the steps along {axis} grow {growth:factor} times {per}",
        lr=lr,
        axis=axis,
        growth=growth,
        per=with_article(unit),
    )
    return _until_bound(falls, bounded)


def will_fall_steadily(axis: str, bounded: bool = False) -> str:
    falls = filled("The objective falls along {axis} at the same pace for ever", axis=axis)
    return _until_bound(falls, bounded)


def rate_will_fall(planned: int, lr: float, excess: float, noise: float) -> str:
    """`excess`: what is left above the minimum after the planned epochs; `noise` of it."""
    return filled(
        "Over {planned:epochs} the learning rate goes to {lr:rate}: about {excess:number} above "
        "the minimum is left, {noise:number} of it noise."
        if math.isfinite(excess)
        else "Over {planned:epochs} the learning rate goes to {lr:rate}: what that leaves is not "
        "known.",
        planned=planned,
        lr=lr,
        excess=excess,
        noise=noise,
    )


def noise_will_hold(floor: float, minimum: float, share: float | None, reached: float) -> str:
    """`share`: the floor against the minimum; `reached`: the epoch at which it is."""
    return filled(
        "Noise keeps the objective about {floor:number} above its minimum {minimum:number}"
        "{percent}; from this start that is reached after about {reached:epochs}.",
        floor=floor,
        minimum=minimum,
        percent="" if share is None else f" ({rounded(100.0 * share, 2)} %)",
        reached=reached,
    )


def _at_the(at: str) -> str:
    """The place that a sentence begins with."""
    if at == "start":
        return filled("At the start ")
    if at == "minimum":
        return filled("At the minimum ")
    return filled("At the end ") if at else ""


def _until_bound(said: str, bounded: bool) -> str:
    return filled("{said}, until a bound is met.", said=said) if bounded else sentence(said)
