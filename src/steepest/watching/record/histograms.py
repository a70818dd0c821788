"""How the numbers of each tensor are spread at the recorded steps: parameters, gradients, updates.

What `wandb.watch(log="all")` and TensorBoard's `add_histogram` show, of each tensor in bins of its
own range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from steepest.arrays import Floats, Integers
from steepest.errors import InputError, check_known
from steepest.watching.record.snapshot import dense_of
from steepest.watching.record.step_record import Counts, Layout, Record

BINS = 64
KINDS = ("parameters", "gradients", "updates")


def counted(tensors: Sequence[Tensor | None]) -> Counts:
    """The histograms of tensors; `None` stands for one that is not there.

    >>> counts, ends = counted([torch.tensor([0.0, 1.0, 64.0]), None])
    >>> counts[0].nonzero()[0].tolist(), ends[0].tolist(), int(counts[1].sum())
    ([0, 1, 63], [0.0, 64.0], 0)
    """
    counts = np.zeros((len(tensors), BINS), dtype=np.int64)
    ends = np.full((len(tensors), 2), np.nan)
    for place, tensor in enumerate(tensors):
        if tensor is not None:
            numbers = dense_of(tensor).reshape(-1)
            numbers = numbers if numbers.dtype == torch.float64 else numbers.float()
            numbers = numbers[torch.isfinite(numbers)]
            if numbers.numel():
                low, high = (float(end) for end in torch.aminmax(numbers))
                ends[place], counts[place] = (low, high), _in_bins(numbers, low, high)
    return Counts(counts, ends)


def _in_bins(numbers: Tensor, low: float, high: float) -> Integers:
    # torch.histc has no deterministic form on a GPU.
    width = (high - low) / BINS or 1.0
    places = ((numbers - low) / width).long().clamp_(0, BINS - 1)
    return torch.bincount(places, minlength=BINS).cpu().numpy()


def step_histograms(
    before: Sequence[Tensor], gradients: Sequence[Tensor | None], after: Sequence[Tensor]
) -> tuple[Counts, Counts, Counts]:
    """Those of a step: of the parameters before its update, of the gradients and of the update."""
    updates = [now.detach() - then for then, now in zip(before, after, strict=True)]
    return counted(before), counted(gradients), counted(updates)


@dataclass(frozen=True, eq=False, repr=False)
class RecordedHistograms:
    """Histograms of t tensors at n recorded `steps` (n,), of 64 bins each.

    - `tensors` (t,): their names
    - `counts` (n, 3, t, 64): of parameters, gradients and updates; numbers that are not finite are
      not counted
    - `ends` (n, 3, t, 2): the least and the greatest number, between which the bins have one width
    """

    tensors: tuple[str, ...]
    steps: Integers
    counts: Integers
    ends: Floats

    @classmethod
    def of(cls, records: Sequence[Record], layout: Layout) -> Self:
        """Those that records hold. Raises InputError where there are none."""
        known = [(record.index, record.histograms) for record in records if record.histograms]
        if not known:
            raise InputError(
                "no histograms were recorded: steepest.watch(…, histograms=True) makes them "
                "at the recorded steps."
            )
        return cls(
            layout.tensors,
            np.array([index for index, _ in known]),
            np.array([[part.counts for part in parts] for _, parts in known]),
            np.array([[part.ends for part in parts] for _, parts in known]),
        )

    def at(self, step: int, tensor: str, kind: str = "parameters") -> tuple[Integers, Floats]:
        """Counts (64,) and edges (65,) of one tensor at a recorded step, as `numpy.histogram` gives
        them; `kind` is "parameters", "gradients" or "updates".

        Raises InputError for a step, tensor or kind that is not there.
        """
        for name, known in ((tensor, self.tensors), (kind, KINDS), (step, self.steps.tolist())):
            check_known(name, known, "there are no histograms of {name!r}.")
        place = self.steps.tolist().index(step), KINDS.index(kind), self.tensors.index(tensor)
        low, high = self.ends[place]
        if low == high:  # as NumPy does
            low, high = low - 0.5, high + 0.5
            middle = np.zeros(BINS, dtype=np.int64)
            middle[BINS // 2] = self.counts[place].sum()
            return middle, np.linspace(low, high, BINS + 1)
        return self.counts[place], np.linspace(low, high, BINS + 1)

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON: of each tensor and kind the counts and ends of every step."""
        ends = self.ends.astype(object)
        ends[np.isnan(self.ends)] = None
        return {
            "steps": self.steps.tolist(),
            "tensors": {
                name: {
                    kind: {
                        "counts": self.counts[:, k, t].tolist(),
                        "low": ends[:, k, t, 0].tolist(),
                        "high": ends[:, k, t, 1].tolist(),
                    }
                    for k, kind in enumerate(KINDS)
                }
                for t, name in enumerate(self.tensors)
            },
        }

    def __repr__(self) -> str:
        return f"Histograms({len(self.tensors)} tensors, {len(self.steps)} steps, {BINS} bins)"
