"""A descent over rows that are read block by block, as a path."""

from collections.abc import Callable
from typing import TypeAlias

from steepest.descent.plan import Plan
from steepest.path.batched import MinibatchPath
from steepest.path.checkpoint import Checkpoint
from steepest.problems.design import Floats
from steepest.problems.row_stream import StreamPace
from steepest.problems.streamed import StreamedProblem

StreamProgress: TypeAlias = Callable[[StreamPace], object]


def descend_stream(
    problem: StreamedProblem,
    plan: Plan,
    start: Floats | None = None,
    seed: int = 0,
    *,
    checkpoint: Checkpoint | None = None,
    progress: StreamProgress | None = None,
) -> MinibatchPath:
    """Descend in mini-batches from `start` (d,), in the descent's coordinates, until a stopping
    rule fires; by default from `problem.start()`.

    Ctrl-C ends the run at the last step whose objective is known; before there is one, it is
    raised. With a checkpoint nothing is lost: started again, the run goes on where it was.
    """
    raise NotImplementedError
