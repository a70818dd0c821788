"""What is wrong with a loop: sentences of mistakes, and after them those of their fixes."""

from collections.abc import Sequence

from steepest.translation import joined
from steepest.wording.numbers import count, listed, number
from steepest.wording.template import filled

_MOST_NAMES = 4

# What a loss and its input are called.
WORDS = ("squared error", "distance", "cross entropy", "probabilities", "scores")
_SOURCES = {
    "input": "the data: {row}the model's input holds {value}.",
    "target": "the data: {row}the target holds {value}.",
    "parameter": "{name}, which holds {value}.",
    "model": "the model itself: its output holds {value}, from inputs that are finite.",
    "loss": "the loss function: the model's output is finite.",
}


TEMPLATES = {
    "parameters ran away": (
        "The loss is not finite at step {step}: the parameters have run away, {name} is "
        "{growth:number} times as large as at the start."
    ),
    "backward without step": (
        "{passes} backward passes came and no step of the optimizer that is watched."
    ),
    "parameters of no module": (
        "{name} is used in the loss and asks for a gradient, but parameters() does not list it: no "
        "optimizer holds it, and it stays as it is."
    ),
    "recording ended": (
        "Something in the loop could not be read, and the recording ended at step {step}: {error}"
    ),
    "clear by hand": "Set w.grad = None (or w.grad.zero_()) after each update.",
    "gradients cleared too late": (
        "A backward pass came before step {step}, but the gradients were None or 0 again when the "
        "step was made: it changed nothing."
    ),
    "cleared before each batch": (
        "Each step comes after {batches} backward passes, of losses divided by {batches}, but the "
        "gradients are cleared before each of them: the step uses that of the last one alone."
    ),
    "not in optimizer": (
        "{name} is a parameter of the model, but no optimizer that is watched holds it: it is "
        "never updated."
    ),
    "without gradient": "{name} never got a gradient: the loss is computed without it.",
    # `what`: "probabilities" or "scores".
    "not log probabilities": (
        "{loss} is given {what}, but takes log probabilities: what it computes is no likelihood."
    ),
    "softmax over the batch": (
        "Softmax is taken over the {rows} rows of the batch, and not over the classes of each row."
    ),
    "loss arguments swapped": "The loss is called with the target first and the output second.",
    "targets no shares": (
        "The binary cross entropy is given targets between {low:number} and {high:number}, but "
        "takes shares between 0 and 1: of others it has no least value."
    ),
    # The nodes of the loss's graph at the first step that was looked at, and at the last.
    "losses add up": (
        "The graph of the loss grows by the same number of nodes after each step, from {few} at "
        "step {first} to {many} at step {last}, as where each loss holds those before it."
    ),
    "inputs not scaled": (
        "The model's inputs are large, of a root mean square of {size:number}, and nothing scales "
        "them: the first layer's gradient, and what is stable for it, is off by as much."
    ),
    # Root mean squares of both.
    "targets not scaled": (
        "The targets are of the size {target:number} and the outputs of {output:number} still: the "
        "way there is long for steps of this size."
    ),
    "inputs alike": (
        "In each batch that was looked at all inputs are the same ({rows} rows): nothing tells one "
        "row from another."
    ),
    "one label": "All {rows} labels that were looked at are {label}.",
    "sorted batches": (
        "In {single} of {batches} batches that were looked at all rows have the same label, and "
        "not always the same one: the rows come sorted."
    ),
    "one class": (
        "Softmax is taken over one number, and is 1 whatever it is: no gradient comes back."
    ),
    "no gradient at all": (
        "The gradient of every parameter was exactly 0 in each of {steps} recorded steps: it came "
        "so from the backward pass."
    ),
    "sum instead of mean": (
        "The loss is a sum over the batch: with {rows} rows its gradient is {rows} times that of "
        "one row, and the largest stable learning rate as many times smaller."
    ),
    "units at rest": (
        "{dead} of the {units} units of the ReLU {name} are 0 in every row of the last {batches} "
        "batches that were looked at ({rows} rows): they learn no more."
    ),
    "units without gradient": (
        "{dead} of the {units} units of {name} got a gradient of exactly 0 in each of the last "
        "{steps} recorded steps: they learn no more."
    ),
    "loss independent of": (
        "The gradient of {name} is exactly 0 in every recorded step: the loss does not depend on "
        "it."
    ),
    # The loss at last and that of one answer for all rows; `linear`: the model is so.
    "no better than a constant": (
        "The loss has come to stand at {level:number}; one answer for all rows, [of=classes?the "
        "classes' own shares][of=shares?the targets' own shares][of=numbers?the targets' mean], "
        "has {constant:number}: nothing shows that the inputs were of use.[linear? The model is "
        "linear: what is no sum over its inputs, as XOR, it cannot give.]"
    ),
    # How many parameters the loss is computed by; `anew`: whether they are gone by now.
    "loss of another model": (
        "The loss is computed by {tensors: parameter} not in the optimizer that is watched[anew?, "
        "and are made anew in the loop], and by none that is: no gradient comes to the model."
    ),
    # The shape of a tensor that is no parameter.
    "loss begins at": (
        "The loss begins at a tensor of shape {shape:shape} that is no parameter: no gradient gets "
        "behind it, to the model."
    ),
    # Where the way back ends: "no_grad", "inside" the model or "after" it.
    "loss without graph": (
        "[where=no_grad?The loss is computed without gradients, as under "
        "torch.no_grad().][where=inside?The model's output does not lead back to its "
        "parameters.][where=after?The model's output leads back to its parameters, but the loss "
        "does not.]"
    ),
    # As in `loss_without_graph`.
    "reconnect the loss": (
        "[where=no_grad?Run the model outside of torch.no_grad() and torch.inference_mode() while "
        "it trains.][where=inside?Look in its forward for detach(), .data, NumPy, argmax or "
        "rounding.][where=after?Look between output and loss for detach(), .item(), NumPy, argmax, "
        "comparisons.]"
    ),
    "step without backward": (
        "No backward pass came to the parameters before step {step}: [stale?it used the gradient "
        "of an earlier step again|it changed nothing]; so it was in {steps} of {of} recorded steps."
    ),
    # Shapes of the output, and of what it became.
    "target is broadcast": (
        "An output of shape {output:shape} met a target of another shape and became "
        "{spread:shape}: each row is compared with every row's target."
    ),
    "loss of logits": (
        "The outputs pass through {activation} before {loss}, which takes logits: "
        "[activation=ReLU?scores below 0 are cut off][activation=sigmoid?the scores lie between 0 "
        "and 1, and the loss cannot come near 0][activation=softmax?it is taken twice, and the "
        "loss cannot come near 0]."
    ),
    "one side of cross entropy": (
        "The loss is −y·log p alone, and p comes from {activation}, which does not make the "
        "classes sum to 1: it [activation=sigmoid?is least where every p is "
        "1][activation=ReLU?falls for ever as p grows], whatever y is."
    ),
    # `lost`: whether the gradients are cleared before each batch.
    "step outside the batches": (
        "Each step comes after {batches} backward passes over the same rows in {batches} batches: "
        "[lost?the gradients of all but the last are cleared before the step|their gradients add "
        "up, undivided, for one step]."
    ),
    # `loss`: a "squared error" or the like; a "likelihood" where its minus was forgotten.
    "goes uphill": (
        "[loss=likelihood?The loss is the mean of log probabilities, and is made as small as it "
        "can be: the likelihood is its negative.|The loss is a {loss}, and [maximised?the "
        "optimizer maximises it|it is negated]: each step makes the error larger.]"
    ),
    # `zero`: whether all their weights are 0.
    "units alike": (
        "[zero?All weights of {name} are 0 and stay so: its {units} units give the same, and what "
        "comes back to them is 0 or the same.|The {units} units of {name} started alike and are "
        "alike still: each gets the same gradient, and they learn as one unit would.]"
    ),
    "output at rest": (
        "The {activation} before the loss [activation=ReLU?is 0 in every "
        "row][activation=clamp?holds every row at its bound]: no gradient passes it."
    ),
}


