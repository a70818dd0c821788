"""Rows that are streamed: against the same rows in memory, and against the kernel itself."""

import math
import threading
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steepest.descent.minibatch import MinibatchState, visit, whole
from steepest.descent.minibatch_epochs import scheduled, settings_of
from steepest.descent.optimizers import SGD, Adam
from steepest.descent.plan import Plan
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import Constant, InverseTime
from steepest.errors import InputError
from steepest.losses import Huber, Logistic, Multinomial, Poisson, Squared
from steepest.losses.loss import Loss
from steepest.path.full_batch import descend_fully
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.streamed_path import descend_stream
from steepest.penalties.penalties import L2, ElasticNet
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import ArrayStream, Meter, RowStream, StreamPace
from steepest.tables.blocks import Block
from steepest.tables.prefetch import read_ahead

RANDOM = np.random.default_rng(7)
ROWS = 1003
X = RANDOM.standard_normal((ROWS, 4)) * [1.0, 30.0, 0.1, 2.0] + [0.0, 500.0, 3.0, -1.0]
NOISE = RANDOM.standard_normal(ROWS)
NUMBERS = (X - [0.0, 500.0, 3.0, -1.0]) @ [1.0, 0.1, -5.0, 0.5] + 2.0 + NOISE
CLASSES = (NUMBERS + NOISE > 2.0).astype(float)
THREE = np.digitize(NUMBERS, [1.0, 3.0]).astype(float)
COUNTS = np.floor(np.exp(0.1 * NUMBERS) + np.abs(NOISE))
WEIGHTS = RANDOM.integers(0, 4, ROWS).astype(float)
BLOCK = 97


def plan_of(loss: Loss, **changes: Any) -> Plan:
    plan = Plan(loss, L2(0.0), False, SGD(), Constant(0.02), 16, 4, None, True, False)
    return replace(plan, **changes)


def both(
    loss: Loss,
    target: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    block_rows: int = BLOCK,
    **options: Any,
) -> tuple[StreamedProblem, LinearProblem]:
    """The problem in blocks, and in memory."""
    stream = ArrayStream.of(X, target, weights, block_rows=block_rows)
    streamed = StreamedProblem.of(stream, loss=loss, **options)
    return streamed, LinearProblem.of(X, target, loss=loss, weights=weights, **options)


class Told(RowStream):
    """A stream that tells of what happens to it."""

    def __init__(self, stream: RowStream, each: Callable[..., Any] | None = None) -> None:
        self.stream, self.columns, self.rows = stream, stream.columns, stream.rows
        self.passes, self.each = 0, each or (lambda told, block: None)

    def blocks(self) -> Iterator[Block]:
        self.passes += 1
        for block in self.stream.blocks():
            self.each(self, block)
            yield block


CASES = [
    pytest.param(Squared(), NUMBERS, None, {}, id="squared"),
    pytest.param(Logistic(), CLASSES, WEIGHTS, {}, id="logistic-weighted"),
    pytest.param(Multinomial(), THREE, None, {"penalty": L2(0.1)}, id="multinomial"),
    pytest.param(Poisson(), COUNTS, WEIGHTS, {"intercept": False}, id="poisson-no-intercept"),
    pytest.param(Huber(), NUMBERS, None, {"penalty": ElasticNet(0.1)}, id="huber-elastic-net"),
]


@pytest.mark.parametrize(("loss", "target", "weights", "options"), CASES)
def test_a_stream_poses_the_problem_of_its_rows(
    loss: Loss, target: np.ndarray, weights: np.ndarray | None, options: dict[str, Any]
) -> None:
    streamed, problem = both(loss, target, weights, **options)
    assert streamed.names == problem.names
    assert streamed.rows == ROWS
    assert streamed.survey.blocks == math.ceil(ROWS / BLOCK)
    for name in ("centre", "spread"):
        expected = getattr(problem.coordinates, name)
        assert getattr(streamed.coordinates, name) == pytest.approx(expected, rel=1e-12)
    assert streamed.start() == pytest.approx(problem.start(), rel=1e-9)
    points = np.random.default_rng(0).standard_normal((3, len(problem.names))) / 3.0
    objective, gradient = streamed.objectives_and_gradient(points)
    assert objective == pytest.approx(problem.objectives(points), rel=1e-11)
    assert streamed.objectives(points) == pytest.approx(objective, rel=1e-14)
    assert gradient == pytest.approx(problem.gradient(points), rel=1e-9, abs=1e-12)
    hessian = streamed.hessian(points[0])
    assert hessian == pytest.approx(problem.hessian(points[0]), rel=1e-9, abs=1e-12)
    assert streamed.curvature_bound() == pytest.approx(problem.curvature_bound(), rel=1e-11)


