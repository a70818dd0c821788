"""One recorded step of a loop, and how its parameters are laid out in an array."""

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from steepest.arrays import Floats, Integers


@final
@dataclass(frozen=True)
class Layout:
    """The order of a model's parameters in a flat array.

    - `tensors` (t,): names of the parameters that an optimizer moves, such as "0.weight"; a shared
      parameter stands once
    - `shapes` (t,): the shape of each;   `offsets` (t + 1,): where each begins in a flat array

    >>> layout = Layout.of({"weight": (1, 2), "bias": (1,)})
    >>> layout.names
    ('weight[0,0]', 'weight[0,1]', 'bias[0]')
    >>> layout.norms(np.array([3.0, 4.0, 2.0]))
    array([5., 2.])
    """

    tensors: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]

    @staticmethod
    def of(shapes: dict[str, tuple[int, ...]]) -> "Layout":
        """The layout of tensors by name."""
        sizes = [int(np.prod(shape)) for shape in shapes.values()]
        offsets = tuple(np.cumsum([0, *sizes]).tolist())
        return Layout(tuple(shapes), tuple(shapes.values()), offsets)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.offsets[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each number, such as "0.weight[0,1]"; of a scalar that of its tensor."""
        return tuple(
            f"{tensor}[{','.join(map(str, place))}]" if shape else tensor
            for tensor, shape in zip(self.tensors, self.shapes, strict=True)
            for place in np.ndindex(*shape)
        )

    def part(self, tensor: int) -> slice:
        """Where the numbers of a tensor stand in a flat array."""
        return slice(self.offsets[tensor], self.offsets[tensor + 1])

    def norms(self, flat: Floats) -> Floats:
        """The Euclidean norm of each tensor in a flat array (d,), shape (t,)."""
        norms = np.zeros(len(self.tensors))
        starts = np.array(self.offsets[:-1])
        filled = starts < self.offsets[1:]  # reduceat gives an empty tensor the next one's sum
        if filled.any():
            with np.errstate(over="ignore", invalid="ignore"):
                norms[filled] = np.sqrt(np.add.reduceat(np.square(flat), starts[filled]))
        return norms


def total_norm(norms: Floats) -> float:
    """The norm of all tensors from the norm of each, (t,); one that is nan counts nothing.

    >>> total_norm(np.array([3.0, np.nan, 4.0]))
    5.0
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.nansum(np.square(norms))))


class Counts(NamedTuple):
    """Of t tensors: `counts` (t, b) of b bins of one width between `ends` (t, 2), the least and the
    greatest finite number, nan where there is none.
    """

    counts: Integers
    ends: Floats


@final
@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """The state at one call of `optimizer.step()`, before the update, and what the update did.

    With d parameters in t tensors (the order of `Layout`), and g parameter groups:

    - `index`: which call of `step()`, from 0;   `optimizer`: whose, from 0
    - `objective`: the mean of the step's losses, see `PendingLosses`; nan: none came in
    - `learning_rates` (g,): of every group of every optimizer
    - `parameters` (d,), `gradient` (d,): None for large models. Numbers without a gradient are nan
    - `projection` (p,), `gradient_projection` (p,): of large models, else None
    - `parameter_norms`, `gradient_norms`, `update_norms` (t,): nan where there is no gradient, or
      where the update was not seen; `update` is what this step added to the parameters
    - `held` (t,): which tensors this optimizer holds
    - `backwards`: backward passes since this optimizer's last step; None where that was not seen
    - `cleared`: whether the gradients were None or 0 before the first of them; None where there was
      no step before, or none was seen
    - `dropped`: how many times gradients were cleared that no step had used
    - `pulled`: whether some gradient that came was not 0; None where that was not seen
    - `kept`: the norm of its gradient over that of the backward pass, of small tensors: less than 1
      where it was clipped. nan where there were several passes, or of a scaled loss
    - `edited`: tensors that someone else changed since the last step, such as `load_state_dict`
    - `by_rule`: whether that only drew them into bounds or towards 0, as a clamp or a norm does, or
      was done at so many of the steps that were not recorded that it is a rule of the loop
    - `training`: `model.training` at the step;   `losses`: how many losses came in
    - `last`: whether this is the point after the last update, without an update of its own
    - `histograms`: of parameters, gradients and updates, where they were asked for
    """

    index: int
    optimizer: int
    objective: float
    learning_rates: tuple[float, ...]
    parameters: Floats | None
    gradient: Floats | None
    projection: Floats | None
    gradient_projection: Floats | None
    parameter_norms: Floats
    gradient_norms: Floats
    update_norms: Floats
    held: tuple[bool, ...]
    backwards: int | None
    cleared: bool | None
    dropped: int
    edited: tuple[str, ...]
    training: bool
    losses: int
    pulled: bool | None = None
    kept: float = np.nan
    by_rule: bool = False
    last: bool = False
    histograms: tuple[Counts, Counts, Counts] | None = None

    @property
    def own_updates(self) -> Floats:
        """`update_norms` of what this optimizer holds; nan: another's tensors rest at its steps."""
        return np.where(self.held, self.update_norms, np.nan)
