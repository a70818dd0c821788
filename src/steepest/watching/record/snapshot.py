"""Reading parameters and gradients: every number of a small model, a projection of a large one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from steepest.arrays import Floats
from steepest.watching.record.step_record import Layout

# Of a model with more numbers a projection is kept.
SMALL = 10_000
DIMENSIONS = 8
# Numbers in a block that shares one row of the projection.
_BLOCK = 4096


class Snapshot(NamedTuple):
    """Tensors at one moment: `flat` (d,) or `projection` (p,), and the norm of each, `norms` (t,).

    A tensor that is not there is nan in `flat` and in `norms`, and 0 in `projection`.
    """

    flat: Floats | None
    projection: Floats | None
    norms: Floats

    def divided(self, scale: float) -> "Snapshot":
        """The snapshot of the tensors divided by a number.

        >>> Snapshot(np.array([4.0, 6.0]), None, np.array([4.0, 6.0])).divided(2.0).flat
        array([2., 3.])
        """
        if scale == 1.0:
            return self
        flat, projection = (
            None if part is None else part / scale for part in (self.flat, self.projection)
        )
        return Snapshot(flat, projection, self.norms / scale)


class Reader(ABC):
    """Reads tensors; `None` stands for one that is not there. Draws no numbers from torch."""

    @abstractmethod
    def read(self, tensors: Sequence[Tensor | None]) -> Snapshot:
        """The tensors as they are now."""

    @abstractmethod
    def update_norms(
        self, before: Snapshot, after: Snapshot, copies: list[Tensor] | None, now: list[Tensor]
    ) -> Floats:
        """The norm of what was added to each tensor, (t,)."""

    @abstractmethod
    def copies(self, tensors: list[Tensor]) -> list[Tensor] | None:
        """Copies of the tensors before an update, if `update_norms` needs them."""


@final
class WholeReader(Reader):
    """Reads every number."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.missing = [
            torch.full((layout.offsets[i + 1] - layout.offsets[i],), torch.nan)
            for i in range(len(layout.tensors))
        ]

    def read(self, tensors: Sequence[Tensor | None]) -> Snapshot:
        flat = self._flat(tensors)
        return Snapshot(flat, None, self.layout.norms(flat))

    def _flat(self, tensors: Sequence[Tensor | None]) -> Floats:
        parts = [
            empty if tensor is None else dense_of(tensor).reshape(-1)
            for tensor, empty in zip(tensors, self.missing, strict=True)
        ]
        if any(part.device.type != "cpu" for part in parts):
            parts = [part.cpu() for part in parts]
        flat: Floats = torch.cat(parts).to(torch.float64, copy=True).numpy()
        flat.setflags(write=False)
        return flat

    def update_norms(
        self, before: Snapshot, after: Snapshot, copies: list[Tensor] | None, now: list[Tensor]
    ) -> Floats:
        assert before.flat is not None and after.flat is not None
        with np.errstate(over="ignore", invalid="ignore"):
            return self.layout.norms(after.flat - before.flat)

    def copies(self, tensors: list[Tensor]) -> list[Tensor] | None:
        return None


@final
class ProjectingReader(Reader):
    """Reads norms, and a projection to a few numbers that keeps distances in the mean.

    Blocks of 4096 numbers are added with random signs, (p, blocks) of them, and the sums weighed
    with normal numbers, (p, 4096): entry i is Σ s[i, b] g[i, j] θ[b, j] / √p.
    """

    def __init__(self, layout: Layout, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        blocks = [-(-_size(layout, i) // _BLOCK) for i in range(len(layout.tensors))]
        signs = random.integers(0, 2, (DIMENSIONS, sum(blocks))).astype(np.float32) * 2 - 1
        ends = np.cumsum(blocks)[:-1]
        self.signs = [torch.from_numpy(part.copy()) for part in np.split(signs, ends, axis=1)]
        self.weights = random.standard_normal((DIMENSIONS, _BLOCK)) / np.sqrt(DIMENSIONS)

    def read(self, tensors: Sequence[Tensor | None]) -> Snapshot:
        sums = torch.zeros(DIMENSIONS, _BLOCK, dtype=torch.float64)
        norms = []
        for signs, tensor in zip(self.signs, tensors, strict=True):
            if tensor is None:
                norms.append(np.nan)
                continue
            dense = dense_of(tensor)
            exact = dense if dense.dtype == torch.float64 else dense.float()
            norms.append(float(torch.linalg.vector_norm(exact)))
            _add(sums, signs, dense.reshape(-1).to(torch.float32))
        projection = (self.weights * sums.numpy()).sum(axis=1)
        return Snapshot(None, projection, np.array(norms))

    def update_norms(
        self, before: Snapshot, after: Snapshot, copies: list[Tensor] | None, now: list[Tensor]
    ) -> Floats:
        assert copies is not None
        pairs = zip(copies, now, strict=True)
        return np.array([float(torch.linalg.vector_norm(b.detach() - a)) for a, b in pairs])

    def copies(self, tensors: list[Tensor]) -> list[Tensor] | None:
        return [tensor.detach().clone() for tensor in tensors]


def _size(layout: Layout, i: int) -> int:
    return layout.offsets[i + 1] - layout.offsets[i]


def _add(sums: Tensor, signs: Tensor, flat: Tensor) -> None:
    """Add the signed sum of a tensor's blocks."""
    whole = flat.numel() // _BLOCK
    if whole:
        part = signs[:, :whole].to(flat.device) @ flat[: whole * _BLOCK].reshape(whole, _BLOCK)
        sums += part.cpu()
    rest = flat[whole * _BLOCK :]
    if rest.numel():
        sums[:, : rest.numel()] += (signs[:, whole:].to(flat.device) * rest).cpu()


def reader_for(layout: Layout) -> Reader:
    """The reader for a model of that size."""
    return WholeReader(layout) if layout.size <= SMALL else ProjectingReader(layout)


def dense_of(tensor: Tensor) -> Tensor:
    """Gradients of sparse embeddings have no flat shape of their own."""
    detached = tensor.detach()
    return detached.to_dense() if detached.is_sparse else detached
