"""What is wrong with a loop: sentences of mistakes, and after them those of their fixes."""

from collections.abc import Sequence

from steepest.wording.numbers import count, listed, number, rate

_MOST_NAMES = 4

_SOURCES = {
    "input": "the data: {row}the model's input holds {value}.",
    "target": "the data: {row}the target holds {value}.",
    "parameter": "{name}, which holds {value}.",
    "model": "the model itself: its output holds {value}, from inputs that are finite.",
    "loss": "the loss function: the model's output is finite.",
}
REMEDIES = {
    "not finite": (
        "Lower the learning rate, or clip the gradient by torch.nn.utils.clip_grad_norm_."
    ),
    "not finite input": "Drop or fill such values before they reach the model.",
    "not finite target": "Drop or fill such values before they reach the loss.",
    "not finite operation": (
        "Keep what goes into it where it is defined, or compute in float64 where it is too large."
    ),
    "not finite model": (
        "Look for a logarithm or root of a number below 0, a division by 0 or an overflow in its "
        "forward."
    ),
    "not finite root": (
        "Keep its input above 0: torch.sqrt(x + 1e-12), or x.clamp(min=1e-12) where it may be "
        "below."
    ),
    "not finite power": "Keep its base above 0, as by x.clamp(min=1e-8).",
    "not finite log": "Keep its input above 0: torch.log(x + 1e-8), or x.clamp(min=1e-8).",
    "not finite log of softmax": (
        "Use log_softmax on the scores, or CrossEntropyLoss: softmax rounds small probabilities to "
        "0."
    ),
    "not finite log of sigmoid": (
        "Use logsigmoid on the scores, or BCEWithLogitsLoss: sigmoid rounds to 0 and 1."
    ),
    "not finite division": "Add a small number to the divisor, or leave out where it is 0.",
    "not finite overflow": "Scale down what goes into it, or compute this part in float64.",
    "not finite exp": (
        "Subtract the largest first, as torch.logsumexp and softmax do, or clamp what goes into it."
    ),
    "not finite arc": (
        "Keep its input inside, as by x.clamp(-1 + 1e-6, 1 - 1e-6), or use torch.atan2."
    ),
    "not finite row of softmax": "Leave out rows of which everything is masked, or mask by -1e9.",
    "not finite half": (
        "float16 ends at 65504: compute this part in float32 or bfloat16, or scale it down."
    ),
    "not finite eps": (
        "Keep the parameters in float32, and cast inside by torch.autocast; or take eps=1e-4."
    ),
    "not finite no eps": "Give the optimizer an eps above 0, such as 1e-8.",
    "not finite between": (
        "Watch it with every=1, which looks at each step: it names the operation."
    ),
    "not finite unused": (
        "Make its input safe where the result is not used: what torch.where or a mask leaves out "
        "is differentiated, too. So put a where inside as well: torch.where(ok, x, 1.0)."
    ),
    "not finite backward": (
        "Look for a root, norm, power or division at 0: torch.autograd.set_detect_anomaly(True) "
        "names the operation, at a cost."
    ),
    "not finite loss": (
        "Take losses of logits, such as BCEWithLogitsLoss, and add a small number before a "
        "logarithm, root or division."
    ),
    "backward without step": "Call optimizer.step() after loss.backward().",
    "recording ended": "The loop itself went on undisturbed; hand in losses by run.loss.",
    "no step seen": (
        "Where the loop makes new tensors, as w = w - lr * w.grad, or counts in NumPy, hand in "
        "each point before its update: run.step({'w': w}, loss)."
    ),
    "sign of the update": (
        "Subtract the gradient: w -= lr * w.grad. Where it is meant, to maximise, hand in -loss."
    ),
    "gradient and objective": (
        "Derive it again from the same loss: -1 is a sign, 2 the derivative of a square, the "
        "number of rows a sum in one and a mean in the other."
    ),
    "step without backward": (
        "Call loss.backward() before each optimizer.step(), of a loss that is computed from the "
        "model's output: after .item(), detach(), NumPy, argmax or torch.no_grad() no gradient "
        "comes back."
    ),
    "step for each backward": "Call optimizer.step() once for each loss.backward().",
    "targets no shares": (
        "Give targets of 0 and 1, as (target + 1) / 2 of -1 and 1; for classes of other numbers "
        "use CrossEntropyLoss."
    ),
    "backward of the loss": (
        "Call loss.backward() before each optimizer.step(), of this loss itself: a tensor made of "
        "loss.item() leads to no parameter."
    ),
    "another optimizer": (
        "Make the optimizer once, before the loop, and hand the one that steps to watch; of "
        "several all of them."
    ),
    "another model": (
        "Make model and optimizer once, before the loop, and hand those that are trained to watch."
    ),
    "loss leads elsewhere": (
        "Compute the loss from the model's output itself, without detach(), torch.tensor(…) or "
        "NumPy in between."
    ),
    "parameters of no module": (
        "Use nn.ModuleList, nn.ModuleDict or nn.Parameter, and make the optimizer afterwards."
    ),
    "layer made in forward": "Make layers once, in __init__, and call them in forward.",
    "gradients cleared before the step": (
        "Call optimizer.zero_grad() before loss.backward() or after optimizer.step()."
    ),
    "zero_grad forgotten": (
        "Call optimizer.zero_grad() once for each step, before the backward pass."
    ),
    "not in the optimizer": "Hand it to the optimizer, or freeze it by requires_grad_(False).",
    "optimizer of another model": (
        "Make the optimizer when the model is complete: it holds tensors that are no part of the "
        "model any more."
    ),
    "no gradient": (
        "Use it in forward without detach(), .data, no_grad() or NumPy in between, or take it out "
        "of the model."
    ),
    "loss of logits": (
        "Give the loss the model's last linear output: it applies the function itself."
    ),
    "not log probabilities": "Use CrossEntropyLoss on the scores, or log_softmax before NLLLoss.",
    "softmax over the batch": "Take it over the classes: dim=1, or dim=-1.",
    "loss arguments swapped": "Call it as loss_fn(output, target).",
    "targets out of reach": (
        "Leave the last layer linear, or scale the targets into what it can give."
    ),
    "one class": (
        "For one output per row use BCEWithLogitsLoss; for classes give one output for each."
    ),
    "output at rest": (
        "Leave the last layer linear, or start its bias where its unit is not at rest."
    ),
    "no gradient at all": (
        "Look for a unit at rest, a clamp, rounding or a comparison between the parameters and the "
        "loss."
    ),
    "updates too small": (
        "Raise the learning rate, a thousandfold at first: steepest.find_lr measures a range. Look "
        "for a clip or a schedule that makes the steps so small."
    ),
    "rate of 0": (
        "Give it a learning rate: steepest.find_lr measures a range. Where it is meant to rest, "
        "freeze it by requires_grad_(False)."
    ),
    "sign of the loss": (
        "Take the minus away, or maximize=True. Where it is meant, as of an adversary, nothing."
    ),
    "inputs not scaled": (
        "Standardise the inputs, (x - x.mean(0)) / x.std(0), or begin with nn.BatchNorm1d."
    ),
    "targets not scaled": (
        "Standardise the targets, (y - y.mean()) / y.std(), and scale predictions back; or start "
        "the last bias at the targets' mean."
    ),
    "inputs alike": "Look at what the loader gives: the same row again, or columns not filled.",
    "one label": (
        "Look at how labels are made, as by a division or cast that makes them 0, and shuffle the "
        "rows: DataLoader(…, shuffle=True). Where other classes are rare, weigh them."
    ),
    "sorted batches": "Shuffle the rows: DataLoader(…, shuffle=True).",
    "identical units": (
        "Start from random weights: torch's own start, or nn.init.kaiming_normal_. Only biases may "
        "start alike."
    ),
    "updates taken back": (
        "Look for what the loop does to the parameters between steps: a clamp, rounding, "
        "load_state_dict or a copy of older ones."
    ),
    "updates drowned": (
        "Look for what the loop does to the parameters between steps: noise, a factor, an average."
    ),
    "saturated units": (
        "Start from smaller weights (nn.init.xavier_normal_), standardise the inputs, or use units "
        "without bounds, such as nn.ReLU."
    ),
    "updates too large": "Lower the learning rate: a hundredth of the weights' size, or less.",
    "clip": "Clip less: by torch.nn.utils.clip_grad_norm_(…, 1.0), or not at all.",
    "lost to rounding": (
        "Keep the parameters in float32, as torch.autocast does, or raise the learning rate."
    ),
    "step outside the batches": (
        "Call zero_grad(), backward() and step() for each batch, inside the loop over batches; "
        "where the gradient of all rows is meant, divide each loss by the number of batches."
    ),
    "rate falls to nothing": (
        "Step the schedule once in each epoch, after the loop over batches, or let it count "
        "batches and fall more slowly."
    ),
    "schedule before the step": (
        "Call scheduler.step() after optimizer.step(); if the rate was loaded or set by hand, "
        "nothing."
    ),
    "weight decay too strong": "Lower the weight decay, a hundredfold at first.",
    "nearly all frozen": "Unfreeze more, by requires_grad_(True), before the optimizer is made.",
    "eval mode": "Call model.train() before training goes on.",
    "sum instead of mean": 'Use reduction="mean", or divide the loss by the number of rows.',
    "dead ReLU": (
        "Lower the learning rate, start the bias nearer 0, or use a unit that never rests, such as "
        "nn.LeakyReLU."
    ),
    "loss does not depend on it": (
        "Look for a factor of 0, rounding, a comparison or a saturated unit between it and the "
        "loss."
    ),
    "vanishing gradient": (
        "Use ReLU-like units, weights scaled to the layer's size (nn.init.kaiming_normal_), "
        "normalisation or skip connections."
    ),
    "exploding gradient": (
        "Start from smaller weights (nn.init.kaiming_normal_), normalise, or clip by "
        "torch.nn.utils.clip_grad_norm_."
    ),
    "gradient grows": "Lower the learning rate, or clip by torch.nn.utils.clip_grad_norm_.",
    "oscillation": "Halve the learning rate.",
    "plateau": (
        "Where nothing else is named, no cause shows in what was recorded: try a larger learning "
        "rate or another start, and look for saturated units."
    ),
    "slow direction": (
        "Raise the learning rate, add momentum, use Adam, or standardise the inputs."
    ),
    "edit": "If it is meant, nothing; the optimizer's momentum still belongs to the old values.",
}


