"""Columns that lie apart, as files hand them out, copied into one row-major matrix."""

from typing import final

import numpy as np

from steepest.arrays import Array, read_only
from steepest.moments.block_products import places_of
from steepest.tables.blocks import Block


@final
class RowMajorCopy:
    """A buffer for one block after another: new memory would cost as much as the copy."""

    def __init__(self) -> None:
        self._buffer = np.empty((0, 0))

    def rows(self, block: Block) -> Array:
        """The features (n, p) as rows; valid until the next call."""
        from steepest.moments.block_products_kernel import copy_to_rows

        columns = block.columns
        if columns is None:
            return np.ascontiguousarray(block.features)
        count, kind = len(block), columns[0].dtype
        buffer = self._buffer
        if len(buffer) < count or buffer.shape[1] != len(columns) or buffer.dtype != kind:
            self._buffer = buffer = np.empty((count, len(columns)), kind)
        rows = buffer[:count]
        copy_to_rows(places_of(columns), read_only(columns[0]), rows)
        return rows
