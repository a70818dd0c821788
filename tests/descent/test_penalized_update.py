"""The proximal map after an update: its parts, its fixed points, and descent with it."""

import re

import numpy as np
import pytest
import torch

from steepest.arrays import Floats
from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.schedules import Backtracking, Constant, Exponential
from steepest.descent.stepwise import RunSettings, descend, descend_many
from steepest.descent.stopping import Epochs, GradientNorm
from steepest.descent.torch_optimizer import TorchOptimizer
from steepest.errors import InputError
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet
from steepest.problems.problem import Problem

OPTIMIZERS = [
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.9, dampening=0.3),
    SGD(momentum=0.8, nesterov=True),
    Adagrad(lr_decay=0.1, initial_accumulator_value=0.5),
    RMSprop(alpha=0.9),
    RMSprop(alpha=0.5, momentum=0.6),
    RMSprop(alpha=0.9, eps=1e-3),
    Adam(betas=(0.8, 0.95)),
    Adam(amsgrad=True),
    AdamW(weight_decay=0.0),
]
EVERY = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)


class Bowl(Problem):
    """½ (θ − c)ᵀ A (θ − c)."""

    names = ("a", "b", "c")
    curvature = np.array([[2.0, 0.4, 0.0], [0.4, 1.0, -0.3], [0.0, -0.3, 0.5]])
    centre = np.array([1.0, -0.1, -2.0])

    def objectives(self, parameters: Floats) -> Floats:
        gap = parameters - self.centre
        return 0.5 * (gap @ self.curvature * gap).sum(axis=-1)

    def gradient(self, parameters: Floats) -> Floats:
        return (parameters - self.centre) @ self.curvature


ALL = np.ones(3, dtype=bool)
PENALTY = L1(0.3)
LASSO = Proximal.of(PENALTY, ALL)


def least() -> np.ndarray:
    """The minimum of the bowl plus 0.3 Σ|θ|, by cyclic coordinate descent, each step exact."""
    theta = np.zeros(3)
    for _ in range(1000):
        for j in range(3):
            slope = Bowl().gradient(theta)[j] - Bowl.curvature[j, j] * theta[j]
            theta[j] = -np.sign(slope) * max(abs(slope) - 0.3, 0.0) / Bowl.curvature[j, j]
    return theta


def test_there_is_a_map_only_where_there_is_something_to_do() -> None:
    assert Proximal.of(L2(0.7), ALL) is None
    assert Proximal.of(ElasticNet(0.7, 0.0), ALL) is None
    assert Proximal.of_bounds(None) is None
    box = Bounds.of("abc", {"a": (0, 1)})
    for within in (Proximal.of(L2(0.7), ALL, box), Proximal.of_bounds(box)):
        assert within is not None and within.bounds is box


def test_the_value_is_the_part_that_is_not_smooth() -> None:
    proximal = Proximal.of(ElasticNet(2.0, 0.25), np.array([True, True, False]))
    points = np.array([[3.0, -1.0, 7.0], [0.0, 0.0, -2.0]])
    assert proximal is not None
    assert proximal.value(points).tolist() == [2.0, 0.0]
    unbounded = Proximal.of_bounds(Bounds.of("abc", {}))
    assert unbounded is not None
    assert unbounded.value(points).tolist() == [0.0, 0.0]


def test_bounds_alone_clip_to_the_bit() -> None:
    random = np.random.default_rng(2)
    bounds = Bounds.of("abc", {"a": (0, 1), "b": (-0.5, None), "c": (0.25, 0.25)})
    moved = random.normal(size=(50, 3)) * 10.0 ** random.integers(-300, 300, (50, 3))
    rates = np.full((50, 1), 0.1)
    box = Proximal.of_bounds(bounds)
    for optimizer in (SGD(), Adam(), TorchOptimizer(torch.optim.NAdam, Bowl())):
        assert box is not None
        found = box.follow(moved, rates, optimizer, optimizer.init(moved))
        assert found.tolist() == np.clip(moved, bounds.lower, bounds.upper).tolist()


