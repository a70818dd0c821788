"""Exhaustive search: against NumPy over the whole grid at once, and the first lesson."""

import re
from decimal import Decimal

import numpy as np
import pytest
import torch

from steepest.descent.grid_search import SearchedGrid, parse_axis, search_grid
from steepest.errors import InputError
from steepest.formula.parse import parse
from steepest.problems.function import FunctionProblem


def problem(text: str) -> FunctionProblem:
    return FunctionProblem.of_formula(parse(text))


def search(text: str, *axes: str, **at: float) -> SearchedGrid:
    return search_grid(problem(text), dict(map(parse_axis, axes)), at=at)


def test_one_weight() -> None:
    # The cost of y = w·x on (1, 2), (2, 4), (3, 6).
    found = search("14/3*(w-2)**2", "w=0:4:0.1")
    assert found.objective.shape == (41,)
    assert found.best == {"w": 2.0}
    assert found.best_objective == 0.0
    assert found.best_index == (20,)
    assert found.objective[[0, -1]] == pytest.approx(56 / 3)
    assert str(found) == "Best of 41 points: w = 2, objective 0."


def test_a_map_equals_numpy() -> None:
    found = search("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", "y=-5:5:0.25", "x=-4:4:0.125")
    y, x = np.meshgrid(np.linspace(-5, 5, 41), np.linspace(-4, 4, 65), indexing="ij")
    expected = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
    assert found.names == ("y", "x")
    assert found.objective == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert found.best_index == np.unravel_index(expected.argmin(), expected.shape)
    assert found.best == {"y": 2.0, "x": 3.0}
    assert found.best_parameters.tolist() == [3.0, 2.0]


def test_the_other_parameters_stay() -> None:
    found = search("a x^2 + b x + c", "x=-3:3:0.5", a=1, b=-2, c=4)
    assert found.at == {"a": 1.0, "b": -2.0, "c": 4.0}
    assert found.best == {"x": 1.0}
    assert found.best_objective == 3.0
    assert found.best_parameters.tolist() == [1.0, 1.0, -2.0, 4.0]  # a, x, b, c


def test_a_function_of_vectors() -> None:
    target = torch.tensor([1.0, -2.0], dtype=torch.float64)
    found = search_grid(
        FunctionProblem.of_callable(lambda v: ((v - target) ** 2).sum(), [0, 0]),
        {"v[1]": np.arange(-3.0, 4.0)},
        at={"v[0]": 0.5},
    )
    assert found.best == {"v[1]": -2.0}
    assert found.best_objective == 0.25


def test_ties_are_said() -> None:
    found = search("(x^2 - 1)^2", "x=-2:2:0.5")
    assert found.best == {"x": -1.0}
    assert found.tied == 1
    assert found.ties == [{"x": 1.0}]
    assert str(found).endswith("As low, to rounding: 1 more (x = 1).")


def test_ties_are_told_to_rounding_and_ten_are_named() -> None:
    assert search("(x - 0.1)^2 + 0 y", "x=-0.1:0.3:0.4", "y=0:1:1").tied == 3
    flat = search("0 x + 1", "x=1:100:1")
    assert flat.best == {"x": 1.0}
    assert flat.tied == 99
    assert flat.ties == [{"x": float(i)} for i in range(2, 12)]
    assert "(x = 2; x = 3; x = 4; …)" in str(flat)


def test_outside_the_domain() -> None:
    found = search("x log(x)", "x=-1:1:0.125")
    assert found.outside == 9  # 0 · log 0 has no value either
    assert found.best == {"x": 0.375}
    assert found.best_objective == pytest.approx(0.375 * np.log(0.375))
    assert "9 points lie outside the domain." in str(found)


