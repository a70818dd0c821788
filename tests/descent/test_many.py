"""Many runs side by side, line search, bounds, and optimizers of torch."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from steepest.arrays import Floats
from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Backtracking, Constant, Cosine, Exponential, Schedule
from steepest.descent.stepwise import RunSettings, descend, descend_many
from steepest.descent.stopping import (
    Epochs,
    GradientNorm,
    Patience,
    RelativeTolerance,
    StoppingRule,
)
from steepest.descent.torch_optimizer import TorchOptimizer, is_torch_optimizer
from steepest.errors import InputError
from steepest.penalties.bounds import Bounds
from steepest.problems.problem import Problem


class Valley(Problem):
    """(1 − x)² + 100 (y − x²)², Rosenbrock's function, by hand."""

    names = ("x", "y")

    def objectives(self, parameters: Floats) -> Floats:
        x, y = parameters[..., 0], parameters[..., 1]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(self, parameters: Floats) -> Floats:
        x, y = parameters[..., 0], parameters[..., 1]
        return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=-1)


class Parabola(Problem):
    """x² − 4x + 5."""

    names = ("x",)

    def objectives(self, parameters: Floats) -> Floats:
        return parameters[..., 0] ** 2 - 4 * parameters[..., 0] + 5

    def gradient(self, parameters: Floats) -> Floats:
        return 2 * parameters - 4


RUNS: list[tuple[Optimizer, Schedule, tuple[float, float]]] = [
    (SGD(), Constant(1e-3), (-1.5, 2.0)),
    (SGD(), Constant(2e-3), (-1.5, 2.0)),
    (SGD(momentum=0.9), Constant(2e-4), (0.0, 0.0)),
    (Adam(), Constant(0.05), (-1.5, 2.0)),
    (SGD(), Exponential(1e-3, 0.99), (2.0, 2.0)),
    (SGD(), Backtracking(1.0), (-1.5, 2.0)),
    (Adam(), Cosine(0.05, 200), (1.5, -1.0)),
    (RMSprop(centered=True, momentum=0.5), Constant(0.01), (-1.5, 2.0)),
    (Adagrad(), Constant(0.5), (-1.5, 2.0)),
    (AdamW(amsgrad=True), Constant(0.02), (-1.5, 2.0)),
    (SGD(), Constant(1.0), (-1.5, 2.0)),
]


@pytest.mark.parametrize("rules", [[Epochs(150)], [Epochs(150), GradientNorm(0.5), Patience(3)]])
def test_a_run_of_a_batch_is_the_run_alone(rules: Sequence[StoppingRule]) -> None:
    together = descend_many(Valley(), [RunSettings(*run) for run in RUNS], rules)
    for run, found in zip(RUNS, together, strict=True):
        optimizer, schedule, start = run
        alone = descend(Valley(), optimizer, schedule, rules, start)
        assert found.stop == alone.stop
        assert found.optimizer is optimizer
        np.testing.assert_array_equal(found.indices, alone.indices)
        np.testing.assert_array_equal(found.parameters, alone.parameters)
        np.testing.assert_array_equal(found.objective, alone.objective)
        np.testing.assert_array_equal(found.gradient, alone.gradient)
        np.testing.assert_array_equal(found.learning_rate, alone.learning_rate)


def test_runs_of_a_batch_end_each_on_its_own() -> None:
    rates = [0.1, 0.3, 0.5, 1.0, 1.1]
    runs = [RunSettings(SGD(), Constant(rate), [7.0]) for rate in rates]
    found = descend_many(Parabola(), runs, [GradientNorm(1e-6), Epochs(5000)])
    # |x_k − 2| = 5·|1 − 2 lr|^k, and the gradient is twice that.
    assert [path.epochs for path in found[:3]] == [73, 18, 1]
    assert [path.stop.rule for path in found] == [*["gradient norm"] * 3, "epochs", "diverged"]
    assert found[3].parameters[:4, 0].tolist() == [7.0, -3.0, 7.0, -3.0]
    assert found[4].at(3).parameters[0] == pytest.approx(-6.64, rel=1e-12)
    assert not np.isfinite(found[4].objective[-1]) and np.isfinite(found[4].objective[:-1]).all()


