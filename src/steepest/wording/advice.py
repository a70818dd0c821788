"""What would help: sentences of advice."""

from collections.abc import Sequence

from steepest.wording.numbers import capitalized, counted_as, listed, stable_and_best, together
from steepest.wording.template import filled

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
    "path is kept": "The path up to {unit} {epoch} is kept.",
    "momentum below 1": (
        "Use a momentum below 1[loop?; in a loop of your own, set the gradients to zero every "
        "epoch|: then a rate settles]."
    ),
    # `lr`: one to try; `measure`: a range test is at hand.
    "smaller rate": (
        "Use a smaller learning rate[measure?: steepest.find_lr measures which|[lr?, such as "
        "{lr:rate}]]."
    ),
    # `lr`: one to try; None where rounding takes the whole of a step.
    "larger rate": (
        "Use a larger learning rate[lr?, such as {lr:rate}|: rounding takes the whole of such a "
        "step]."
    ),
    "best rate": (
        "[there?By the curvature there: learning|Learning] rate {lr:rate} would need the fewest "
        "epochs."
    ),
    "best momentum": (
        "[there?By the curvature there: momentum|Momentum] {momentum:number} at learning rate "
        "{lr:rate} would need about {needed:epochs} for each factor of 1000."
    ),
    # `level`: the function curves in no direction at all; `axis`: the one that is meant.
    "nothing curves up": (
        "Nothing curves up [level?here: set bounds if there is no minimum, or use a larger "
        "rate|[axis?along {axis} ]here: give it more epochs, or set bounds if there is no minimum]."
    ),
    # `bound`: one that would have held; `stable`: the rate at which the step stays inside.
    "stay inside": (
        "Use a smaller learning rate[stable? (that step needs one below {stable:rate})], or a "
        "bound such as {bound}."
    ),
    # Of a saddle that is left along `axis`; None of a maximum.
    "start beside": (
        "[axis?[leaving?It is leaving the saddle along {axis}: give it more epochs.|Start a little "
        "to one side along {axis}: there descent leaves the saddle.]|Start a little to one side.]"
    ),
    "lower noise": (
        "Half the rate would leave {half_rate:number} above it, twice the batch "
        "{twice_batch:number}[averaged?, the average of the steps {averaged:number} or less]."
    ),
}


def text(text: str) -> str:
    """A sentence that was made elsewhere, such as one read from a file."""
    return text


def rates_that_settle(stable: float, best: float, unit: str = "epoch") -> str:
    low, fewest = stable_and_best(stable, best)
    return filled(
        "Any rate below {low} settles; {fewest} needs the fewest {unit}s.",
        low=low,
        fewest=fewest,
        unit=unit,
    )


def rate_below(
    stable: float, curvature: float, epoch: int | None = None, place: str = "", last: bool = False
) -> str:
    """By the curvature at an epoch, at a place, at the last step, or else at the start."""
    where = filled("the last step") if last else place or filled("the start")
    if epoch is not None:
        where = filled("epoch {epoch}", epoch=epoch)
    return filled(
        "Use a learning rate below {stable:rate}: that is what the curvature at {where}, "
        "{curvature:number}, allows.",
        stable=stable,
        where=where,
        curvature=curvature,
    )


def more_epochs(needed: float | None = None, other: str = "") -> str:
    """`needed`: about how many; `other`: what might help instead: "rate" or "momentum"."""
    others = {
        "": "",
        "rate": filled(", or another learning rate"),
        "momentum": filled(", or momentum, such as 0.9"),
    }
    if needed is None:
        return filled("Give it more epochs{other}.", other=others[other])
    more = counted_as(needed, "more epoch")
    return filled("Give it about {more}{other}.", more=more, other=others[other])


def start_elsewhere(
    lower: tuple[str, float] | None = None, lowest: bool = False, rate: bool = False
) -> str:
    """`lower`: a place and its objective; `lowest`: no lower point is near; `rate`: a larger one
    may do as well.
    """
    if rate:
        return filled("Start elsewhere, or try a larger learning rate.")
    if lower is not None:
        place, objective = lower
        return filled(
            "Start elsewhere: at {place} the objective is {objective:number}.",
            place=place,
            objective=objective,
        )
    if lowest:
        return filled(
            "No lower point is near: this may be the least there is; else start elsewhere."
        )
    return filled("Start elsewhere.")


def rates_that_settle_batches(stable: float, best: float, batch: int) -> str:
    """`batch`: a size that would be stable at this rate, 0 for none."""
    said = [
        filled(
            "Rates below {stable:rate} settle; {best:number} needs the fewest epochs.",
            stable=stable,
            best=best,
        )
    ]
    if batch:
        said.append(filled("At this rate batches of {batch} rows or more are stable.", batch=batch))
    return together(said)


def keep_in_torch(remedies: Sequence[str], meant: bool) -> str:
    """`meant`: whether the program says that no gradient shall flow back."""
    what = capitalized(listed(remedies))
    if meant:
        return filled(
            "{what}; where that is meant, this is a descent of the other part alone.", what=what
        )
    return filled("{what}; where a constant is meant, use .detach().", what=what)


def write_instead(call: str, twin: str, itself: bool, needless: bool) -> str:
    """Of a call that takes numbers out of torch; `twin`: what does the same in torch."""
    bare = call.removesuffix("()")
    if twin and itself:
        return filled("write {twin} for {call}, or the tensor", twin=twin, call=bare)
    if twin:
        return filled("write {twin} for {call}", twin=twin, call=bare)
    if needless:
        return filled("leave out {call}", call=call)
    return filled("write it with functions of torch, instead of {call}", call=call)
