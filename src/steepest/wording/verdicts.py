"""How a run ended, and why: sentences of verdicts."""

from collections.abc import Sequence

from steepest.wording.numbers import (
    capitalized,
    counted_as,
    epochs,
    factor,
    listed,
    number,
    rate,
    sentence,
    with_article,
)

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
    "held by penalty": "The L1 penalty holds {held} of {parameters} parameters at 0.",
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
}


def stopped(reason: object) -> str:
    """Which rule ended the run."""
    return sentence(reason)


def start_is_minimum(only: bool = False) -> str:
    return f"The start is already {'the' if only else 'a'} minimum."


def all_settled(share: float, after: float | None = None) -> str:
    """`after`: the epoch since when, where the run went on until no parameter changed."""
    if after is None:
        return f"Every direction's error is below {share:g} of what it was."
    return (
        f"After {epochs(after)} every direction's error was below {share:g} of what it had been, "
        "and now no parameter can be told from its minimum."
    )


def directions_left(
    settled: int,
    axis: str,
    share: float,
    thousandth: float,
    overshoots: bool,
    settled_axis: str | None = None,
) -> str:
    """Which direction has settled, which has hardly begun, and what it would need."""
    said = ""
    if settled:
        done = str(settled_axis) if settled == 1 else f"{settled} directions"
        said = f"The error along {done} has settled. "
    state = "has hardly begun to shrink" if share > 0.9 else "is still shrinking"
    swing = ", changing sign every epoch" if overshoots else ""
    return (
        f"{said}The error along {axis} {state}: {share:.3g} of it is left{swing}, and each factor "
        f"of 1000 takes it {epochs(thousandth)}."
    )


def error_grows(
    axis: str,
    growth: float,
    unit: str = "epoch",
    lr: float | None = None,
    stable: float | None = None,
    momentum: float | None = None,
) -> str:
    """Along an eigenvector, because of the rate, or of a momentum above 1."""
    said = f"The error along {axis} grows {factor(growth)} times {with_article(unit)}"
    if momentum is not None:
        return f"{said}, because momentum {momentum:g} enlarges every step."
    if lr is None or stable is None:
        return f"{said}."
    return (
        f"{said}, because learning rate {rate(lr)} is above the largest stable rate {rate(stable)}."
    )


def curves_down_for_ever(axis: str, growth: float, unit: str = "epoch") -> str:
    return (
        f"The function curves down along {axis} without end: the steps grow {factor(growth)} "
        f"times {with_article(unit)}."
    )


def steps_grow(growth: float, steady: bool, unit: str = "epoch") -> str:
    if steady:
        return f"Each step is {factor(growth)} times as long as the one before."
    return f"The steps grow ever longer, lately {factor(growth)} times {with_article(unit)}."


def objective_overflowed(
    epoch: int, place: str = "", fault: object = None, unit: str = "epoch"
) -> str:
    where = f" ({place}): {fault}" if fault else ""
    return f"The objective is no longer a finite number at {unit} {epoch}{where}."


def momentum_forgets_nothing(momentum: float, axis: str | None = None) -> str:
    swings = "the steps swing" if axis is None else f"the error along {axis} swings"
    return (
        f"Momentum {momentum:g} keeps the whole of every step, as gradients that are never set to "
        f"zero do: {swings} for ever."
    )


def at_stable_limit(
    lr: float, exactly: bool, axis: str | None = None, share: float = 1.0, unit: str = "epoch"
) -> str:
    """`share`: what is left of the error along `axis`; nothing more is said without one."""
    near = "exactly the stable limit" if exactly else "next to the stable limit"
    if axis is None:
        return f"Learning rate {rate(lr)} is {near}."
    keeps = "keeps its size" if share > 0.999 else f"has {share:.3g} of its size left"
    return (
        f"Learning rate {rate(lr)} is {near}: the error along {axis} changes sign every {unit} "
        f"and {keeps}."
    )


def steps_repeat(
    period: int, places: Sequence[str], low: float, high: float, unit: str = "epoch"
) -> str:
    """The first four of the places that come again, and the objective at them."""
    shown = "; ".join([*places[:4], *(["…"] if period > 4 else [])])
    objective = f"The objective goes between {number(low)} and {number(high)}."
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        objective = f"The objective is {number(low)} for ever."
    return f"The steps repeat every {counted_as(period, unit)}: {shown}. {objective}"


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
    said = f"The objective is {number(objective)}"
    if above is not None:
        said += f", {number(above)} above its least"
    if left is not None:
        share = "nearly all" if left >= 0.995 else f"{left:.2g}"
        said += f", and {share} of the way to the minimum is left"
    elif curvature_left is not None:
        said += f", and by the curvature there {curvature_left:.2g} of the way to a minimum is left"
    if thousandth is not None:
        said += f"; at this pace each factor of 1000 takes {epochs(thousandth)}"
    return f"{said}."


def undefined(step: int, place: str, gradient: bool, fault: object = None) -> str:
    """`gradient`: it is the gradient alone that is not finite."""
    where = f"step {step}" if step else "the start"
    what = "gradient is not finite" if gradient else "objective is undefined"
    return f"At {where} ({place}) the {what}{f': {fault}' if fault else ''}."


