"""The numbers of a graph as plain data, and how they are written."""

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.translation import say

if TYPE_CHECKING:
    from torch import Tensor

# One number, or the numbers of a tensor in its shape; always float64.
Value: TypeAlias = float | NDArray[np.float64]

FEW = 6  # numbers of a tensor that are written out


def plain(tensor: "Tensor") -> Value:
    """The numbers of a tensor in float64: a float where there is one without a shape."""
    import torch

    array = tensor.detach().to("cpu", torch.float64).numpy().copy()
    array.setflags(write=False)
    return float(array) if array.ndim == 0 else array


def written(value: Value, digits: int = 6, few: int = FEW) -> str:
    """The value in words: up to `few` numbers as they are, of more the shape and the norm.

    >>> written(33.0), written(-1 / 3), written(np.array([1.0, 2.5]))
    ('33', '-0.333333', '[1, 2.5]')
    >>> written(np.ones((3, 4)))
    '3×4 tensor, norm 3.464'
    """
    if isinstance(value, float):
        return _number(value, digits)
    if value.size <= few:
        return _nested(value, digits)
    return say("{shape}, norm {value}", shape=tensor_of(value.shape), value=_number(norm(value), 4))


def tensor_of(shape: tuple[int, ...]) -> str:
    """What has this shape, in words.

    >>> tensor_of((7,)), tensor_of((2, 3))
    ('vector of 7', '2×3 tensor')
    """
    return (
        say("vector of {shape}", shape=shape[0])
        if len(shape) == 1
        else say("{shape} tensor", shape=dimensions(shape))
    )


def dimensions(shape: tuple[int, ...]) -> str:
    """A shape in figures.

    >>> dimensions((2, 3))
    '2×3'
    """
    return "×".join(map(str, shape))


def norm(value: NDArray[np.float64]) -> float:
    """The square root of the sum of squares, without overflow on the way."""
    return math.hypot(*value.ravel().tolist())


def _number(value: float, digits: int) -> str:
    return f"{value + 0.0:.{digits}g}"  # + 0.0: no negative zero


def _nested(value: NDArray[np.float64], digits: int) -> str:
    if value.ndim == 0:
        return _number(float(value), digits)
    return f"[{', '.join(_nested(part, digits) for part in value)}]"
