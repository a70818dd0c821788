"""Step-by-step descent: what a step holds, replay, bounded memory, and every way to end."""

import math
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import FrameType
from typing import Any

import numpy as np
import pytest

from steepest.arrays import Floats
from steepest.descent.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, RMSprop
from steepest.descent.schedules import Constant, Cosine, Exponential
from steepest.descent.stepwise import MOST_BYTES, descend
from steepest.descent.stopping import (
    Epochs,
    GradientNorm,
    Patience,
    RelativeTolerance,
    Stop,
    StoppingRule,
    TimeLimit,
)
from steepest.descent.trajectory import Point, Trajectory
from steepest.errors import InputError
from steepest.problems.problem import Problem


class Quadratic(Problem):
    """½ (θ − 1)ᵀH(θ − 1); the gradient's array is used again, as a careless problem might."""

    def __init__(self, size: int = 4) -> None:
        factor = np.random.default_rng(3).standard_normal((3 * size, size))
        self.square = factor.T @ factor / (3 * size)
        self.names = tuple(f"x{i}" for i in range(size))
        self.buffer: Floats | None = None

    def objectives(self, parameters: Floats) -> Floats:
        error = parameters - 1.0
        return 0.5 * ((error @ self.square) * error).sum(axis=-1)

    def gradient(self, parameters: Floats) -> Floats:
        if self.buffer is None or self.buffer.shape != parameters.shape:
            self.buffer = np.empty(parameters.shape)
        return np.matmul(parameters - 1.0, self.square, out=self.buffer)


class OneWeight(Problem):
    """Mean (wx − y)² on (1, 2), (2, 4), (3, 6)."""

    names = ("w",)

    def objectives(self, parameters: Floats) -> Floats:
        return 14 / 3 * (parameters[..., 0] - 2.0) ** 2

    def gradient(self, parameters: Floats) -> Floats:
        return 28 / 3 * (parameters - 2.0)


class Logarithm(Problem):
    """log x, which falls for ever and is no number below 0."""

    names = ("x",)

    def objectives(self, parameters: Floats) -> Floats:
        return np.log(parameters[..., 0])

    def gradient(self, parameters: Floats) -> Floats:
        return 1.0 / parameters


def same(a: Point, b: Point) -> bool:
    return (
        a.index == b.index
        and a.parameters.tobytes() == b.parameters.tobytes()
        and a.gradient.tobytes() == b.gradient.tobytes()
        and a.objective == b.objective
        and a.learning_rate == b.learning_rate
    )


def test_lesson_one_weight() -> None:
    path = descend(OneWeight(), SGD(), Constant(0.01), [Epochs(100)], [1.0])
    w = path.parameters[:, 0]
    assert len(w) == 101 and path.epochs == 100
    assert path.objective[0] == pytest.approx(4.6666667, abs=1e-7)
    assert path.gradient[0, 0] == pytest.approx(-9.3333333, abs=1e-7)
    expected = {1: 1.0933333, 2: 1.1779556, 3: 1.2546797, 10: 1.6246154, 50: 1.9925461}
    for k, value in expected.items():
        assert w[k] == pytest.approx(value, abs=1e-7)
    assert 4 * path.last.parameters[0] == pytest.approx(7.999777758621207, rel=1e-12)
    assert path.last.objective == pytest.approx(1.44057755e-08, rel=1e-8)
    cycle = descend(OneWeight(), SGD(), Constant(3 / 14), [Epochs(3)], [1.0])
    assert cycle.parameters[:, 0] == pytest.approx([1, 3, 1, 3])
    diverging = descend(OneWeight(), SGD(), Constant(0.22), [Epochs(100)], [1.0])
    assert diverging.last.parameters[0] == pytest.approx(-178.54, abs=0.01)


