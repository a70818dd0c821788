"""Starts: by number, position, name and chance, from Python and from the command line."""

import re
from fractions import Fraction

import numpy as np
import pytest
import torch

from steepest.errors import InputError
from steepest.problems.parameter_layout import Layout
from steepest.problems.starts import named_start, parse_start, start_layout, start_vector

ONE = Layout({"x": ()})
TWO = Layout({"x": (), "y": ()})
MIXED = Layout({"x": (), "v": (2,), "A": (2, 2)})


@pytest.mark.parametrize(
    ("layout", "start", "expected"),
    [
        pytest.param(ONE, 7, [7], id="number"),
        pytest.param(ONE, [7], [7], id="list-of-one"),
        pytest.param(ONE, np.float32(0.5), [0.5], id="numpy-number"),
        pytest.param(ONE, Fraction(1, 4), [0.25], id="fraction"),
        pytest.param(ONE, {"x": 10**30}, [1e30], id="big-integer"),
        pytest.param(TWO, (-1.5, 2), [-1.5, 2], id="tuple"),
        pytest.param(TWO, np.array([-1.5, 2]), [-1.5, 2], id="array"),
        pytest.param(TWO, {"y": 2, "x": -1.5}, [-1.5, 2], id="names"),
        pytest.param(TWO, (torch.tensor(1.0), 2), [1, 2], id="tensor-inside"),
        pytest.param(TWO, torch.tensor([1.0, 2.0], requires_grad=True), [1, 2], id="tensor"),
        pytest.param(MIXED, (0, [1, 2], [[3, 4], [5, 6]]), [0, 1, 2, 3, 4, 5, 6], id="arguments"),
        pytest.param(MIXED, range(7), [0, 1, 2, 3, 4, 5, 6], id="flat"),
    ],
)
def test_start_vector(layout: Layout, start: object, expected: list[float]) -> None:
    vector = start_vector(start, layout)
    assert vector.dtype == np.float64
    assert vector.tolist() == expected


@pytest.mark.parametrize(
    ("layout", "start", "message"),
    [
        ({"x": ()}, "7", "the start must be numbers or 'random', not '7'."),
        ({"x": ()}, "randm", "not 'randm'. Did you mean 'random'?"),
        ({"x": ()}, float("nan"), "the start of x must be finite, not nan."),
        ({"x": ()}, None, "the start of x must be numbers, not None."),
        ({"x": ()}, True, "the start of x must be numbers, not True."),
        ({"x": ()}, 1j, "the start of x must be numbers, not 1j."),
        ({"x": ()}, 10**400, "the start of x is too large for float64:"),
        ({"x": ()}, [1, 2], "the start of x has a vector of 2 where one number is needed."),
        ({"x": (), "y": ()}, 7, "the start gives 1 value for 2 parameters: x, y."),
        ({"x": (), "y": ()}, (1, 2, 3), "the start gives 3 values for 2 parameters: x, y."),
        ({"x": (), "y": ()}, {1.0, 2.0}, "the start must be numbers, not {1.0, 2.0}."),
        ({"x": (), "y": ()}, (1, "2"), "the start of y must be numbers, not '2'."),
        ({"x": (), "y": ()}, (1, float("inf")), "the start of y must be finite, not inf."),
        ({"x": (), "y": ()}, {"x": 1}, "the start leaves out y: it must give x, y."),
        (
            {"weight": (), "bias": ()},
            {"wieght": 1, "bias": 0},
            "the start names 'wieght', which is no parameter: there are weight, bias. "
            "Did you mean 'weight'?",
        ),
        ({"x": (), "y": ()}, {1: 2}, "the start names 1, which is no parameter"),
        (
            {"x": (), "v": (2,)},
            {"x": 1, "v": [1, 2, 3]},
            "the start of v has a vector of 3 where a vector of 2 is needed.",
        ),
        ({"v": (2,)}, {"v": []}, "the start of v is empty: give at least one number."),
        ({"A": (2, 2)}, [[1, 2], [3]], "the start of A must be numbers, not [[1, 2], [3]]."),
    ],
)
def test_start_that_does_not_fit(
    layout: dict[str, tuple[int, ...]], start: object, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        start_vector(start, Layout(layout))
    assert "\n" not in str(caught.value)


def test_a_vector_is_a_copy() -> None:
    given = np.array([1.0, 2.0])
    start_vector(given, TWO)[0] = 9.0
    assert given[0] == 1.0


def test_random_is_standard_normal_and_seeded() -> None:
    layout = Layout({"v": (100_000,)})
    drawn = start_vector("random", layout, seed=3)
    assert drawn == pytest.approx(np.random.default_rng(3).standard_normal(100_000), rel=0)
    assert not np.array_equal(drawn, start_vector("random", layout, seed=4))
    assert drawn.mean() == pytest.approx(0.0, abs=0.02)
    assert drawn.std() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "start", "shapes"),
    [
        (["x"], 7, {"x": ()}),
        (["v"], [1, 2, 3], {"v": (3,)}),
        (["x", "y"], (-1.5, 2), {"x": (), "y": ()}),
        (["x", "v"], {"v": [1, 2], "x": 0}, {"x": (), "v": (2,)}),
        (["A", "b"], (np.eye(2), np.zeros(2)), {"A": (2, 2), "b": (2,)}),
        (["A", "b"], "random", {"A": (), "b": ()}),
    ],
)
def test_shapes_come_from_the_start(
    arguments: list[str], start: object, shapes: dict[str, tuple[int, ...]]
) -> None:
    assert start_layout(arguments, start).shapes == shapes


def test_names_and_split() -> None:
    assert MIXED.names == ("x", "v[0]", "v[1]", "A[0,0]", "A[0,1]", "A[1,0]", "A[1,1]")
    split = MIXED.split(np.arange(7.0))
    assert split["x"] == 0.0
    assert isinstance(split["x"], float)
    assert np.array_equal(split["v"], [1, 2])
    assert np.array_equal(split["A"], [[3, 4], [5, 6]])


def test_split_and_start_are_inverse() -> None:
    vector = np.random.default_rng(0).standard_normal(7)
    assert np.array_equal(start_vector(MIXED.split(vector), MIXED), vector)


def test_named_start_keeps_shapes() -> None:
    named = named_start(["w", "b"], ([[1, 2]], 0))
    assert named["w"].shape == (1, 2)
    assert named["b"].shape == ()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("7", 7.0),
        (" -1.5 , 2e3", [-1.5, 2000.0]),
        ("x=-1.5,y=2", {"x": -1.5, "y": 2.0}),
        (" random ", "random"),
    ],
)
def test_parse_start(text: str, start: object) -> None:
    assert parse_start(text) == start


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the start '' has an empty place: write 7, -1.5,2 or x=-1.5,y=2."),
        ("1,,2", "the start '1,,2' has an empty place"),
        ("seven", "the start must be a number, not 'seven'."),
        ("nan", "the start must be finite, not 'nan'."),
        ("x=1,2", "the start 'x=1,2' has '2' where name=number is needed, as in x=-1.5,y=2."),
        ("=1", "the start '=1' has '=1' where name=number is needed"),
        ("x=1,x=2", "the start 'x=1,x=2' gives x twice."),
        ("x=two", "the start of x must be a number, not 'two'."),
        ("x=1e999", "the start of x must be finite, not '1e999'."),
    ],
)
def test_start_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        parse_start(text)
