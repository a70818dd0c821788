"""Where a derivative is infinite or does not exist: it is never said to be 0 there."""

import math
import warnings
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import sympy
import torch

import steepest
from steepest.formula.parse import parse
from steepest.problems.function import FunctionProblem


def gradient(text: str, *point: float) -> list[float]:
    problem = FunctionProblem.of_formula(parse(text))
    return [float(slope) for slope in problem.gradient(np.array(point))]


def of_power(base: float, exponent: float) -> tuple[list[float], list[list[float]]]:
    """First and second derivatives of x^y by torch."""
    power = parse("x^y").to_torch()
    point = torch.tensor([base, exponent], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(power(point), point, create_graph=True)
    rows = [torch.autograd.grad(slope, point, retain_graph=True)[0].tolist() for slope in slopes]
    return slopes.tolist(), rows


def test_the_derivative_of_x_to_the_x_at_0_is_its_limit() -> None:
    x = sympy.Symbol("x", positive=True)
    limit = float(sympy.limit(sympy.diff(x**x, x), x, 0))
    assert gradient("x^x", 0.0) == [limit] == [-math.inf]
    # Differences from 0 on grow without end, like log h.
    slopes = [float((mpmath.power(h, h) - 1) / h) for h in (1e-3, 1e-6, 1e-9)]
    assert slopes == pytest.approx([math.log(1e-3), math.log(1e-6), math.log(1e-9)], rel=0.01)
    assert gradient("(x*y)^x + y^2", 0.0, 1.0) == [-math.inf, 2.0]
    assert gradient("0^x", 0.0) == [-math.inf]


@pytest.mark.parametrize(
    ("base", "exponent", "first"),
    [
        (0.0, 2.0, [0.0, 0.0]),  # 0^e is 0 for every e near 2
        (0.0, 1.0, [1.0, 0.0]),
        (0.0, 0.5, [math.inf, 0.0]),
        (0.0, 0.0, [0.0, -math.inf]),  # b^0 is 1 for every b
        (2.0, 0.0, [0.0, math.log(2.0)]),
        (2.0, 3.0, [12.0, 8.0 * math.log(2.0)]),
        (0.5, -1.5, [-1.5 * 0.5**-2.5, 0.5**-1.5 * math.log(0.5)]),
    ],
)
def test_both_derivatives_of_a_power(base: float, exponent: float, first: list[float]) -> None:
    assert of_power(base, exponent)[0] == pytest.approx(first, rel=1e-15)
    assert gradient("x^y", base, exponent) == pytest.approx(first, rel=1e-15)
    graph = steepest.graph("x^y", x=base, y=exponent)
    graph.forward()
    assert list(graph.backward().values()) == pytest.approx(first, rel=1e-15)


def test_a_negative_base_has_no_derivative_by_the_exponent() -> None:
    by_base, by_exponent = of_power(-2.0, 2.0)[0]
    assert by_base == -4.0 and math.isnan(by_exponent)


def test_second_derivatives_of_a_power() -> None:
    x, y = sympy.symbols("x y", positive=True)
    for base, exponent in ((2.0, 3.0), (0.5, -1.5), (1.5, 0.0), (3.0, 0.5)):
        exact = sympy.hessian(x**y, (x, y)).subs({x: base, y: exponent}).evalf(30)
        expected = np.array(exact.tolist(), dtype=np.float64)
        assert of_power(base, exponent)[1] == pytest.approx(expected, rel=1e-13)


def test_powers_keep_type_and_batches() -> None:
    power = parse("x^y").to_torch()
    rows = torch.rand(7, 3, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    assert power(rows).dtype is torch.float32 and power(rows).shape == (7, 3)
    flat = rows.double().reshape(-1, 2)
    assert torch.autograd.gradcheck(power, flat.requires_grad_())
    assert torch.autograd.gradgradcheck(power, flat.detach()[:3].requires_grad_())


SINGULAR = [
    ("x^x", {"x": 0}, "0 to the power 0"),
    ("(x*y)^x + y^2", {"x": 0, "y": 1}, "0 to the power 0"),
    ("0^x", {"x": 0}, "0 to the power 0"),
    ("(x^2 + y^2)^x", {"x": 0, "y": 0}, "0 to the power 0"),
    ("x^y", {"x": -2, "y": 2}, "-2 to the power 2"),
    ("x^0.5", {"x": 0}, "0 to the power 0.5"),
    ("(x^2)^0.25", {"x": 0}, "0 to the power 0.25"),
    ("(x^3)^(1/3)", {"x": 0}, "0 to the power 0.333333"),
    ("sqrt(x)", {"x": 0}, "square root of 0"),
    ("sqrt(x^4)", {"x": 0}, "square root of 0"),
    ("sqrt(abs(x))", {"x": 0}, "square root of 0"),
    ("0*sqrt(x) + y^2", {"x": 0, "y": 0}, "square root of 0"),
    ("sqrt(x^2 + y^2)", {"x": 0, "y": 0}, "square root of 0"),
    ("asin(x)^2", {"x": 1}, "asin of 1"),
    ("acos(x)^2", {"x": 1}, "acos of 1"),
    ("asin(x^2)", {"x": -1}, "asin of 1"),
    ("x*log(x)", {"x": 0}, "log of 0"),
    ("x*log2(x)", {"x": 0}, "log2 of 0"),
    ("sigmoid(log(x))", {"x": 0}, "log of 0"),
    ("exp(-1/x^2)", {"x": 0}, "division by 0"),
]


@pytest.mark.parametrize(("text", "start", "operation"), SINGULAR)
def test_a_descent_from_there_ends_and_names_the_operation(
    text: str, start: dict[str, float], operation: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = steepest.minimize(text, start=start).verdict
    assert verdict.kind == "left domain"
    named = ", ".join(f"{name} = {value}" for name, value in start.items())
    assert verdict.reason.startswith(f"At the start ({named}) the ")
    assert operation in verdict.reason


def test_a_descent_that_arrives_there_ends_and_names_the_step() -> None:
    path = steepest.minimize("x + (x^2)^x", start=1.0, lr=1 / 3)
    assert path.verdict.reason == (
        "At step 1 (x = 0) the gradient is not finite: the derivative by x is -inf: 0 to the power "
        "0 has no finite one."
    )


@pytest.mark.parametrize("text", ["abs(x)", "max(x, -x)", "norm(x, y)", "relu(x) + relu(-x)"])
def test_subgradients_stay_what_they_are(text: str) -> None:
    """Of the slopes between those of both sides 0 is one: the convention, and a minimum."""
    names = parse(text).names
    verdict = steepest.minimize(text, start=dict.fromkeys(names, 0.0)).verdict
    assert verdict.kind == "converged"


FALLING: list[tuple[Callable[..., torch.Tensor], float | tuple[float, ...]]] = [
    (lambda x: x**x, 0.0),
    (lambda x, y: (x + 0 * y) ** x + y**2, (0.0, 0.0)),
]


@pytest.mark.parametrize(("function", "start"), FALLING)
def test_a_zero_of_torch_where_a_function_falls_is_no_minimum(
    function: Callable[..., torch.Tensor], start: float | tuple[float, ...]
) -> None:
    verdict = steepest.minimize(function, start=start).verdict
    assert verdict.kind == "flat"
    assert "that is no minimum: along x the objective falls further" in verdict.reason


def test_a_gradient_beyond_float64_is_printed_without_a_warning() -> None:
    """NumPy's warnings are errors here."""
    from steepest.cli.steps import steps_table

    path = steepest.minimize("exp(x) - y^3", start=[700.0, 1e103], lr=1.0)
    assert steps_table(path).splitlines()[-1].split() == ["0", "700", "1e+103", "-inf", "inf"]