def test_thinned_runs_of_a_batch_are_replayed() -> None:
    runs = [RunSettings(*run) for run in RUNS[:5]]
    rules = [Epochs(700), RelativeTolerance(1e-4)]
    whole, thin = descend_many(Valley(), runs, rules), descend_many(Valley(), runs, rules, keep=16)
    for full, few in zip(whole, thin, strict=True):
        assert few.epochs == full.epochs and len(few.indices) <= 17
        for k in {0, 1, full.epochs // 3, full.epochs - 1, full.epochs}:
            mine, theirs = few.at(k), full.at(k)
            np.testing.assert_array_equal(mine.parameters, theirs.parameters)
            assert (mine.objective, mine.learning_rate) == (theirs.objective, theirs.learning_rate)
            assert mine.state.keys() == theirs.state.keys()
            for name in mine.state:
                np.testing.assert_array_equal(mine.state[name], theirs.state[name])


def test_an_interrupt_ends_those_that_are_still_going() -> None:
    def progress(k: int, objective: float) -> None:
        if k == 30:
            raise KeyboardInterrupt

    runs = [RunSettings(SGD(), Constant(rate), [7.0]) for rate in (0.5, 0.1, 0.01)]
    found = descend_many(Parabola(), runs, [GradientNorm(1e-9)], progress=progress)
    assert [path.stop.rule for path in found] == ["gradient norm", "interrupted", "interrupted"]
    assert [path.epochs for path in found] == [1, 30, 30]
    assert found[1].last.parameters[0] == pytest.approx(2 + 5 * 0.8**30, rel=1e-12)


def test_the_state_is_named_as_in_torch() -> None:
    point = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
    peers = {"momentum": SGD(momentum=0.9), "adam": Adam(), "rms": RMSprop(momentum=0.5)}
    makers: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "momentum": partial(torch.optim.SGD, lr=1e-3, momentum=0.9),
        "adam": partial(torch.optim.Adam, lr=1e-3),
        "rms": partial(torch.optim.RMSprop, lr=1e-3, momentum=0.5),
    }
    for name, optimizer in peers.items():
        path = descend(Valley(), optimizer, Constant(1e-3), [Epochs(20)], [-1.5, 2.0])
        point = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
        theirs = makers[name]([point])
        for _ in range(20):
            theirs.zero_grad()
            ((1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2).backward()
            theirs.step()
        kept = {k: v for k, v in theirs.state[point].items() if getattr(v, "ndim", 0)}
        state = path.last.state
        assert state.keys() == kept.keys()
        for key, value in kept.items():
            assert state[key] == pytest.approx(value.numpy(), rel=1e-10)
    assert descend(Valley(), SGD(), Constant(1e-3), [Epochs(1)], [0.0, 0.0]).last.state == {}


def test_backtracking_takes_the_first_rate_that_falls_enough() -> None:
    path = descend(Valley(), SGD(), Backtracking(1.0, 0.5, 0.1), [Epochs(40)], [-1.5, 2.0])
    problem = Valley()
    for k in range(40):
        theta, gradient = path.parameters[k], path.gradient[k]
        slope = float(gradient @ gradient)
        tried = [0.5**i for i in range(60)]
        fits = [
            problem.objective(theta - rate * gradient) <= path.objective[k] - 0.1 * rate * slope
            for rate in tried
        ]
        rate = tried[fits.index(True)]
        assert path.learning_rate[k] == rate and path.at(k).learning_rate == rate
        np.testing.assert_array_equal(path.parameters[k + 1], theta - rate * gradient)
    assert (np.diff(path.objective) < 0).all()
    thin = descend(Valley(), SGD(), Backtracking(1.0, 0.5, 0.1), [Epochs(40)], [-1.5, 2.0], keep=4)
    assert [thin.at(k).learning_rate for k in range(40)] == path.learning_rate[:40].tolist()


def test_a_line_search_keeps_to_the_domain_and_says_when_it_is_stuck() -> None:
    class Barrier(Problem):
        names = ("x",)

        def objectives(self, parameters: Floats) -> Floats:
            return parameters[..., 0] - np.log(parameters[..., 0])

        def gradient(self, parameters: Floats) -> Floats:
            return 1 - 1 / parameters

    path = descend(Barrier(), SGD(), Backtracking(50.0), [GradientNorm(1e-9), Epochs(500)], [30.0])
    assert (path.parameters > 0).all()
    assert path.last.parameters[0] == pytest.approx(1.0, abs=1e-8)

    class Wrong(Parabola):
        def gradient(self, parameters: Floats) -> Floats:
            return -super().gradient(parameters)

    stuck = descend(Wrong(), SGD(), Backtracking(1.0), [Epochs(10)], [7.0])
    assert stuck.stop.rule == "line search" and stuck.epochs == 0
    assert stuck.stop.reason == (
        "from epoch 0 no rate that the line search tried led to a lower point"
    )


def test_bounds_hold_at_every_step() -> None:
    box = Bounds.of(("x", "y"), {"x": (-2.0, 0.5), "y": (None, 3.0)})
    path = descend(
        Valley(), SGD(), Backtracking(0.1), [GradientNorm(1e-8), Epochs(20_000)], [-1.5, 2.0],
        proximal=Proximal.of_bounds(box),
    )  # fmt: skip
    assert path.parameters[:, 0].max() <= 0.5
    # On x = 0.5 the objective is least at y = x² = 0.25, and it would fall further to the right.
    assert path.last.parameters == pytest.approx([0.5, 0.25], abs=1e-6)
    assert path.stop.rule == "gradient norm"
    assert path.last.gradient[0] < 0


@pytest.mark.parametrize(
    "factory",
    [
        torch.optim.SGD,
        torch.optim.NAdam,
        torch.optim.Rprop,
        partial(torch.optim.Adam, betas=(0.8, 0.99), amsgrad=True),
        partial(torch.optim.LBFGS, max_iter=4, history_size=3),
    ],
)
def test_an_optimizer_of_torch_makes_its_own_steps(factory: Any) -> None:
    name = getattr(factory, "func", factory).__name__
    rate = 0.5 if name == "LBFGS" else 1e-3
    assert is_torch_optimizer(factory)
    ours = descend(
        Valley(), TorchOptimizer(factory, Valley()), Constant(rate), [Epochs(30)], [-1.5, 2.0],
        keep=8,
    )  # fmt: skip
    assert ours.optimizer.name == name
    point = torch.tensor([[-1.5, 2.0]], dtype=torch.float64, requires_grad=True)
    theirs = factory([point], lr=rate)

    def closure() -> Any:
        theirs.zero_grad()
        x, y = point[0]
        objective = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        objective.backward()
        return objective

    steps = [point.detach().numpy()[0].copy()]
    for _ in range(30):
        theirs.step(closure) if name == "LBFGS" else (closure(), theirs.step())
        steps.append(point.detach().numpy()[0].copy())
    # What a search along a line makes of rounding grows from step to step.
    close = 1e-7 if name == "LBFGS" else 1e-11
    for k in range(31):
        assert ours.at(k).parameters == pytest.approx(steps[k], rel=close, abs=1e-12)


def test_what_is_no_optimizer_of_torch() -> None:
    assert not is_torch_optimizer("adam")
    assert not is_torch_optimizer(SGD())
    assert not is_torch_optimizer(dict)
    with pytest.raises(InputError, match=r"SGD could not be made as SGD\(\[parameter\], lr=0.1\)"):
        descend(
            Parabola(),
            TorchOptimizer(partial(torch.optim.SGD, speed=3), Parabola()),  # type: ignore[call-arg]  # refused
            Constant(0.1),
            [Epochs(1)],
            [7.0],
        )


def test_a_run_that_ends_early_keeps_the_steps_that_it_has_alone() -> None:
    """The others are thinned: of 1000 epochs 8 steps fit, and a run of 5 epochs has 6."""
    stopping = [Epochs(1000), GradientNorm(1e-2)]
    rates = (1e-4, 0.4, 1e-3, 2e-4)  # 0.4 leaves 1 − 2·0.4 = 0.2 of the error an epoch
    runs = [RunSettings(SGD(momentum=0.0), Constant(rate), [7.0]) for rate in rates]
    together = descend_many(Parabola(), runs, stopping, keep=8)
    for run, one in zip(runs, together, strict=True):
        alone = descend(Parabola(), run.optimizer, run.schedule, stopping, run.start, keep=8)
        assert one.indices.tolist() == alone.indices.tolist()
        np.testing.assert_array_equal(one.parameters, alone.parameters)
        assert one.stop == alone.stop
    assert together[1].indices.tolist() == [0, 1, 2, 3, 4, 5]
    assert together[1].at(3).parameters == pytest.approx([2 + 5 * 0.2**3], rel=1e-14)
