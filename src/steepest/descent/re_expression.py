"""Where a descent stands, in other coordinates of the same functions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from steepest.arrays import Floats
from steepest.descent.minibatch import MinibatchState
from steepest.descent.optimizers import Optimizer
from steepest.problems.coordinates import Change

# What the optimizers remember, by torch's names: steps go the way of parameters, so that heavy ball
# goes on from the same two functions; means of gradients, and of their squares, that of gradients.
_CHANGES: Mapping[str, Callable[[Change, Floats], Floats]] = MappingProxyType(
    {
        "momentum_buffer": Change.points,
        "exp_avg": Change.gradients,
        "grad_avg": Change.gradients,
        "sum": Change.squares,
        "square_avg": Change.squares,
        "exp_avg_sq": Change.squares,
        "max_exp_avg_sq": Change.squares,
    }
)


def re_expressed(state: MinibatchState, optimizer: Optimizer, change: Change) -> MinibatchState:
    """The state between two batches, in the coordinates that `change` leads to.

    Parameters, their average and the steps of momentum belong to the same functions as before.
    """
    width = len(change.ratio) + change.intercept

    def changed(how: Callable[[Change, Floats], Floats], values: Floats) -> Floats:
        return how(change, values.reshape(-1, width)).ravel()

    count, *memory = state.optimizer
    named = zip(optimizer.remembers, memory, strict=True)
    return replace(
        state,
        parameters=changed(Change.points, state.parameters),
        total=changed(Change.points, state.total),
        optimizer=(count, *(changed(_CHANGES[name], values) for name, values in named)),
    )