def test_nowhere_in_the_domain() -> None:
    message = (
        "the objective is nan at every one of 10 points (at the first: log of -1): search where it "
        "is defined."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        search("log(x)", "x=-1:-0.1:0.1")


def test_unbounded_below() -> None:
    found = search("log(x)", "x=0:1:0.5")
    assert found.best == {"x": 0.0}
    assert found.best_objective == -np.inf
    assert found.tied == 0


def test_blocks_leave_no_seam_and_progress_counts_up() -> None:
    told: list[tuple[int, int]] = []
    axis = np.linspace(-1.0, 1.0, 10_001)
    square = problem("(x - 0.5)^2")
    found = search_grid(square, {"x": axis}, progress=lambda done, all: told.append((done, all)))
    assert found.objective == pytest.approx((axis - 0.5) ** 2, rel=1e-15)
    assert told[-1] == (10_001, 10_001)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 1


def test_interrupted_keeps_the_best_so_far() -> None:
    def stop(done: int, points: int) -> None:
        raise KeyboardInterrupt

    axis = np.linspace(0.0, 1.0, 10_001)
    found = search_grid(problem("(x - 1)^2"), {"x": axis}, progress=stop)
    assert found.interrupted
    assert 0 < found.evaluated < 10_001
    assert found.best == {"x": axis[found.evaluated - 1]}
    assert np.isnan(found.objective[found.evaluated :]).all()
    assert found.outside == 0
    assert str(found).endswith(
        f"Interrupted: {10_001 - found.evaluated:,} points were not looked at."
    )


def test_interrupted_before_there_is_a_best() -> None:
    def stop(x: torch.Tensor) -> torch.Tensor:
        raise_now = calls.pop()
        if raise_now:
            raise KeyboardInterrupt
        return x**2

    calls = [True, False, False]  # taken from the end: two calls when it is made, then Ctrl-C
    with pytest.raises(KeyboardInterrupt):
        search_grid(FunctionProblem.of_callable(stop, 1.0), {"x": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("axes", "at", "message"),
    [
        ({}, {}, "name a parameter to search over: there are x, y."),
        ({"z": [1]}, {}, "the grid names 'z', which is no parameter: there are x, y."),
        ({"x": [1]}, {}, "the search needs a value for y, as in y=1, or an axis"),
        ({"x": [1]}, {"z": 1}, "the point to search at names 'z', which is no parameter"),
        ({"x": [1], "y": [1]}, {"y": 2}, "y is searched over and fixed at 2: leave one out."),
        ({"x": []}, {"y": 0}, "the values of x is empty: give at least one number."),
        ({"x": [[1]]}, {"y": 0}, "the values of x must be a list, not of shape (1, 1)."),
        ({"x": [1, np.nan]}, {"y": 0}, "the values of x must be finite"),
        ({"x": [1]}, {"y": "one"}, "the value of y must be numbers, not 'one'."),
        ({"x": [1]}, {"y": [1]}, "the value of y must be one number, not [1]."),
        (
            {"x": np.arange(20_000), "y": np.arange(20_000)},
            {},
            "the grid over x, y has 20,000 × 20,000 = 400,000,000 points, 3 GB of values; "
            "100,000,000 are the most: take larger steps or fewer axes.",
        ),
    ],
)
def test_grids_that_cannot_be(axes: dict[str, object], at: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        search_grid(problem("x^2 + y^2"), axes, at=at)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w=0:4:0.1", [float(Decimal(k) / 10) for k in range(41)]),
        ("w = -1 : 1 : 0.3", [-1.0, -0.7, -0.4, -0.1, 0.2, 0.5, 0.8]),
        ("v[0]=2:2:1", [2.0]),
        ("x=1e3:3e3:1e3", [1000.0, 2000.0, 3000.0]),
        ("x=-0.3:0.3:0.1", [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]),
    ],
)
def test_axes_hold_the_nearest_number_to_each_decimal(text: str, expected: list[float]) -> None:
    name, values = parse_axis(text)
    assert name == text.partition("=")[0].strip()
    assert values.tolist() == expected


def test_axes_of_very_small_numbers() -> None:
    _, values = parse_axis("x=1e-30:1e-29:1e-30")
    assert values == pytest.approx(np.arange(1, 11) * 1e-30, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w=0:4", "'w=0:4' must be name=lower:upper:step, as in w=0:4:0.1, to be searched over."),
        ("0:4:1", "'0:4:1' must be name=lower:upper:step"),
        ("w=a:4:1", "'a' in 'w=a:4:1' must be a number."),
        ("w=0:inf:1", "'inf' in 'w=0:inf:1' must be finite."),
        ("w=0:1e400:1", "'1e400' in 'w=0:1e400:1' must be finite."),
        ("w=0:4:0", "the step of 'w=0:4:0' must be above zero."),
        ("w=0:4:-1", "the step of 'w=0:4:-1' must be above zero."),
        ("w=4:0:1", "'w=4:0:1' begins above its end: write the lower end first."),
        (
            "w=0:1:1e-9",
            "the grid over w has 1,000,000,001 points, 8 GB of values; 100,000,000 are the most",
        ),
        ("w=0:1e300:1e-300", "the grid over w has 1.00e+600 points"),
    ],
)
def test_axes_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        parse_axis(text)
