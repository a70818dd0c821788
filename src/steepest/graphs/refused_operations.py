"""Operations of Python that take no tensor, such as round(x): what to write instead.

What a function raises itself is its own, and no concern of this file: only what Python, NumPy and
torch say of a tensor is answered.
"""

import re
from traceback import walk_tb
from types import FrameType

from steepest.errors import InputError
from steepest.graphs.user_line import Line, is_theirs
from steepest.translation import gathered, translated

# Their words, and ours; the first that is found is taken.
_ANSWERS = tuple(
    (re.compile(theirs), ours)
    for theirs, ours in (
        (
            "derivative for aten::floor_divide is not",
            gathered("a // b has no derivative: write torch.floor(a / b), whose slope is 0"),
        ),
        (
            r"derivative for aten::(\w+) is not",
            gathered(r"torch has no derivative of \1: write it with other functions of torch"),
        ),
        (
            r"type Tensor doesn't define __(\w+)__",
            gathered(r"\1() of Python takes no tensor: write torch.\1()"),
        ),
        (
            r"for divmod\(\): .*'Tensor'",
            gathered("divmod() takes no tensor: write torch.floor(a / b) and a % b"),
        ),
        (
            r"bitwise_xor|for \^: ",
            gathered("^ is no power in Python: write **"),
        ),
        (
            r'"(bitwise|lshift|rshift)\w+" not implemented|operator\.invert',
            gathered("&, |, ~, << and >> are for whole numbers only"),
        ),
        (
            r"for (\S+): ('numpy\.ndarray' and 'Tensor'|'Tensor' and 'numpy\.ndarray')",
            gathered(
                "an array of NumPy beside a tensor: make it one outside the function, "
                "by torch.as_tensor(array)"
            ),
        ),
        (
            r"for (\S+): ('(\w+)' and 'Tensor'|'Tensor' and '(\w+)')",
            gathered(r"\1 between a tensor and a \3\4: use numbers and tensors only"),
        ),
        (
            "same dtype",
            gathered(
                "its tensors are of different types: make them float64, as its parameters are, "
                "by .double()"
            ),
        ),
        (
            "index of a 0-dim tensor|(iteration over|len.. of) a 0-d tensor",
            gathered(
                "it takes entries of one number: a start that is a list makes a vector, "
                "as start=[1.0]"
            ),
        ),
        (
            r"index -?\d+ is out of bounds for dimension \d+ with size \d+",
            gathered(r"\g<0>: the start gives a vector its length"),
        ),
        (
            r"The size of tensor a .* must match[^.]*|.*shapes cannot be multiplied.*"
            r"|size mismatch.*|inconsistent tensor size.*",
            gathered(r"\g<0>: the start gives the parameters their shapes"),
        ),
    )
)


def refusal(error: Exception, name: str) -> InputError | None:
    """What is said of the function of that `name` where it raised this; None for what is its own.

    >>> refusal(TypeError("type Tensor doesn't define __round__ method"), "bowl")
    InputError('bowl cannot be computed: round() of Python takes no tensor: write torch.round().')
    >>> refusal(TypeError("mine"), "bowl")
    """
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    if str(error).startswith("Can't call numpy()") or (frames and _is_numpy(frames[-1])):
        return InputError(
            "{name} computes with NumPy, which cannot be differentiated: use the functions "
            "of torch, such as torch.sin for np.sin.",
            name=name,
        )
    found = ((theirs.search(str(error)), ours) for theirs, ours in _ANSWERS)
    answer = next((match.expand(translated(ours)) for match, ours in found if match), None)
    if answer is None:
        return None
    lines = [
        Line.at(frame.f_code.co_filename, number).place
        for frame, number in walk_tb(error.__traceback__)
        if is_theirs(frame)
    ]
    return InputError(
        "{name} cannot be computed{part}: {answer}.",
        name=name,
        part=f" ({lines[-1]})" if lines else "",
        answer=answer,
    )


def _is_numpy(frame: FrameType) -> bool:
    """Whether a function of NumPy has met a tensor there, as np.sum(x) does."""
    import torch

    ours = str(frame.f_globals.get("__name__", "")).partition(".")[0] == "numpy"
    return ours and any(isinstance(each, torch.Tensor) for each in frame.f_locals.values())
