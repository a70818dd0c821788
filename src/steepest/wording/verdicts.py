"""How a run ended, and why: sentences of verdicts."""

from collections.abc import Sequence
from typing import Any

from steepest.wording.numbers import (
    counted_as,
    in_turn,
    sentence,
    together,
    with_article,
)
from steepest.wording.template import filled

TEMPLATES = {
    "minimum recedes": (
        "The minimum that the curvature promises recedes: from {place} it is as far off again, and "
        "the objective may fall that way for ever."
    ),
    "below rounding": "Rounding cannot tell what is left of any direction's error.",
    "above least": "The objective is {objective:number}, {excess:number} above its least.",
    "rate above stable": "Learning rate {lr:rate} is above the largest stable rate {stable:rate}.",
    "objective has risen": "The objective has risen from {start:number} to {end:number}.",
    "objective rose": "The objective rose from {start:number} to {end:number}.",
    "steps wander": (
        "The steps swing without settling or repeating: the objective stays between {low:number} "
        "and {high:number}."
    ),
    "weight decay balances": (
        "The steps have come to rest where the gradient and the weight decay of {weight_decay:g} "
        "balance, which is not where the objective is least."
    ),
    "steps too small": (
        "The steps have become too small to lead further, at learning rate {lr:rate} and gradient "
        "norm {slope:number}."
    ),
    "objective is": "The objective is {objective:number}.",
    "ends above start": (
        "The objective is {objective:number}, above the {start:number} of the start."
    ),
    "too large at start": "At the start ({place}) the objective is too large for a number.",
    "no slope left": "No slope is left.",
    "held by penalty": "The L1 penalty holds {held} of {parameters: parameter} at 0.",
    # `gradient`: its coordinates with their names; `axis`: where the most of it points.
    "slope kept": (
        "The gradient has the coordinates {gradient}, the largest along {axis}: with a slope of "
        "{slope:number} the objective still falls there."
    ),
    "above noise": (
        "The objective of the last epochs is {objective:number} in the mean, {excess:number} above "
        "the minimum {minimum:number}; noise would let it come to {floor:number} above."
    ),
    "in noise": (
        "The objective swings around {level:number}: at learning rate {lr:rate} the noise of "
        "batches of {batch} keeps it about {floor:number} above the minimum of all rows, "
        "{minimum:number}."
    ),
    "batches unstable": (
        "Learning rate {lr:rate} is above {stable:rate}, the largest that is stable for batches of "
        "{batch: row}: errors grow {growth:factor} times an update (root mean square), most along "
        "{axis}."
    ),
    "gradient has fallen": "The gradient's norm has fallen from {start:number} to {end:number}.",
    # `after`: the epoch since when, where the run went on until no parameter changed.
    "all settled": (
        "[after?After {after:epochs} every direction's error was below {share:g} of what it had "
        "been, and now no parameter can be told from its minimum.|Every direction's error is below "
        "{share:g} of what it was.]"
    ),
    "curves down for ever": (
        "The function curves down along {axis} without end: the steps grow {growth:factor} times "
        "{unit:with_article}."
    ),
    "steps grow": (
        "[steady?Each step is {growth:factor} times as long as the one before.|The steps grow ever "
        "longer, lately {growth:factor} times {unit:with_article}.]"
    ),
    "momentum forgets nothing": (
        "Momentum {momentum:g} keeps the whole of every step, as gradients that are never set to "
        "zero do: the [axis?error along {axis} swings|steps swing] for ever."
    ),
    # `gradient`: it is the gradient alone that is not finite.
    "undefined": (
        "At [step=0?the start|step {step}] ({place}) the [gradient?gradient is not "
        "finite|objective is undefined][fault?: {fault}]."
    ),
    # What an epoch left of the error; 0 where one step led there.
    "pace": (
        "[factor=0?One step led there.|An epoch left {factor:number} of the error[changed_side? "
        "and changed its side][foretold?, as the curvature there says].]"
    ),
    # Numbers left torch by `calls`; `axis`: "" where the slope is along no parameter alone.
    "gradient lost": (
        "Part of the gradient is lost: {calls:listed} [calls=1?takes|take] numbers out of torch, "
        "and no gradient flows back. The slope [axis?along {axis} ]is {slope:number}, and the "
        "gradient says {gradient:number}."
    ),
    "objective in steps": (
        "The objective depends on the numbers of {calls:listed} in steps, which have no slope: at "
        "{at} it jumps by {change:.4g}."
    ),
    # `minimum`: None where only the curvature at the end tells how far above it is.
    "above minimum": (
        "The objective is {objective:number}, [minimum?{excess:number} above the minimum "
        "{minimum:number}|by the curvature there about {excess:number} above its minimum]."
    ),
    # At the end of an `epoch`, or within one.
    "objective was lost": (
        "[epoch?at epoch {epoch}|after {updates: update}] the objective was {objective}, no longer "
        "a finite number"
    ),
}


