"""What to do about the mistakes of a loop."""

from steepest.translation import translated

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
    "not finite spread": (
        "One number alone has no spread: use batches of more rows, correction=0, or leave it out "
        "where there is one."
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
    "rises along the gradient": (
        "torch.autograd.gradcheck compares the backward of a function of your own with "
        "differences; look for a sign there, in a hook, or where gradients are changed before the "
        "step."
    ),
    "no least value": (
        "Look for a term with the wrong sign, or one that nothing holds, as a log-variance or a "
        "distance to push apart: clamp it, or add what balances it. A lower rate only delays it."
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
    "clear once for all batches": (
        "Call optimizer.zero_grad() once after each step, and not before each backward pass."
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
    "not log probabilities": (
        "Use CrossEntropyLoss on the scores, or log_softmax before NLLLoss and KLDivLoss."
    ),
    "one side of cross entropy": (
        "Use CrossEntropyLoss on the scores of classes, and BCEWithLogitsLoss for yes and no: it "
        "holds (1 - y)·log(1 - p), too."
    ),
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
    "no better than a constant": (
        "Have it learn 20 rows by heart: where it cannot, the model is too small or the loop at "
        "fault; where it can, see whether rows and targets belong together, as after a shuffle of "
        "one of them, and whether the inputs tell anything."
    ),
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
    "losses add up": (
        "Compute the loss anew for each step, without retain_graph=True, and add up loss.item() "
        "where a sum is to be shown. Where the loss is meant to grow, as of a rollout, nothing."
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


TEMPLATES = {
    "rate below stable": "Use a learning rate below {stable:rate}.",
    "reshape target": (
        "Bring the target from {target:shape} to the output's shape {output:shape}, as by "
        "target.reshape(output.shape)."
    ),
}


def remedy(of: str) -> str:
    """What to do about a kind of mistake."""
    return translated(REMEDIES[of])
