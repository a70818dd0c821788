"""`minimize` and `study` by their arguments, and what they refuse."""

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import steepest
from steepest.descent.schedules import Backtracking, Constant
from steepest.descent.stopping import Stopping


def test_a_formula_a_function_and_a_known_name_give_the_same_path() -> None:
    start = (-1.5, 2.0)
    options: dict[str, Any] = {"lr": 1e-3, "epochs": 50}
    paths = [
        steepest.minimize("(1 - x)^2 + 100(y - x^2)^2", start, **options),
        steepest.minimize(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, start, **options),
        steepest.minimize("Rosenbrock", {"y": 2, "x": -1.5}, **options),
        steepest.minimize(
            lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2, start, **options
        ),
    ]
    for path in paths:
        assert len(path) == 51
        np.testing.assert_allclose(path.last.parameters, paths[0].last.parameters, rtol=1e-12)
        assert path.last.objective == pytest.approx(paths[0].last.objective, rel=1e-12)
    assert [path.names for path in paths[1:]] == [("x", "y"), ("x", "y"), ("v[0]", "v[1]")]


def test_a_step_by_name() -> None:
    step = steepest.minimize("x^2 + 3y^2", {"x": 1, "y": 2}, lr=0.1, epochs=1).at(1)
    assert (step["x"], step["y"]) == pytest.approx((0.8, 0.8), rel=1e-14)
    assert step.gradient == pytest.approx([1.6, 4.8], rel=1e-14)


def test_a_known_function_takes_on_the_dimensions_of_its_start() -> None:
    run = steepest.minimize("rastrigin", [0.2, -0.1, 0.1, 0.05], lr=1e-3, epochs=400)
    assert run.names == ("x1", "x2", "x3", "x4")
    assert run.last.parameters == pytest.approx(np.zeros(4), abs=1e-9)
    bowl = steepest.functions.known("bowl", condition=100)
    forecast = steepest.minimize(bowl).forecast
    assert forecast.condition_number == pytest.approx(100, rel=1e-12)


def test_the_automatic_rate_is_the_best_one_of_a_quadratic() -> None:
    run = steepest.minimize("x^2 + 9y^2", (5, 1))
    assert run.rate(0) == pytest.approx(2 / (2 + 18), rel=1e-12)
    assert run.verdict.kind == "converged"
    assert run.walk is not None and isinstance(run.walk.schedule, Constant)


def test_the_automatic_rate_of_other_functions_is_a_line_search() -> None:
    run = steepest.minimize("himmelblau", (0, 0))
    assert run.walk is not None and isinstance(run.walk.schedule, Backtracking)
    assert run.last.objective == pytest.approx(0, abs=1e-15)
    objectives = [step.objective for step in run]
    assert all(later <= earlier + 1e-14 for earlier, later in pairwise(objectives))


def test_an_end_is_found_where_none_is_given() -> None:
    quick = steepest.minimize("x^2 - 4x + 5", 7, lr=0.3)
    assert (
        np.linalg.norm(quick.last.gradient)
        <= 1e-8
        < np.linalg.norm(quick.at(quick.epochs - 1).gradient)
    )
    assert steepest.minimize("x^2 - 4x + 5", 7, lr=1e-4).epochs == 1000
    assert steepest.minimize("x^2 - 4x + 5", 7, lr=0.3, epochs=100).epochs == 100


def test_a_random_start_is_seeded() -> None:
    runs = [steepest.minimize("x^2 + y^2", "random", seed=seed, lr=0.1) for seed in (1, 1, 2)]
    starts = [run.at(0).parameters.tolist() for run in runs]
    assert starts[0] == starts[1] == np.random.default_rng(1).standard_normal(2).tolist()
    assert starts[2] != starts[0]


def test_bounds_project_every_step() -> None:
    run = steepest.minimize("(x - 2)^2 + (y + 1)^2", (0, 0), lr=0.1, bounds={"x": (0, 1)})
    assert run.last.parameters == pytest.approx([1, -1], abs=1e-8)
    assert run.verdict.kind == "at bounds"
    assert max(step["x"] for step in run) == 1.0


