"""Mini-batch descent against torch.optim and autograd, full-batch descent, and by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from steepest.arrays import Floats
from steepest.descent.minibatch import (
    MinibatchState,
    Settings,
    minibatch_steps,
    order_key,
    visit,
    whole,
)
from steepest.descent.minibatch_epochs import adapted
from steepest.descent.optimizers import OPTIMIZERS as KNOWN_OPTIMIZERS
from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.descent.penalized_update import Proximal
from steepest.descent.row_block import DenseRows, RowBlock
from steepest.descent.schedules import Backtracking, Constant, Cosine, InverseTime, StepDecay
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs
from steepest.errors import InputError
from steepest.losses import LOSSES as KNOWN_LOSSES
from steepest.losses import (
    Absolute,
    Gamma,
    Hinge,
    Huber,
    LogCosh,
    Logistic,
    Multinomial,
    Poisson,
    Quantile,
    Squared,
    SquaredHinge,
    Tweedie,
)
from steepest.losses.loss import ScalarLoss
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet, Penalized, Penalty
from steepest.problems.problem import Problem

RANDOM = np.random.default_rng(3)
ROWS, COLUMNS = 103, 5
X = RANDOM.standard_normal((ROWS, COLUMNS)) * [1.0, 0.5, 2.0, 1.0, 0.3]
NOISE = RANDOM.standard_normal(ROWS)
NUMBERS = X @ [1.0, -2.0, 0.5, 0.0, 3.0] + 0.7 + 0.3 * NOISE
CLASSES = (NUMBERS > 0.5).astype(float)
COUNTS = np.floor(np.exp(0.2 * NUMBERS) + 0.5 * np.abs(NOISE))
POSITIVE = np.exp(0.2 * NUMBERS)
THREE = np.digitize(NUMBERS, [-1.0, 1.5]).astype(float)
WEIGHTS = RANDOM.integers(0, 4, ROWS).astype(float)

softplus = torch.nn.functional.softplus


def huber(e: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.huber_loss(e, y, reduction="none", delta=0.4)


def tweedie(e: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.exp(0.5 * e) / 0.5 + y * torch.exp(-0.5 * e) / 0.5


# Each loss with a target, and the same loss in torch.
LOSSES = [
    (Squared(), NUMBERS, lambda e, y: (e - y) ** 2),
    (Absolute(), NUMBERS, lambda e, y: (e - y).abs()),
    (Huber(delta=0.4), NUMBERS, huber),
    (Quantile(0.3), NUMBERS, lambda e, y: torch.maximum(0.7 * (e - y), -0.3 * (e - y))),
    (LogCosh(), NUMBERS, lambda e, y: torch.log(torch.cosh(e - y))),
    (Logistic(), CLASSES, lambda e, y: softplus(e) - y * e),
    (Hinge(), CLASSES, lambda e, y: torch.relu(1 - (2 * y - 1) * e)),
    (SquaredHinge(), CLASSES, lambda e, y: torch.relu(1 - (2 * y - 1) * e) ** 2),
    (Poisson(), COUNTS, lambda e, y: torch.exp(e) - y * e),
    (Gamma(), POSITIVE, lambda e, y: e + y * torch.exp(-e)),
    (Tweedie(1.5), COUNTS, tweedie),
]  # fmt: skip

OPTIMIZERS = [
    SGD(),
    SGD(weight_decay=0.1),
    SGD(momentum=0.9),
    SGD(momentum=0.9, dampening=0.4, weight_decay=0.1),
    SGD(momentum=0.8, nesterov=True, weight_decay=0.05),
    Adagrad(),
    Adagrad(lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1, eps=1e-3),
    RMSprop(),
    RMSprop(alpha=0.9, eps=1e-3, weight_decay=0.1, momentum=0.5, centered=True),
    Adam(),
    Adam(betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1, amsgrad=True),
    AdamW(),
    AdamW(betas=(0.8, 0.9), weight_decay=0.5, amsgrad=True),
]


def torch_descent(
    optimizer: Optimizer,
    loss: Callable[..., Any],
    batches: Sequence[np.ndarray],
    rates: Sequence[float],
    y: np.ndarray,
    start: np.ndarray,
    classes: int = 1,
) -> np.ndarray:
    """The parameters after these batches of rows, by torch.optim and autograd in float64."""
    features = torch.from_numpy(np.column_stack([X, np.ones(ROWS)]))
    target = torch.from_numpy(y)
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    options = {field.name: getattr(optimizer, field.name) for field in fields(optimizer)}
    theirs = getattr(torch.optim, optimizer.name)([theta], lr=rates[0], **options)
    for rows, rate in zip(batches, rates, strict=True):
        theirs.param_groups[0]["lr"] = rate
        theirs.zero_grad()
        eta = features[rows] @ theta.reshape(classes, -1).T
        loss(eta if classes > 1 else eta[:, 0], target[rows]).mean().backward()
        theirs.step()
    return theta.detach().numpy()


def batches_of(epochs: int, size: int, seed: int, shuffle: bool = True) -> Iterator[np.ndarray]:
    """What the epochs' batches are, as torch's DataLoader cuts them."""
    for epoch in range(epochs):
        order = visiting_order(ROWS, seed, epoch, shuffle=shuffle)
        yield from (order[i : i + size] for i in range(0, ROWS, size))


def visiting_order(
    rows: int, seed: int, epoch: int, block: int = 0, *, shuffle: bool = True
) -> np.ndarray:
    """The indices of the block's rows (n,) in the order in which the epoch visits them."""
    from steepest.descent.kernels.shuffled_order import order_of

    return order_of(rows, 0, rows, order_key(seed, epoch, block), shuffle)


