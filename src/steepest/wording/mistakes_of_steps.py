"""What is wrong with the steps of a loop: their rates, their sizes, the gradients they follow."""

from collections.abc import Sequence

from steepest.wording.numbers import listed, number, rate
from steepest.wording.template import filled

_MOST_NAMES = 4


TEMPLATES = {
    "never moves": (
        "The gradient is not 0 and yet no parameter changed in any of {steps} recorded steps: it "
        "was cleared before the update, or multiplied by 0."
    ),
    "moves uphill": (
        "Each update adds {rate:number} times the gradient: the loop goes uphill, and the "
        "objective rises."
    ),
    # The median of the cosines between one gradient and the next.
    "rises along the gradient": (
        "The objective runs away while each gradient points where the one before did (cosine "
        "{cosine:number}): steps along its own gradient would lower it. Either this is not its "
        "gradient, or the objective is another at each step."
    ),
    "has no least value": (
        "The objective fell from {start:number} to {end:number} at step {step}, faster and faster, "
        "and the gradient grew with it: it has no least value."
    ),
    "gradient of another scale": (
        "The gradient of {name} is not that of the objective: it would have to be {factor:number} "
        "times as large to explain how the objective changes."
    ),
    # What is left of the gradient.
    "gradient is clipped": (
        "Between backward pass and step the gradient is cut down to {kept:number} of what comes "
        "back."
    ),
    "update is rounded off": "They vanish in the rounding of the parameters, which have 16 bits.",
    "first rate skipped": (
        "The learning rate went from {start:rate} to {used:rate} before the first step: the "
        "schedule is stepped before the optimizer, and its first rate is never used."
    ),
    # The norm of all weights at the start and now.
    "weights have shrunk": (
        "The weight decay of {decay:number} pulls harder than the gradient: the weights have "
        "shrunk from a norm of {start:number} to {end:number}."
    ),
    "nearly all frozen": (
        "Only {learning:count} of the model's {numbers:count} numbers learn, the others are "
        "frozen, and the objective does not fall."
    ),
    "updates too large": (
        "At learning rate {lr:rate} the first update of each layer is {leap:number} times as large "
        "as its weights or larger, and the objective does not fall."
    ),
    "gradient has grown": (
        "The gradient of {name} has grown {growth:number} times, from {start:number} at step "
        "{step}: the loop diverges."
    ),
    "gradient turns back": (
        "The gradient turns back at every step since step {step} and the objective does not fall: "
        "the loop swings across a valley, most of all in {name}."
    ),
    "objective stands": (
        "The objective has stood at {objective:number} for {steps:count} steps, and the gradient "
        "with it: its norm is {gradient:number}."
    ),
    # `thousandth`: steps for each factor of 1000.
    "steps crawl": (
        "All steps go one way, most of all in {name}, and slowly: at this pace each factor of 1000 "
        "needs {thousandth:count} steps."
    ),
    # `share` of their own norm that the parameters can have moved in so many `steps`.
    "updates too small": (
        "The updates are too small to learn by: in {steps:count} steps the parameters have moved "
        "by at most {share:number} of their own size, at learning rate {lr:rate}.[cause? {cause}]"
    ),
    # The greatest rate and the last; `each`: whether each step has a rate of its own.
    "rate falls to nothing": (
        "The learning rate falls from {start:rate} to {end:rate}[each?, and changes at every "
        "step]: since step {step} of {steps} it is below a thousandth of its greatest, and the "
        "steps change hardly anything."
    ),
}


def rate_of_0(names: Sequence[str], all: bool) -> str:
    """`all`: whether it is so of every group of every optimizer."""
    which = listed([*names[:_MOST_NAMES], *_more(names)])
    whose = filled("every group") if all else filled("their group")
    return filled(
        "The learning rate of {whose} is 0 at every recorded step: a gradient comes to "
        "{which}, and nothing moves.",
        whose=whose,
        which=which,
    )


def updates_taken_back(left: float, names: Sequence[str]) -> str:
    """What is `left` of an update when the next step begins."""
    return filled(
        "The loop changes {names} after each step, and takes the updates back: {left} % "
        "is left of them when the next step begins.",
        names=listed(list(names[:_MOST_NAMES])),
        left=number(100.0 * left),
    )


def updates_drowned(times: float, names: Sequence[str]) -> str:
    return filled(
        "The loop changes {names} after each step, by about {times} times as much as the "
        "optimizer does, and the objective does not fall.",
        names=listed(list(names[:_MOST_NAMES])),
        times=number(times),
    )


def rate_too_high(lr: float, stable: float, step: int, curvature: float, products: int) -> str:
    """`products`: Hessian-vector products that measured the curvature."""
    return filled(
        "The learning rate {lr} is {lr_2} times the largest stable one, {stable}: at "
        "step {step} the curvature on the batch seen last is {curvature} (measured with "
        "{products} Hessian-vector products, about {products_2} backward passes).",
        lr=rate(lr),
        lr_2=number(lr / stable),
        stable=rate(stable),
        step=step,
        curvature=number(curvature),
        products=products,
        products_2=2 * products,
    )


def gradient_on_its_way_back(at: str, start: float, name: str, end: float) -> str:
    """Norms of the gradient of a later layer, `at`, and of the layer `name` nearer the input."""
    verbs = (
        (filled("vanishes"), filled("falls"))
        if end < start
        else (filled("explodes"), filled("grows"))
    )
    return filled(
        "The gradient {verbs} on its way back: its norm {verbs_2} from {start} at {at} "
        "to {end} at {name}.",
        verbs=verbs[0],
        verbs_2=verbs[1],
        start=number(start),
        at=at,
        end=number(end),
        name=name,
    )


def parameters_edited(step: int, names: Sequence[str], again: int) -> str:
    """`again`: at how many more steps."""
    edited = filled(
        "{tensors} was changed between two steps, not by the optimizer: the path jumps before "
        "step {step}."
        if len(names) == 1
        else "{tensors} were changed between two steps, not by the optimizer: the path jumps "
        "before step {step}.",
        tensors=listed([*names[:_MOST_NAMES], *_more(names)]),
        step=step,
    )
    return edited + (filled(" So it was at {again} more steps.", again=again) if again else "")


def _more(names: Sequence[str]) -> list[str]:
    """How many names there are that are not said."""
    more = len(names) - _MOST_NAMES
    return [filled("{more} more", more=more)] if more > 0 else []
