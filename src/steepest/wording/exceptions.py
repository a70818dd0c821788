"""What an error means that ended a watched loop, and what to do: by the words torch has for it.

Named parts of a pattern are what its sentence takes, as text.
"""

import re
from collections.abc import Mapping

from steepest.translation import translated
from steepest.wording.template import filled

# The first that is found in the message tells the kind.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"Trying to backward through the graph a second time", "graph used twice"),
    (r"element 0 of tensors does not require grad", "loss has no graph"),
    (
        r"grad can be (?:implicitly created only for scalar outputs|created only for real scalar)",
        "loss is no number",
    ),
    (
        r"Expected more than 1 value per channel when training, got input size "
        r"(?:torch\.Size\()?\[(?P<shape>[\d, ]+)\]",
        "batch norm of one row",
    ),
    (
        r"modified by an inplace operation: \[torch\.\S*? ?\[(?P<shape>[\d, ]*)\]\], which is "
        r"output \d+ of (?P<node>\w+),",
        "result changed in place",
    ),
    (r"modified by an inplace operation", "changed in place"),
    (
        r"leaf Variable that requires grad (?:is being used in an in-place operation|has been "
        r"moved)",
        "leaf changed in place",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((?P<first>\d+x(?P<given>\d+)) and "
        r"(?P<second>(?P<taken>\d+)x\d+)\)",
        "matrices do not fit",
    ),
    (
        r"expected input\[(?P<shape>[\d, ]+)\] to have (?P<taken>\d+) channels, but got "
        r"(?P<given>\d+) channels",
        "channels do not fit",
    ),
    (
        r"Expected input batch_size \((?P<given>\d+)\) to match target batch_size "
        r"\((?P<target>\d+)\)",
        "rows do not fit",
    ),
    (
        r"[Tt]arget size \(torch\.Size\(\[(?P<target>[\d, ]*)\]\)\) (?:must be the same as|that is "
        r"different to the) input size \(torch\.Size\(\[(?P<output>[\d, ]*)\]\)\)",
        "target of another shape",
    ),
    (
        r"size of tensor a \((?P<first>\d+)\) must match the size of tensor b \((?P<second>\d+)\) "
        r"at non-singleton dimension (?P<dimension>\d+)",
        "sizes do not fit",
    ),
    (
        r"shape '\[(?P<shape>[-\d, ]+)\]' is invalid for input of size (?P<size>\d+)",
        "shape does not fit",
    ),
    (r"0D or 1D target tensor expected|multi-target not supported", "target of one class a row"),
    (
        r"stack expects each tensor to be equal size, but got \[(?P<first>[\d, ]*)\] at entry \d+ "
        r"and \[(?P<second>[\d, ]*)\]",
        "rows of different sizes",
    ),
    (r"Target (?P<label>-?\d+) is out of bounds", "class out of range"),
    (r"device-side assert triggered", "index out of range on the device"),
    (r"index out of range in self", "index out of range"),
    (
        r"(?:same dtype, but got|found dtype|expected scalar type|Found dtype) (?P<one>\w+) "
        r"(?:and|but found|but expected) (?P<other>\w+)",
        "types do not fit",
    ),
    (
        r"[Ii]nput type \((?P<one>(?!torch\.cuda)\S+)\) and (?:weight|bias) type "
        r"\((?P<other>(?!torch\.cuda)\S+)\) should be the same",
        "types do not fit",
    ),
    (
        r"(?:expected m1 and m2 to have the same dtype, but got|same dtype): (?P<one>\S+) != "
        r"(?P<other>\S+)",
        "types do not fit",
    ),
    (
        r"result type (?P<one>\w+) can't be cast to the desired output type (?P<other>\w+)",
        "result does not fit",
    ),
    (
        r"\"(?:nll_loss|host_softmax|cross_entropy)\w*\" not implemented for '(?P<one>\w+)'",
        "labels of another type",
    ),
    (r"expected target dtype to be Long or Byte, but got (?P<one>\w+)", "labels of another type"),
    (r"Expected floating point type for target with class probabilities", "target of whole shares"),
    (
        r"on the same device, but (?:found at least two devices, |got )?(?P<one>[\w:]+) and "
        r"(?P<other>[\w:]+)",
        "devices do not fit",
    ),
    (
        r"[Ii]nput type \(torch\.(?P<one>[\w.]*FloatTensor)\) and weight type "
        r"\(torch\.(?P<other>[\w.]*FloatTensor)\)",
        "devices do not fit",
    ),
    (r"on the same device", "two devices"),
    (r"out of memory|can't allocate memory|not enough memory", "out of memory"),
    (r"optimizer got an empty parameter list", "optimizer is empty"),
    (r"DataLoader worker \(pid\S* [\d, ]+\) (?:exited|is killed)", "worker ended"),
    (r"Caught \w+ in DataLoader worker process", "worker failed"),
    (r"start a new process before the current process has finished", "workers start too early"),
    (r"Function '(?P<node>\w+)' returned nan values", "anomaly found"),
    (r"Can't call numpy\(\) on Tensor that requires grad", "array of a graph"),
    (r"step\(\) missing 1 required positional argument: 'closure'", "closure is missing"),
    (r"unscale_\(\) has already been called", "unscaled twice"),
    (r"No inf checks were recorded for this optimizer", "scaler saw no gradient"),
)

# What torch raises, where it is no RuntimeError.
CLASSES: Mapping[str, type[Exception] | tuple[type[Exception], ...]] = {
    "batch norm of one row": ValueError,
    "rows do not fit": ValueError,
    "target of another shape": ValueError,
    "class out of range": IndexError,
    "index out of range": IndexError,
    "out of memory": (RuntimeError, MemoryError),
    "optimizer is empty": ValueError,
    "worker failed": Exception,
    "closure is missing": TypeError,
    "scaler saw no gradient": AssertionError,
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
        "Matrices of {first} and {second} cannot be multiplied: a row has {given} numbers, and "
        "{taken} are taken."
    ),
    "channels do not fit": (
        "The input of shape ({shape}) has {given} channels, and the layer takes {taken}."
    ),
    "rows do not fit": "The loss is given {given} rows of output and {target} targets.",
    "target of another shape": "The target has shape ({target}) and the output ({output}).",
    "sizes do not fit": (
        "Two tensors are combined entry by entry, and differ in dimension {dimension}: {first} and "
        "{second}."
    ),
    "shape does not fit": "{size} numbers cannot be laid out as ({shape}).",
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


def error_says(words: str) -> str:
    """The first line of an error's own words."""
    return filled("It says: {words}", words=words)


def _shown(name: str, value: str) -> str:
    if name == "node":
        return value.removesuffix("0").removesuffix("Backward")
    if name in ("one", "other"):
        short = re.sub(r"^torch\.|^c10::", "", value)
        return _TYPES.get(short.lower(), short)
    return value.replace("x", " x ") if name in ("first", "second") else value