def also_in(names: Sequence[str]) -> str:
    """Further tensors in which a mistake shows."""
    more = len(names) - _MOST_NAMES
    rest = f" and {more} more" if more > 0 else ""
    return f"So it is with {', '.join(names[:_MOST_NAMES])}{rest}."


def further_mistakes(kinds: Sequence[str]) -> str:
    return f"run.mistakes() also names: {', '.join(kinds)}."


def loss_not_finite(
    step: int, source: str, name: str = "", row: int | None = None, value: str = ""
) -> str:
    """`source` as in `watching.record.not_finite_source`."""
    place = "" if row is None else f"row {row} of "
    origin = _SOURCES[source].format(row=place, name=name or "the model itself", value=value)
    return f"The loss is not finite at step {step}; it comes from {origin}"


def parameters_ran_away(step: int, name: str, growth: float) -> str:
    return (
        f"The loss is not finite at step {step}: the parameters have run away, {name} is "
        f"{number(growth)} times as large as at the start."
    )


def backward_without_step(passes: int) -> str:
    return f"{passes} backward passes came and no step of the optimizer that is watched."


def another_optimizer(step: int, name: str, steps: int, made: int) -> str:
    """The class of an optimizer that is not watched, its steps, how many optimizers made them."""
    steps_made = f"made {count(steps)} steps" if steps > 1 else "made a step"
    anew = f" It was made {count(made)} times, and lost its state, as momentum, each time."
    return (
        f"Since step {step} an optimizer that is not watched moves the parameters: {name} "
        f"{steps_made}, and the optimizer that is watched none.{anew if made > 1 else ''}"
    )