def run(
    block: RowBlock, settings: Settings, start: Sequence[float] | np.ndarray, epochs: int
) -> MinibatchState:
    state = MinibatchState.start(start, settings)
    for _ in range(epochs):
        state = visit(block, settings, state)
    return state


def close(ours: np.ndarray, theirs: np.ndarray, bound: float = 1e-10) -> None:
    assert np.abs(ours - theirs).max() <= bound * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_agrees_with_torch_over_300_updates(optimizer: Optimizer, size: int) -> None:
    epochs = -(-300 // -(-ROWS // size))
    schedule = InverseTime(3e-3, decay=1e-3)
    settings = Settings(Squared(), optimizer, schedule, batch=size, seed=5)
    state = run(RowBlock.of(X, NUMBERS), settings, np.full(COLUMNS + 1, 0.1), epochs)
    batches = list(batches_of(epochs, size, 5))
    rates = [schedule.rate(k) for k in range(len(batches))]
    theirs = torch_descent(
        optimizer, LOSSES[0][2], batches, rates, NUMBERS, np.full(COLUMNS + 1, 0.1)
    )
    assert state.updates == len(batches) >= 300
    close(state.parameters, theirs)


def test_every_optimizer_and_loss_is_held_against_torch() -> None:
    assert {optimizer.name for optimizer in OPTIMIZERS} == set(KNOWN_OPTIMIZERS)
    assert {loss.name for loss, *_ in LOSSES} | {"multinomial"} == set(KNOWN_LOSSES)


@pytest.mark.parametrize("size", [1, 10])
@pytest.mark.parametrize("loss, y, theirs", LOSSES, ids=lambda value: str(value)[:12])
def test_every_loss_agrees_with_autograd(
    loss: ScalarLoss, y: np.ndarray, theirs: Callable[..., Any], size: int
) -> None:
    settings = Settings(loss, SGD(), Constant(2e-3), batch=size, seed=1)
    start = np.linspace(-0.2, 0.3, COLUMNS + 1)
    state = run(RowBlock.of(X, y), settings, start, 3)
    batches = list(batches_of(3, size, 1))
    close(state.parameters, torch_descent(SGD(), theirs, batches, [2e-3] * len(batches), y, start))
    objective, gradient = whole(RowBlock.of(X, y), settings, state.parameters)
    theta = torch.tensor(state.parameters, requires_grad=True)
    features = torch.from_numpy(np.column_stack([X, np.ones(ROWS)]))
    expected = theirs(features @ theta, torch.from_numpy(y)).mean()
    expected.backward()
    assert objective == pytest.approx(expected.item(), rel=1e-12)
    assert theta.grad is not None
    close(gradient, theta.grad.numpy(), 1e-12)


@pytest.mark.parametrize("optimizer", [SGD(), Adam()], ids=str)
def test_several_classes_agree_with_cross_entropy(optimizer: Optimizer) -> None:
    def cross_entropy(eta: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(eta, y.long(), reduction="none")

    settings = Settings(Multinomial(), optimizer, Constant(0.01), batch=10, classes=3)
    start = np.linspace(-0.2, 0.3, 3 * (COLUMNS + 1))
    batches = list(batches_of(5, 10, 0))
    theirs = torch_descent(
        optimizer, cross_entropy, batches, [0.01] * len(batches), THREE, start, classes=3
    )
    for rows in (X, sparse.csr_matrix(X)):
        state = run(RowBlock.of(rows, THREE), settings, start, 5)
        close(state.parameters, theirs)
    objective, gradient = whole(RowBlock.of(X, THREE), settings, state.parameters)
    eta = np.column_stack([X, np.ones(ROWS)]) @ state.parameters.reshape(3, -1).T
    assert objective == pytest.approx(Multinomial().value(eta, THREE).mean())
    slopes = Multinomial().slope(eta, THREE)
    close(gradient, (slopes.T @ np.column_stack([X, np.ones(ROWS)]) / ROWS).ravel())


def test_lesson_0() -> None:
    rows = RowBlock.of(np.array([[1.0], [2.0], [3.0]]), [2.0, 4.0, 6.0])
    settings = Settings(Squared(), SGD(), Constant(0.01), intercept=False, shuffle=False)
    steps = list(minibatch_steps(rows, settings, [1.0], epochs=100))
    w = [step.state.parameters[0] for step in steps]
    assert w[:3] == pytest.approx([1.0, 1.260688, 1.4534178], abs=1e-7)
    assert w[100] == pytest.approx(1.9999999999999236, rel=1e-15)
    assert [step.state.updates for step in steps[:3]] == [0, 3, 6]
    assert steps[0].objective == pytest.approx(14 / 3)
    assert steps[0].gradient == pytest.approx([-28 / 3])


def test_lesson_4_in_full_batches() -> None:
    x = np.arange(-3, 3, 0.1)
    settings = Settings(Squared(), SGD(), Constant(0.1), batch=60, shuffle=False)
    state = run(RowBlock.of(x[:, None], x - 1), settings, [-15.0, -10.0], 15)
    assert state.parameters == pytest.approx([0.991694, -1.332057], abs=1e-6)
    slope = replace(settings, intercept=False)
    steps = minibatch_steps(RowBlock.of(x[:, None], -3 * x), slope, [-10.0], epochs=4)
    w = [step.state.parameters[0] for step in steps]
    assert w == pytest.approx([-10, -5.797667, -4.118134, -3.446881, -3.178603], abs=1e-6)


class _Whole(Problem):
    """The objective of all rows, for full-batch descent; squared loss in NumPy."""

    names = tuple("abcdef")
    rows = np.column_stack([X, np.ones(ROWS)])

    def objectives(self, parameters: Floats) -> Floats:
        return ((parameters @ self.rows.T - NUMBERS) ** 2).mean(axis=-1)

    def gradient(self, parameters: Floats) -> Floats:
        return 2 / ROWS * (parameters @ self.rows.T - NUMBERS) @ self.rows


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9), Adam()], ids=str)
def test_a_batch_of_all_rows_is_full_batch_descent(optimizer: Optimizer) -> None:
    schedule = Cosine(0.05, epochs=40)
    path = descend(_Whole(), optimizer, schedule, [Epochs(40)], np.zeros(6))
    settings = Settings(Squared(), optimizer, schedule, batch=ROWS, shuffle=False)
    steps = list(minibatch_steps(RowBlock.of(X, NUMBERS), settings, np.zeros(6), epochs=40))
    close(np.array([step.state.parameters for step in steps]), path.parameters, 1e-12)
    close(np.array([step.objective for step in steps]), path.objective, 1e-12)
    close(np.array([step.gradient for step in steps]), path.gradient, 1e-12)


