"""What an error means that ended a watched loop, and what to do: see `error_kinds`."""

import re
from collections.abc import Mapping

from steepest.translation import translated
from steepest.wording.template import filled

TEMPLATES = {
    # The first line of an error's own words.
    "error says": "It says: {words}",
}

WAYS_OUT: Mapping[str, str] = {
    "graph used twice": (
        "Compute the output and the loss anew for each backward pass; let a state that is carried "
        "from batch to batch go on without its past: state = state.detach(). retain_graph=True "
        "only where two losses of one step share a graph; better add them up."
    ),
    "loss has no graph": (
        "Compute the loss from the model's outputs with torch alone, without no_grad(), detach(), "
        ".item(), NumPy or argmax in between."
    ),
    "all frozen": "Thaw what is to learn: parameter.requires_grad_(True).",
    "loss is no number": 'Call backward on one number: loss.mean(), or reduction="mean".',
    "batch norm of one row": (
        "Let the DataLoader drop a last batch that is short, drop_last=True, or take another batch "
        "size; one row alone goes through model.eval()."
    ),
    "changed in place": (
        "Make a new tensor instead: x = x + 1 and not x += 1, relu(x) and not relu_(x) or "
        "inplace=True; call optimizer.step() after all backward passes that need its parameters."
    ),
    "leaf changed in place": (
        "Change parameters where no graph is kept: with torch.no_grad(): w -= lr * w.grad."
    ),
    "matrices do not fit": (
        "Give the layer as many inputs as a row has, as nn.Linear({given}, …), or flatten the "
        "input: x.flatten(1)."
    ),
    "channels do not fit": (
        "Give the layer {given} input channels, or bring the channels to the second place: "
        "x.permute(0, 3, 1, 2), or x.unsqueeze(1) where there is one."
    ),
    "rows do not fit": (
        "Each row of the output needs one target: look for a reshape that mixes rows, and flatten "
        "from the second dimension on: x.flatten(1)."
    ),
    "target of another shape": (
        "Bring the target to the output's shape: target.reshape(output.shape)."
    ),
    "sizes do not fit": "Print the shape of both, and reshape or slice one of them.",
    "shape does not fit": (
        "Count from the tensor's own shape: x.flatten(1), or x.reshape(x.shape[0], -1)."
    ),
    "target of one class a row": (
        "Give one class a row, as whole numbers of shape (rows,): target.squeeze(1), or "
        "target.argmax(1) of one-hot rows; or probabilities as floating numbers, a column each."
    ),
    "rows of different sizes": (
        "Bring the rows to one size in the dataset, or hand the DataLoader a collate_fn that pads "
        "them: torch.nn.utils.rnn.pad_sequence."
    ),
    "class out of range": (
        "Classes count from 0: subtract the least label, give the model as many outputs as there "
        "are classes, or name what is to be left out by ignore_index."
    ),
    "index out of range": (
        "Make num_embeddings larger than the largest index, and look for negative ones."
    ),
    "index out of range on the device": (
        "Run the step on the processor, model.cpu() and a batch of tensors there: its error names "
        "the label or index. Most often a class is not below the number of outputs."
    ),
    "types do not fit": (
        "Give the data the parameters' type: x.float(), or torch.from_numpy(array).float(); NumPy "
        "counts in float64. Classes are whole numbers: y.long()."
    ),
    "labels of another type": (
        "Give classes as whole numbers: target.long(); probabilities as target.float()."
    ),
    "result does not fit": (
        "Make what takes the result floating: target.float() for BCELoss and MSELoss, or "
        "x = x + 0.5 in place of x += 0.5."
    ),
    "target of whole shares": "Give target.argmax(1), a class a row, or shares: target.float().",
    "devices do not fit": (
        "Bring both to one device: x.to(device), model.to(device) before the optimizer is made, "
        "and tensors made in forward by device=x.device."
    ),
    "out of memory": (
        "Take a smaller batch, and add up gradients over several; keep loss.item() and not loss in "
        "lists; evaluate under torch.no_grad()."
    ),
    "optimizer is empty": (
        "Hand it model.parameters() once the layers are attributes of the module; layers in a list "
        "go into nn.ModuleList. A generator is empty after its first use."
    ),
    "worker ended": (
        "Set num_workers=0 to see its own error; often its memory is used up: fewer workers, or a "
        "larger /dev/shm."
    ),
    "worker failed": "Look at the dataset's line above; num_workers=0 raises it in place.",
    "workers start too early": 'Put the loop under if __name__ == "__main__":.',
    "anomaly found": (
        "Keep its input where it has a slope: away from 0 for roots, logarithms and divisions, and "
        "inside of what torch.where leaves out."
    ),
    "array of a graph": "Take it out of the graph first: x.detach().numpy().",
    "closure is missing": (
        "Hand it a function that clears the gradients, computes the loss, calls backward and "
        "returns the loss: optimizer.step(closure)."
    ),
    "unscaled twice": "Call scaler.unscale_(optimizer) once a step, and scaler.update() after it.",
    "scaler saw no gradient": (
        "Call scaler.scale(loss).backward() before scaler.step(optimizer), of this optimizer's "
        "parameters."
    ),
    "no such device": (
        "Take the device that there is: 'cuda' if torch.cuda.is_available() else 'cpu'."
    ),
    "kernel too large": (
        "Give larger pictures, a smaller kernel or padding, or leave out a pooling before it."
    ),
    "parts do not fit": (
        "Bring them to one size in every dimension but that along which they are joined."
    ),
    "view of another order": "Use x.reshape(…) in place of x.view(…).",
    "no probabilities": (
        "Take BCEWithLogitsLoss of the last layer's outputs, or end the model by a sigmoid; "
        "targets are between 0 and 1 too."
    ),
    "loss left its graph": (
        "Call backward on the tensor itself, and .item() only to print or to add up."
    ),
    "condition of several numbers": (
        "Ask for (x > 0).any() or .all(), or choose entry by entry: torch.where(x > 0, a, b)."
    ),
    "output of several parts": (
        "Take the part that is meant: output, state = lstm(x). In nn.Sequential a module of your "
        "own does so."
    ),
    "schedule without a loss": (
        "Hand it what is not to stand still, once an epoch: scheduler.step(validation_loss)."
    ),
    "schedule is over": (
        "Make it for all steps, total_steps=epochs * len(loader), and step it once after each "
        "optimizer.step()."
    ),
    "parameter of a distribution": (
        "Where it is nan, look for what was before: watch the loop with every=1. A scale is kept "
        "above 0 by softplus(x) + 1e-6 or by exp."
    ),
    "gradient is None": (
        "Call backward before the update, and change w in place under torch.no_grad(), w -= …: "
        "w = w - … is a new tensor, which gets no gradient."
    ),
}