@pytest.mark.parametrize(("loss", "target", "weights", "options"), CASES)
def test_an_epoch_is_a_visit_of_its_blocks_and_an_objective_that_of_all_rows(
    loss: Loss, target: np.ndarray, weights: np.ndarray | None, options: dict[str, Any]
) -> None:
    streamed, _ = both(loss, target, weights, **options)
    schedule = Constant(0.02)
    plan = plan_of(
        loss, optimizer=Adam(), penalty=streamed.penalty, average=True, schedule=schedule
    )
    path = descend_stream(streamed, plan, seed=5)
    # The same coordinates to the last bit: what is compared is the descent.
    problem = replace(streamed.sample, features=X, target=target, weights=weights)
    settings = settings_of(problem, plan, schedule, 5)
    state = MinibatchState.start(streamed.start(), settings)
    rows = RowBlock.of(X, target, weights)
    for step in path.kept:
        assert step.updates == state.updates
        assert step.parameters.tolist() == state.parameters.tolist()
        objective, gradient = whole(rows, settings, state.parameters)
        assert step.objective == pytest.approx(objective, rel=1e-12)
        assert step.gradient == pytest.approx(gradient, rel=1e-9, abs=1e-13)
        before = state
        for first in range(0, ROWS, BLOCK):
            part = slice(first, first + BLOCK)
            block = RowBlock.of(X[part], target[part], None if weights is None else weights[part])
            state = visit(block, settings, state, last=first + BLOCK >= ROWS)
    assert path.end.tolist() == before.average.tolist()
    assert (path.last_epoch, path.stop.rule) == (4, "epochs")


def test_one_block_is_the_descent_in_memory() -> None:
    streamed, _ = both(Logistic(), CLASSES, block_rows=ROWS)
    schedule = InverseTime(0.5, decay=0.01)
    plan = plan_of(Logistic(), tolerance=1e-3, epochs=200, schedule=schedule)
    path = descend_stream(streamed, plan, seed=2)
    problem, rows = streamed.sample, RowBlock.of(X, CLASSES)
    settings = settings_of(problem, plan, schedule, 2)
    looks = list(scheduled(rows, settings, streamed.start(), path.last_epoch))
    assert path.stop.rule == "relative tolerance"
    assert [step.objective for step in path.kept] == [look.objective for look in looks]
    assert path.end.tolist() == looks[-1].step.state.parameters.tolist()


def test_the_order_follows_from_the_seed() -> None:
    streamed, _ = both(Squared(), NUMBERS)
    ends = [descend_stream(streamed, plan_of(Squared()), seed=seed).end for seed in (1, 1, 2)]
    assert ends[0].tolist() == ends[1].tolist() != ends[2].tolist()


def test_automatic_rates_arrive_near_the_minimum() -> None:
    for loss, target in ((Squared(), NUMBERS), (Logistic(), CLASSES)):
        streamed, problem = both(loss, target)
        plan = plan_of(loss, schedule=None, epochs=40)
        path = descend_stream(streamed, plan)
        least = descend_to_minimum(problem)
        first = path.kept[0].objective
        # What is left is the noise of batches of 16 rows.
        assert path.kept[-1].objective - least < 5e-3 * (first - least)
        assert 0.0 < path.kept[-1].rate < path.kept[0].rate


def descend_to_minimum(problem: LinearProblem) -> float:
    parameters = problem.start()
    for _ in range(50):
        newton = np.linalg.solve(problem.hessian(parameters), problem.gradient(parameters))
        parameters = parameters - newton
    return problem.objective(parameters)


@pytest.mark.parametrize("schedule", [Constant(0.4), None])
def test_all_rows_at_once(schedule: Constant | None) -> None:
    streamed, problem = both(Logistic(), CLASSES, WEIGHTS)
    plan = plan_of(Logistic(), batch_size=None, schedule=schedule, epochs=10)
    path = descend_fully(streamed, plan, streamed.start())
    memory = descend_fully(problem, plan, problem.start())
    assert path.epochs == memory.epochs == 10
    assert path.last.objective == pytest.approx(memory.last.objective, rel=1e-9)
    assert path.last.parameters == pytest.approx(memory.last.parameters, rel=1e-6)


