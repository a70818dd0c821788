"""What would help: sentences of advice."""

from collections.abc import Sequence

from steepest.wording.numbers import (
    capitalized,
    counted_as,
    epochs,
    listed,
    number,
    rate,
    stable_and_best,
)

TEMPLATES = {
    "rise of such a loss": (
        "If this loss is one that ought to fall on the same data, try a smaller learning rate; "
        "rewards that grow, targets that move and harder data make a loss rise by themselves."
    ),
    "smaller rate or patience": "Use a smaller learning rate, such as {lr:rate}, or more patience.",
    "standardise": (
        "Standardise the features: the condition number falls from {condition:number} to "
        "{standardized:number}."
    ),
    "more time": "Give it more time, or another rate.",
    "more epochs or larger rate": "Give it more epochs, or a larger rate.",
    "more steps": "It was still falling: give it more steps.",
    "slower fall": "Let the learning rate fall more slowly.",
    "slower fall or tolerance": (
        "A rate that falls more slowly would go on; or give a smaller tolerance."
    ),
    "falling rate": "Let the learning rate fall, or try another one: steepest.find_lr measures it.",
    "less noise": "A smaller learning rate or larger batches would show whether it can go lower.",
    "falls for ever": "The objective falls along {axis} for ever: set bounds.",
    "no rate helps": "No learning rate helps, for there is no minimum that way: set bounds.",
    "bounds or elsewhere": "Set bounds, or start elsewhere.",
    "edge": "The function may have a kink or an edge here: start elsewhere, or set bounds.",
    "search along gradient": (
        "Search along the gradient itself: SGD without momentum always points downhill."
    ),
    "search from nearer": "Begin the line search at a rate far below {lr:rate}.",
    "start where defined": "Start where the objective and its gradient are defined.",
    "start nearer": "Start nearer to where the objective is least.",
    "start or rescale": (
        "The objective is not finite at the start: begin elsewhere, or rescale the target."
    ),
    "go on beyond": "Go on from beyond it, such as from {place}.",
    "begin below": "Begin at a rate below {stable:rate}, which is stable for this batch.",
    "hand in the loss": (
        "Hand it in with run.loss(loss), or give watch the module that computes it."
    ),
}


def text(text: str) -> str:
    """A sentence that was made elsewhere, such as one read from a file."""
    return text


def path_is_kept(epoch: int, unit: str = "epoch") -> str:
    return f"The path up to {unit} {epoch} is kept."


def rates_that_settle(stable: float, best: float, unit: str = "epoch") -> str:
    low, fewest = stable_and_best(stable, best)
    return f"Any rate below {low} settles; {fewest} needs the fewest {unit}s."


def momentum_below_1(loop: bool = False) -> str:
    if loop:
        return (
            "Use a momentum below 1; in a loop of your own, set the gradients to zero every epoch."
        )
    return "Use a momentum below 1: then a rate settles."


def smaller_rate(lr: float | None = None, measure: bool = False) -> str:
    """`lr`: one to try; `measure`: a range test is at hand."""
    if measure:
        return "Use a smaller learning rate: steepest.find_lr measures which."
    such = "" if lr is None else f", such as {rate(lr)}"
    return f"Use a smaller learning rate{such}."


def rate_below(
    stable: float, curvature: float, epoch: int | None = None, place: str = "", last: bool = False
) -> str:
    """By the curvature at an epoch, at a place, at the last step, or else at the start."""
    where = "the last step" if last else place or "the start"
    if epoch is not None:
        where = f"epoch {epoch}"
    return (
        f"Use a learning rate below {rate(stable)}: that is what the curvature at {where}, "
        f"{number(curvature)}, allows."
    )


def larger_rate(lr: float | None = None) -> str:
    """`lr`: one to try; None where rounding takes the whole of a step."""
    if lr is None:
        return "Use a larger learning rate: rounding takes the whole of such a step."
    return f"Use a larger learning rate, such as {rate(lr)}."


