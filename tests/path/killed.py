"""A program for `test_checkpoint.py`: a streamed descent with a checkpoint, killed again and again.

The descents run in forks of one process, so that each begins at once, and each is killed after a
random number of blocks. It prints, as JSON, how many were killed, from how many places others went
on, how many came to an end, and how many of these differ from a descent that was never killed.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from steepest.descent.checkpoint import Checkpoint
from steepest.descent.optimizers import Adam
from steepest.descent.plan import Plan
from steepest.descent.schedules import InverseTime
from steepest.losses import Logistic
from steepest.path.streamed_path import descend_stream
from steepest.penalties.penalties import ElasticNet
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import RowStream
from steepest.tables.blocks import Block

PLAN = Plan(
    Logistic(),
    ElasticNet(1e-3),
    positive=False,
    optimizer=Adam(),
    schedule=InverseTime(0.02, decay=1e-3),
    batch_size=48,
    epochs=4,
    tolerance=None,
    shuffle=True,
    average=True,
)


class SlowRows(RowStream):
    """The rows of a file, of which the last column is the target; `tell` is called at each block.

    A block takes a millisecond: time for who is told of it to end this process.
    """

    def __init__(self, file: str, tell: Callable[[], object]) -> None:
        self.table, self.tell = np.load(file, mmap_mode="r"), tell
        self.size, self.columns = self.table.shape[0], self.table.shape[1] - 1
        self.rows = self.size

    def blocks(self) -> Iterator[Block]:
        for first in range(0, self.size, 100):
            self.tell()
            time.sleep(0.001)
            rows = np.array(self.table[first : first + 100])
            yield Block(first, rows[:, :-1], rows[:, -1])


def descend(file: str, checkpoint: str, tell: Callable[[], object]) -> str:
    """Descend, and give a digest of all that came of it."""
    problem = StreamedProblem.of(SlowRows(file, tell), loss=Logistic())
    path = descend_stream(
        problem,
        PLAN,
        seed=3,
        checkpoint=Checkpoint(checkpoint, {"file": file}, every_seconds=3600.0, every_blocks=3),
    )
    digest = hashlib.sha256(path.end.tobytes())
    for step in path.kept:
        digest.update(np.array([step.updates, step.epoch, step.objective, step.rate]).tobytes())
        digest.update(step.parameters.tobytes() + step.gradient.tobytes())
    return digest.hexdigest()


def forked(file: str, checkpoint: str, result: str) -> tuple[int, int]:
    """The id of a process that descends and writes the digest, and a pipe with a byte a block."""
    blocks, end = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.close(blocks)
            Path(result).write_text(descend(file, checkpoint, lambda: os.write(end, b".")))
            status = 0
        finally:
            os._exit(status)
    os.close(end)
    return process, blocks


def wait_for(blocks: int, count: int) -> None:
    """Return when a process has come to so many blocks, or has ended."""
    while count and os.read(blocks, 1):
        count -= 1


def main(folder: str, kills: int, seed: int) -> None:
    file, checkpoint, result = (
        str(Path(folder) / name) for name in ("rows.npy", "run.ckpt", "result.txt")
    )
    write_rows(file)
    # What is compiled is loaded here, once for all forks.
    counted: list[int] = []
    whole = descend(file, str(Path(folder) / "whole.ckpt"), lambda: counted.append(1))
    chance, killed = random.Random(seed), 0
    places: set[str] = set()
    results: list[str] = []
    while killed < kills or not results:
        process, blocks = forked(file, checkpoint, result)
        if killed < kills:
            wait_for(blocks, chance.randint(0, len(counted)))
            os.kill(process, signal.SIGKILL)
        os.close(blocks)
        if finished(process) == -signal.SIGKILL:
            killed += 1
            if Path(checkpoint).exists():
                places.add(hashlib.sha256(Path(checkpoint).read_bytes()).hexdigest())
        else:
            results.append(Path(result).read_text())
            os.unlink(checkpoint)
    left = [name for name in os.listdir(folder) if name.endswith(".part")]
    different = sum(found != whole for found in results)
    print(json.dumps({"killed": killed, "places": len(places), "ended": len(results),
                      "different": different, "parts": len(left)}))  # fmt: skip


def write_rows(file: str) -> None:
    random_numbers = np.random.default_rng(1)
    x = random_numbers.standard_normal((2000, 3)) * [1.0, 10.0, 0.1]
    y = x @ [1.0, 0.1, 5.0] + random_numbers.logistic(size=2000) > 0.3
    np.save(file, np.column_stack([x, y]))


def finished(process: int) -> int:
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
