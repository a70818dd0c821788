"""What is made of a formula: values, tensors, faults, degree and instructions."""

import json
import math

import pytest
import torch

from steepest.formula.functions import FUNCTIONS
from steepest.formula.parse import parse

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"


def test_names_stand_in_order_of_appearance() -> None:
    formula = parse("b + a*b + sin(c) + 2 pi e")
    assert formula.names == ("b", "a", "c")
    assert str(formula) == formula.text == "b + a*b + sin(c) + 2 pi e"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("x**2 - 4*x + 5", {"x": 7.0}, 26.0),
        ("14/3*(w-2)**2", {"w": 1.0}, 14 / 3),
        (ROSENBROCK, {"x": -1.5, "y": 2.0}, 12.5),
        ("3*(a + b*c)", {"a": 5.0, "b": 3.0, "c": 2.0}, 33.0),
        ("3 + 4", {}, 7.0),
        ("1/0", {}, math.inf),
        ("-1/0", {}, -math.inf),
        ("0/0", {}, math.nan),
        ("x^-1", {"x": -0.0}, -math.inf),
        ("x^-2", {"x": -0.0}, math.inf),
        ("x^(1/3)", {"x": -8.0}, math.nan),
        ("x^y", {"x": -10.0, "y": 333.0}, -math.inf),
        ("x^y", {"x": -10.0, "y": 334.0}, math.inf),
        ("exp(exp(x))", {"x": 7.0}, math.inf),
        ("1/(1 + exp(x))", {"x": 1000.0}, 0.0),
        ("sin(x)", {"x": math.inf}, math.nan),
    ],
)  # fmt: skip
def test_values_at_a_point(text: str, values: dict[str, float], expected: float) -> None:
    formula = parse(text)
    assert formula.value(**values) == pytest.approx(expected, nan_ok=True)
    parameters = torch.tensor([values[name] for name in formula.names], dtype=torch.float64)
    assert float(formula.to_torch()(parameters)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("text", [ROSENBROCK, "max(x, 2) + norm(y, 1, x) + min(3, 1)", "2/x - y"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_batch_of_any_shape_keeps_its_type(text: str, dtype: torch.dtype) -> None:
    formula = parse(text)
    parameters = torch.linspace(0.5, 4.0, 30, dtype=dtype).reshape(5, 3, 2)
    found = formula.to_torch()(parameters)
    assert found.shape == (5, 3)
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 1e-13
    for point, value in zip(parameters.reshape(-1, 2), found.reshape(-1), strict=True):
        expected = formula.value(**dict(zip(formula.names, point.tolist(), strict=True)))
        assert float(value) == pytest.approx(expected, rel=tolerance)


def test_a_batch_has_the_gradient_of_its_rows() -> None:
    run = parse(ROSENBROCK).to_torch()
    parameters = torch.linspace(-2.0, 2.0, 30, dtype=torch.float64).reshape(5, 3, 2)
    parameters.requires_grad_(True)
    run(parameters).sum().backward()
    x, y = parameters.detach().unbind(-1)
    expected = torch.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], -1)
    assert parameters.grad is not None
    torch.testing.assert_close(parameters.grad, expected, rtol=1e-12, atol=1e-10)


def test_the_hessian_by_torch_is_that_of_calculus() -> None:
    run = parse(ROSENBROCK).to_torch()
    found = torch.autograd.functional.hessian(run, torch.tensor([-1.5, 2.0], dtype=torch.float64))
    assert found.tolist() == [pytest.approx([1902.0, 600.0]), pytest.approx([600.0, 200.0])]


def test_many_hessians_by_torch_at_once() -> None:
    run = parse("max(x, 2/y)^3 + norm(x, 1)").to_torch()
    points = torch.tensor([[3.0, 2.0], [0.1, 0.5]], dtype=torch.float64)
    found = torch.func.vmap(torch.func.jacrev(torch.func.grad(run)))(points)
    assert found.shape == (2, 2, 2)
    # (2/y)³ = 8y⁻³ has the second derivative 96y⁻⁵.
    assert found[1, 1, 1] == pytest.approx(96 * 0.5**-5)


def test_a_formula_without_parameters_fills_the_batch() -> None:
    run = parse("2 + 3^2").to_torch()
    assert run(torch.zeros(5, 3, 0)).tolist() == [[11.0] * 3] * 5


def test_what_is_too_large_for_the_type_is_infinite() -> None:
    x = torch.tensor([1.0], dtype=torch.float32)
    for text in ("1e300x", "x + 1e300", "max(x, 1e300)", "1e300/x"):
        found = parse(text).to_torch()(x)
        assert float(found) == math.inf
        assert found.dtype == torch.float32
    assert parse("1e300").to_torch()(torch.zeros(2, 0)).tolist() == [math.inf] * 2


def test_the_deepest_formula_can_be_compared_shown_and_run() -> None:
    text = "+".join(["x"] * 200)
    formula = parse(text)
    assert formula == parse(text) and hash(formula) == hash(parse(text))
    assert repr(formula) == f"Formula(text={text!r})"
    parameters = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    formula.to_torch()(parameters).backward()
    assert parameters.grad is not None and parameters.grad.tolist() == [200.0]
    assert formula.value(x=3.0) == 600.0
    assert formula.degree() == 1


@pytest.mark.parametrize(
    ("text", "values", "fault"),
    [
        ("x + log(x - 1.5)", {"x": 1.2}, "log of -0.3"),
        ("log(x)", {"x": 0.0}, "log of 0"),
        ("log10(x)", {"x": -1.0}, "log10 of -1"),
        ("sqrt(x)", {"x": -2.0}, "square root of -2"),
        ("1/(x - 1)", {"x": 1.0}, "division by 0"),
        ("exp(x)", {"x": 800.0}, "exp of 800 (overflow)"),
        ("sinh(-x)", {"x": 800.0}, "sinh of -800 (overflow)"),
        ("asin(x) + acos(x)", {"x": 2.0}, "asin of 2"),
        ("x^0.5", {"x": -8.0}, "-8 to the power 0.5"),
        ("x^-1", {"x": 0.0}, "0 to the power -1"),
        ("x^2", {"x": 1e200}, "1e+200 to the power 2 (overflow)"),
        ("x*y", {"x": -1e200, "y": 1e200}, "-1e+200 * 1e+200 (overflow)"),
        ("x - y", {"x": -1e308, "y": 1e308}, "-1e+308 - 1e+308 (overflow)"),
        ("x/y", {"x": 1e200, "y": 1e-200}, "1e+200 / 1e-200 (overflow)"),
        ("norm(x, x)", {"x": 1.7e308}, "norm of 1.7e+308 and 1.7e+308 (overflow)"),
        ("1 + x", {"x": math.inf}, "x is inf"),
        ("sqrt(log(x))", {"x": -1.0}, "log of -1"),
        ("1/x + log(x)", {"x": 0.0}, "division by 0"),
        ("x^2 + 1", {"x": 3.0}, ""),
    ],
)  # fmt: skip
def test_the_first_fault_is_named(text: str, values: dict[str, float], fault: str) -> None:
    assert str(parse(text).first_fault(values) or "") == fault


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("7", 0),
        ("sin(2)^pi", 0),
        ("x", 1),
        ("-x + 2", 1),
        ("(x + y)(x - y)", 2),
        (ROSENBROCK, 4),
        ("x^2/3 + x", 2),
        ("x^(1 + 2)", 3),
        ("x^3.0 y^2", 5),
        ("x^0", 0),
        ("(x^1000)^1000", 1_000_000),
        ("1/x", None),
        ("x^-1", None),
        ("x^0.5", None),
        ("2^x", None),
        ("x^y", None),
        ("abs(x)", None),
        ("x + sqrt(x)^2", None),
    ],
)
def test_the_degree_of_a_polynomial(text: str, degree: int | None) -> None:
    assert parse(text).degree() == degree


def test_instructions_share_what_stands_twice() -> None:
    listed = parse("(x + y)^2 + sin((x + y)^2) + 2.0pi").instructions()
    assert json.loads(json.dumps(listed)) == listed
    assert listed == [
        ["variable", 0],
        ["variable", 1],
        ["add", 0, 1],
        ["number", 2.0],
        ["pow", 2, 3],
        ["sin", 4],
        ["add", 4, 5],
        ["number", math.pi],
        ["mul", 3, 7],
        ["add", 6, 8],
    ]


def test_instructions_run_as_their_description_says() -> None:
    formula = parse("max(x, y)/(1 + x^2) - exp(-y) e")
    point = {"x": 0.7, "y": -1.2}
    results: list[float] = []
    for name, *rest in formula.instructions():
        if name == "number":
            results.append(float(rest[0]))
        elif name == "variable":
            results.append(point[formula.names[int(rest[0])]])
        else:
            results.append(FUNCTIONS[str(name)].scalar(*(results[int(i)] for i in rest)))
    assert results[-1] == pytest.approx(-1.2 * 0 + 0.7 / 1.49 - math.exp(1.2) * math.e)
    assert results[-1] == formula.value(**point)
