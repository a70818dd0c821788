"""Mini-batches as a user asks for them."""

from dataclasses import dataclass
from typing import Any, final

from steepest.errors import InputError
from steepest.number_checks import given, is_whole
from steepest.storage.atomic_write import StrPath


@final
@dataclass(frozen=True)
class MiniBatches:
    """Rows to an update, and how a descent goes through them.

    - `size`: rows to an update; None, in a study only, for its default sizes
    - `shuffle`: take the rows in random order (see `seed`)
    - `average`: end at the mean of the parameters after the first epoch
    - `checkpoint`: a file that the descent is written to on the way, and goes on from

    Raises InputError for a size that is no whole number above 0.

    >>> MiniBatches(32, shuffle=False).size
    32
    """

    size: int | None = None
    shuffle: bool = True
    average: bool = False
    checkpoint: StrPath | None = None

    def __post_init__(self) -> None:
        if self.size is not None and not is_whole(self.size, least=1):
            raise InputError(
                "batch_size is {size}; give a whole number above 0", size=given(self.size)
            )
        if self.size is not None:  # NumPy's whole numbers too
            object.__setattr__(self, "size", int(self.size))

    @staticmethod
    def of(batch_size: Any) -> "MiniBatches":
        """Of a `batch_size` argument, a number or mini-batches; None stays the size of all rows."""
        return batch_size if isinstance(batch_size, MiniBatches) else MiniBatches(batch_size)
