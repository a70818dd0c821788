"""Sums over all rows by pieces, on all cores: merged in the pieces' order, so that they do not
depend on the number of cores.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from steepest.moments.one_pass import cores

PIECE_ROWS = 1 << 15

Sums = TypeVar("Sums")


def by_pieces(rows: int, work: Callable[[slice], Sums], size: int = PIECE_ROWS) -> list[Sums]:
    """What `work`, which lets go of Python's lock, makes of each piece of `size` rows.

    >>> by_pieces(100_000, lambda at: at.stop - at.start)
    [32768, 32768, 32768, 1696]
    """
    pieces = [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
    if len(pieces) == 1:  # of few rows the sum takes less time than starting a thread
        return [work(pieces[0])]
    with ThreadPoolExecutor(min(cores(), len(pieces))) as threads:
        return list(threads.map(work, pieces))
