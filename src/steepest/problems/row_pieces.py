"""Sums over all rows by pieces, on all cores: merged in the pieces' order, so that they do not
depend on the number of cores.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from steepest.tables.prefetch import cores

PIECE_ROWS = 1 << 15

Sums = TypeVar("Sums")


def by_pieces(rows: int, work: Callable[[slice], Sums], size: int = PIECE_ROWS) -> list[Sums]:
    """What `work`, which lets go of Python's lock, makes of each piece of `size` rows.

    >>> by_pieces(100_000, lambda at: at.stop - at.start)
    [32768, 32768, 32768, 1696]
    """
    pieces = [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
    found: dict[int, Sums] = {}
    waiting = deque(range(len(pieces)))

    def take() -> None:
        while waiting:
            try:
                i = waiting.popleft()
            except IndexError:  # another thread took the last
                return
            found[i] = work(pieces[i])

    # The caller takes pieces too: to hand each to a thread and wait for it costs a tenth more.
    helpers = min(cores(), len(pieces)) - 1
    with ThreadPoolExecutor(max(helpers, 1)) as threads:  # it starts no thread before it has work
        taking = [threads.submit(take) for _ in range(helpers)]
        try:
            take()
        finally:
            waiting.clear()
        for each in taking:
            each.result()
    return [found[i] for i in range(len(pieces))]
