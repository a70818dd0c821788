"""Lesson 3: gradients, checked by differences, and the rules for matrices."""

import numpy as np
import pytest
import torch

from steepest.formula.parse import parse
from steepest.problems.function import FunctionProblem

X = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
Y = torch.tensor([2.0, 4.0, 6.0], dtype=torch.float64)


def cost(w: torch.Tensor) -> torch.Tensor:
    return ((w * X - Y) ** 2).mean()


@pytest.mark.parametrize(
    "problem",
    [
        FunctionProblem.of_callable(cost, 1.0),
        FunctionProblem.of_formula(parse("14/3*(w - 2)**2")),
        FunctionProblem.of_formula(parse("((w-2)^2 + (2w-4)^2 + (3w-6)^2)/3")),
    ],
    ids=["function", "formula", "sum"],
)
def test_central_difference_of_the_cost_of_one_weight(problem: FunctionProblem) -> None:
    at = np.array([1.0])
    assert problem.objective(at) == pytest.approx(14 / 3, rel=1e-12)
    assert problem.numerical_gradient(at, h=1e-6) == pytest.approx(-28 / 3, abs=1e-8)
    assert problem.gradient(at) == pytest.approx(-28 / 3, rel=1e-12)
    assert problem.check_gradient(at) < 1e-9


def test_the_check_finds_a_wrong_gradient() -> None:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return x**2

        @staticmethod
        def backward(ctx: object, slope: torch.Tensor) -> torch.Tensor:
            return slope * 3.0

    problem = FunctionProblem.of_callable(lambda x: Wrong.apply(x), 2.0)  # type: ignore[no-untyped-call]  # torch has no types here
    assert problem.check_gradient(np.array([2.0])) == pytest.approx(1 / 3)  # 3 where 4 is right


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_a_quadratic_form(seed: int) -> None:
    random = np.random.default_rng(seed)
    square, x = random.standard_normal((4, 4)), random.standard_normal(4)
    matrix = torch.from_numpy(square)
    problem = FunctionProblem.of_callable(lambda x: x @ matrix @ x, x)
    assert problem.gradient(x) == pytest.approx((square + square.T) @ x, rel=1e-12)
    assert problem.hessian(x) == pytest.approx(square + square.T, rel=1e-12)
    assert problem.check_gradient(x) < 1e-8


def test_the_gradient_by_the_matrix_itself() -> None:
    # ∂(xᵀAx)/∂A = x xᵀ
    random = np.random.default_rng(9)
    square, x = random.standard_normal((3, 3)), random.standard_normal(3)
    problem = FunctionProblem.of_callable(lambda x, A: x @ A @ x, {"x": x, "A": square})
    slopes = problem.split(problem.gradient(problem.start({"x": x, "A": square})))
    assert slopes["A"] == pytest.approx(np.outer(x, x), rel=1e-12)
    assert slopes["x"] == pytest.approx((square + square.T) @ x, rel=1e-12)


def test_the_gradient_of_the_squared_norm() -> None:
    x = np.random.default_rng(2).standard_normal(6)
    problem = FunctionProblem.of_callable(lambda x: (x**2).sum(), x)
    assert problem.gradient(x) == pytest.approx(2 * x, rel=1e-15)
    assert problem.hessian(x) == pytest.approx(2 * np.eye(6), abs=1e-15)
    formula = FunctionProblem.of_formula(parse("norm(a, b, c)^2"))
    assert formula.gradient(x[:3]) == pytest.approx(2 * x[:3], rel=1e-12)


def test_the_chain_rule() -> None:
    # J = 3(a + b·c) at a = 5, b = 3, c = 2
    problem = FunctionProblem.of_formula(parse("3*(a + b*c)"))
    at = problem.start({"a": 5, "b": 3, "c": 2})
    assert problem.objective(at) == 33.0
    assert problem.gradient(at).tolist() == [3.0, 6.0, 9.0]
    assert problem.numerical_gradient(at) == pytest.approx([3.0, 6.0, 9.0], abs=1e-7)
