"""Every function of the table: on floats, on tensors, and its gradient."""

import math

import numpy as np
import pytest
import scipy.special
import torch

from steepest.formula.functions import ALIASES, FUNCTIONS, function_words
from steepest.formula.parse import parse
from steepest.formula.to_torch import tensor_functions

CALLED = tuple(name for name, one in FUNCTIONS.items() if not one.is_operator)
SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "log2", "log10")
# NumPy and SciPy as the outside oracle.
ORACLE = {
    **{name: getattr(np, name) for name in SAME},
    **{"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sqrt": np.sqrt, "abs": np.abs},
    **{"erf": scipy.special.erf, "sigmoid": scipy.special.expit},
    "relu": lambda x: np.maximum(x, 0.0),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "min": lambda *x: np.min(np.array(x)),
    "max": lambda *x: np.max(np.array(x)),
    "norm": math.hypot,
}
POINTS = (-40.0, -1.5, -0.9, -0.3, 0.2, 0.45, 0.999, 1.75, 20.0, 45.0)
FAR = (0.0, -0.0, 1e300, -1e300, 1e-300, 710.0, -710.0, -800.0, 800.0, math.inf, -math.inf)


def close(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, rel=1e-13, abs=1e-300, nan_ok=True)


def test_tensors_know_the_functions_of_the_table() -> None:
    assert set(tensor_functions()) == set(FUNCTIONS)
    assert set(ORACLE) == set(CALLED)
    assert set(ALIASES.values()) <= set(CALLED) <= set(function_words())


@pytest.mark.parametrize("name", CALLED)
def test_floats_and_tensors_agree_with_numpy(name: str) -> None:
    formula = parse(f"{name}(x)")
    run = formula.to_torch()
    for x in (*POINTS, *FAR):
        with np.errstate(all="ignore"):
            expected = float(ORACLE[name](np.float64(x)))
        assert close(formula.value(x=x), expected), x
        if name in ("sin", "cos", "tan") and abs(x) > 1e6:
            continue  # torch reduces large angles to fewer digits
        assert close(float(run(torch.tensor([x], dtype=torch.float64))), expected), x


@pytest.mark.parametrize("name", ["min", "max", "norm"])
def test_functions_of_several_arguments(name: str) -> None:
    formula = parse(f"{name}(x, 2, y)")
    for x, y in [(1.0, 3.0), (-4.0, 0.5), (2.0, 2.0), (5.0, math.nan)]:
        expected = float(ORACLE[name](x, 2.0, y))
        assert close(formula.value(x=x, y=y), expected)
        found = formula.to_torch()(torch.tensor([x, y], dtype=torch.float64))
        assert close(float(found), expected)


@pytest.mark.parametrize("text", [f"{name}(x)" for name in CALLED] + [
    "min(x, 0.1, x^2)", "max(2x, -1, x)", "norm(x, 2, 3x)", "x^3", "x^4", "2^x", "x^-2",
    "x^0", "x^1", "x^2", "1/x", "3/x", "x/3", "2 - x", "-x", "abs(x)^x", "0*x", "max(x, 7)",
])  # fmt: skip
def test_gradients_agree_with_central_differences(text: str) -> None:
    formula = parse(text)
    run = formula.to_torch()
    for x in (-1.3, -0.7, 0.3, 0.6, 1.9):
        parameters = torch.tensor([x], dtype=torch.float64, requires_grad=True)
        run(parameters).backward()
        assert parameters.grad is not None
        h = 1e-6
        expected = (formula.value(x=x + h) - formula.value(x=x - h)) / ((x + h) - (x - h))
        # Outside its domain a function has no value, whatever torch says of its slope.
        assert math.isnan(expected) or float(parameters.grad) == pytest.approx(
            expected, rel=1e-7, abs=1e-8
        )


@pytest.mark.parametrize("text", ["abs(x)", "norm(x, y)", "relu(x)"])
def test_the_subgradient_at_the_kink_is_zero(text: str) -> None:
    formula = parse(text)
    parameters = torch.zeros(len(formula.names), dtype=torch.float64, requires_grad=True)
    formula.to_torch()(parameters).backward()
    assert parameters.grad is not None
    assert parameters.grad.tolist() == [0.0] * len(formula.names)


def test_softplus_is_exact_where_the_argument_is_large() -> None:
    run = parse("softplus(x) - x").to_torch()
    assert float(run(torch.tensor([25.0], dtype=torch.float64))) == pytest.approx(
        math.log1p(math.exp(-25.0)), rel=1e-3
    )
    assert float(run(torch.tensor([25.0], dtype=torch.float64))) > 0.0


def test_zeros_of_both_signs_are_told_apart() -> None:
    formula = parse("1/(0/(1 + x)) - 1/(-0/(1 + x))")
    assert formula.value(x=0.0) == math.inf
    assert float(formula.to_torch()(torch.tensor([0.0], dtype=torch.float64))) == math.inf


def test_a_quotient_with_a_constant_numerator_is_rounded_once() -> None:
    x = torch.linspace(1.0, 9.0, 2001, dtype=torch.float64)[:, None]
    found = parse("3/x").to_torch()(x)
    assert found.tolist() == [3.0 / one for one in x[:, 0].tolist()]