LAYOUTS = {
    "float32": lambda rows: rows.astype(np.float32),
    "by column": np.asfortranarray,
    "float32 by column": lambda rows: np.asfortranarray(rows.astype(np.float32)),
    "a part of a wider matrix": lambda rows: np.hstack([rows, rows])[:, :COLUMNS],
    "every second row": lambda rows: np.repeat(rows, 2, axis=0)[::2],
    "sparse": sparse.csr_matrix,
    "sparse float32": lambda rows: sparse.csr_matrix(rows.astype(np.float32)),
}


@pytest.mark.parametrize("size", [1, 8])
@pytest.mark.parametrize("optimizer", [SGD(), Adagrad(), Adam()], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_the_rows_does_not_matter(
    layout: str, optimizer: Optimizer, size: int
) -> None:
    rows = X.astype(np.float32).astype(np.float64)
    rows[RANDOM.random(rows.shape) < 0.4] = 0.0
    settings = Settings(Squared(), optimizer, Constant(0.01), batch=size)
    states = [
        run(RowBlock.of(given, NUMBERS), settings, np.zeros(6), 4)
        for given in (rows, LAYOUTS[layout](rows))
    ]
    close(states[1].parameters, states[0].parameters, 1e-13)
    sums = [
        whole(RowBlock.of(given, NUMBERS), settings, states[0].parameters)
        for given in (rows, LAYOUTS[layout](rows))
    ]
    assert sums[1][0] == pytest.approx(sums[0][0], rel=1e-13)
    close(sums[1][1], sums[0][1], 1e-13)


def test_the_rows_are_neither_copied_nor_written_to() -> None:
    rows = np.asfortranarray(X)
    rows.setflags(write=False)
    block = RowBlock.of(rows, NUMBERS)
    assert isinstance(block, DenseRows)
    assert block.features is rows
    run(block, Settings(Squared(), SGD(), Constant(0.01), centre=X.mean(0)), np.zeros(6), 1)


@pytest.mark.parametrize("size", [1, 8])
def test_standardised_on_the_way_is_descent_on_standardised_rows(size: int) -> None:
    centre, spread = X.mean(axis=0), X.std(axis=0)
    plain = Settings(Logistic(), Adam(), Constant(0.05), batch=size)
    scaled = replace(plain, centre=centre, spread=spread)
    ours = run(RowBlock.of(X, CLASSES), scaled, np.zeros(6), 3)
    copy = run(RowBlock.of((X - centre) / spread, CLASSES), plain, np.zeros(6), 3)
    close(ours.parameters, copy.parameters, 1e-12)
    thin = replace(plain, spread=spread)
    ours = run(RowBlock.of(sparse.csr_matrix(X), CLASSES), thin, np.zeros(6), 3)
    copy = run(RowBlock.of(X / spread, CLASSES), plain, np.zeros(6), 3)
    close(ours.parameters, copy.parameters, 1e-12)
    with pytest.raises(InputError, match="sparse rows cannot be centred"):
        run(RowBlock.of(sparse.csr_matrix(X), CLASSES), scaled, np.zeros(6), 1)


def test_weights_are_repetition_for_the_whole_and_for_full_batches() -> None:
    again = np.repeat(np.arange(ROWS), WEIGHTS.astype(int))
    repeated = RowBlock.of(X[again], NUMBERS[again])
    weighted = RowBlock.of(X, NUMBERS, WEIGHTS)
    settings = Settings(Squared(), SGD(), Constant(0.05), shuffle=False)
    weighing = replace(settings, weight=WEIGHTS.mean())
    theta = np.linspace(-1, 1, 6)
    for a, b in zip(
        whole(weighted, weighing, theta), whole(repeated, settings, theta), strict=True
    ):
        close(np.asarray(a), np.asarray(b), 1e-13)
    ours = run(weighted, replace(weighing, batch=ROWS), theta, 10)
    theirs = run(repeated, replace(settings, batch=len(again)), theta, 10)
    close(ours.parameters, theirs.parameters, 1e-12)


@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
def test_a_row_that_weighs_twice_the_mean_moves_twice_as_far(rows: Any) -> None:
    settings = Settings(Squared(), SGD(), Constant(0.01), shuffle=False, weight=WEIGHTS.mean())
    state = MinibatchState.start(np.zeros(6), settings)
    for i in range(9):
        before = state.parameters
        state = visit(RowBlock.of(rows, NUMBERS, WEIGHTS), settings, state, most_updates=1)
        slope = 2 * (np.append(X[i], 1.0) @ before - NUMBERS[i]) * np.append(X[i], 1.0)
        moved = -0.01 * WEIGHTS[i] / WEIGHTS.mean() * slope
        close(state.parameters - before, moved, 1e-13)


def penalized(penalty: Penalty, **sides: Any) -> Penalized:
    names = (*"abcde", "intercept")
    bounds = Bounds.of(names, sides) if sides else None
    return Penalized(penalty, np.array([True] * COLUMNS + [False]), bounds)


@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(),
        SGD(momentum=0.5),
        SGD(momentum=0.5, nesterov=True),
        SGD(momentum=0.5, dampening=0.25),
        Adagrad(lr_decay=0.1),
        RMSprop(momentum=0.5, centered=True),
        Adam(amsgrad=True),
        AdamW(),
    ],
    ids=str,
)
def test_each_update_ends_with_the_proximal_step(
    rows: Any, size: int, optimizer: Optimizer
) -> None:
    rule = penalized(ElasticNet(0.5, l1_ratio=0.6), a=(0, None), d=(None, 0.01))
    settings = Settings(Squared(), optimizer, Constant(0.01), batch=size, penalized=rule)
    state = run(RowBlock.of(rows, NUMBERS), settings, np.zeros(6), 3)
    theta = np.zeros(6)
    memory = optimizer.init(theta)
    lines = np.column_stack([X, np.ones(ROWS)])
    for batch in batches_of(3, size, 0):
        x = lines[batch]
        g = 2 / len(batch) * (x @ theta - NUMBERS[batch]) @ x + rule.gradient(theta)
        moved, memory = optimizer.step(theta, g, memory, 0.01)
        theta = Proximal(rule).follow(moved, np.array(0.01), optimizer, memory)
    close(state.parameters, theta, 1e-12)
    objective, gradient = whole(RowBlock.of(rows, NUMBERS), settings, theta)
    value = ((lines @ theta - NUMBERS) ** 2).mean() + rule.value(theta)
    assert objective == pytest.approx(float(value), rel=1e-13)
    close(gradient, 2 / ROWS * (lines @ theta - NUMBERS) @ lines + rule.gradient(theta), 1e-13)