def test_the_least_slope_is_what_a_small_step_does() -> None:
    # As the rate goes to 0, (θ − prox(θ − lr·g)) / lr goes to the least element of ∇f + ∂g.
    random = np.random.default_rng(4)
    bounds = Bounds.of("abc", {"a": (0, None), "b": (-1, 1)})
    proximal = Proximal.of(L1(0.7), np.array([True, True, False]), bounds)
    parameters = np.clip(random.integers(-2, 3, (300, 3)), [0, -1, -2], [9, 1, 2]).astype(float)
    gradient = random.choice([-2.0, -0.7, -0.5, 0.0, 0.3, 0.7, 1.5], (300, 3))
    assert proximal is not None
    moved = proximal.follow(parameters - 1e-9 * gradient, np.array([[1e-9]]), SGD(), (0,))
    found = proximal.least_slope(parameters, gradient)
    assert found == pytest.approx((parameters - moved) / 1e-9, abs=1e-6)
    # And the mapping of a rate that is not small never exceeds it.
    for lr in (0.1, 1.0, 10.0):
        moved = proximal.follow(parameters - lr * gradient, np.array([[lr]]), SGD(), (0,))
        assert (np.abs(parameters - moved) / lr <= np.abs(found) + 1e-12).all()
    norm = least_slope_norm(proximal, parameters, gradient)
    assert norm == pytest.approx(np.linalg.norm(found, axis=1))
    assert least_slope_norm(None, parameters, gradient) == pytest.approx(
        np.linalg.norm(gradient, axis=1)
    )


def test_at_a_kink_that_is_a_bound_too() -> None:
    proximal = Proximal.of(L1(1.0), np.array([True]), Bounds.of("a", {"a": (0, None)}))
    assert proximal is not None
    slopes = [
        float(proximal.least_slope(np.zeros(1), np.array([slope]))[0])
        for slope in (5.0, 0.5, -0.5, -1.0, -3.0)
    ]
    assert slopes == [0.0, 0.0, 0.0, 0.0, -2.0]


@EVERY
def test_the_reach_is_how_far_a_steady_gradient_goes(optimizer: Optimizer) -> None:
    theta, steady = np.zeros((1, 2)), np.ones((1, 2))
    state = optimizer.init(theta)
    for _ in range(60):
        moved, state = optimizer.step(theta, steady, state, 0.5)
        walked = (theta - moved) / 0.5
        theta = moved
        if not (isinstance(optimizer, RMSprop) and optimizer.momentum):
            # What RMSprop's momentum holds was scaled by what was known then.
            assert optimizer.reach(state) * np.ones((1, 2)) == pytest.approx(walked, rel=1e-12)
    assert optimizer.reach(state) * np.ones((1, 2)) == pytest.approx(walked, rel=1e-9)


@EVERY
def test_every_optimizer_rests_at_the_minimum(optimizer: Optimizer) -> None:
    best = least()[None]
    gradient = Bowl().gradient(best)
    state = optimizer.init(best)
    for _ in range(400):  # until what it remembers has settled
        moved, state = optimizer.step(best, gradient, state, 0.1)
    assert LASSO is not None
    followed = LASSO.follow(moved, np.array([[0.1]]), optimizer, state)
    assert np.abs(moved - best).max() > 1e-4
    assert followed == pytest.approx(best, abs=1e-9)
    assert (followed == 0.0).tolist() == (best == 0.0).tolist()


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    [
        (SGD(), 0.4),
        (SGD(momentum=0.9), 0.4),
        (SGD(momentum=0.9, nesterov=True), 0.4),
        (Adagrad(), 0.5),
        (Adam(), 0.01),
    ],
    ids=str,
)
def test_descent_finds_the_minimum_and_exact_zeros(optimizer: Optimizer, lr: float) -> None:
    best = least()
    assert (best == 0.0).tolist() == [False, True, False]
    rules = [GradientNorm(1e-10), Epochs(20_000)]
    path = descend(Bowl(), optimizer, Constant(lr), rules, [3.0, -1.0, 1.0], proximal=LASSO)
    assert path.stop.rule == "gradient norm"
    assert path.last.parameters == pytest.approx(best, abs=1e-9)
    assert path.last.parameters[1] == 0.0
    assert path.last.objective == pytest.approx(Bowl().objective(best) + 0.3 * np.abs(best).sum())
    # The gradient is the problem's own, and balances the penalty's.
    assert path.last.gradient[[0, 2]] == pytest.approx(-0.3 * np.sign(best[[0, 2]]), abs=1e-9)