def loss_of_another_model(tensors: int, anew: bool) -> str:
    """How many parameters the loss is computed by; `anew`: whether they are gone by now."""
    made = ", and are made anew in the loop" if anew else ""
    return (
        f"The loss is computed by {tensors} parameters that are not in the optimizer that is "
        f"watched{made}, and by none that is: no gradient comes to the model."
    )


def loss_begins_at(shape: Sequence[int]) -> str:
    """The shape of a tensor that is no parameter."""
    return (
        f"The loss begins at a tensor of shape {tuple(shape)} that is no parameter: no gradient "
        "gets behind it, to the model."
    )


def loss_without_graph(where: str) -> str:
    """Where the way back ends: "no_grad", "inside" the model or "after" it."""
    return {
        "no_grad": "The loss is computed without gradients, as under torch.no_grad().",
        "inside": "The model's output does not lead back to its parameters.",
        "after": "The model's output leads back to its parameters, but the loss does not.",
    }[where]


def reconnect_the_loss(where: str) -> str:
    """As in `loss_without_graph`."""
    return {
        "no_grad": (
            "Run the model outside of torch.no_grad() and torch.inference_mode() while it trains."
        ),
        "inside": "Look in its forward for detach(), .data, NumPy, argmax or rounding.",
        "after": "Look between output and loss for detach(), .item(), NumPy, argmax, comparisons.",
    }[where]