def test_an_l1_penalty_makes_coefficients_exactly_0_and_spares_the_intercept() -> None:
    settings = Settings(Squared(), SGD(), Constant(0.01), batch=10, penalized=penalized(L1(2.0)))
    theta = run(RowBlock.of(X, NUMBERS), settings, np.ones(6), 50).parameters
    assert (theta[:5] == 0.0).sum() >= 2
    assert (theta[:5] != 0.0).any() and theta[5] != 0.0
    rule = penalized(L2(0.0), **{name: (0, None) for name in "abcde"})
    theta = run(
        RowBlock.of(X, NUMBERS), replace(settings, penalized=rule), np.ones(6), 50
    ).parameters
    assert (theta[:5] >= 0.0).all()
    assert theta[1] == 0.0  # -2 without the bound


@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
@pytest.mark.parametrize("spared", [0, 50])
def test_the_average_is_the_mean_of_the_later_parameters(rows: Any, spared: int) -> None:
    settings = Settings(Squared(), SGD(), Constant(0.01), batch=4, average_after=spared)
    steps = minibatch_steps(RowBlock.of(rows, NUMBERS), settings, np.ones(6), 4, first_updates=104)
    states = [step.state for step in steps]
    assert [state.updates for state in states] == list(range(105))
    later = [state.parameters for state in states if state.updates > spared]
    close(states[-1].average, np.mean(later, axis=0), 1e-14)
    assert states[spared].average is states[spared].parameters