def test_forgotten_zero_grad_is_momentum_one() -> None:
    path = descend(OneWeight(), SGD(momentum=1.0), Constant(0.01), [Epochs(100)], [1.0])
    w = path.parameters[:, 0]
    assert w.min() == pytest.approx(0.988, abs=1e-3) and w.max() == pytest.approx(3.010, abs=1e-3)
    assert w[100] == pytest.approx(1.160318, abs=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_holds_one_point(name: str) -> None:
    problem, schedule = Quadratic(), Exponential(0.05, 0.99)
    path = descend(problem, OPTIMIZERS[name](), schedule, [Epochs(50)], np.zeros(4))
    assert path.indices.tolist() == list(range(51))
    for k in range(51):
        assert path.objective[k] == problem.objective(path.parameters[k].copy())
        assert np.array_equal(path.gradient[k], problem.gradient(path.parameters[k].copy()))
        assert path.learning_rate[k] == schedule.rate(k)
    if name == "SGD":
        for k, (before, after) in enumerate(pairwise(path.parameters)):
            np.testing.assert_array_equal(after, before - schedule.rate(k) * path.gradient[k])


@pytest.mark.parametrize(
    "optimizer",
    [*(kind() for kind in OPTIMIZERS.values()), SGD(momentum=0.9), RMSprop(momentum=0.5)],
    ids=str,
)
def test_replay_is_exact_and_memory_bounded(optimizer: Optimizer) -> None:
    def run(keep: int) -> Trajectory:
        schedule = Cosine(0.05, 700)
        return descend(Quadratic(), optimizer, schedule, [Epochs(1000)], np.zeros(4), keep=keep)

    whole, thin = run(2000), run(20)
    assert len(whole.indices) == 1001
    assert len(thin.indices) <= 21
    assert thin.indices[0] == 0 and thin.indices[-1] == 1000
    strides = set(np.diff(thin.indices)[:-1].tolist())
    assert len(strides) == 1 and strides.pop() in (64, 128)
    # Every place between two kept steps: 7 and 128 have no common divisor.
    for k in range(0, 1001, 7):
        assert same(thin.at(k), whole.at(k)), k
    assert same(thin.last, whole.last)


def test_rising_steps_share_one_replay() -> None:
    path = descend(Quadratic(), Adam(), Constant(0.01), [Epochs(500)], np.zeros(4), keep=2)
    calls = []
    once = path.problem.gradient
    path.problem.gradient = lambda parameters: calls.append(1) or once(parameters)  # type: ignore[method-assign]  # of this one problem
    steps = [0, 3, 3, 200, 499, 500, 1]
    points = list(path.points(steps))
    assert [point.index for point in points] == steps
    assert len(calls) <= 501
    assert all(same(point, path.at(point.index)) for point in points)


def test_what_is_handed_out_cannot_be_changed() -> None:
    path = descend(Quadratic(), Adam(), Constant(0.01), [Epochs(5)], np.zeros(4))
    for array in (path.parameters, path.gradient, path.objective, path.at(3).parameters):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_the_start_is_copied() -> None:
    start = np.zeros(4)
    path = descend(Quadratic(), SGD(), Constant(0.01), [Epochs(2)], start)
    start[:] = 9.0
    assert path.at(0).parameters.tolist() == [0.0] * 4


def test_steps_outside_the_path_are_refused() -> None:
    path = descend(Quadratic(), SGD(), Constant(0.01), [Epochs(2)], np.zeros(4))
    for k in (-1, 3, 10**18):
        with pytest.raises(
            InputError, match=f"^there is no step {k}: the descent has steps 0 to 2"
        ):
            path.at(k)


def words(stop: Stop) -> tuple[str, str]:
    return stop.rule, stop.reason


def test_no_epochs_is_one_step() -> None:
    path = descend(Quadratic(), SGD(), Constant(0.01), [Epochs(0)], np.zeros(4))
    assert path.epochs == 0 and path.last.index == 0
    assert words(path.stop) == ("epochs", "all 0 epochs asked for were made")


def stop_of(
    *rules: StoppingRule,
    optimizer: SGD | None = None,
    lr: float = 0.01,
    problem: Logarithm | None = None,
) -> tuple[int, Stop]:
    path = descend(problem or OneWeight(), optimizer or SGD(), Constant(lr), rules, [1.0])
    return path.epochs, path.stop


def test_rules_end_a_descent() -> None:
    epochs, stop = stop_of(GradientNorm(1e-3))
    # 28/3 · 0.90667^k ≤ 1e-3
    assert (epochs, stop.rule) == (
        math.ceil(math.log(3e-3 / 28) / math.log(1 - 0.28 / 3)),
        "gradient norm",
    )
    epochs, stop = stop_of(Patience(10), optimizer=SGD(momentum=1.0))
    assert stop.rule == "patience" and stop.reason.endswith("for 10 epochs")
    epochs, stop = stop_of(RelativeTolerance(0.2), lr=0.001)
    assert (epochs, stop.rule) == (1, "relative tolerance")
    epochs, stop = stop_of(TimeLimit(1e-9), lr=3 / 14)
    assert stop.rule == "time limit" and epochs >= 0


def test_divergence_says_at_which_step() -> None:
    epochs, stop = stop_of(Epochs(10**6), lr=1.0)
    assert words(stop) == (
        "diverged",
        f"at epoch {epochs} the objective was inf, no longer a finite number",
    )
    path = descend(OneWeight(), SGD(), Constant(1.0), [Epochs(10**6)], [1.0])
    assert np.isfinite(path.objective[:-1]).all() and path.objective[-1] == math.inf
    assert np.isfinite(path.at(epochs - 1).objective)
    epochs, stop = stop_of(Epochs(100), lr=2.0, problem=Logarithm())
    assert (epochs, stop.reason) == (
        1,
        "at epoch 1 the objective was nan, no longer a finite number",
    )


class Interrupting(Quadratic):
    """Ctrl-C falls while the gradient is computed for the n-th time."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def gradient(self, parameters: Floats) -> Floats:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().gradient(parameters)


def test_an_interrupt_keeps_the_path_so_far() -> None:
    path = descend(Interrupting(38), Adam(), Constant(0.01), [Epochs(100)], np.zeros(4), keep=10)
    assert words(path.stop) == ("interrupted", "Ctrl-C was pressed")
    assert path.epochs == 36
    whole = descend(Quadratic(), Adam(), Constant(0.01), [Epochs(36)], np.zeros(4))
    assert all(same(path.at(k), whole.at(k)) for k in range(37))


def test_an_interrupt_in_the_progress_call_keeps_the_path_too() -> None:
    def progress(k: int, objective: float) -> None:
        if k == 7:
            raise KeyboardInterrupt

    path = descend(
        Quadratic(), SGD(), Constant(0.01), [Epochs(100)], np.zeros(4), progress=progress
    )
    assert path.epochs == 7 and path.stop.rule == "interrupted"
    assert path.indices.tolist() == list(range(8))


def test_an_interrupt_before_the_first_step_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        descend(Interrupting(1), SGD(), Constant(0.01), [Epochs(9)], np.zeros(4))


def test_a_second_interrupt_goes_through() -> None:
    # The rates are asked for while the path is put together.
    class Impatient(Cosine):  # type: ignore[misc]  # final everywhere else
        def rate(self, step: int) -> float:
            if seen:
                raise KeyboardInterrupt
            return super().rate(step)

    seen = []

    def progress(k: int, objective: float) -> None:
        if k == 3:
            seen.append(k)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        descend(Quadratic(), SGD(), Impatient(0.1, 99), [Epochs(9)], np.zeros(4), progress=progress)


def interrupt_at_line(n: int) -> Callable[..., Any]:
    """A trace function that presses Ctrl-C at the n-th line run while a descent is under way."""
    left = n

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_name not in ("_run", "_due", "_end", "_without", "_next", "_keep"):
            return None
        left -= event == "line"
        if left == 0:
            left = -1
            raise KeyboardInterrupt
        return trace

    return trace


def test_any_line_can_be_interrupted() -> None:
    problem, rules = Quadratic(), [Epochs(12), GradientNorm(0.0)]
    whole = descend(problem, Adam(), Constant(0.01), rules, np.zeros(4))
    before, lengths = sys.gettrace(), set()
    for line in range(1, 400):
        sys.settrace(interrupt_at_line(line))
        try:
            path = descend(problem, Adam(), Constant(0.01), rules, np.zeros(4), keep=4)
        finally:
            sys.settrace(before)
        assert path.stop.rule == "interrupted"
        assert all(same(path.at(k), whole.at(k)) for k in range(path.epochs + 1))
        lengths.add(path.epochs)
    assert lengths == set(range(max(lengths) + 1)) and max(lengths) > 8


def test_progress_sees_every_step() -> None:
    seen = []
    path = descend(
        Quadratic(),
        SGD(),
        Constant(0.01),
        [Epochs(5)],
        np.zeros(4),
        progress=lambda k, objective: seen.append((k, objective)),
    )
    assert seen == list(enumerate(path.objective))


def test_many_parameters_keep_fewer_steps() -> None:
    class Wide(Problem):
        names = tuple(map(str, range(200_000)))

        def objectives(self, parameters: Floats) -> Floats:
            return np.square(parameters).sum(axis=-1)

        def gradient(self, parameters: Floats) -> Floats:
            return 2.0 * parameters

    path = descend(Wide(), Adam(), Constant(0.01), [Epochs(100)], np.ones(200_000))
    kept = len(path.indices)
    assert 10 <= kept <= 1 + MOST_BYTES // (5 * 8 * 200_000)
    assert path.at(99).index == 99


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (
            [0.0, 0.0],
            "the start has shape (2,), for 4 parameters (x0, x1, x2, x3).",
        ),
        (
            0.0,
            "the start has shape (), for 4 parameters (x0, x1, x2, x3).",
        ),
        ([0.0, math.nan, 0.0, 0.0], "the start must be finite, but x1 is nan."),
        ("near", "the start must be a list of numbers, not 'near'."),
        ([[1], [1, 2]], "the start must be a list of numbers, not [[1], [1, 2]]."),
    ],
)
def test_starts_that_are_refused(
    start: Sequence[Sequence[int] | float] | float | str, message: str
) -> None:
    with pytest.raises(InputError) as refusal:
        descend(Quadratic(), SGD(), Constant(0.1), [Epochs(1)], start)
    assert str(refusal.value) == message


def test_no_rule_is_refused() -> None:
    with pytest.raises(InputError, match="needs at least one stopping rule"):
        descend(Quadratic(), SGD(), Constant(0.1), [], np.zeros(4))


def test_gradients_are_checked_by_central_differences() -> None:
    problem = OneWeight()
    assert problem.numerical_gradient(np.array([1.0]))[0] == pytest.approx(-28 / 3, abs=1e-8)
    assert Quadratic().check_gradient(np.array([3.0, -200.0, 0.1, 0.0])) < 1e-7
    problem.gradient = lambda parameters: np.array([-9.0])  # type: ignore[method-assign]  # of this one problem
    assert problem.check_gradient(np.array([1.0])) == pytest.approx(1 / 27, rel=1e-6)