def test_a_constant_column_and_rows_without_weight() -> None:
    features = np.column_stack([np.full(10, 1e6), np.arange(10.0)])
    weights = np.repeat([0.0, 1.0], 5)
    stream = ArrayStream.of(features, np.arange(10.0), weights, block_rows=2)
    found = StreamedProblem.of(stream, loss=Squared())
    assert found.coordinates.spread.tolist() == [1.0, pytest.approx(math.sqrt(2.0))]
    assert found.coordinates.centre.tolist() == [1e6, 7.0]
    assert found.total_weight == 5.0


@pytest.mark.parametrize("block_rows", [7, 97, 1003])
def test_the_sample_is_of_rows_at_random_however_they_come(
    monkeypatch: pytest.MonkeyPatch, block_rows: int
) -> None:
    monkeypatch.setattr("steepest.problems.stream_survey.MOST_ROWS", 100)
    streamed, _ = both(Squared(), np.arange(ROWS, dtype=float), block_rows=block_rows)
    kept = streamed.sample.target.astype(int)
    assert 50 <= len(kept) <= 100
    assert (np.diff(kept) > 0).all()
    assert streamed.sample.features.tolist() == X[kept].tolist()
    # Rows of sixteen machines in turn: all of them are met, and no part of the rows is left out.
    assert len(set((kept % 16).tolist())) >= 14
    assert np.histogram(kept, bins=4, range=(0, ROWS))[0].min() >= len(kept) // 8
    again, _ = both(Squared(), np.arange(ROWS, dtype=float), block_rows=block_rows)
    assert again.sample.target.tolist() == streamed.sample.target.tolist()


def test_bad_values_are_named_by_row_and_column() -> None:
    features = np.ones((2002, 2))
    features[:, 0] = np.arange(2002)
    features[1999, 1] = np.nan  # the second row of block 1000
    stream = ArrayStream.of(features, np.arange(2002.0), block_rows=2)
    with pytest.raises(InputError, match=r"^row 2000 \(index 1999\): column 'b' is nan; correct"):
        StreamedProblem.of(stream, loss=Squared(), names=["a", "b"])
    assert not reading()


@pytest.mark.parametrize(
    ("target", "weights", "message"),
    [
        ([1.0, -1.0, 0.0], None, r"poisson loss needs a target .*: row 2 \(index 1\) holds -1\."),
        ([1.0, 2.0, 0.0], [1.0, 1.0, -2.0], r"weights must be 0 or more: row 3 \(index 2\) has -2"),
        ([1.0, 2.0, 0.0], [0.0, 0.0, 0.0], "no row has weight"),
    ],
)
def test_bad_targets_and_weights(
    target: Sequence[float], weights: Sequence[float] | None, message: str
) -> None:
    stream = ArrayStream.of(np.ones((3, 1)), target, weights, block_rows=1)
    with pytest.raises(InputError, match=message):
        StreamedProblem.of(stream, loss=Poisson())


def test_no_rows() -> None:
    with pytest.raises(InputError, match="there are no rows"):
        StreamedProblem.of(ArrayStream.of(np.ones((0, 1)), []), loss=Squared())


def test_a_start_where_the_sample_has_one_class_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.problems.stream_survey.MOST_ROWS", 2)
    target = np.zeros(64)
    target[3] = 1.0
    features = np.arange(64.0)[:, None]
    streamed = StreamedProblem.of(ArrayStream.of(features, target), loss=Logistic())
    assert streamed.start().tolist() == [0.0, 0.0]
    alike = StreamedProblem.of(ArrayStream.of(features, np.zeros(64)), loss=Logistic())
    with pytest.raises(InputError):
        alike.start()


def test_a_batch_larger_than_the_data() -> None:
    streamed, _ = both(Squared(), NUMBERS)
    with pytest.raises(InputError, match="a batch of 2000 rows is larger than the data, 1003 rows"):
        descend_stream(streamed, plan_of(Squared(), batch_size=2000))


@pytest.mark.parametrize("change", [-1, 1, BLOCK])
def test_rows_that_change_on_the_way(change: int) -> None:
    features = np.concatenate([X, X[:BLOCK]])
    target = np.concatenate([NUMBERS, NUMBERS[:BLOCK]])
    rows = ArrayStream.of(features, target, block_rows=BLOCK)
    stream = Told(Cut(rows, ROWS))
    streamed = StreamedProblem.of(stream, loss=Squared())
    with pytest.raises(InputError, match=r"the rows changed while they were read: there were 1003"):
        descend_stream(
            streamed, plan_of(Squared()), progress=lambda pace: cut(stream, rows, change)
        )
    assert not reading()


class Cut(RowStream):
    """The first rows of a stream."""

    def __init__(self, stream: RowStream, rows: int) -> None:
        self.stream, self.columns, self.rows = stream, stream.columns, rows
        self.most = rows

    def blocks(self) -> Iterator[Block]:
        for block in self.stream.blocks():
            left = self.most - block.start
            if left > 0:
                assert block.target is not None
                yield Block(block.start, block.features[:left], block.target[:left])