def parameters_of_no_module(name: str) -> str:
    return (
        f"{name} is used in the loss and asks for a gradient, but parameters() does not list it: "
        "no optimizer holds it, and it stays as it is."
    )


def made_anew(shapes: Sequence[Sequence[int]]) -> str:
    """The shapes of parameters that each step has of its own."""
    which = listed([str(tuple(shape)) for shape in shapes[:_MOST_NAMES]])
    more = f" and {len(shapes) - _MOST_NAMES} more" if len(shapes) > _MOST_NAMES else ""
    return (
        f"The loss is computed by parameters of shape {which}{more} that are made anew at each "
        "step: they are random each time, and learn nothing."
    )


def recording_ended(step: int, error: str) -> str:
    return (
        f"Something in the loop could not be read, and the recording ended at step {step}: {error}"
    )


def no_step_seen(names: Sequence[str], passes: int) -> str:
    """Names of what was handed to watch."""
    passed = "no backward pass" if passes == 0 else "one backward pass and no change"
    return f"{passed.capitalize()} of {listed(list(names))} was seen: there is no step."


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


def clear_by_hand() -> str:
    return "Set w.grad = None (or w.grad.zero_()) after each update."


def step_without_backward(step: int, stale: bool, steps: int, of: int) -> str:
    effect = "it used the gradient of an earlier step again" if stale else "it changed nothing"
    return (
        f"No backward pass came to the parameters before step {step}: {effect}; so it was in "
        f"{steps} of {of} recorded steps."
    )


def gradients_cleared_too_late(step: int) -> str:
    return (
        f"A backward pass came before step {step}, but the gradients were None or 0 again when the "
        "step was made: it changed nothing."
    )


def zero_grad_forgotten(step: int) -> str:
    return (
        f"The gradients of step {step - 1} were not cleared before the backward pass of step "
        f"{step}: they add up over the steps, as with a momentum of 1."
    )


def not_in_optimizer(name: str) -> str:
    return (
        f"{name} is a parameter of the model, but no optimizer that is watched holds it: it is "
        "never updated."
    )


def without_gradient(name: str) -> str:
    return f"{name} never got a gradient: the loss is computed without it."


def target_is_broadcast(output: Sequence[int], spread: Sequence[int]) -> str:
    """Shapes of the output, and of what it became."""
    return (
        f"An output of shape {tuple(output)} met a target of another shape and became "
        f"{tuple(spread)}: each row is compared with every row's target."
    )


def loss_of_logits(activation: str, loss: str) -> str:
    effect = {
        "ReLU": "scores below 0 are cut off",
        "sigmoid": "the scores lie between 0 and 1, and the loss cannot come near 0",
        "softmax": "it is taken twice, and the loss cannot come near 0",
    }[activation]
    return f"The outputs pass through {activation} before {loss}, which takes logits: {effect}."


def not_log_probabilities(what: str) -> str:
    """`what`: "probabilities" or "scores"."""
    return (
        f"NLLLoss is given {what}, but takes log probabilities: what it computes is no likelihood."
    )


def softmax_over_the_batch(rows: int) -> str:
    return (
        f"Softmax is taken over the {rows} rows of the batch, and not over the classes of each row."
    )


def loss_arguments_swapped() -> str:
    return "The loss is called with the target first and the output second."


def targets_no_shares(low: float, high: float) -> str:
    return (
        f"The binary cross entropy is given targets between {number(low)} and {number(high)}, but "
        "takes shares between 0 and 1: of others it has no least value."
    )


