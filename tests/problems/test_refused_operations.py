"""Operations that take no tensor are told with what to write; what a function raises is its own."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import steepest
from steepest.errors import InputError

ARRAY = np.array([1.0, 2.0])
SINGLE = torch.eye(2)
THREE = torch.ones(3, dtype=torch.float64)

REFUSED: list[tuple[Callable[..., Any], Any, str]] = [
    (lambda x: (x // 2) ** 2, 3, r"a // b has no derivative: write torch.floor\(a / b\), whose"),
    (lambda x: round(x) ** 2, 3, r"round\(\) of Python takes no tensor: write torch.round\(\)"),
    (lambda x: divmod(x, 2)[1], 3, r"divmod\(\) takes no tensor: write torch.floor\(a / b\) and"),
    (lambda x: x ^ 2, 3, r"\^ is no power in Python: write \*\*"),
    (lambda x: x + 2.0 ^ 2, 3, r"\^ is no power in Python: write \*\*"),
    (lambda x: x & 1, 3, "&, |, ~, << and >> are for whole numbers only"),
    (lambda x: ~x, 3, "&, |, ~, << and >> are for whole numbers only"),
    (lambda x: x + "a", 3, r"\+ between a tensor and a str: use numbers and tensors only"),
    (lambda x: (ARRAY * x).sum(), 3, r"an array of NumPy beside a tensor: make it one outside"),
    (lambda v: np.sum(v**2), [1, 2], "function computes with NumPy, which cannot be differenti"),
    (lambda v: np.prod(v), [1, 2], "function computes with NumPy, which cannot be differentiated"),
    (lambda v: (SINGLE @ v).sum(), [1, 2], r"tensors are of different types: make them float64"),
    (lambda v: (v * THREE).sum(), [1, 2], "must match the size of .*the start gives the param"),
    (lambda v: v[2] ** 2, [1, 2], "index 2 is out of bounds for dimension 0 with size 2: the st"),
    (lambda x: x[0] ** 2, 1, r"it takes entries of one number: a start that is a list makes a v"),
    (
        lambda x: math.sin(x),
        1,
        r"a float: math.sin\(\) \(.*:\d+\) takes numbers out of torch; write tor",
    ),
    (lambda x: math.floor(x), 1, r"an int: math.floor\(\) .*; write torch.floor for math.floor"),
    (lambda x: x.item(), 1, r"a float: x.item\(\) .* takes numbers out of torch; leave out x.item"),
    (lambda x: 0, 1, r"an int: compute with torch, also in branches \(0 \* x for 0"),
    (lambda x: None, 1, "returned None: it must be one number, a tensor"),
    (lambda x: [x], 1, "returned a list: it must be one number, a tensor"),
]


@pytest.mark.parametrize(("function", "start", "message"), REFUSED)
def test_what_to_write_is_said(function: Callable[..., Any], start: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        steepest.minimize(function, start=start)
    assert "\n" not in str(caught.value)


def test_the_line_is_named_and_a_graph_says_the_same() -> None:
    def stepped(x: Any) -> Any:
        return round(x) ** 2

    line = stepped.__code__.co_firstlineno + 1
    place = rf"stepped cannot be computed \(test_refused_operations.py:{line}\): round\(\) of"
    with pytest.raises(InputError, match=place):
        steepest.minimize(stepped, start=1)
    with pytest.raises(InputError, match=r"cannot be computed .*: round\(\) of Python takes no"):
        steepest.graph(stepped, x=1.5)


@pytest.mark.parametrize("error", [TypeError("mine"), RuntimeError("mine"), IndexError("mine")])
def test_what_a_function_raises_itself_is_let_through(error: Exception) -> None:
    def fails(x: Any) -> Any:
        raise error

    with pytest.raises(type(error), match=r"^mine$") as caught:
        steepest.minimize(fails, start=1)
    assert caught.value is error


def test_an_argument_by_place_that_has_none() -> None:
    run: Any = steepest.minimize
    with pytest.raises(TypeError, match=r"^minimize takes objective and start by place; name"):
        run("x^2", 3, 0.1)
