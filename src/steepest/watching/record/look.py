"""What a look at a training step found beside its numbers: shapes, units at rest, the scale."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]


@final
@dataclass(frozen=True, eq=False)
class Look:
    """One forward and backward pass that was looked at, of those that a step used.

    - `index`: the step;   `rows`: the batch's rows, the first size of its first tensor; 0: unknown
    - `mark`: a number that is the same for the same batch; nan: unknown
    - `summed`: whether the loss is a sum over all its entries, and nothing divides it
    - `spread`: shapes (from, to) of an output that was stretched to a square to meet its target
    - `resting`: by ReLU, which units (u,) were 0 in every row
    """

    index: int
    rows: int
    mark: float
    summed: bool
    spread: tuple[Shape, Shape] | None
    resting: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Source:
    """Where the first number that is not finite came from.

    `kind`: "input", "target", "parameter", "module" or "loss"; `name` of the parameter or module,
    `row` of the batch and `value` ("nan", "inf", "-inf") where they are known.
    """

    index: int
    kind: str
    name: str = ""
    row: int | None = None
    value: str = "nan"