def stopped(reason: object) -> str:
    """Which rule ended the run."""
    return sentence(reason)


def directions_left(
    settled: int,
    axis: str,
    share: float,
    thousandth: float,
    overshoots: bool,
    settled_axis: str | None = None,
) -> str:
    """Which direction has settled, which has hardly begun, and what it would need."""
    state = filled("has hardly begun to shrink" if share > 0.9 else "is still shrinking")
    swing = filled(", changing sign every epoch") if overshoots else ""
    left = filled(
        "The error along {axis} {state}: {share:.3g} of it is left{swing}, and each factor of 1000 "
        "takes it {thousandth:epochs}.",
        axis=axis,
        state=state,
        share=share,
        swing=swing,
        thousandth=thousandth,
    )
    return together([*_settled(settled, settled_axis), left])


def _settled(directions: int, axis: str | None) -> list[str]:
    if directions == 1:
        return [filled("The error along {axis} has settled.", axis=axis)]
    if not directions:
        return []
    return [filled("The error along {directions} directions has settled.", directions=directions)]


def error_grows(
    axis: str,
    growth: float,
    unit: str = "epoch",
    lr: float | None = None,
    stable: float | None = None,
    momentum: float | None = None,
) -> str:
    """Along an eigenvector, because of the rate, or of a momentum above 1."""
    said: dict[str, Any] = {"axis": axis, "growth": growth, "per": with_article(unit)}
    if momentum is not None:
        return filled(
            "The error along {axis} grows {growth:factor} times {per}, because momentum "
            "{momentum:g} enlarges every step.",
            momentum=momentum,
            **said,
        )
    if lr is None or stable is None:
        return filled("The error along {axis} grows {growth:factor} times {per}.", **said)
    return filled(
        "The error along {axis} grows {growth:factor} times {per}, because learning rate {lr:rate} "
        "is above the largest stable rate {stable:rate}.",
        lr=lr,
        stable=stable,
        **said,
    )


def objective_overflowed(
    epoch: int, place: str = "", fault: object = None, unit: str = "epoch"
) -> str:
    if not fault:
        return filled(
            "The objective is no longer a finite number at {unit} {epoch}.", unit=unit, epoch=epoch
        )
    return filled(
        "The objective is no longer a finite number at {unit} {epoch} ({place}): {fault}.",
        unit=unit,
        epoch=epoch,
        place=place,
        fault=fault,
    )


def at_stable_limit(
    lr: float, exactly: bool, axis: str | None = None, share: float = 1.0, unit: str = "epoch"
) -> str:
    """`share`: what is left of the error along `axis`; nothing more is said without one."""
    near = filled("exactly the stable limit" if exactly else "next to the stable limit")
    if axis is None:
        return filled("Learning rate {lr:rate} is {near}.", lr=lr, near=near)
    keeps = filled(
        "keeps its size" if share > 0.999 else "has {share:.3g} of its size left", share=share
    )
    return filled(
        "Learning rate {lr:rate} is {near}: the error along {axis} changes sign every {unit} and "
        "{keeps}.",
        lr=lr,
        near=near,
        axis=axis,
        unit=unit,
        keeps=keeps,
    )


def steps_repeat(
    period: int, places: Sequence[str], low: float, high: float, unit: str = "epoch"
) -> str:
    """The first four of the places that come again, and the objective at them."""
    steps = filled(
        "The steps repeat every {period}: {places}.",
        period=counted_as(period, unit),
        places=in_turn([*places[:4], *(["…"] if period > 4 else [])]),
    )
    level = high - low <= 1e-9 * max(abs(low), abs(high))
    objective = filled(
        "The objective is {low:number} for ever."
        if level
        else "The objective goes between {low:number} and {high:number}.",
        low=low,
        high=high,
    )
    return together([steps, objective])


def on_its_way(
    objective: float,
    above: float | None = None,
    left: float | None = None,
    curvature_left: float | None = None,
    thousandth: float | None = None,
) -> str:
    """`above`: how far above its least, where that is known; `left`: the share of the way that is
    known to be left; `curvature_left`: by the curvature at the last step; `thousandth`: epochs for
    each factor of 1000.
    """
    said = filled("The objective is {objective:number}", objective=objective)
    if above is not None:
        said += filled(", {above:number} above its least", above=above)
    if left is not None:
        share = filled("nearly all") if left >= 0.995 else f"{left:.2g}"
        said += filled(", and {share} of the way to the minimum is left", share=share)
    elif curvature_left is not None:
        said += filled(
            ", and by the curvature there {share:.2g} of the way to a minimum is left",
            share=curvature_left,
        )
    if thousandth is not None:
        said += filled(
            "; at this pace each factor of 1000 takes {thousandth:epochs}", thousandth=thousandth
        )
    return sentence(said)


def broke_off(reason: object, fault: object = None) -> str:
    return sentence(filled("{reason}: {fault}", reason=reason, fault=fault) if fault else reason)
