"""Mini-batch descent over rows that are read block by block.

The objective at the end of an epoch is summed up while the next epoch reads the same blocks: first
each block is evaluated at the point where the epoch before ended, then it is descended. After the
last epoch the rows are read once more, for the objective of its end alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, final

import numpy as np

from steepest.arrays import Array, Floats
from steepest.descent.minibatch import (
    MinibatchState,
    MinibatchStep,
    Settings,
    averaged,
    summed,
    visit,
)
from steepest.descent.row_block import RowBlock
from steepest.errors import InputError
from steepest.moments.row_major import RowMajorCopy
from steepest.problems.linear_streamed import StreamedProblem, rows_of
from steepest.problems.row_stream import Meter, StreamPace
from steepest.problems.stream_survey import block_weights, checked_target

Progress: TypeAlias = Callable[[StreamPace], object]

# So many rows of a block tell progress what rows cost before they are descended.
_LOOK_ROWS = 4096


@final
@dataclass(frozen=True, eq=False)
class Place:
    """Where a streamed descent stands between two blocks: all that is needed to go on.

    - `steps`: at the ends of epochs, whose objectives are known; of their states only what a path
      needs
    - `state`: of the descent
    - `point`: the state at the end of the epoch before, of whose objective and gradient (d,) the
      sums over the first `block` blocks are `total` and `slopes`
    """

    steps: tuple[MinibatchStep, ...]
    state: MinibatchState
    point: MinibatchState
    block: int
    total: float
    slopes: Floats

    @staticmethod
    def start(parameters: Floats, settings: Settings) -> "Place":
        """Before the first block."""
        return Place((), *_beginning(MinibatchState.start(parameters, settings)))

    def after(self, rows: RowBlock, settings: Settings, *, descends: bool, last: bool) -> "Place":
        """The place one block on; `last`: whether it ends the pass."""
        total, slopes = summed(rows, settings, self.point.parameters)
        state = visit(rows, settings, self.state, last=last) if descends else self.state
        return replace(
            self,
            state=state,
            block=self.block + 1,
            total=self.total + total,
            slopes=self.slopes + slopes,
        )

    def closed(self, settings: Settings, rows: int) -> "Place":
        """The place after a pass, with the step that it was evaluated for."""
        steps = self.steps
        # A descent that had ended and goes on evaluates its last step once more.
        if len(steps) == self.point.epoch:
            parameters = self.point.parameters
            found = averaged(self.total, self.slopes, rows, settings, parameters)
            steps = (*steps, MinibatchStep(_bare(self.point), *found))
        return Place(steps, *_beginning(self.state))


def walk(
    problem: StreamedProblem,
    settings: Settings,
    place: Place,
    epochs: int,
    progress: Progress | None = None,
) -> Iterator[Place]:
    """The places after each block, until so many epochs have been made and evaluated.

    Raises InputError where the rows are not those of the problem's first pass; what reading raises
    goes through.
    """
    going = True
    while going:
        going = place.point.epoch < epochs
        meter = _meter(problem, place, epochs, progress)
        for reached in _walk_once(problem, settings, place, meter, descends=going):
            place = reached
            yield place


def _walk_once(
    problem: StreamedProblem, settings: Settings, place: Place, meter: Meter, *, descends: bool
) -> Iterator[Place]:
    """The places after each block that is left of a pass; the last one is that after the pass."""
    blocks, rows, row_major, stream = 0, 0, RowMajorCopy(), problem.stream
    for block in rows_of(stream):
        blocks, rows = blocks + 1, rows + len(block)
        if blocks > problem.survey.blocks:
            break
        if blocks <= place.block:  # from where a checkpoint was written
            meter.add(len(block))
            continue
        # Rows in one piece are summed and descended in half the time, turning them included.
        features = row_major.rows(block)
        target = checked_target(stream, problem.loss, block)
        at_work = RowBlock.of(features, target, block_weights(stream, block))
        cost = _cost(features, at_work, settings, place.state) if descends else None
        meter.add(len(block), cost)
        last = blocks == problem.survey.blocks
        place = place.after(at_work, settings, descends=descends, last=last)
        del (
            block,
            features,
            target,
            at_work,
            cost,
        )  # or they would be in memory while the next one is waited for
        if not last:
            yield place
    if (blocks, rows) != (problem.survey.blocks, problem.rows):
        raise InputError(
            "the rows changed while they were read: there were {rows} in {blocks: block}, "
            "and now {rows_2} or more in {blocks_2}. Begin again.",
            rows=problem.rows,
            blocks=problem.survey.blocks,
            rows_2=rows,
            blocks_2=blocks,
        )
    yield place.closed(settings, problem.rows)


def _meter(problem: StreamedProblem, place: Place, epochs: int, progress: Progress | None) -> Meter:
    epoch = place.point.epoch + 1
    return Meter(progress, epoch, problem.rows, max(0, epochs + 1 - epoch))


def _cost(
    features: Array, rows: RowBlock, settings: Settings, state: MinibatchState
) -> Callable[[], float]:
    """What the first rows of a block cost, penalty included."""

    def cost() -> float:
        weights = rows.weights[:_LOOK_ROWS] if len(rows.weights) else None
        few = RowBlock.of(features[:_LOOK_ROWS], rows.target[:_LOOK_ROWS], weights)
        sums = summed(few, settings, state.parameters)
        return averaged(*sums, len(few), settings, state.parameters)[0]

    return cost


def _beginning(state: MinibatchState) -> tuple[MinibatchState, MinibatchState, int, float, Floats]:
    """The rest of a place at the beginning of a pass."""
    return state, state, 0, 0.0, np.zeros_like(state.parameters)


def _bare(state: MinibatchState) -> MinibatchState:
    """The state without what only a descent needs that goes on from there."""
    return replace(state, optimizer=(state.updates,), gradient=np.empty(0))
