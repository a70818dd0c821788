"""A model that is one linear module under squared loss: its curvature is the same everywhere."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import Linear, Module
from torch.utils.hooks import RemovableHandle

from steepest.arrays import Floats
from steepest.problems.problem import Problem
from steepest.watching.record.hook import Hook, is_plain_tensor
from steepest.watching.record.loss_graph import saved
from steepest.watching.record.optimized_parameters import OptimizedParameters, inner_module

_MEAN, _SUM = 1, 2


@final
@dataclass(frozen=True, eq=False)
class Batch:
    """The `inputs` (…, i) of a linear module, and its `target` (…, o).

    `mean`: whether the loss is the mean of the squares, or else their sum.
    """

    inputs: Tensor
    target: Tensor
    mean: bool

    def same(self, other: "Batch") -> bool:
        """Whether both hold the same numbers; memory that both look at is not compared."""
        pairs = ((self.inputs, other.inputs), (self.target, other.target))
        return all(
            a.shape == b.shape
            and ((a.data_ptr() == b.data_ptr() and a.stride() == b.stride()) or torch.equal(a, b))
            for a, b in pairs
        )


@final
class LinearBatch(Problem):
    """J(W, b) = c Σ (X Wᵀ + b − Y)², c = 1/(n·o) for a mean over n rows of o outputs, or 1.

    Parameters are W (o, i) row by row, then b (o,) where there is one. The rows are reduced to a
    triangle by QR, so that J stays a sum of squares.

    >>> import torch
    >>> rows = torch.tensor([[1.0], [2.0], [3.0]])
    >>> batch = Batch(rows, 2.0 * rows, mean=True)
    >>> problem = LinearBatch(("weight[0,0]",), batch, bias=False)
    >>> round(problem.objective(np.array([1.0])), 9), problem.gradient(np.array([1.0])).round(6)
    (4.666666667, array([-9.333333]))
    >>> problem.hessian(np.array([1.0])).round(6)
    array([[9.333333]])
    """

    def __init__(self, names: tuple[str, ...], batch: Batch, *, bias: bool) -> None:
        inputs, target = (_rows(tensor) for tensor in (batch.inputs, batch.target))
        ones = np.ones((len(inputs), int(bias)))
        design = np.column_stack([inputs, ones])
        width = design.shape[1]
        triangle = np.asarray(np.linalg.qr(np.column_stack([design, target]), mode="r"))
        self.names = names
        self.outputs = target.shape[1]
        self.bias = bias
        self.scale = 1.0 / target.size if batch.mean else 1.0
        self.triangle, self.right = triangle[:, :width], triangle[:, width:]

    @cached_property
    def least(self) -> float:
        """The least value that the objective takes."""
        columns = np.linalg.lstsq(self.triangle, self.right)[0]
        return float(self.scale * np.square(self.triangle @ columns - self.right).sum())

    @property
    def is_convex(self) -> bool:
        return True

    @property
    def is_quadratic(self) -> bool:
        return True

    def objectives(self, parameters: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            residuals: Floats = self._residuals(parameters)
            return np.asarray(self.scale * np.square(residuals).sum(axis=(-2, -1)))

    def gradient(self, parameters: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            slopes = 2.0 * self.scale * self.triangle.T @ self._residuals(parameters)
        return self._flat(slopes)

    def hessian(self, parameters: Floats) -> Floats:
        gram = 2.0 * self.scale * self.triangle.T @ self.triangle
        size = len(self.names)
        basis = self._columns(np.eye(size))
        return self._flat(gram @ basis)

    def _residuals(self, parameters: Floats) -> Floats:
        residuals: Floats = self.triangle @ self._columns(np.asarray(parameters)) - self.right
        return residuals

    def _columns(self, parameters: Floats) -> Floats:
        """(…, d) as columns of weights with the bias below, (…, i + 1, o)."""
        width, outputs = self.triangle.shape[1] - self.bias, self.outputs
        weights = parameters[..., : width * outputs]
        shaped = weights.reshape(*weights.shape[:-1], outputs, width).swapaxes(-2, -1)
        bias = parameters[..., None, width * outputs :]
        return np.concatenate([shaped, bias], axis=-2) if self.bias else shaped

    def _flat(self, columns: Floats) -> Floats:
        """The inverse of `_columns`."""
        width = self.triangle.shape[1] - self.bias
        weights = columns[..., :width, :].swapaxes(-2, -1)
        flat = weights.reshape(*weights.shape[:-2], -1)
        return np.concatenate([flat, columns[..., -1, :]], axis=-1) if self.bias else flat


@final
class LinearModule:
    """Finds the squared loss of a model whose only parameters are those of one `nn.Linear`.

    - `batch`: the batch seen last; None: none, or the loss is not the squared error of the
      module's output
    - `several`: whether batches differed
    """

    def __init__(self, model: Any, parameters: OptimizedParameters, faults: list[str]) -> None:
        self.faults = faults
        self.linear = _only_linear(model, parameters)
        # Hooks inside what torch.compile made are not called; those on the outside are.
        self._hooked = model if self.linear and inner_module(model) is self.linear else self.linear
        self.parameters = parameters
        self.batch: Batch | None = None
        self.several = False
        self._first: Batch | None = None
        self._seen: tuple[Tensor, Tensor] | None = None  # inputs and output
        self._blind = False

    def hooks(self) -> list[RemovableHandle]:
        """A hook that sees the module's inputs."""
        if self._hooked is None or self._blind:
            return []
        return [self._hooked.register_forward_hook(Hook(self._forward, self.faults))]

    def _forward(self, _: Module, given: tuple[Any, ...], output: Tensor) -> None:
        if given and is_plain_tensor(given[0]) and is_plain_tensor(output):
            self._seen = given[0].detach(), output.detach()

    def loss_came(self, loss: Any) -> None:
        """Take the loss (a tensor) of the output; its graph holds the target."""
        seen, self._seen = self._seen, None
        if seen is None or self._blind:
            return
        made = getattr(loss, "grad_fn", None)
        if made is None:
            return
        inputs, output = seen
        # A loss of another kind: what is minimised is not the squared error of all outputs alone.
        compared = saved(made, "self")
        if made.name() != "MseLossBackward0" or compared is None or not _is_whole(compared, output):
            self._blind, self.batch, self._first = True, None, None
            return
        target = saved(made, "target")
        if target is None or target.shape != compared.shape:
            return
        target = target.detach()
        batch = Batch(inputs, target.reshape(output.shape), made._saved_reduction == _MEAN)
        if self._first is None:
            self._first = batch
        self.several = self.several or not self._first.same(batch)
        self.batch = batch

    def problem(self) -> LinearBatch | None:
        """The squared loss on the batch seen last."""
        if self.linear is None or self.batch is None:
            return None
        return LinearBatch(
            self.parameters.layout.names, self.batch, bias=self.linear.bias is not None
        )


def _is_whole(compared: Tensor, output: Tensor) -> bool:
    """Whether what the loss compares is the output itself, perhaps of another shape."""
    same_place = compared.data_ptr() == output.data_ptr() and compared.is_contiguous()
    return same_place and compared.numel() == output.numel()


def _only_linear(model: Any, parameters: OptimizedParameters) -> Linear | None:
    if not isinstance(model, Module):
        return None
    holders = [
        m
        for m in inner_module(model).modules()
        if next(m.parameters(recurse=False), None) is not None
    ]
    if len(holders) != 1 or type(holders[0]) is not Linear:
        return None
    linear = holders[0]
    wanted = [p for p in (linear.weight, linear.bias) if p is not None]
    same = len(wanted) == len(parameters.tensors) and all(
        a is b for a, b in zip(wanted, parameters.tensors, strict=True)
    )
    return linear if same and all(p.requires_grad for p in wanted) else None


def _rows(tensor: Tensor) -> Floats:
    rows: Floats = tensor.detach().to("cpu", torch.float64).numpy()
    return rows.reshape(-1, rows.shape[-1])
