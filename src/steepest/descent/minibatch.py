"""Mini-batch descent: many updates an epoch, each from the gradient of a few rows.

An update takes the gradient of the batch's b rows,

    g = Σ s_i ℓ'(η_i, y_i) x_i / (b·s̄) + 2bw

with their weights s and the mean weight s̄ of all rows, so that its mean over the batches of an
epoch is the gradient of the whole, whatever the weights. Then come the optimizer's rule at the rate
of that update, and the proximal step of the penalty.

Parameters θ are the coefficients and then the intercept; for k classes one such line after the
other. With centre m and spread s of the features they belong to (x − m)/s.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Floats, Integers
from steepest.descent.kernels import Stretch
from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.descent.row_block import Machine, Pace, RowBlock
from steepest.descent.schedules import Backtracking, Schedule
from steepest.descent.update_rules import State
from steepest.errors import InputError
from steepest.losses import Loss, ScalarLoss
from steepest.number_checks import check_whole
from steepest.penalties.penalties import Penalized
from steepest.problems.row_pieces import by_pieces
from steepest.translation import say

if TYPE_CHECKING:
    from steepest.descent.kernels.parameter_update import Rule

# From parameters (d,) to the whole objective and its gradient (d,).
Look: TypeAlias = Callable[[Floats], tuple[float, Floats]]

# Sums over all rows are merged in this order, however many threads there are.
PIECE_ROWS = 1 << 16


@final
@dataclass(frozen=True, eq=False)
class Settings:
    """What is descended, and how.

    - `batch`: rows to an update; the last of an epoch may have fewer
    - `classes`: k for the multinomial loss, else 1
    - `penalized`: penalty and bounds of the k·(p + 1) parameters; None for neither
    - `centre`, `spread` (p,): the features are descended as (x − centre)/spread; None for 0 and 1
    - `weight`: the mean weight s̄ of all rows
    - `shuffle`, `seed`: rows are visited in the order of `kernels/shuffled_order.py`, else in
      theirs
    - `average_after`: Polyak and Ruppert's mean of the parameters after later updates than this;
      None for none
    """

    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    batch: int = 1
    classes: int = 1
    intercept: bool = True
    penalized: Penalized | None = None
    centre: Floats | None = None
    spread: Floats | None = None
    weight: float = 1.0
    shuffle: bool = True
    seed: int = 0
    average_after: int | None = None

    def __post_init__(self) -> None:
        check_whole(say("the batch size"), self.batch, 1)
        check_whole(say("the seed"), self.seed, 0)
        if isinstance(self.schedule, Backtracking):
            raise InputError(
                "a line search needs the objective of all rows at every step: give "
                "mini-batches a learning rate, or another schedule."
            )


@final
@dataclass(frozen=True, eq=False)
class MinibatchState:
    """Where a descent stands: all that is needed to go on, bit for bit. Arrays (d,).

    - `optimizer`: its state, as in `optimizers.py`
    - `gradient`, `pending`: the sum of the gradients of the batch so far, and of how many rows
    - `total`, `averaged`: the sum of the parameters that count for the average, and how many do
    - `updates`: made so far; `epoch`, `block`, `place`: the next row, in the visiting order
    """

    parameters: Floats
    optimizer: State
    gradient: Floats
    total: Floats
    pending: int = 0
    averaged: int = 0
    updates: int = 0
    epoch: int = 0
    block: int = 0
    place: int = 0

    @staticmethod
    def start(parameters: ArrayLike, settings: Settings) -> "MinibatchState":
        """Before the first update."""
        theta = np.array(parameters, dtype=np.float64)
        zeros = np.zeros_like(theta)
        return MinibatchState(theta, settings.optimizer.init(theta), zeros, zeros)

    @property
    def average(self) -> Floats:
        """The mean of the parameters that count; the parameters where none does."""
        return self.total / self.averaged if self.averaged else self.parameters


class MinibatchStep(NamedTuple):
    """The whole objective, and the gradient (d,) of its smooth part, at a state's parameters."""

    state: MinibatchState
    objective: float
    gradient: Floats