def test_an_optimizer_of_torch() -> None:
    factory = partial(torch.optim.NAdam, momentum_decay=0.01)
    run = steepest.minimize("booth", lr=0.1, optimizer=factory, epochs=20)
    point = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        point.copy_(torch.tensor(run.at(0).parameters.tolist()))
    theirs = factory([point], lr=0.1)
    for _ in range(20):
        theirs.zero_grad()
        ((point[0] + 2 * point[1] - 7) ** 2 + (2 * point[0] + point[1] - 5) ** 2).backward()
        theirs.step()
    assert run.last.parameters == pytest.approx(point.detach().numpy(), rel=1e-10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x^2",), "a descent of x needs a start: a number for each, by place (1) or by"),
        (("xy + x^2 + y^2", (1, 2)), "Here 'xy' is one name; the product is x*y."),
        (("xy + x^2 + y^2",), "Here 'xy' is one name; the product is x*y."),
        ((lambda x: x**2,), "a descent of a function needs a start"),
        ((7, 1), "what is minimised is a formula or a function, not int"),
        (("3 + 4", 1), "has no variables"),
        (("x^2", (1, 2)), "vector of 2 where one number is needed"),
        (("x^2", {"z": 1}), "the start names 'z'"),
        (("x^2", "near"), "the start must be numbers or 'random'"),
        ((lambda x: np.sin(x), 1), "function computes with NumPy, which cannot be differentiated"),
        ((lambda x: (x * x).to("meta"), 1), "a tensor that is sparse or holds no data"),
        ((lambda x: (x * x).reshape(1).to_sparse(), 1), "a tensor that is sparse"),
    ],
)
def test_what_cannot_be_minimised(arguments: Any, message: str) -> None:
    with pytest.raises(steepest.InputError) as refusal:
        steepest.minimize(*arguments)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "lr must be above 0"),
        ({"lr": [0.1]}, "minimize makes one run; steepest.study takes a list as lr"),
        ({"optimizer": ["sgd"]}, "minimize makes one run; steepest.study takes a list as optim"),
        ({"lr": "fast"}, "'fast' is neither a number nor a schedule"),
        ({"optimizer": "adm", "lr": 0.1}, "no optimizer 'adm'"),
        ({"optimizer": "adam"}, "give Adam a number, for example torch's default, 0.001"),
        ({"optimizer": 3, "lr": 0.1}, "no optimizer 3"),
        ({"optimizer": dict, "lr": 0.1}, "a class of torch.optim"),
        ({"optimizer": torch.optim.SGD, "momentum": 0.9, "lr": 0.1}, "functools.partial"),
        ({"momentum": 0.9}, "lr auto searches along the gradient"),
        ({"optimizer": partial(torch.optim.SGD, lr=1.0), "lr": 0.1}, "SGD gives lr too"),
        ({"optimizer": partial(torch.optim.SGD, momentum=-1), "lr": 0.1}, "Invalid momentum"),
        ({"bounds": "x=0:1"}, "bounds are {name: (lower, upper)}, not 'x=0:1'"),
        ({"bounds": {"x": (0, 10**400)}}, "the bounds of x must be (lower, upper)"),
        ({"bounds": {"x": (2, 1)}}, "x"),
        ({"bounds": {"z": (0, 1)}}, "z"),
        ({"bounds": {"x": (4, 5)}}, "start"),
        ({"epochs": -1}, "epochs must be a whole number"),
        ({"stopping": 5}, "stopping is 5; give steepest.Stopping(…)"),
    ],
)
def test_options_that_are_refused(options: Any, message: str) -> None:
    with pytest.raises(steepest.InputError) as refusal:
        steepest.minimize("x^4 + x", 1, **options)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_patience_is_a_whole_number() -> None:
    with pytest.raises(steepest.InputError, match="patience must be a whole number, 1 or more"):
        steepest.minimize("x^4 + x", 1, stopping=Stopping(patience=0))


def test_a_seed_is_a_whole_number() -> None:
    for seed in (-1, 1.5, "a"):
        with pytest.raises(steepest.InputError, match="the seed must be a whole number"):
            steepest.minimize("x^2", "random", seed=seed)  # type: ignore[arg-type]  # refused


def test_a_start_without_dimensions() -> None:
    run = steepest.minimize("x^2", np.array(7.0), lr=0.1, epochs=1)
    assert run.last.parameters == pytest.approx([5.6], rel=1e-15)


def test_lists_that_are_refused() -> None:
    with pytest.raises(steepest.InputError, match="lr is an empty list"):
        steepest.study("x^2", 1, lr=[])
    with pytest.raises(steepest.InputError, match="give one of them"):
        steepest.study("x^2", 1, starts=[1, 2])


def test_the_best_of_a_study() -> None:
    study = steepest.study("x**2 - 4*x + 5", 7, lr=np.array([0.1, 0.5, 1.1]), epochs=20)
    assert study.best is study[1]
    assert [label for label, _ in study.items()] == ["lr 0.1", "lr 0.5", "lr 1.1"]


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({}, "nothing to search over"),
        ("w", "w"),
        (["w=0:1:0.5", "w=2:3:0.5"], "w is searched over twice"),
        ("z=0:1:0.5", "z"),
    ],
)
def test_searches_that_are_refused(over: Any, message: str) -> None:
    with pytest.raises(steepest.InputError) as refusal:
        steepest.search("w^2", over)
    assert message in str(refusal.value)


def test_a_search_of_a_function_and_of_a_slice() -> None:
    found = steepest.search(lambda x, y: (x - 1) ** 2 + (y - 3) ** 2, {"x": [0, 1, 2]}, at={"y": 2})
    assert (found.best, found.best_objective) == ({"x": 1.0}, 1.0)
    assert steepest.search("booth", ["x=0:4:1", "y=0:4:1"]).best == {"x": 1.0, "y": 3.0}


def test_a_gradient_is_checked_anywhere() -> None:
    problem = steepest.minimize("3*(a + b*c)", start=(5, 3, 2), epochs=0).problem
    assert problem.check_gradient() < 1e-9
    assert problem.check_gradient(np.array([5.0, 3.0, 2.0])) < 1e-9