@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
@pytest.mark.parametrize("optimizer", [SGD(), SGD(momentum=0.9), Adam()], ids=str)
def test_a_run_that_stops_and_goes_on_is_the_same_run(rows: Any, optimizer: Optimizer) -> None:
    settings = Settings(Squared(), optimizer, StepDecay(0.01, step_size=7), batch=6, seed=2)
    block = RowBlock.of(rows, NUMBERS)
    straight = run(block, settings, np.ones(6), 3)
    state = MinibatchState.start(np.ones(6), settings)
    while state.epoch < 3:
        state = visit(block, settings, state, most_updates=5)
    assert (state.updates, state.place) == (straight.updates, 0)
    close(state.parameters, straight.parameters, 1e-13)


def test_batches_run_on_across_blocks() -> None:
    settings = Settings(Squared(), Adam(), Constant(0.01), batch=10, shuffle=False)
    straight = run(RowBlock.of(X, NUMBERS), settings, np.ones(6), 2)
    state = MinibatchState.start(np.ones(6), settings)
    for _ in range(2):
        for part in (slice(0, 33), slice(33, 77), slice(77, None)):
            block = RowBlock.of(X[part], NUMBERS[part])
            state = visit(block, settings, state, last=part.stop is None)
    assert (state.epoch, state.block, state.updates) == (2, 0, 22)
    close(state.parameters, straight.parameters, 1e-13)


