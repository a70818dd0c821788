"""The order in which an epoch visits the rows of a block: computed as it goes, nothing is moved.

Rows that lie side by side are read together, or memory would be the bottleneck. So the rows are
cut into chunks of CHUNK_ROWS; the chunks are visited in a random order; and the rows of each group
of GROUP_ROWS (64 chunks from all over the block) are shuffled among themselves. A block of up to
GROUP_ROWS rows is shuffled completely. Where the first chunk begins changes from epoch to epoch.

The order follows from (seed, epoch, block) alone, and the rows of any group are known without the
groups before it.
"""

import numpy as np


def order_key(seed: int, epoch: int, block: int = 0) -> int:
    """What the order of a block in an epoch follows from: 62 bits, as an int.

    >>> order_key(0, 0) != order_key(0, 1) != order_key(1, 1)
    True
    """
    words = np.random.SeedSequence([seed, epoch, block]).generate_state(1, np.uint64)
    return int(words[0]) >> 2