def cut(stream: Told, rows: RowStream, change: int) -> None:
    stream.stream = Cut(rows, ROWS + change)


def test_ctrl_c_keeps_the_steps_whose_objective_is_known() -> None:
    streamed, _ = both(Squared(), NUMBERS)
    straight = descend_stream(streamed, plan_of(Squared()))

    def press(epoch: int) -> MinibatchPath:
        def progress(pace: StreamPace) -> None:
            if pace.epoch == epoch and pace.rows == pace.total:
                raise KeyboardInterrupt

        return descend_stream(streamed, plan_of(Squared()), progress=progress)

    path = press(3)
    assert path.stop.rule == "interrupted"
    assert path.verdict.kind == "interrupted"
    assert [step.objective for step in path.kept] == [s.objective for s in straight.kept[:2]]
    assert path.end.tolist() == straight.kept[1].parameters.tolist()
    with pytest.raises(KeyboardInterrupt):
        press(1)
    assert not reading()


def test_what_reading_raises_is_raised_and_no_thread_is_left() -> None:
    def each(told: Told, block: Block) -> None:
        if told.passes == 3 and block.start > 500:
            raise OSError("the disk is gone")

    stream = Told(ArrayStream.of(X, NUMBERS, block_rows=BLOCK), each)
    streamed = StreamedProblem.of(stream, loss=Squared())
    with pytest.raises(OSError, match="the disk is gone"):
        descend_stream(streamed, plan_of(Squared()))
    assert not reading()


def test_the_objective_takes_no_reading_of_its_own() -> None:
    stream = Told(ArrayStream.of(X, NUMBERS, block_rows=BLOCK))
    streamed = StreamedProblem.of(stream, loss=Squared())
    path = descend_stream(streamed, plan_of(Squared(), epochs=3))
    assert len(path.kept) == 4
    assert stream.passes == 1 + 3 + 1


def test_few_blocks_are_in_memory_at_once() -> None:
    alive: weakref.WeakSet[Block] = weakref.WeakSet()
    most = 0

    def each(told: Told, block: Block) -> None:
        nonlocal most
        alive.add(block)
        most = max(most, len(alive))

    stream = Told(ArrayStream.of(X, NUMBERS, block_rows=10), each)
    streamed = StreamedProblem.of(stream, loss=Squared())
    descend_stream(streamed, plan_of(Squared(), epochs=2), progress=lambda pace: None)
    streamed.objective(streamed.start())
    assert 2 <= most <= 4
    assert not alive


def test_progress_tells_rows_cost_and_time_left() -> None:
    paces: list[StreamPace] = []
    clock = iter(range(1000))
    meter = Meter(paces.append, 2, 100, further=3, clock=lambda: float(next(clock)))
    meter.add(50, lambda: 4.0)
    meter.add(30, lambda: 2.0)
    assert paces[0] == (2, 50, 100, 4.0, 7.0)
    assert paces[1] == (2, 80, 100, 3.0, 8.0)


def test_progress_is_told_ten_times_a_second_and_at_the_end() -> None:
    paces: list[StreamPace] = []
    times = iter([0.0, 0.05, 0.11, 0.15, 0.16])
    meter = Meter(paces.append, 0, 40, clock=lambda: next(times))
    for _ in range(4):
        meter.add(10)
    assert [pace.rows for pace in paces] == [20, 40]
    assert math.isnan(paces[0].objective)


def test_the_cost_so_far_is_that_of_new_rows() -> None:
    paces: list[StreamPace] = []
    streamed, _ = both(Squared(), NUMBERS, block_rows=ROWS)
    path = descend_stream(streamed, plan_of(Squared(), epochs=2), progress=paces.append)
    assert [pace.epoch for pace in paces] == [1, 2, 3]
    assert paces[0].objective == pytest.approx(path.kept[0].objective, rel=1e-12)
    assert paces[1].objective == pytest.approx(path.kept[1].objective, rel=1e-12)
    assert paces[1].total == paces[1].rows == ROWS
    assert math.isnan(paces[2].objective)


def test_items_come_in_order_and_the_thread_ends_when_nobody_reads_on() -> None:
    closed = []

    def numbers() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    items = read_ahead(numbers)
    assert isinstance(items, Generator)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    items.close()
    assert closed == [True]
    assert not reading()


def reading() -> list[object]:
    return [thread for thread in threading.enumerate() if "steepest-ahead" in thread.name]