MEANINGS: Mapping[str, str] = {
    "graph used twice": (
        "The loss depends on a graph that an earlier backward pass has used up: on a state of an "
        "earlier batch, or on an output or loss that was computed once, before the loop."
    ),
    "graph used twice in a step": (
        "The backward pass goes through a graph that an earlier one of the same step has used up."
    ),
    "loss has no graph": (
        "No gradient can come from the loss: nothing that learns is in its graph."
    ),
    "all frozen": (
        "No parameter of the model learns (requires_grad is False): the loss has no graph."
    ),
    "loss is no number": (
        "backward was called on a tensor of several numbers: it starts from one, the loss."
    ),
    "batch norm of one row": (
        "Batch norm in train mode takes mean and spread over the rows, and a batch of shape "
        "({shape}) has one."
    ),
    "result changed in place": (
        "A tensor of shape ({shape}), the result of {node}, was changed in place before the "
        "backward pass that needs its old numbers."
    ),
    "changed in place": (
        "A tensor was changed in place before the backward pass that needs its old numbers."
    ),
    "leaf changed in place": "A parameter was changed in place while torch keeps its graph.",
    "matrices do not fit": (
        "Matrices of {first} and {second} cannot be multiplied: a row has {given: number}, and "
        "{taken} are taken."
    ),
    "channels do not fit": (
        "The input of shape ({shape}) has {given} channels, and the layer takes {taken}."
    ),
    "rows do not fit": "The loss is given {given: row} of output and {target: target}.",
    "target of another shape": "The target has shape ({target}) and the output ({output}).",
    "sizes do not fit": (
        "Two tensors are combined entry by entry, and differ in dimension {dimension}: {first} and "
        "{second}."
    ),
    "shape does not fit": "{size: number} cannot be laid out as ({shape}).",
    "target of one class a row": (
        "The loss takes one class a row, and the target has several columns."
    ),
    "rows of different sizes": (
        "Rows of shape ({first}) and ({second}) cannot be put into one batch."
    ),
    "class out of range": "The target holds class {label}, and the output has no column for it.",
    "index out of range": (
        "An index is not below the number of rows of an embedding, or it is negative."
    ),
    "index out of range on the device": (
        "A label or an index was out of range, in a computation on the device."
    ),
    "types do not fit": "Numbers of two types meet: {one} and {other}.",
    "result does not fit": "A result of type {one} cannot be put into a tensor of type {other}.",
    "labels of another type": "The loss does not take targets of type {one}.",
    "target of whole shares": (
        "A target with a column for each class is taken for probabilities, and holds whole numbers."
    ),
    "devices do not fit": "Tensors of two devices meet: {one} and {other}.",
    "two devices": "Tensors of two devices meet.",
    "out of memory": "The memory is used up.",
    "optimizer is empty": "The optimizer was made of no parameters.",
    "worker ended": "A process that loads batches has ended.",
    "worker failed": "The dataset raised an error in a process that loads batches: {words}.",
    "workers start too early": (
        "Processes that load batches run the script themselves, and start more of them."
    ),
    "anomaly found": "The backward pass of {node} gave nan, the first that was found.",
    "array of a graph": "NumPy cannot hold a tensor whose graph is kept.",
    "closure is missing": (
        "This optimizer evaluates the loss several times a step, and was handed no function."
    ),
    "unscaled twice": "The gradients of this step were unscaled twice.",
    "scaler saw no gradient": "The scaler found no gradient of this optimizer to unscale.",
    "no such device": "This torch sees no graphics processor.",
    "kernel too large": (
        "A kernel of {kernel} is larger than its input, which has {input} with its padding."
    ),
    "parts do not fit": (
        "Tensors are joined along dimension {dimension}, and differ in another: {first} and "
        "{second}."
    ),
    "view of another order": (
        "The numbers do not lie in memory in that order, as after a transpose: no view has the "
        "shape."
    ),
    "no probabilities": (
        "Binary cross entropy takes probabilities between 0 and 1, and its {what} holds others."
    ),
    "loss left its graph": (
        "The loss is a number of Python's: .item() or float() has taken it out of its graph."
    ),
    "condition of several numbers": "A condition is asked of a tensor of several numbers.",
    "output of several parts": (
        "Several tensors are given on as one: LSTM, GRU and attention give outputs and more."
    ),
    "schedule without a loss": "This schedule looks at a loss, and was handed none.",
    "schedule is over": "The schedule was made for {taken: step}, and is stepped once more.",
    "parameter of a distribution": (
        "The distribution {family} does not take what {name} holds: nan most often, or a scale "
        "that is not above 0."
    ),
    "gradient is None": (
        "A gradient is None: no backward pass has reached that tensor since it was made."
    ),
}
_SAME = {
    "graph used twice in a step": "graph used twice",
    "result changed in place": "changed in place",
    "two devices": "devices do not fit",
}
_TYPES = {
    **{"double": "float64", "float": "float32", "half": "float16"},
    **{"int": "int32", "long": "int64"},
}


def error_means(of: str, values: Mapping[str, str]) -> str:
    """`of` is a kind of `MEANINGS`; `values` are the named parts of its pattern."""
    shown = {name: _shown(name, value) for name, value in values.items()}
    return filled(MEANINGS[of], **shown)


def way_out(of: str, given: str = "") -> str:
    """What to do about an error of that kind; `given` is the size that came."""
    return translated(WAYS_OUT[_SAME.get(of, of)]).replace("{given}", given)


def _shown(name: str, value: str) -> str:
    if name == "node":
        return value.removesuffix("0").removesuffix("Backward")
    if name in ("one", "other"):
        short = re.sub(r"^torch\.|^c10::", "", value)
        return _TYPES.get(short.lower(), short)
    return value.replace("x", " x ") if name in ("first", "second") else value
