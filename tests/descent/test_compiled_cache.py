"""Compiled code is kept between processes, and serves rows of any layout."""

import subprocess
import sys

_PROGRAM = """
import numpy as np
from steepest.descent.minibatch import MinibatchState, Settings, visit
from steepest.descent.optimizers import SGD
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import Constant
from steepest.losses import Squared

settings = Settings(Squared(), SGD(), Constant(0.1))
frozen = np.eye(4)
frozen.flags.writeable = False
for rows in (np.eye(4, dtype=np.float32), np.asfortranarray(np.eye(4)[:, [1, 0, 2, 3]]), frozen):
    block = RowBlock.of(rows, np.ones(4))
    visit(block, settings, MinibatchState.start(np.zeros(5), settings))

from steepest.descent.kernels.dense_rows import descend_rows
print(sum(descend_rows.stats.cache_hits.values()), sum(descend_rows.stats.cache_misses.values()))
"""


def test_a_second_process_compiles_nothing() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] in ("0 1\n", "1 0\n")  # who comes first compiles
    assert runs[1] == "1 0\n"
