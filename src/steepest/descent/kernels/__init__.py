"""Descents compiled to machine code. Importing a file of these imports numba."""

from typing import NamedTuple

# Rows are shuffled in chunks that lie side by side, within groups of them: `shuffled_order.py`.
CHUNK_ROWS = 32  # of one float32 column: two lines of the cache
GROUP_ROWS = 2048


class Stretch(NamedTuple):
    """Places `first` to `stop` of a block's visiting order; `key`, `shuffled`: `fill_starts`'."""

    first: int
    stop: int
    key: int
    shuffled: bool