def also_in(names: Sequence[str]) -> str:
    """Further tensors in which a mistake shows."""
    more = len(names) - _MOST_NAMES
    rest = filled(" and {more} more", more=more) if more > 0 else ""
    return filled("So it is with {names}{rest}.", names=joined(names[:_MOST_NAMES]), rest=rest)


def further_mistakes(kinds: Sequence[str]) -> str:
    return filled("run.mistakes() also names: {kinds}.", kinds=joined(kinds))


def loss_not_finite(
    step: int, source: str, name: str = "", row: int | None = None, value: str = ""
) -> str:
    """`source` as in `watching.record.not_finite_source`."""
    place = "" if row is None else filled("row {row} of ", row=row)
    origin = filled(
        _SOURCES[source], row=place, name=name or filled("the model itself"), value=value
    )
    return filled(
        "The loss is not finite at step {step}; it comes from {origin}", step=step, origin=origin
    )


def another_optimizer(step: int, name: str, steps: int, made: int) -> str:
    """The class of an optimizer that is not watched, its steps, how many optimizers made them."""
    steps_made = (
        filled("made {steps} steps", steps=count(steps)) if steps > 1 else filled("made a step")
    )
    anew = filled(
        " It was made {made} times, and lost its state, as momentum, each time.", made=count(made)
    )
    return filled(
        "Since step {step} an optimizer that is not watched moves the parameters: {name} "
        "{steps_made}, and the optimizer that is watched none.{part}",
        step=step,
        name=name,
        steps_made=steps_made,
        part=anew if made > 1 else "",
    )