def best_rate(lr: float, there: bool = False) -> str:
    if there:
        return f"By the curvature there: learning rate {rate(lr)} would need the fewest epochs."
    return f"Learning rate {rate(lr)} would need the fewest epochs."


def best_momentum(momentum: float, lr: float, needed: float, there: bool = False) -> str:
    first = "By the curvature there: momentum" if there else "Momentum"
    return (
        f"{first} {number(momentum)} at learning rate {rate(lr)} would need about "
        f"{epochs(needed)} for each factor of 1000."
    )


def more_epochs(needed: float | None = None, other: str = "") -> str:
    """`needed`: about how many; `other`: what might help instead: "rate" or "momentum"."""
    more = "more epochs" if needed is None else f"about {counted_as(needed, 'more epoch')}"
    others = {
        "": "",
        "rate": ", or another learning rate",
        "momentum": ", or momentum, such as 0.9",
    }
    return f"Give it {more}{others[other]}."


def nothing_curves_up(level: bool, axis: str = "") -> str:
    """`level`: the function curves in no direction at all; `axis`: the one that is meant."""
    if level:
        return "Nothing curves up here: set bounds if there is no minimum, or use a larger rate."
    where = f"along {axis} here" if axis else "here"
    return f"Nothing curves up {where}: give it more epochs, or set bounds if there is no minimum."


def stay_inside(bound: str, stable: float | None) -> str:
    """`bound`: one that would have held; `stable`: the rate at which the step stays inside."""
    needs = "" if stable is None else f" (that step needs one below {rate(stable)})"
    return f"Use a smaller learning rate{needs}, or a bound such as {bound}."


def start_beside(axis: str | None, leaving: bool = False) -> str:
    """Of a saddle that is left along `axis`; None of a maximum."""
    if axis is None:
        return "Start a little to one side."
    if leaving:
        return f"It is leaving the saddle along {axis}: give it more epochs."
    return f"Start a little to one side along {axis}: there descent leaves the saddle."


def start_elsewhere(
    lower: tuple[str, float] | None = None, lowest: bool = False, rate: bool = False
) -> str:
    """`lower`: a place and its objective; `lowest`: no lower point is near; `rate`: a larger one
    may do as well.
    """
    if rate:
        return "Start elsewhere, or try a larger learning rate."
    if lower is not None:
        return f"Start elsewhere: at {lower[0]} the objective is {number(lower[1])}."
    if lowest:
        return "No lower point is near: this may be the least there is; else start elsewhere."
    return "Start elsewhere."


def lower_noise(half_rate: float, twice_batch: float, averaged: float | None) -> str:
    said = (
        f"Half the rate would leave {number(half_rate)} above it, twice the batch "
        f"{number(twice_batch)}"
    )
    return said + (
        "." if averaged is None else f", the average of the steps {number(averaged)} or less."
    )


def rates_that_settle_batches(stable: float, best: float, batch: int) -> str:
    """`batch`: a size that would be stable at this rate, 0 for none."""
    said = f"Rates below {rate(stable)} settle; {number(best)} needs the fewest epochs."
    more = f" At this rate batches of {batch} rows or more are stable." if batch else ""
    return said + more


def keep_in_torch(remedies: Sequence[str], meant: bool) -> str:
    """`meant`: whether the program says that no gradient shall flow back."""
    what = f"{capitalized(listed(remedies))}"
    if meant:
        return f"{what}; where that is meant, this is a descent of the other part alone."
    return f"{what}; where a constant is meant, use .detach()."


def write_instead(call: str, twin: str, itself: bool, needless: bool) -> str:
    """Of a call that takes numbers out of torch; `twin`: what does the same in torch."""
    if twin:
        return f"write {twin} for {call.removesuffix('()')}{', or the tensor' if itself else ''}"
    if needless:
        return f"leave out {call}"
    return f"write it with functions of torch, instead of {call}"