def minibatch_steps(
    block: RowBlock,
    settings: Settings,
    start: ArrayLike,
    epochs: int,
    *,
    first_updates: int = 0,
    look: Look | None = None,
) -> Iterator[MinibatchStep]:
    """Descend over rows in memory: a step at the start, and one at the end of each epoch.

    - `first_updates`: the number of first updates after which there is a step too
    - `look`: `whole`, where there is a quicker way than the block's

    Ctrl-C is heard within a fraction of a second; the steps before it have been handed out.
    Raises InputError for a start of the wrong length and for a batch larger than the data.

    >>> from steepest.descent.schedules import Constant
    >>> from steepest.losses import Squared
    >>> rows = RowBlock.of(np.array([[1.0], [2.0], [3.0]]), [2.0, 4.0, 6.0])
    >>> plain = Settings(Squared(), SGD(), Constant(0.01), intercept=False, shuffle=False)
    >>> for step in minibatch_steps(rows, plain, [1.0], epochs=2):
    ...     print(step.state.updates, step.state.parameters.round(7), round(step.objective, 7))
    0 [1.] 4.6666667
    3 [1.260688] 2.5507171
    6 [1.4534178] 1.3941766
    """
    if settings.batch > len(block):
        raise InputError(
            "a batch of {batch} rows is larger than the data, {count: row}: give a smaller "
            "batch size, or descend with all rows.",
            batch=settings.batch,
            count=len(block),
        )
    state, look = MinibatchState.start(start, settings), look or partial(whole, block, settings)
    yield MinibatchStep(state, *look(state.parameters))
    while state.epoch < epochs:
        most = 1 if state.updates < first_updates else None
        state = visit(block, settings, state, most_updates=most)
        if most == 1 or state.place == 0:
            yield MinibatchStep(state, *look(state.parameters))


def visit(
    block: RowBlock,
    settings: Settings,
    state: MinibatchState,
    *,
    last: bool = True,
    most_updates: int | None = None,
) -> MinibatchState:
    """The state after the block's rows that are left, or after so many updates.

    - `last`: whether the epoch ends with this block; then a batch that is not full makes an update
    """
    machine = machine_of(block, settings)
    walk, counts = _unpacked(state, machine)
    stop = len(block)
    key = order_key(settings.seed, state.epoch, state.block)
    stretch = Stretch(state.place, stop, key, settings.shuffle)
    pace = Pace(settings.batch, settings.schedule, last, most_updates)
    place = block.descend(stretch, pace, machine, walk, counts)
    following = _packed(state, machine, walk, counts)
    if place < stop:
        return replace(following, place=place)
    if last:
        return replace(following, epoch=state.epoch + 1, block=0, place=0)
    return replace(following, block=state.block + 1, place=0)


def order_key(seed: int, epoch: int, block: int = 0) -> int:
    """What the order of a block in an epoch follows from: 62 bits, as an int.

    >>> order_key(0, 0) != order_key(0, 1) != order_key(1, 1)
    True
    """
    words = np.random.SeedSequence([seed, epoch, block]).generate_state(1, np.uint64)
    return int(words[0]) >> 2


def whole(block: RowBlock, settings: Settings, parameters: Floats) -> tuple[float, Floats]:
    """The objective Σ s ℓ / Σ s + penalty, and the gradient (d,) without what has kinks.

    Every core sums pieces of the rows; the pieces are merged in their order.
    """
    return averaged(*summed(block, settings, parameters), len(block), settings, parameters)


def summed(block: RowBlock, settings: Settings, parameters: Floats) -> tuple[float, Floats]:
    """Σ s ℓ / s̄ over the rows of a block, and its gradient (d,)."""
    from steepest.descent.kernels.parameter_update import GRADIENT

    machine = machine_of(block, settings)

    def piece(at: slice) -> tuple[float, Floats]:
        walk, _ = _unpacked(MinibatchState.start(parameters, settings), machine)
        total = block.sum(at.start, at.stop, machine, walk)
        return total, walk[GRADIENT, :, : machine.used].ravel()

    parts = by_pieces(len(block), piece, PIECE_ROWS)
    return sum(value for value, _ in parts), np.sum([part for _, part in parts], axis=0)


def averaged(
    total: float, gradient: Floats, rows: int, settings: Settings, parameters: Floats
) -> tuple[float, Floats]:
    """Objective and gradient, from their sums over all rows, of which there are `rows`."""
    objective, gradient = total / rows, gradient / rows
    if settings.penalized is not None:
        objective += float(settings.penalized.value(parameters))
        gradient = gradient + settings.penalized.gradient(parameters)
    return float(objective), gradient