def targets_out_of_reach(activation: str, share: float, low: float, high: float) -> str:
    """`share` of the targets that the last layer cannot give; they go from `low` to `high`."""
    return (
        f"The last layer's {activation} cannot give {number(100.0 * share)} % of the targets, "
        f"which lie between {number(low)} and {number(high)}."
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


def step_outside_the_batches(batches: int, lost: bool) -> str:
    """`lost`: whether the gradients are cleared before each batch."""
    if lost:
        effect = "the gradients of all but the last are cleared before the step"
    else:
        effect = "their gradients add up, undivided, for one step"
    return (
        f"Each step comes after {batches} backward passes over the same rows in {batches} batches: "
        f"{effect}."
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


def goes_uphill(loss: str, maximised: bool) -> str:
    """`loss`: a "squared error" or the like; a "likelihood" where its minus was forgotten."""
    if loss == "likelihood":
        return (
            "The loss is the mean of log probabilities, and is made as small as it can be: the "
            "likelihood is its negative."
        )
    made = "the optimizer maximises it" if maximised else "it is negated"
    return f"The loss is a {loss}, and {made}: each step makes the error larger."


def inputs_not_scaled(size: float) -> str:
    return (
        f"The model's inputs are large, of a root mean square of {number(size)}, and nothing "
        "scales them: the first layer's gradient, and what is stable for it, is off by as much."
    )


def targets_not_scaled(target: float, output: float) -> str:
    """Root mean squares of both."""
    return (
        f"The targets are of the size {number(target)} and the outputs of {number(output)} still: "
        "the way there is long for steps of this size."
    )


def inputs_alike(rows: int) -> str:
    return (
        f"In each batch that was looked at all inputs are the same ({rows} rows): nothing tells "
        "one row from another."
    )


def one_label(label: int, rows: int) -> str:
    return f"All {rows} labels that were looked at are {label}."


def sorted_batches(single: int, batches: int) -> str:
    return (
        f"In {single} of {batches} batches that were looked at all rows have the same label, and "
        "not always the same one: the rows come sorted."
    )


def units_alike(name: str, units: int, zero: bool) -> str:
    """`zero`: whether all their weights are 0."""
    if zero:
        return (
            f"All weights of {name} are 0 and stay so: its {units} units give the same, and what "
            "comes back to them is 0 or the same."
        )
    return (
        f"The {units} units of {name} started alike and are alike still: each gets the same "
        "gradient, and they learn as one unit would."
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


def units_at_bounds(name: str, share: float) -> str:
    return (
        f"{number(100.0 * share)} % of the outputs of {name} stand at their bounds, where the "
        "slope is 0 or nearly so: little gradient passes."
    )


def updates_too_large(leap: float, lr: float) -> str:
    return (
        f"At learning rate {rate(lr)} the first update of each layer is {number(leap)} times as "
        "large as its weights or larger, and the objective does not fall."
    )


def one_class() -> str:
    return "Softmax is taken over one number, and is 1 whatever it is: no gradient comes back."


def output_at_rest(activation: str) -> str:
    where = {"ReLU": "is 0 in every row", "clamp": "holds every row at its bound"}[activation]
    return f"The {activation} before the loss {where}: no gradient passes it."


def no_gradient_at_all(steps: int) -> str:
    return (
        f"The gradient of every parameter was exactly 0 in each of {steps} recorded steps: it came "
        "so from the backward pass."
    )


def left_in_eval_mode(step: int, layers: Sequence[str]) -> str:
    verb = "do" if len(layers) > 1 else "does"
    return f"The model is in eval mode since step {step}: its {listed(layers)} {verb} not train."


def sum_instead_of_mean(rows: int) -> str:
    return (
        f"The loss is a sum over the batch: with {rows} rows its gradient is {rows} times that of "
        "one row, and the largest stable learning rate as many times smaller."
    )


def rate_too_high(lr: float, stable: float, step: int, curvature: float, products: int) -> str:
    """`products`: Hessian-vector products that measured the curvature."""
    return (
        f"The learning rate {rate(lr)} is {number(lr / stable)} times the largest stable one, "
        f"{rate(stable)}: at step {step} the curvature on the batch seen last is "
        f"{number(curvature)} (measured with {products} Hessian-vector products, about "
        f"{2 * products} backward passes)."
    )


def units_at_rest(name: str, dead: int, units: int, batches: int, rows: int) -> str:
    return (
        f"{dead} of the {units} units of the ReLU {name} are 0 in every row of the last {batches} "
        f"batches that were looked at ({rows} rows): they learn no more."
    )


def units_without_gradient(name: str, dead: int, units: int, steps: int) -> str:
    return (
        f"{dead} of the {units} units of {name} got a gradient of exactly 0 in each of the last "
        f"{steps} recorded steps: they learn no more."
    )


def loss_independent_of(name: str) -> str:
    return (
        f"The gradient of {name} is exactly 0 in every recorded step: the loss does not depend on "
        "it."
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


def remedy(of: str) -> str:
    """What to do about a kind of mistake."""
    return REMEDIES[of]


def reshape_target(target: Sequence[int], output: Sequence[int]) -> str:
    return (
        f"Bring the target from {tuple(target)} to the output's shape {tuple(output)}, as by "
        "target.reshape(output.shape)."
    )


def rate_below_stable(stable: float) -> str:
    return f"Use a learning rate below {rate(stable)}."
