"""The order in which an epoch visits the rows of a block: computed as it goes, nothing is moved.

Rows that lie side by side are read together, or memory would be the bottleneck. So the rows are
cut into chunks of CHUNK_ROWS; the chunks are visited in a random order; and the rows of each group
of GROUP_ROWS (64 chunks from all over the block) are shuffled among themselves. A block of up to
GROUP_ROWS rows is shuffled completely. Where the first chunk begins changes from epoch to epoch.

The order follows from (seed, epoch, block) alone, and the rows of any group are known without the
groups before it.
"""

import numpy as np
from numpy.typing import NDArray


def order_key(seed: int, epoch: int, block: int = 0) -> int:
    """What the order of a block in an epoch follows from: 62 bits, as an int.

    >>> order_key(0, 0) != order_key(0, 1) != order_key(1, 1)
    True
    """
    words = np.random.SeedSequence([seed, epoch, block]).generate_state(1, np.uint64)
    return int(words[0]) >> 2


def visiting_order(
    rows: int, seed: int, epoch: int, block: int = 0, *, shuffle: bool = True
) -> NDArray[np.int64]:
    """The indices of the block's rows (n,) in the order in which the epoch visits them.

    - `shuffle`: False for the order in which they lie

    >>> visiting_order(4, seed=0, epoch=0, shuffle=False)
    array([0, 1, 2, 3])
    >>> sorted(visiting_order(40, seed=0, epoch=1).tolist()) == list(range(40))
    True
    """
    from steepest.descent.kernels.shuffled_order import order_of

    order: NDArray[np.int64] = order_of(rows, 0, rows, order_key(seed, epoch, block), shuffle)
    return order