def held_by_bounds(names: Sequence[str], walls: Sequence[float]) -> str:
    """The first four parameters and their bounds."""
    said = [f"{name} at its bound {wall:g}" for name, wall in zip(names[:4], walls, strict=False)]
    said[0] = said[0].replace(" at ", " stands at ", 1)
    more = [f"{len(names) - 4} more at theirs"] if len(names) > 4 else []
    beyond = "it" if len(names) == 1 else "them"
    return f"{listed([*said, *more])}; the objective would fall further beyond {beyond}."


def gradient_shrunk(share: float) -> str:
    return f"{_shrunk(share)}."


def near_minimum(share: float, left: float) -> str:
    """`left` of the way, by the curvature there."""
    near = f"by the curvature there, {left:.2g} of the way to a minimum is left"
    return f"{_shrunk(share)}; {near}."


def minimum_reached(
    share: float, several: bool, level: Sequence[str] = (), flat: bool = False
) -> str:
    """`several` directions curve up; `level`: those in which nothing changes; `flat`: some have no
    curvature, and rise all the same.
    """
    if level:
        along = listed(list(level))
        shape = f"the function curves up but for {along}, where it is level: one minimum of many"
    elif flat:
        shape = "the function rises on every side: a minimum"
    else:
        shape = f"the function curves up{' in every direction' if several else ''}: a minimum"
    return f"{_shrunk(share)}, and {shape}."


def pace(factor: float, changed_side: bool = False, foretold: bool = False) -> str:
    """What an epoch left of the error; 0 where one step led there."""
    if factor == 0.0:
        return "One step led there."
    side = " and changed its side" if changed_side else ""
    curvature = ", as the curvature there says" if foretold else ""
    return f"An epoch left {number(factor)} of the error{side}{curvature}."


def known_minimum(place: str = "", here: float | None = None, there: float | None = None) -> str:
    """It is the known one, or as low as that at `place`, or a local one."""
    if here is not None and there is not None:
        return (
            f"It is a local one: the objective is {number(here)} here, and {number(there)} at "
            f"{place}."
        )
    return f"It is as low as the known one, at {place}." if place else "It is the known one."


def saddle(place: str, up: str, down: str, curvature: float, vanished: bool = True) -> str:
    return (
        f"The gradient {_gone(vanished)} at a saddle, {place}: the function curves up along {up} "
        f"and down along {down} (curvature {number(curvature)})."
    )


def maximum(place: str, vanished: bool = True) -> str:
    return (
        f"The gradient {_gone(vanished)} at a maximum, {place}: the function curves down on all "
        "sides."
    )


def inflection(place: str, axis: str, vanished: bool = True) -> str:
    return (
        f"The gradient {_gone(vanished)} at {place}, and that is no minimum: along {axis} the "
        "objective falls further."
    )


def _gone(vanished: bool) -> str:
    return "has vanished" if vanished else "is small beside its largest"


def flat_region(place: str, slope: float) -> str:
    steepness = f"the slope is {number(slope)}" if slope else "there is no slope"
    return f"Around {place} the function is flat: {steepness}, and a step leads nowhere."


def gradient_lost(axis: str, slope: float, gradient: float, calls: Sequence[str]) -> str:
    """Numbers left torch by `calls`; `axis`: "" where the slope is along no parameter alone."""
    where = f"along {axis} " if axis else ""
    take = "takes" if len(calls) == 1 else "take"
    return (
        f"Part of the gradient is lost: {listed(calls)} {take} numbers out of torch, and no "
        f"gradient flows back. The slope {where}is {number(slope)}, and the gradient says "
        f"{number(gradient)}."
    )


def objective_in_steps(calls: Sequence[str], at: str, change: float) -> str:
    """
    >>> objective_in_steps(["int()"], "x = 7", 5.0)
    'The objective depends on the numbers of int() in steps, which have no slope: at x = 7 it jumps by 5.'
    """  # noqa: E501  # one sentence
    steps = f"The objective depends on the numbers of {listed(calls)} in steps, which have no slope"
    return f"{steps}: at {at} it jumps by {change:.4g}."


def above_minimum(objective: float, excess: float, minimum: float | None) -> str:
    """`minimum`: None where only the curvature at the end tells how far above it is."""
    if minimum is None:
        return (
            f"The objective is {number(objective)}, by the curvature there about {number(excess)} "
            "above its minimum."
        )
    return (
        f"The objective is {number(objective)}, {number(excess)} above the minimum "
        f"{number(minimum)}."
    )


def broke_off(reason: object, fault: object = None) -> str:
    return f"{capitalized(str(reason))}{f': {fault}' if fault else ''}."


def objective_was_lost(objective: str, epoch: int | None = None, updates: int | None = None) -> str:
    """At the end of an `epoch`, or within one."""
    when = f"after {updates} updates" if epoch is None else f"at epoch {epoch}"
    return f"{when} the objective was {objective}, no longer a finite number"


def _shrunk(share: float) -> str:
    if share == 0.0:
        return "The gradient is 0"
    return f"The gradient has shrunk to {share:.2g} of its largest"