@pytest.mark.parametrize("rows", [1, 15, 16, 31, 33, 4096, 4097, 10_000, 70_001])
def test_a_shuffle_visits_every_row_once(rows: int) -> None:
    order = visiting_order(rows, seed=4, epoch=2)
    assert np.array_equal(np.sort(order), np.arange(rows))
    assert np.array_equal(order, visiting_order(rows, seed=4, epoch=2))
    if rows > 15:
        for other in ((5, 2, 0), (4, 3, 0), (4, 2, 1)):
            assert not np.array_equal(order, visiting_order(rows, *other))


def test_a_shuffle_mixes() -> None:
    order = visiting_order(100_000, seed=0, epoch=0)
    # Places of a batch are spread over the whole: their mean is near the middle, as by chance.
    means = order[: 256 * 390].reshape(390, 256).mean(axis=1)
    assert abs(means.mean() - 50_000) < 500
    assert means.std() < 5_000
    small = np.array([visiting_order(8, seed=s, epoch=0) for s in range(4000)])
    counts = np.array([np.bincount(small[:, i], minlength=8) for i in range(8)])
    assert (np.abs(counts - 500) < 110).all()  # 5 standard deviations


def test_large_blocks_are_visited_in_the_shuffled_order() -> None:
    rows, y = RANDOM.standard_normal((40_000, 2)), RANDOM.standard_normal(40_000)
    settings = Settings(Squared(), SGD(), Constant(1e-3), batch=64, seed=9)
    ours = run(RowBlock.of(rows, y), settings, np.zeros(3), 1)
    lines, theta = np.column_stack([rows, np.ones(40_000)]), np.zeros(3)
    order = visiting_order(40_000, 9, 0)
    for i in range(0, 40_000, 64):
        x = lines[order[i : i + 64]]
        theta = theta - 1e-3 * 2 / len(x) * (x @ theta - y[order[i : i + 64]]) @ x
    close(ours.parameters, theta, 1e-12)
    stepwise = MinibatchState.start(np.zeros(3), settings)
    while stepwise.epoch < 1:
        stepwise = visit(RowBlock.of(rows, y), settings, stepwise, most_updates=100)
    close(stepwise.parameters, theta, 1e-12)


