"""Bounds: given by name, read from text, and what they leave of the gradient."""

import re

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.penalties.bounds import Bounds, parse_bounds

INFINITE = float("inf")


def test_sides_may_be_free() -> None:
    bounds = Bounds.of("abcd", {"a": (0, 1), "b": (None, 3), "c": (-INFINITE, 2)})
    assert bounds.lower.tolist() == [0, -INFINITE, -INFINITE, -INFINITE]
    assert bounds.upper.tolist() == [1, 3, 2, INFINITE]


def test_a_vector_is_bounded_whole_and_an_entry_by_itself() -> None:
    names = ("x", "v[0]", "v[1]", "vv[0]")
    for sides in ({"v[1]": (-1, 5), "v": (0, None)}, {"v": (0, None), "v[1]": (-1, 5)}):
        bounds = Bounds.of(names, sides)
        assert bounds.lower.tolist() == [-INFINITE, 0, -1, -INFINITE]
        assert bounds.upper.tolist() == [INFINITE, INFINITE, 5, INFINITE]


@pytest.mark.parametrize(
    ("x", "slope", "stands"),
    [
        (0.0, 1.0, True),
        (0.0, -1.0, False),
        (0.0, 0.0, False),
        (0.5, 1.0, False),
        (1.0, -1.0, True),
        (1.0, 1.0, False),
    ],
)
def test_a_bound_is_active_where_descent_would_cross_it(
    x: float, slope: float, stands: bool
) -> None:
    bounds = Bounds.of("x", {"x": (0, 1)})
    assert bounds.active(np.array([x]), np.array([slope])).tolist() == [stands]


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ({"x": (1, 0)}, "the lower bound of x, 1, is above the upper, 0."),
        ({"X1": (0, 1)}, "there is no parameter 'X1' to bound: there are x1, x."),
        ({"x11": (0, 1)}, "there is no parameter 'x11' to bound: there are x1, x."),
        ({"x": 3}, "the bounds of x must be (lower, upper), None for a free side, not 3."),
        ({"x": (0, 1, 2)}, "the bounds of x must be (lower, upper)"),
        ({"x": ("a", 1)}, "the bounds of x must be (lower, upper)"),
        ({"x": (float("nan"), 1)}, "the bounds of x leave it no value: nan to 1."),
        ({"x": (INFINITE, None)}, "the bounds of x leave it no value: inf to inf."),
    ],
)
def test_bounds_that_cannot_be(sides: dict[str, tuple[float, float]], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Bounds.of(("x1", "x"), sides)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (2.0, 0.0, "the start x = 2 lies outside its bounds, 0 to 1: start inside them, or"),
        (0.5, -1.0, "the start y = -1 lies outside its bounds, 0 or more:"),
    ],
)
def test_a_start_outside_is_refused(x: float, y: float, message: str) -> None:
    bounds = Bounds.of("xy", {"x": (0, 1), "y": (0, None)})
    bounds.check_start(np.array([1.0, 0.0]))
    with pytest.raises(InputError, match=re.escape(message)):
        bounds.check_start(np.array([x, y]))


def test_parse_bounds() -> None:
    assert parse_bounds(["x=0:1", "y=:3", "v[0] = -1e3 : "]) == {
        "x": (0.0, 1.0),
        "y": (None, 3.0),
        "v[0]": (-1000.0, None),
    }


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["x"], "the bounds 'x' must be name=lower:upper, as in x=0:1, or x=0: or x=:1."),
        (["x=1"], "the bounds 'x=1' must be name=lower:upper"),
        (["x=:"], "the bounds 'x=:' must be name=lower:upper"),
        (["x=0:1:2"], "the bounds 'x=0:1:2' must be name=lower:upper"),
        (["=0:1"], "the bounds '=0:1' must be name=lower:upper"),
        (["x=a:1"], "a bound of x must be a number, not 'a'."),
        (["x=0:nan"], "a bound of x must be finite, not 'nan'."),
        (["x=0:", "x=:1"], "x is bounded twice: give both sides at once, as in x=0:1."),
    ],
)
def test_bounds_that_cannot_be_read(texts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        parse_bounds(texts)