def made_anew(shapes: Sequence[Sequence[int]]) -> str:
    """The shapes of parameters that each step has of its own."""
    which = listed([str(tuple(shape)) for shape in shapes[:_MOST_NAMES]])
    more = (
        filled(" and {count} more", count=len(shapes) - _MOST_NAMES)
        if len(shapes) > _MOST_NAMES
        else ""
    )
    return filled(
        "The loss is computed by parameters of shape {which}{more} that are made anew at "
        "each step: they are random each time, and learn nothing.",
        which=which,
        more=more,
    )


def no_step_seen(names: Sequence[str], passes: int) -> str:
    """Names of what was handed to watch."""
    passed = (
        filled("no backward pass") if passes == 0 else filled("one backward pass and no change")
    )
    return filled(
        "{passed} of {names} was seen: there is no step.",
        passed=passed.capitalize(),
        names=listed(list(names)),
    )


def zero_grad_forgotten(step: int) -> str:
    return filled(
        "The gradients of step {step} were not cleared before the backward pass of step "
        "{step_2}: they add up over the steps, as with a momentum of 1.",
        step=step - 1,
        step_2=step,
    )


def targets_out_of_reach(activation: str, share: float, low: float, high: float) -> str:
    """`share` of the targets that the last layer cannot give; they go from `low` to `high`."""
    return filled(
        "The last layer's {activation} cannot give {share} % of the targets, which lie "
        "between {low} and {high}.",
        activation=activation,
        share=number(100.0 * share),
        low=number(low),
        high=number(high),
    )


def units_at_bounds(name: str, share: float) -> str:
    return filled(
        "{share} % of the outputs of {name} stand at their bounds, where the slope is 0 "
        "or nearly so: little gradient passes.",
        share=number(100.0 * share),
        name=name,
    )


def left_in_eval_mode(step: int, layers: Sequence[str]) -> str:
    verb = filled("do") if len(layers) > 1 else filled("does")
    return filled(
        "The model is in eval mode since step {step}: its {layers} {verb} not train.",
        step=step,
        layers=listed(layers),
        verb=verb,
    )