def test_an_objective_of_many_rows_is_summed_in_pieces() -> None:
    rows, y = RANDOM.standard_normal((150_000, 3)), RANDOM.standard_normal(150_000)
    settings = Settings(LogCosh(), SGD(), Constant(1.0))
    theta = np.array([0.3, -0.2, 0.1, 0.5])
    eta = rows @ theta[:3] + theta[3]
    for given in (rows, sparse.csr_matrix(rows)):
        objective, gradient = whole(RowBlock.of(given, y), settings, theta)
        assert objective == pytest.approx(LogCosh().value(eta, y).mean(), rel=1e-13)
        slopes = LogCosh().slope(eta, y)
        close(gradient, np.append(slopes @ rows, slopes.sum()) / 150_000, 1e-13)


def test_a_rate_that_is_halved_in_every_epoch_stays_above_0() -> None:
    # From the exact minimum of one row without noise no epoch leads lower.
    rows, plain = (
        RowBlock.of(np.array([[2.0]]), [4.0]),
        Settings(Squared(), SGD(), Constant(0.1), intercept=False),
    )
    *_, last = adapted(rows, plain, np.array([2.0]), epochs=1200)
    assert last.rate > 0.0 and last.objective == 0.0


def test_what_is_refused() -> None:
    good: dict[str, Any] = {"loss": Squared(), "optimizer": SGD(), "schedule": Constant(0.1)}
    with pytest.raises(InputError, match="batch size must be a whole number, 1 or more, not 0"):
        Settings(**good, batch=0)
    with pytest.raises(InputError, match="seed must be a whole number, 0 or more, not -1"):
        Settings(**good, seed=-1)
    with pytest.raises(InputError, match="a line search needs the objective of all rows"):
        Settings(**{**good, "schedule": Backtracking(1.0)})
    with pytest.raises(InputError, match="a batch of 9 rows is larger than the data, 3 rows"):
        next(
            minibatch_steps(
                RowBlock.of(X[:3], NUMBERS[:3]), Settings(**good, batch=9), np.array([0]), 1
            )
        )
    with pytest.raises(InputError, match=r"the start has shape \(2,\), for 6 parameters"):
        next(minibatch_steps(RowBlock.of(X, NUMBERS), Settings(**good), np.array([0.0, 1.0]), 1))
    with pytest.raises(InputError, match=r"the block has 103 rows, but targets of shape \(3,\)"):
        RowBlock.of(X, NUMBERS[:3])
    with pytest.raises(InputError, match=r"the block has 103 rows, but weights of shape \(3,\)"):
        RowBlock.of(X, NUMBERS, WEIGHTS[:3])
    with pytest.raises(InputError, match="must be a matrix of float32 or float64"):
        RowBlock.of(X.astype(int), NUMBERS)
    with pytest.raises(InputError, match="CSR format, not csc_matrix"):
        RowBlock.of(sparse.csc_matrix(X), NUMBERS)
