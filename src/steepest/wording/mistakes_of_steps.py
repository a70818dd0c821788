"""What is wrong with the steps of a loop: their rates, their sizes, the gradients they follow."""

from collections.abc import Sequence

from steepest.wording.numbers import count, listed, number, rate

_MOST_NAMES = 4


def never_moves(steps: int) -> str:
    return (
        f"The gradient is not 0 and yet no parameter changed in any of {steps} recorded steps: it "
        "was cleared before the update, or multiplied by 0."
    )


def moves_uphill(rate: float) -> str:
    return (
        f"Each update adds {number(rate)} times the gradient: the loop goes uphill, and the "
        "objective rises."
    )


def gradient_of_another_scale(name: str, factor: float) -> str:
    return (
        f"The gradient of {name} is not that of the objective: it would have to be "
        f"{number(factor)} times as large to explain how the objective changes."
    )


def updates_too_small(share: float, steps: int, lr: float, cause: object = None) -> str:
    """`share` of their own norm that the parameters can have moved in so many `steps`."""
    because = "" if cause is None else f" {cause}"
    return (
        f"The updates are too small to learn by: in {count(steps)} steps the parameters have moved "
        f"by at most {number(share)} of their own size, at learning rate {rate(lr)}.{because}"
    )


def rate_of_0(names: Sequence[str], all: bool) -> str:
    """`all`: whether it is so of every group of every optimizer."""
    which = listed([*names[:_MOST_NAMES], *_more(names)])
    whose = "every group" if all else "their group"
    return (
        f"The learning rate of {whose} is 0 at every recorded step: a gradient comes to {which}, "
        "and nothing moves."
    )


def gradient_is_clipped(kept: float) -> str:
    """What is left of the gradient."""
    return (
        f"Between backward pass and step the gradient is cut down to {number(kept)} of what comes "
        "back."
    )


def update_is_rounded_off() -> str:
    return "They vanish in the rounding of the parameters, which have 16 bits."


def rate_falls_to_nothing(start: float, end: float, step: int, steps: int, each: bool) -> str:
    """The greatest rate and the last; `each`: whether each step has a rate of its own."""
    moves = ", and changes at every step" if each else ""
    return (
        f"The learning rate falls from {rate(start)} to {rate(end)}{moves}: since step {step} of "
        f"{steps} it is below a thousandth of its greatest, and the steps change hardly anything."
    )


def first_rate_skipped(start: float, used: float) -> str:
    return (
        f"The learning rate went from {rate(start)} to {rate(used)} before the first step: the "
        "schedule is stepped before the optimizer, and its first rate is never used."
    )


def weights_have_shrunk(decay: float, start: float, end: float) -> str:
    """The norm of all weights at the start and now."""
    return (
        f"The weight decay of {number(decay)} pulls harder than the gradient: the weights have "
        f"shrunk from a norm of {number(start)} to {number(end)}."
    )


def nearly_all_frozen(learning: int, numbers: int) -> str:
    return (
        f"Only {count(learning)} of the model's {count(numbers)} numbers learn, the others are "
        "frozen, and the objective does not fall."
    )


def updates_taken_back(left: float, names: Sequence[str]) -> str:
    """What is `left` of an update when the next step begins."""
    return (
        f"The loop changes {listed(list(names[:_MOST_NAMES]))} after each step, and takes the "
        f"updates back: {number(100.0 * left)} % is left of them when the next step begins."
    )


def updates_drowned(times: float, names: Sequence[str]) -> str:
    return (
        f"The loop changes {listed(list(names[:_MOST_NAMES]))} after each step, by about "
        f"{number(times)} times as much as the optimizer does, and the objective does not fall."
    )


def updates_too_large(leap: float, lr: float) -> str:
    return (
        f"At learning rate {rate(lr)} the first update of each layer is {number(leap)} times as "
        "large as its weights or larger, and the objective does not fall."
    )


def rate_too_high(lr: float, stable: float, step: int, curvature: float, products: int) -> str:
    """`products`: Hessian-vector products that measured the curvature."""
    return (
        f"The learning rate {rate(lr)} is {number(lr / stable)} times the largest stable one, "
        f"{rate(stable)}: at step {step} the curvature on the batch seen last is "
        f"{number(curvature)} (measured with {products} Hessian-vector products, about "
        f"{2 * products} backward passes)."
    )


def gradient_on_its_way_back(at: str, start: float, name: str, end: float) -> str:
    """Norms of the gradient of a later layer, `at`, and of the layer `name` nearer the input."""
    verbs = ("vanishes", "falls") if end < start else ("explodes", "grows")
    return (
        f"The gradient {verbs[0]} on its way back: its norm {verbs[1]} from {number(start)} at "
        f"{at} to {number(end)} at {name}."
    )


def gradient_has_grown(name: str, growth: float, start: float, step: int) -> str:
    return (
        f"The gradient of {name} has grown {number(growth)} times, from {number(start)} at step "
        f"{step}: the loop diverges."
    )


def gradient_turns_back(step: int, name: str) -> str:
    return (
        f"The gradient turns back at every step since step {step} and the objective does not fall: "
        f"the loop swings across a valley, most of all in {name}."
    )


def objective_stands(objective: float, steps: int, gradient: float) -> str:
    return (
        f"The objective has stood at {number(objective)} for {count(steps)} steps, and the "
        f"gradient with it: its norm is {number(gradient)}."
    )


def steps_crawl(name: str, thousandth: float) -> str:
    """`thousandth`: steps for each factor of 1000."""
    return (
        f"All steps go one way, most of all in {name}, and slowly: at this pace each factor of "
        f"1000 needs {count(thousandth)} steps."
    )


def parameters_edited(step: int, names: Sequence[str], again: int) -> str:
    """`again`: at how many more steps."""
    tensors = listed([*names[:_MOST_NAMES], *_more(names)])
    repeated = f" So it was at {again} more steps." if again else ""
    return (
        f"{tensors} {'was' if len(names) == 1 else 'were'} changed between two steps, not by the "
        f"optimizer: the path jumps before step {step}.{repeated}"
    )


def _more(names: Sequence[str]) -> list[str]:
    """How many names there are that are not said."""
    more = len(names) - _MOST_NAMES
    return [f"{more} more"] if more > 0 else []
