"""The squared loss of a linear module on one batch: its curvature is the same everywhere."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import torch
from torch import Tensor

from steepest.arrays import Floats
from steepest.problems.problem import Problem


@final
@dataclass(frozen=True, eq=False)
class Batch:
    """What a linear module was given, `inputs` (…, i), and what it should have said, (…, o).

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


def _rows(tensor: Tensor) -> Floats:

    rows: Floats = tensor.detach().to("cpu", torch.float64).numpy()
    return rows.reshape(-1, rows.shape[-1])
