"""Columns that lie apart, as files hand them out, turned into rows in one piece."""

from typing import final

import numpy as np

from steepest.arrays import Array
from steepest.moments.block_products import places_of
from steepest.tables.blocks import Block


@final
class Turner:
    """Turns one block after another.

    Each takes the place of the one before: new memory would cost as much as the turning.
    """

    def __init__(self) -> None:
        self._room = np.empty((0, 0))

    def rows(self, block: Block) -> Array:
        """The features (n, p) as rows, good until the next block's are asked for."""
        from steepest.moments.block_products_kernel import turn_into_rows

        columns = block.columns
        if columns is None:
            return np.ascontiguousarray(block.features)
        count, kind = len(block), columns[0].dtype
        room = self._room
        if len(room) < count or room.shape[1] != len(columns) or room.dtype != kind:
            self._room = room = np.empty((count, len(columns)), kind)
        rows = room[:count]
        turn_into_rows(places_of(columns), columns[0], rows)
        return rows
