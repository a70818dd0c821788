"""Sums over all rows by pieces, on all cores: merged in the pieces' order, so that they do not
depend on the number of cores.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

PIECE_ROWS = 1 << 15

Sums = TypeVar("Sums")


def by_pieces(rows: int, work: Callable[[slice], Sums]) -> list[Sums]:
    """What `work`, which lets go of Python's lock, makes of each piece of so many rows.

    >>> by_pieces(100_000, lambda at: at.stop - at.start)
    [32768, 32768, 32768, 1696]
    """
    firsts = range(0, rows, PIECE_ROWS)
    pieces = [slice(first, min(first + PIECE_ROWS, rows)) for first in firsts]
    if len(pieces) == 1:  # of few rows the sum takes less time than starting a thread
        return [work(pieces[0])]
    with ThreadPoolExecutor(min(cores(), len(pieces))) as threads:
        return list(threads.map(work, pieces))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
