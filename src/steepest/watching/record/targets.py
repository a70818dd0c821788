"""What one answer for all rows would cost: of the targets of some batches the best constant's loss.

Of classes it is the entropy of their shares, of shares p the mean of −p·log p − (1−p)·log(1−p), of
numbers their variance; by column where there are several.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr
from torch import Tensor

from steepest.arrays import Floats
from steepest.watching.record.loss_graph import saved

_KINDS = {
    "NllLossBackward0": "classes",
    "NllLoss2DBackward0": "classes",
    "BinaryCrossEntropyBackward0": "shares",
    "BinaryCrossEntropyWithLogitsBackward0": "shares",
    "MseLossBackward0": "numbers",
}
_MEAN = 1  # torch's number for reduction="mean"
_COLUMNS = 1000
_WHOLE = 0.99  # the share of a label's own class, but for rounding


@final
@dataclass(frozen=True, eq=False)
class Targets:
    """Sums over the targets of a batch, or of several, which are added by `+`.

    - `kind`: "classes", "shares" or "numbers";   `rows`: how many there are of each column
    - `sums`, `squares` (c,): of each column; of classes how often each came

    >>> two = Targets("numbers", 2, np.array([2.0]), np.array([4.0]))  # 0 and 2
    >>> (two + two).loss_of_a_constant
    1.0
    """

    kind: str
    rows: int
    sums: Floats
    squares: Floats

    def __add__(self, other: "Targets") -> "Targets":
        count = max(len(self.sums), len(other.sums))
        pairs = ((self.sums, other.sums), (self.squares, other.squares))
        sums, squares = (_filled(a, count) + _filled(b, count) for a, b in pairs)
        return Targets(self.kind, self.rows + other.rows, sums, squares)

    @property
    def loss_of_a_constant(self) -> float:
        """The mean loss of the answer that is best for all of them."""
        means = self.sums / self.rows
        if self.kind == "classes":
            return float(entr(means).sum())
        if self.kind == "shares":
            return float((entr(means) + entr(1.0 - means)).mean())
        return float((self.squares / self.rows - means**2).mean())


def targets_of(loss: Any) -> Targets | None:
    """Those of a loss of torch's that is a plain mean; None of others, or where they are gone.

    >>> import torch
    >>> output, target = torch.zeros(2, 1, requires_grad=True), torch.tensor([[0.0], [2.0]])
    >>> targets_of(torch.nn.functional.mse_loss(output, target)).loss_of_a_constant
    1.0
    """
    node = loss.grad_fn
    kind = _KINDS.get(node.name(), "") if node is not None else ""
    target = saved(node, "target") if kind else None
    if target is None or not target.numel() or saved(node, "reduction") != _MEAN:
        return None
    if any(saved(node, name) is not None for name in ("weight", "pos_weight")):
        return None
    return _of_numbers(kind, target.detach().cpu())


def targets_shown(what: str, output: Tensor, gradient: Tensor) -> Targets | None:
    """Those of a "squared error" or "cross entropy", a mean with the factor 1, as the gradient of
    the output shows them where the graph is gone: (p − y)/N of N rows, or 2(o − y)/N of N numbers.

    >>> import torch
    >>> output = torch.zeros(3, 2, requires_grad=True)
    >>> torch.nn.functional.cross_entropy(output, torch.tensor([0, 1, 1])).backward()
    >>> targets_shown("cross entropy", output, output.grad).sums
    array([1., 2.])
    """
    numbers, g = output.detach().double().cpu(), gradient.detach().double().cpu()
    if what == "squared error":
        return _of_numbers("numbers", numbers - g * g.numel() / 2.0)
    shares = numbers.softmax(1) - g * len(g)
    if not bool((shares.amax(1) > _WHOLE).all()):
        return None  # smoothed, or given as shares
    return _of_numbers("classes", shares.argmax(1))


def _of_numbers(kind: str, numbers: Tensor) -> Targets | None:
    if kind == "classes":
        if int(numbers.min()) < 0:  # rows that are left out
            return None
        counts = np.bincount(numbers.flatten().numpy())
        return _of("classes", numbers.numel(), counts, counts)
    rows = numbers.double().reshape(len(numbers) if numbers.ndim else 1, -1).numpy()
    if rows.shape[1] > _COLUMNS or not np.isfinite(rows).all():
        return None
    return _of(kind, len(rows), rows.sum(0), (rows**2).sum(0))


def _of(kind: str, rows: int, sums: ArrayLike, squares: ArrayLike) -> Targets:
    return Targets(kind, rows, np.asarray(sums, float), np.asarray(squares, float))


def _filled(sums: Floats, count: int) -> Floats:
    return np.pad(sums, (0, count - len(sums)))
