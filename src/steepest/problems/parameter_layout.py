"""How the arguments of a function lie in the flat vector of parameters."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, final

from steepest.arrays import Floats

if TYPE_CHECKING:
    from torch import Tensor

Shape: TypeAlias = tuple[int, ...]


@final
@dataclass(frozen=True)
class Layout:
    """Arguments by name with their shapes: () a number, (n,) a vector, (n, m) a matrix.

    The flat vector holds one argument after the other, each in row-major order.

    >>> layout = Layout({"x": (), "A": (2, 2)})
    >>> layout.names
    ('x', 'A[0,0]', 'A[0,1]', 'A[1,0]', 'A[1,1]')
    >>> import numpy as np
    >>> layout.split(np.array([7.0, 1.0, 2.0, 3.0, 4.0]))["A"].tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """

    shapes: Mapping[str, Shape]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each of the d parameters."""
        return tuple(name for item in self.shapes.items() for name in _names(*item))

    @property
    def size(self) -> int:
        """The number of parameters d."""
        return len(self.names)

    @cached_property
    def places(self) -> tuple[tuple[str, int, int, Shape], ...]:
        """Name, first index, index after the last, and shape of each argument."""
        return tuple(self._places())

    def split(self, parameters: Floats) -> dict[str, float | Floats]:
        """The arguments by name, from parameters of shape (d,): a float, or an array of its own."""
        return {
            name: parameters[first:end].reshape(shape).copy() if shape else float(parameters[first])
            for name, first, end, shape in self.places
        }

    def tensors(self, parameters: "Tensor") -> "list[Tensor]":
        """Each argument, with the shape of the batch before its own, from parameters (…, d)."""
        if self.all_numbers:
            return list(parameters.unbind(-1))
        batch = parameters.shape[:-1]
        return [
            parameters[..., first:end].reshape((*batch, *shape))
            for _, first, end, shape in self.places
        ]

    @cached_property
    def all_numbers(self) -> bool:
        """Whether every argument is a number."""
        return not any(self.shapes.values())

    def _places(self) -> Iterator[tuple[str, int, int, Shape]]:
        first = 0
        for name, shape in self.shapes.items():
            end = first + math.prod(shape)
            yield name, first, end, shape
            first = end


def _names(name: str, shape: Shape) -> Iterator[str]:
    if not shape:
        yield name
        return
    for index in product(*map(range, shape)):
        yield f"{name}[{','.join(map(str, index))}]"
