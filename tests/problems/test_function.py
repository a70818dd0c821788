"""Problems of formulas and of Python functions: values, derivatives, batches and refusals."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from steepest.errors import InputError
from steepest.formula.parse import parse
from steepest.problems.function import FunctionProblem

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
FORMULAS = {
    "rosenbrock": ROSENBROCK,
    "himmelblau": "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    "beale": "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
    "booth": "(x + 2y - 7)^2 + (2x + y - 5)^2",
    "matyas": "0.26(x^2 + y^2) - 0.48 x y",
    "rastrigin": "20 + x^2 - 10cos(2pi x) + y^2 - 10cos(2pi y)",
    "ackley": "-20exp(-0.2sqrt((x^2+y^2)/2)) - exp((cos(2pi x)+cos(2pi y))/2) + e + 20",
    "styblinski-tang": "(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)/2",
    "saddle": "x^2 - y^2",
    "mixed": "sigmoid(x) softplus(y) + tanh(x y) + log(1 + x^2) + norm(x, y) + max(x, 2y)",
}

# Differentiable, but no parameter.
CONSTANT = torch.ones((), requires_grad=True)


def of_text(text: str) -> FunctionProblem:
    return FunctionProblem.of_formula(parse(text))


def points(count: int, d: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(-2.0, 2.0, (count, d))


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_gradients_of_formulas_against_central_differences(text: str) -> None:
    problem = of_text(text)
    for point in points(10, 2):
        assert problem.check_gradient(point) < 1e-7


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_batch_of_a_formula_equals_single_calls(text: str) -> None:
    problem = of_text(text)
    batch = points(12, 2).reshape(3, 4, 2)
    objectives, gradient = problem.objectives_and_gradient(batch)
    assert objectives.shape == (3, 4)
    assert gradient.shape == (3, 4, 2)
    for place in np.ndindex(3, 4):
        one, slope = problem.objectives_and_gradient(batch[place])
        assert objectives[place] == pytest.approx(float(one), rel=1e-13, abs=1e-13)
        assert gradient[place] == pytest.approx(slope, rel=1e-12, abs=1e-12)
    assert problem.objectives(batch) == pytest.approx(objectives, rel=1e-14)
    assert problem.gradient(batch) == pytest.approx(gradient, rel=1e-14)


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_the_hessian_is_that_of_torch(text: str) -> None:
    problem, function = of_text(text), parse(text).to_torch()
    for point in points(3, 2):
        expected = torch.autograd.functional.hessian(function, torch.from_numpy(point)).numpy()
        assert problem.hessian(point) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_hessian_of_rosenbrock() -> None:
    x, y = -1.5, 2.0
    expected = [[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200]]
    assert of_text(ROSENBROCK).hessian(np.array([x, y])) == pytest.approx(np.array(expected))


def test_formula_and_function_agree() -> None:
    formula = of_text(ROSENBROCK)
    function = FunctionProblem.of_callable(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, (-1.5, 2)
    )
    assert function.names == formula.names == ("x", "y")
    batch = points(5, 2)
    assert function.objectives(batch) == pytest.approx(formula.objectives(batch), rel=1e-14)
    assert function.gradient(batch) == pytest.approx(formula.gradient(batch), rel=1e-12)
    assert function.hessian(batch[0]) == pytest.approx(formula.hessian(batch[0]), rel=1e-12)


def test_what_a_formula_tells() -> None:
    problem = FunctionProblem.of_formula(parse("x^2 - 4x + 5"), minimizer=[2])
    assert problem.text == "x^2 - 4x + 5"
    assert problem.formula is not None
    assert problem.shapes == {"x": ()}
    assert problem.is_quadratic
    assert problem.minimizer is not None
    assert problem.minimizer.tolist() == [2.0]


def test_what_is_no_quadratic() -> None:
    assert not of_text("x^3").is_quadratic
    function = FunctionProblem.of_callable(lambda x: x**2, 1.0)
    assert not function.is_quadratic
    assert function.formula is None


def test_the_hessian_of_what_is_linear_is_zero() -> None:
    assert of_text("3x + 2y").hessian(np.zeros(2)).tolist() == [[0, 0], [0, 0]]
    assert of_text("x^2 + y").hessian(np.zeros(2)).tolist() == [[2, 0], [0, 0]]


def test_a_formula_without_variables() -> None:
    message = "the formula 14/3 has no variables, so there is nothing to minimise."
    with pytest.raises(InputError, match=re.escape(message)):
        of_text("14/3")


def test_points_are_left_unchanged_and_may_be_read_only() -> None:
    def changes(x: Tensor, y: Tensor) -> Tensor:
        x += 1
        y.mul_(2)
        return x**2 * y

    problem = FunctionProblem.of_callable(changes, (1.0, 2.0))
    for batch in (np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])):
        batch.setflags(write=False)
        before = batch.copy()
        problem.objectives(batch)
        problem.objectives_and_gradient(batch)
        assert np.array_equal(batch, before)
    assert problem.objective(np.array([1.0, 2.0])) == 16.0
    assert problem.gradient(np.array([1.0, 2.0])).tolist() == [16.0, 8.0]


def test_answers_are_new_arrays() -> None:
    problem = of_text("x")
    point = np.array([3.0])
    objectives, gradient = problem.objectives_and_gradient(point)
    objectives[...] = gradient[...] = 9.0
    assert point.tolist() == [3.0]
    assert problem.gradient(point).tolist() == [1.0]


def test_a_batch_of_one_has_the_bits_of_a_single_point() -> None:
    for problem in (of_text(FORMULAS["mixed"]), FunctionProblem.of_callable(branches, (1, [1, 2]))):
        point = points(1, len(problem.names))
        objectives, gradient = problem.objectives_and_gradient(point)
        assert objectives.shape == (1,)
        assert gradient.shape == point.shape
        assert objectives[0] == problem.objective(point[0])
        assert np.array_equal(gradient[0], problem.gradient(point[0]))


def test_an_empty_batch() -> None:
    for problem in (of_text(ROSENBROCK), FunctionProblem.of_callable(smooth, (1, [1, 2]))):
        d = len(problem.names)
        objectives, gradient = problem.objectives_and_gradient(np.empty((0, d)))
        assert objectives.shape == (0,)
        assert gradient.shape == (0, d)


def smooth(x: Tensor, v: Tensor) -> Tensor:
    return torch.exp(x) * (v**2).sum() + v[0] * v[1] * x


def branches(x: Tensor, v: Tensor) -> Tensor:
    return x * v.sum() if x > 0 else (v**2).sum() - x


def asks_for_the_value(x: Tensor, v: Tensor) -> Tensor:
    return (v**2).sum() * round(x.item(), 1) + x**2


def uses_then_changes(x: Tensor, v: Tensor) -> Tensor:
    total = (v**2).sum()
    x *= 3
    return total * x**2


def changes_then_asks(x: Tensor, v: Tensor) -> Tensor:
    v *= 2
    x += 1
    return (v**2).sum() * x + round(x.item())


def loops(x: Tensor, v: Tensor) -> Tensor:
    total = torch.zeros(())
    for entry in v:
        total = total + torch.sin(entry * x)
    return total


@pytest.mark.parametrize(
    ("function", "mapped"),
    [
        (smooth, True),
        (loops, True),
        (uses_then_changes, True),
        (branches, False),
        (asks_for_the_value, False),
        (changes_then_asks, False),
    ],
)
def test_a_batch_of_a_function_equals_single_calls(
    function: Callable[..., Tensor], mapped: bool
) -> None:
    calls = 0

    def counting(x: Tensor, v: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return function(x, v)

    problem = FunctionProblem.of_callable(counting, (1.0, [1, 2]))
    batch = points(6, 3)
    problem.objectives(batch)
    calls = 0
    problem.objectives(batch)
    assert calls == (1 if mapped else 6)
    objectives, gradient = problem.objectives_and_gradient(batch)
    for i in range(6):
        one, slope = problem.objectives_and_gradient(batch[i])
        assert objectives[i] == pytest.approx(float(one), rel=1e-13)
        assert gradient[i] == pytest.approx(slope, rel=1e-12)
    assert problem.objectives(batch) == pytest.approx(objectives, rel=1e-14)
    assert problem.objectives(batch.reshape(2, 3, 3)).tolist() == (
        problem.objectives(batch).reshape(2, 3).tolist()
    )


def test_vectors_and_matrices_by_name() -> None:
    problem = FunctionProblem.of_callable(
        lambda x, v, A: x * v @ A @ v, {"A": [[1, 2], [3, 4]], "v": [1.0, 2.0], "x": -1.5}
    )
    assert problem.names == ("x", "v[0]", "v[1]", "A[0,0]", "A[0,1]", "A[1,0]", "A[1,1]")
    assert problem.shapes == {"x": (), "v": (2,), "A": (2, 2)}
    start = problem.start({"A": [[1, 2], [3, 4]], "v": [1.0, 2.0], "x": -1.5})
    assert problem.objective(start) == -1.5 * 27.0
    split = problem.split(start)
    assert split["x"] == -1.5
    assert np.array_equal(split["A"], [[1, 2], [3, 4]])


def test_a_function_of_one_vector() -> None:
    problem = FunctionProblem.of_callable(lambda v: (v**2).sum(), [1, 2, 3])
    assert problem.names == ("v[0]", "v[1]", "v[2]")
    assert problem.gradient(np.array([1.0, 2.0, 3.0])).tolist() == [2, 4, 6]


def test_a_result_of_one_entry_is_a_number() -> None:
    problem = FunctionProblem.of_callable(lambda x: x.T @ x, [[1.0], [2.0]])
    assert problem.objective(np.array([3.0, 4.0])) == 25.0
    assert problem.objectives(np.array([[3.0, 4.0], [1.0, 0.0]])).tolist() == [25.0, 1.0]


def with_default(x: Tensor, y: Tensor, a: Any = 2.0) -> Tensor:
    return a * x**2 + y**2


def by_place(x: Tensor, a: Any = 2.0, /, *, y: Tensor, **options: Any) -> Tensor:
    return a * x**2 + y**2


@pytest.mark.parametrize("function", [with_default, by_place])
def test_default_values_are_kept_unless_the_start_names_them(
    function: Callable[..., Tensor],
) -> None:
    kept = FunctionProblem.of_callable(function, (1, 3))
    assert kept.names == ("x", "y")
    assert kept.objective(np.array([1.0, 3.0])) == 11.0
    named = FunctionProblem.of_callable(function, {"x": 1, "y": 3, "a": 5})
    assert sorted(named.names) == ["a", "x", "y"]
    assert named.objective(named.start({"x": 1, "y": 3, "a": 5})) == 14.0


def test_partial_functions_and_methods() -> None:
    assert FunctionProblem.of_callable(partial(with_default, y=torch.ones(())), 2.0).names == ("x",)

    class Bowl:
        def cost(self, w: Tensor) -> Tensor:
            return w**2

        def __call__(self, w: Tensor, b: Tensor) -> Tensor:
            return w**2 + b**2

    assert FunctionProblem.of_callable(Bowl().cost, 2.0).text == "cost"
    assert FunctionProblem.of_callable(Bowl(), (1, 2)).names == ("w", "b")
    assert FunctionProblem.of_callable(Bowl(), (1, 2)).text == "function"


@pytest.mark.parametrize(
    ("function", "start", "message"),
    [
        (3, 1.0, "must be a formula in text or a function of torch tensors, not int."),
        (lambda *x: x[0], 1.0, "the parameters of function have no names: give them some, as in"),
        (torch.sin, 1.0, "the signature of sin cannot be read: name its parameters, as in lambda"),
        (lambda: 1, 1.0, "function names no parameters, so there is nothing to minimise over."),
        (lambda **x: x, 1.0, "function names no parameters, so there is nothing to minimise over."),
        (lambda x=1.0: x, 1.0, "every argument of function has a default value, which it keeps"),
        (lambda x: x, {"y": 1}, "the start names 'y', which is no parameter: there are x."),
        (lambda x, y: x, {"x": 1}, "the start leaves out y: it must give x, y."),
        (lambda x: 3.0, 1.0, "the function returned a float: compute with torch, also"),
        (lambda x: None, 1.0, "the function returned None: it must be one number"),
        (
            lambda x: np.sin(x.detach().numpy()),
            1.0,
            "function returned a float64: x.detach() (",
        ),
        (lambda x: x.detach(), 1.0, "returned a number that does not depend on the parameters:"),
        (lambda x: torch.tensor(2.0), 1.0, "returned a number that does not depend on the param"),
        (lambda x: (x > 0).sum(), 1.0, "the function returned torch.int64: it must be a real"),
        (lambda x: x > 0, 1.0, "the function returned torch.bool: it must be a real"),
        (lambda x: x * 1j, 1.0, "the function returned torch.complex128: it must be a real"),
        (lambda v: v**2, [1, 2], "returned a tensor of shape (2,): it must be one number, for"),
        (with_default, (1, [2, 3]), "the function with_default returned a tensor of shape (2,):"),
        (
            lambda x: 2 * CONSTANT,
            1.0,
            "function does not depend on its parameters, so there is nothing to minimise.",
        ),
    ],
)
def test_functions_that_cannot_be_minimised(function: Any, start: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        FunctionProblem.of_callable(function, start)
    assert "\n" not in str(caught.value)


def test_a_function_that_draws_random_numbers() -> None:
    with pytest.raises(InputError, match="at the same point: draw random numbers once, outside it"):
        FunctionProblem.of_callable(lambda x: x * torch.rand(()), 1.0)


def test_nan_at_the_start_is_not_random() -> None:
    problem = FunctionProblem.of_callable(torch_log, -1.0)
    assert np.isnan(problem.objective(np.array([-1.0])))


def torch_log(x: Tensor) -> Tensor:
    return torch.log(x)


def test_what_the_function_raises_goes_through() -> None:
    def fails(x: Tensor) -> Tensor:
        if x > 2:
            raise KeyError("mine")
        return x**2

    problem = FunctionProblem.of_callable(fails, 1.0)
    for point in (np.array([3.0]), np.array([[1.0], [3.0]])):
        with pytest.raises(KeyError, match="mine") as caught:
            problem.objectives(point)
        assert caught.traceback[-1].name == "fails"
        assert caught.value.__context__ is None
    with pytest.raises(KeyError, match="mine"):
        FunctionProblem.of_callable(fails, 3.0)
    assert problem.objectives(np.array([[1.0], [2.0]])).tolist() == [1.0, 4.0]


def test_data_in_single_precision() -> None:
    x = torch.linspace(0, 1, 50)
    y = 3 * x + 0.8
    problem = FunctionProblem.of_callable(lambda w, b: ((w * x + b - y) ** 2).mean(), (0, 0))
    objectives, gradient = problem.objectives_and_gradient(np.array([[0.5, 0.25], [1.0, 1.0]]))
    assert objectives.dtype == gradient.dtype == np.float64
    exact_x = np.linspace(0, 1, 50)
    for (w, b), objective, slope in zip([(0.5, 0.25), (1, 1)], objectives, gradient, strict=True):
        rest = w * exact_x + b - (3 * exact_x + 0.8)
        assert objective == pytest.approx((rest**2).mean(), rel=1e-5)
        expected = [2 * (rest * exact_x).mean(), 2 * rest.mean()]
        assert slope == pytest.approx(np.array(expected), rel=1e-5)


def test_tensors_that_are_closed_over_keep_their_gradient() -> None:
    model = torch.nn.Linear(2, 1, dtype=torch.float64)
    problem = FunctionProblem.of_callable(lambda x: model(x) ** 2, [1.0, 2.0])
    weight, bias = model.weight.detach().numpy()[0], model.bias.item()
    slope = problem.gradient(np.array([1.0, 2.0]))
    assert slope == pytest.approx(2 * (weight @ [1.0, 2.0] + bias) * weight)
    assert model.weight.grad is None


def test_under_no_grad_and_beside_a_default_of_float64() -> None:
    with torch.no_grad():
        problem = FunctionProblem.of_callable(lambda x: x**3, 2.0)
        assert problem.gradient(np.array([2.0])).tolist() == [12.0]
        assert problem.hessian(np.array([2.0])).tolist() == [[12.0]]


@pytest.mark.parametrize(
    ("more", "expected"),
    [(lambda x: 0 * x, 12.0), (lambda x: x**2, 14.0), (lambda x: 5 * x, 12.0)],
    ids=["alone", "beside-a-square", "beside-a-line"],
)
def test_an_operation_that_torch_differentiates_only_once(
    more: Callable[[Tensor], Tensor], expected: float
) -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, slope: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return slope * 3 * x**2

    problem = FunctionProblem.of_callable(lambda x: Cube.apply(x) + more(x), 2.0)  # type: ignore[no-untyped-call]  # torch has no types here
    assert problem.hessian(np.array([2.0])) == pytest.approx(np.array([[expected]]), rel=1e-8)


@pytest.mark.parametrize(
    ("text", "point", "why"),
    [
        ("log(x)", [-0.3], "log of -0.3"),
        ("1/x", [0.0], "division by 0"),
        ("sqrt(x)", [0.0], "the derivative by x is inf: square root of 0 has no finite one"),
        (
            "x + sqrt(y)",
            [1.0, 0.0],
            "the derivative by y is inf: square root of 0 has no finite one",
        ),
        ("x^2", [1.0], ""),
    ],
)
def test_why_a_formula_is_not_finite(text: str, point: list[float], why: str) -> None:
    assert str(of_text(text).explain(np.array(point)) or "") == why


def test_why_a_function_is_not_finite() -> None:
    problem = FunctionProblem.of_callable(lambda x: torch.sqrt(x) + 0 * x, 1.0)
    assert problem.explain(np.array([1.0])) is None
    assert problem.explain(np.array([-1.0])) is None  # only the function knows
    assert str(problem.explain(np.array([0.0]))) == "the derivative by x is inf"
    steep = FunctionProblem.of_callable(lambda x: 1e300 * torch.exp(1e10 * x), 0.0)
    assert str(steep.explain(np.array([0.0]))) == "the derivative by x is inf (overflow)"


def test_one_row_outside_the_domain_leaves_the_others() -> None:
    objectives, gradient = of_text("log(x)").objectives_and_gradient(np.array([[-1.0], [2.0]]))
    assert np.isnan(objectives[0])
    assert objectives[1] == pytest.approx(np.log(2.0))
    assert gradient[1].tolist() == [0.5]


def test_random_starts_are_seeded() -> None:
    problem = FunctionProblem.of_callable(with_default, "random", seed=5)
    expected = np.random.default_rng(5).standard_normal(2)
    assert problem.start("random", seed=5).tolist() == expected.tolist()
