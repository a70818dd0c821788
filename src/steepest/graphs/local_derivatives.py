"""Derivatives of one operation by one of its arguments, by torch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, final

import numpy as np

from steepest.errors import InputError
from steepest.graphs.tape import Cell
from steepest.graphs.values import FEW, Value, dimensions, norm, plain, written
from steepest.translation import say

if TYPE_CHECKING:
    from torch import Tensor

Form: TypeAlias = Literal["number", "elementwise", "jacobian"]

# Each number of the result depends on the one in the same place only.
_ELEMENTWISE = frozenset({
    "add", "sub", "mul", "div", "pow", "neg", "abs", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt",
    "square", "reciprocal", "erf", "sigmoid", "logsigmoid", "relu", "leaky_relu", "elu", "gelu",
    "selu", "silu", "softplus", "hardtanh", "clamp", "clip", "maximum", "minimum", "where", "lerp",
    "dropout", "clone", "contiguous",
})  # fmt: skip
_MOST = 4096  # numbers of a Jacobian that are worked out


@final
@dataclass(frozen=True, eq=False)
class Derivative:
    """How an operation's result changes with one of its arguments.

    - `form`: "number"; "elementwise", where each number of the result depends on one number of the
      argument and `values` has the shape of both; "jacobian", of the result's shape followed by the
      argument's
    - `values`: float64; None for a Jacobian with too many numbers to be worked out
    """

    form: Form
    shape: tuple[int, ...]
    values: Value | None

    def __str__(self) -> str:
        return self.written()

    def written(self, digits: int = 6, few: int = FEW) -> str:
        """Up to `few` numbers as they are, of more the shape and the norm."""
        if self.form != "jacobian" or (self.values is not None and np.size(self.values) <= few):
            assert self.values is not None
            return written(self.values, digits, few)
        label = say("{shape} Jacobian", shape=dimensions(self.shape))
        return (
            label
            if self.values is None
            else say(
                "{label}, norm {values:.4g}", label=label, values=norm(np.asarray(self.values))
            )
        )


def flow(cell: Cell, slot: int, gradient: "Tensor") -> "Tensor":
    """What flows back to an argument: the gradient of the result times the local derivative.

    Raises InputError for an operation that torch has no derivative of.
    """
    import torch

    own = cell.inputs[slot]
    assert own is not None
    try:
        (back,) = torch.autograd.grad(
            cell.output, own, gradient, retain_graph=True, allow_unused=True
        )
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise InputError(
            "torch cannot differentiate {operation}: {why}", operation=cell.operation, why=why
        ) from error
    return torch.zeros_like(own) if back is None else back.to_dense()


def derivative(cell: Cell, slot: int) -> Derivative:
    """The local derivative of a cell by the argument in one place."""
    import torch

    own, output = cell.inputs[slot], cell.output
    assert own is not None
    if output.shape == own.shape and (output.ndim == 0 or cell.operation in _ELEMENTWISE):
        form: Form = "elementwise" if output.ndim else "number"
        return Derivative(
            form, tuple(output.shape), plain(flow(cell, slot, torch.ones_like(output)))
        )
    shape = (*output.shape, *own.shape)
    if output.numel() * own.numel() > _MOST:
        return Derivative("jacobian", shape, None)
    rows = [flow(cell, slot, one.reshape(output.shape)) for one in _units(output)]
    values = torch.stack(rows) if rows else torch.zeros(0)
    return Derivative("jacobian", shape, plain(values.reshape(shape)))


def _units(output: "Tensor") -> "Tensor":
    import torch

    return torch.eye(output.numel(), dtype=output.dtype, device=output.device)
