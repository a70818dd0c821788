"""Errors that end a watched loop, told by torch's class and the words it has for them.

Named parts of a pattern are what its sentence takes, as text: see `exceptions`.
"""

from collections.abc import Mapping

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
    (
        r"on device (?P<one>[\w:]+) is not on the expected device (?P<other>[\w:]+)",
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
    (
        r"No inf checks were recorded for this optimizer|Attempted unscale_ but _scale is None",
        "scaler saw no gradient",
    ),
    (
        r"Torch not compiled with CUDA enabled|Found no NVIDIA driver|No CUDA GPUs are available",
        "no such device",
    ),
    (
        r"input size per channel: \((?P<input>[\dx ]+)\)\. Kernel size: \((?P<kernel>[\dx ]+)\)\. "
        r"Kernel size can't be greater",
        "kernel too large",
    ),
    (
        r"Sizes of tensors must match except in dimension (?P<dimension>\d+)\. Expected size "
        r"(?P<first>\d+) but got size (?P<second>\d+)",
        "parts do not fit",
    ),
    (r"view size is not compatible with input tensor's size and stride", "view of another order"),
    (r"all elements of (?P<what>input|target) should be between 0 and 1", "no probabilities"),
    (
        r"'(?:float|int|numpy\.\w+)' object has no attribute 'backward'",
        "loss left its graph",
    ),
    (
        r"Boolean value of Tensor with more than one value is ambiguous",
        "condition of several numbers",
    ),
    (
        r"argument '(?:input|self)' \(position \d+\) must be Tensor, not tuple",
        "output of several parts",
    ),
    (
        r"ReduceLROnPlateau\.step\(\) missing 1 required positional argument",
        "schedule without a loss",
    ),
    (
        r"Tried to step \d+ times\. The specified number of total steps is (?P<taken>\d+)",
        "schedule is over",
    ),
    (
        r"Expected parameter (?P<name>\w+) [\s\S]* of distribution (?P<family>\w+)\([\s\S]*"
        r"but found invalid values",
        "parameter of a distribution",
    ),
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
    "no such device": (AssertionError, RuntimeError),
    "loss left its graph": AttributeError,
    "output of several parts": TypeError,
    "schedule without a loss": TypeError,
    "schedule is over": ValueError,
    "parameter of a distribution": ValueError,
    "scaler saw no gradient": AssertionError,
}