def machine_of(block: RowBlock, settings: Settings) -> Machine:
    """The settings as compiled code knows them, for rows of that many columns."""
    from steepest.descent.kernels.row_tile import MULTINOMIAL, Errors

    used = block.columns + settings.intercept
    loss = settings.loss
    code, option = (loss.code, loss.option) if isinstance(loss, ScalarLoss) else (MULTINOMIAL, 0.0)
    errors = Errors(code, float(option), 1.0 / settings.weight)
    costs = np.zeros((4, settings.classes, block.width(used)))
    rule = _rule_of(settings)
    if settings.penalized is not None:
        penalty, penalized = settings.penalized.penalty, settings.penalized.penalized
        parts = (penalty.curvature * penalized, penalty.absolute * penalized)
        for layer, values in enumerate((*parts, *settings.penalized.sides)):
            costs[layer, :, :used] = np.reshape(values, (settings.classes, used))
    scales = np.zeros((2, block.columns))
    scales[0] = 0.0 if settings.centre is None else settings.centre
    scales[1] = 1.0 if settings.spread is None else 1.0 / np.asarray(settings.spread)
    return Machine(errors, rule, costs, scales, used)


def _rule_of(settings: Settings) -> "Rule":
    from steepest.descent.kernels import parameter_update as codes

    optimizer, penalized = settings.optimizer, settings.penalized
    code, options, flag = codes.PLAIN, (0.0, 0.0, 0.0), False
    if isinstance(optimizer, SGD):
        code = codes.PLAIN if optimizer.momentum == 0.0 else codes.MOMENTUM
        options, flag = (optimizer.momentum, optimizer.dampening, 0.0), optimizer.nesterov
    elif isinstance(optimizer, Adagrad):
        code, options = codes.ADAGRAD, (optimizer.lr_decay, optimizer.eps, 0.0)
    elif isinstance(optimizer, RMSprop):
        code, options = codes.RMSPROP, (optimizer.alpha, optimizer.eps, optimizer.momentum)
        flag = optimizer.centered
    elif isinstance(optimizer, Adam | AdamW):
        code, options = codes.ADAM, (*optimizer.betas, optimizer.eps)
        flag = optimizer.amsgrad
    else:
        raise InputError("{name} has no compiled rule: use another optimizer.", name=optimizer.name)
    a, b, c = map(float, options)
    return codes.Rule(
        code,
        a,
        b,
        c,
        bool(flag),
        float(optimizer.weight_decay),
        isinstance(optimizer, AdamW),
        penalized is not None and penalized.penalty.squared != 0.0,
        penalized is not None and penalized.has_kinks,
        -1 if settings.average_after is None else settings.average_after,
    )


def _unpacked(state: MinibatchState, machine: Machine) -> tuple[Floats, Integers]:
    """The arrays `walk` and `counts` of compiled code, its own."""
    from steepest.descent.kernels.parameter_update import GRADIENT, LAYERS, MEMORY, THETA, TOTAL

    _, classes, width = machine.costs.shape
    walk = np.zeros((LAYERS, classes, width))
    layers = {THETA: state.parameters, GRADIENT: state.gradient, TOTAL: state.total}
    layers |= dict(enumerate(state.optimizer[1:], MEMORY))
    for layer, values in layers.items():
        count = classes * machine.used
        if values.shape != (count,):
            raise InputError(
                "the start has shape {shape}, for {count: parameter}.",
                shape=values.shape,
                count=count,
            )
        walk[layer, :, : machine.used] = values.reshape(classes, machine.used)
    counts = np.array([state.updates, state.pending, state.averaged], dtype=np.int64)
    return walk, counts


def _packed(
    state: MinibatchState, machine: Machine, walk: Floats, counts: Integers
) -> MinibatchState:
    """The state with what compiled code has made of it."""
    from steepest.descent.kernels.parameter_update import GRADIENT, MEMORY, THETA, TOTAL

    updates, pending, averaged = counts.tolist()
    lines = walk[:, :, : machine.used].reshape(len(walk), -1)
    memory = lines[MEMORY : MEMORY + len(state.optimizer) - 1]
    return replace(
        state,
        parameters=lines[THETA],
        optimizer=(updates, *memory),
        gradient=lines[GRADIENT],
        total=lines[TOTAL],
        pending=pending,
        averaged=averaged,
        updates=updates,
    )