def test_plain_descent_is_the_proximal_gradient_method() -> None:
    theta, path = np.array([3.0, -1.0, 1.0]), []
    for _ in range(20):
        path.append(theta)
        step = theta - 0.4 * Bowl().gradient(theta)
        theta = np.sign(step) * np.maximum(np.abs(step) - 0.4 * 0.3, 0.0)
    found = descend(Bowl(), SGD(), Constant(0.4), [Epochs(19)], path[0], proximal=LASSO)
    assert found.parameters == pytest.approx(np.array(path), abs=1e-15)


def test_the_first_step_with_momentum_is_that_without() -> None:
    start = [3.0, -1.0, 1.0]
    plain, heavy = (
        descend(Bowl(), optimizer, Constant(0.4), [Epochs(1)], start, proximal=LASSO)
        for optimizer in (SGD(), SGD(momentum=0.9))
    )
    assert heavy.last.parameters.tolist() == plain.last.parameters.tolist()


def test_a_line_search_sees_the_penalty() -> None:
    path = descend(
        Bowl(), SGD(), Backtracking(50.0), [GradientNorm(1e-10), Epochs(1000)], [3.0, -1.0, 1.0],
        proximal=LASSO,
    )  # fmt: skip
    assert path.stop.rule == "gradient norm"
    assert path.last.parameters == pytest.approx(least(), abs=1e-9)
    # Each step falls by its share of what slope and penalty promise, to rounding.
    for before, after in zip(path.parameters[:-1], path.parameters[1:], strict=True):
        added = 0.3 * (np.abs(after).sum() - np.abs(before).sum())
        promised = Bowl().gradient(before) @ (after - before) + added
        fall = Bowl().objective(after) - Bowl().objective(before) + added
        assert fall <= 1e-4 * promised + 1e-14


def test_runs_side_by_side_are_those_alone_and_are_replayed() -> None:
    runs = [
        RunSettings(SGD(), Constant(0.1), [3.0, -1.0, 1.0]),
        RunSettings(SGD(momentum=0.5), Exponential(0.3, gamma=0.99), [1.0, 1.0, 1.0]),
        RunSettings(SGD(), Backtracking(1.0), [0.0, 0.0, 0.0]),
        RunSettings(Adam(), Constant(0.05), [2.0, 2.0, -2.0]),
    ]
    together = descend_many(Bowl(), runs, [Epochs(40)], proximal=LASSO, keep=5)
    for run, path in zip(runs, together, strict=True):
        alone = descend(
            Bowl(), run.optimizer, run.schedule, [Epochs(40)], run.start, proximal=LASSO
        )
        assert len(path.indices) < len(alone.indices)
        for k in (0, 1, 7, 26, 40):
            assert path.at(k).parameters == pytest.approx(alone.at(k).parameters, abs=1e-14)
            assert path.at(k).objective == pytest.approx(alone.at(k).objective, rel=1e-14)


def test_bounds_and_penalty_together() -> None:
    bounds = Bounds.of("abc", {"c": (-0.5, None), "a": (None, 0.25)})
    proximal = Proximal.of(PENALTY, ALL, bounds)
    path = descend(
        Bowl(), SGD(), Constant(0.4), [GradientNorm(1e-12), Epochs(1000)], [0.0, 0.0, 0.0],
        proximal=proximal,
    )  # fmt: skip
    assert path.stop.rule == "gradient norm" and path.bounds is bounds
    # With a and c at their walls b alone is left, where its slope b − 0.65 balances 0.3.
    assert path.last.parameters == pytest.approx([0.25, 0.35, -0.5], abs=1e-11)


def test_an_optimizer_of_torch_has_no_reach() -> None:
    optimizer = TorchOptimizer(torch.optim.NAdam, Bowl())
    message = (
        "an L1 penalty needs an optimizer whose steps are known in proportion to the gradient: "
        "SGD, Adagrad, RMSprop, Adam, AdamW, not NAdam."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        descend(Bowl(), optimizer, Constant(0.1), [Epochs(3)], np.ones(3), proximal=LASSO)
    box = Proximal.of_bounds(Bounds.of("abc", {"a": (0, 1)}))
    assert (
        descend(Bowl(), optimizer, Constant(0.1), [Epochs(3)], np.ones(3), proximal=box).epochs == 3
    )
